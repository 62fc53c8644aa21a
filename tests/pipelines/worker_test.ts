/**
 * Workers that join a queue in PostgreSQL, as processes.
 */
import { E } from "../../graph/fp_ts.ts";
import { closeDatabase, openDatabase } from "../../pipelines/database/database.ts";
import { distribute, type Distribution, postgres } from "../../pipelines/distribute/mod.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { attempts, squares, withStore, workerOf } from "./distribute/fixture.ts";
import { learn } from "./distribute/learning.ts";
import { postgresTest } from "./distribute/server.ts";
import { square } from "./distribute/tasks.ts";
import { deno, type Running, startWithErrors } from "./process.ts";
import { right } from "./tiny.ts";

const cluster = ["run", "-P=cluster", "--frozen", "--lock=tests/deno.lock"];

/** A worker of some tasks. */
const worker = (url: string, store: string, ...more: readonly string[]): Running =>
  startWithErrors(
    ...cluster,
    `--allow-write=${store}`,
    "pipelines/worker.ts",
    url,
    "--store",
    store,
    ...more,
  );

const tasks = (
  name: string,
): readonly string[] => ["--tasks", `tests/pipelines/distribute/${name}.ts`];

const rowsOf = <A>(results: readonly E.Either<unknown, { readonly row: A }>[]): readonly A[] =>
  results.map((result) => right(result).row);

postgresTest("workers that join a queue in PostgreSQL", async (t, url) => {
  await t.step(
    "a worker of another code refuses the tasks by name, and takes none",
    () =>
      withStore(async (store) => {
        const stop = new AbortController();
        const engine = postgres(url, { store });
        const waiting = distribute(engine, { signal: stop.signal })(square)(
          squares(store, [1, 2]),
        )();
        const other = worker(url, store);
        await other.until("Refuses 2 tasks");
        other.kill("SIGINT");
        const { code, out } = await other.finished;
        assertEquals(code, 130);
        assertMatch(out, /Refuses 2 tasks "square" of the code [\w.-]+: this worker has [\w.-]+\n/);
        stop.abort();
        assertEquals(E.isLeft(await waiting), true);
        assertEquals(attempts(store), {});
      }),
  );

  await t.step(
    "a worker without the backend refuses the tasks by name, and takes none",
    () =>
      withStore(async (store) => {
        const stop = new AbortController();
        const elsewhere = { ...square, backend: () => "abacus" };
        const waiting = distribute(postgres(url, { store }), { signal: stop.signal })(elsewhere)(
          squares(store, [1]),
        )();
        const other = worker(url, store, ...tasks("tasks"));
        await other.until("Refuses 1 task");
        other.kill("SIGINT");
        const { out } = await other.finished;
        assertMatch(
          out,
          /Refuses 1 task "square" for the backend abacus: this worker has any, cpu, wasm\n/,
        );
        stop.abort();
        assertEquals(E.isLeft(await waiting), true);
        assertEquals(attempts(store), {});
      }),
  );

  await t.step(
    "two workers share the tasks; what is killed or cut off costs attempts alone",
    () =>
      withStore(async (store) => {
        const seen: Distribution[] = [];
        const onProgress = (state: Distribution) => seen.push(state);
        const go = distribute(postgres(url, { store }), { onProgress })(square);
        const numbers = Array.from({ length: 10 }, (_, i) => i);
        const specs = squares(store, numbers, 500);
        const done = go(specs)();
        const [first, second] = [0, 1].map(() => worker(url, store, ...tasks("tasks")));
        // One loses the process that does a task, then all lose the database, and then one is killed as a whole.
        Deno.kill(await workerOf(store, 1), "SIGKILL");
        await cutOff(url);
        await workerOf(store, 4);
        first.kill("SIGKILL");
        await first.finished;
        assertEquals(
          rowsOf(right(await done)).map(({ squared }) => squared),
          numbers.map((n) => n * n),
        );
        const all = Object.values(attempts(store)).reduce((sum, n) => sum + n, 0);
        assert(all <= numbers.length + 4, `${all} attempts`);
        assertEquals(rowsOf(right(await go(specs)())).length, numbers.length);
        assertEquals(seen.at(-1), { total: 10, found: 10, done: 0, failed: 0 });
        assertEquals(Object.values(attempts(store)).reduce((sum, n) => sum + n, 0), all);
        second.kill("SIGINT");
        assertEquals((await second.finished).code, 130);
      }),
  );

  await t.step(
    "a training gives the same model as in this process, to the byte",
    () =>
      withStore(async (store) => {
        const done = distribute(postgres(url, { store }))(learn)([{ seed: 1 }, { seed: 2 }])();
        const joined = worker(url, store, ...tasks("learning"), "--slots", "2");
        const results = right(await done);
        joined.kill("SIGINT");
        await joined.finished;
        const context = { signal: new AbortController().signal, started: () => {} };
        const row = right(await learn.work({ seed: 2 }, { folder: `${store}/here`, ...context })());
        const { row: there, folder } = right(results[1]);
        assertEquals(there, row);
        const model = (place: string) => Deno.readFile(`${place}/model.safetensors`);
        assertEquals(await model(folder), await model(`${store}/here`));
      }),
  );
});

/** Ends all connections to the server. */
async function cutOff(url: string): Promise<void> {
  const database = right(await openDatabase({ url, pgvector: false })());
  await database.driver.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = 'sparrow'",
  );
  await closeDatabase(database)();
}

Deno.test("a worker that reaches no server says so", async () => {
  const url = "postgres://sparrow@127.0.0.1:9/postgres";
  const { code, err } = await deno(...cluster, "pipelines/worker.ts", url);
  assertEquals(code, 1);
  assertStringIncludes(err, "Cannot use the database postgres://127.0.0.1:9/postgres: ");
});
