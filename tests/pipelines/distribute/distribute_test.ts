/**
 * Tasks on worker processes of this machine, with the queue in PGlite.
 */
import { describe } from "../../../graph/error.ts";
import type { E } from "../../../graph/fp_ts.ts";
import { distribute, type Distribution, local } from "../../../pipelines/distribute/mod.ts";
import { assert, assertEquals } from "../../assert.ts";
import { start } from "../process.ts";
import { left, right } from "../tiny.ts";
import { numbers } from "./coordinator.ts";
import { attempts, forgetQueue, keepQueue, squares, withStore, workerOf } from "./fixture.ts";
import { learn } from "./learning.ts";
import { square } from "./tasks.ts";

const rowsOf = <A>(results: readonly E.Either<unknown, { readonly row: A }>[]): readonly A[] =>
  results.map((result) => right(result).row);

/** Resolves when a process has ended. */
async function ended(pid: number): Promise<void> {
  while (await Deno.stat(`/proc/${pid}`).then(() => true, () => false)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test("tasks on workers of this machine", async (t) => {
  await t.step(
    "rows come back in the order of the specs, and no task is done twice",
    () =>
      withStore(async (store) => {
        const seen: Distribution[] = [];
        const onProgress = (state: Distribution) => seen.push(state);
        const go = distribute(local({ store, workers: 2 }), { onProgress })(square);
        const specs = squares(store, [3, 1, 2, 3]);
        const results = right(await go(specs)());
        keepQueue(store);
        const rows = [9, 1, 4, 9].map((squared) => ({ squared }));
        assertEquals(rowsOf(results), rows);
        assertEquals(seen[0], { total: 3, found: 0, done: 0, failed: 0 });
        assertEquals(seen.at(-1), { total: 3, found: 0, done: 3, failed: 0 });
        assertEquals(
          await Deno.readTextFile(`${right(results[1]).folder}/text.txt`),
          "1 squared\n",
        );
        seen.length = 0;
        assertEquals(rowsOf(right(await go(specs)())), rows);
        assertEquals(seen, [{ total: 3, found: 3, done: 0, failed: 0 }]);
        assertEquals(attempts(store), { 1: 1, 2: 1, 3: 1 });
        assertEquals([...Deno.readDirSync(`${store}/queue/attempts`)], []);
      }),
  );

  await t.step(
    "a task that fails, or ends its worker, is tried four times and set aside",
    () =>
      withStore(async (store) => {
        const go = distribute(local({ store, workers: 2 }))(square);
        const results = right(await go(squares(store, [-1, 5, 666, 6]))());
        assertEquals([right(results[1]).row, right(results[3]).row], [
          { squared: 25 },
          { squared: 36 },
        ]);
        const reasons = [left(results[0]), left(results[2])].map(describe);
        assertEquals(reasons, [
          `Cannot finish the task square {"marks":"${store}/marks","n":-1,"takes":0}: 4 attempts failed, the last ` +
          "because: Cannot use n: expected a number of at least 0, current value is -1",
          `Cannot finish the task square {"marks":"${store}/marks","n":666,"takes":0}: 4 attempts failed, the last ` +
          "because: the worker was ended by its own exit, code 66",
        ]);
        assertEquals(attempts(store), { "-1": 4, 5: 1, 6: 1, 666: 4 });
      }),
  );

  await t.step(
    "a worker that is killed in the middle costs an attempt, and nothing else",
    () =>
      withStore(async (store) => {
        const done = distribute(local({ store, workers: 2 }))(square)(
          squares(store, [1, 2, 3, 4], 400),
        )();
        Deno.kill(await workerOf(store, 2), "SIGKILL");
        assertEquals(rowsOf(right(await done)).map(({ squared }) => squared), [1, 4, 9, 16]);
        const { 2: twice, ...once } = attempts(store);
        assertEquals([twice, once], [2, { 1: 1, 3: 1, 4: 1 }]);
      }),
  );

  await t.step(
    "an interruption keeps what is done, and the same call goes on",
    () =>
      withStore(async (store) => {
        const stop = new AbortController();
        const onProgress = ({ done }: Distribution) => done === 0 || stop.abort();
        const engine = local({ store, workers: 1 });
        const specs = [...squares(store, [1]), ...squares(store, [2, 3], 60_000)];
        const interrupted = left(
          await distribute(engine, { signal: stop.signal, onProgress })(square)(specs)(),
        );
        assertEquals(interrupted, { _tag: "Interrupted", epoch: 0, step: 1 });
        const results = right(await distribute(engine)(square)(squares(store, [1, 2, 3]))());
        assertEquals(rowsOf(results).map(({ squared }) => squared), [1, 4, 9]);
        const { 1: one, 2: two, 3: three } = attempts(store);
        assertEquals([one, three], [1, 1]);
        assert(two <= 2, `${two} attempts of the task that was interrupted`);
      }),
  );

  await t.step(
    "a coordinator that is killed takes its workers along, and is taken up where it was",
    () =>
      withStore(async (store) => {
        const coordinator = start(
          "run",
          "-P=test",
          "--no-check",
          "--frozen",
          "--lock=tests/deno.lock",
          "tests/pipelines/distribute/coordinator.ts",
          store,
        );
        const workers = [await workerOf(store, 5), await workerOf(store, 4)];
        coordinator.kill("SIGKILL");
        await coordinator.finished;
        for (const pid of workers) await ended(pid);
        const kept = [...Deno.readDirSync(`${store}/outputs`)].length;
        assert(kept > 0 && kept < numbers.length, `${kept} outputs were kept`);
        const seen: Distribution[] = [];
        const onProgress = (state: Distribution) => seen.push(state);
        const go = distribute(local({ store, workers: 2 }), { onProgress })(square)(
          squares(store, numbers),
        );
        const results = right(await go());
        assertEquals(rowsOf(results).map(({ squared }) => squared), numbers.map((n) => n * n));
        assertEquals(seen[0], { total: 12, found: kept, done: 0, failed: 0 });
        // Two were at work when it was killed.
        const all = Object.values(attempts(store)).reduce((sum, n) => sum + n, 0);
        assert(all <= numbers.length + 2, `${all} attempts`);
        assertEquals([...Deno.readDirSync(`${store}/queue/attempts`)], []);
        right(await go());
        assertEquals(Object.values(attempts(store)).reduce((sum, n) => sum + n, 0), all);
      }),
  );

  await t.step(
    "on 1, 2 and 4 workers, 12 trainings give the same models and rows, to the byte",
    async () => {
      const seeds = Array.from({ length: 12 }, (_, seed) => ({ seed }));
      const made: string[] = [];
      for (const workers of [1, 2, 4]) {
        await withStore(async (store) => {
          const results = right(await distribute(local({ store, workers }))(learn)(seeds)());
          const texts = await Promise.all(results.map(async (result) => {
            const { row, folder } = right(result);
            const model = await Deno.readFile(`${folder}/model.safetensors`);
            const output = await Deno.readTextFile(`${folder}/output.json`);
            const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", model)).toHex();
            return JSON.stringify({ row, output, hash, key: folder.slice(store.length) });
          }));
          made.push(texts.join("\n"));
        });
      }
      assertEquals(made[0].split("\n").length, 12);
      assertEquals(new Set(made.map((text) => text)).size, 1);
    },
  );

  await forgetQueue();
});

Deno.test("an engine of a number of workers that is none is refused", async () => {
  const refused = await distribute(local({ store: "runs", workers: 0.5 }))(square)([])();
  assertEquals(left(refused)._tag, "InvalidOption");
});
