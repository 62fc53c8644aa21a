import { draw, type Rng, seed, splitRng } from "../../../../graph/rng.ts";
import { epochOfName, readCheckpoint } from "../../../../pipelines/files/checkpoint.ts";
import { denoFiles } from "../../../../pipelines/files/files.ts";
import { dispose, toArrays } from "../../../../pipelines/core/run.ts";
import { until } from "../../../../pipelines/core/stage.ts";
import { assert, assertEquals, assertGreaterOrEqual } from "../../../assert.ts";
import { root, start } from "../../process.ts";
import { right } from "../../tiny.ts";
import { begin, cpu, epochOfOneStep } from "./trainer.ts";

const KILLS = 50;

/** Number of processes at once: that of the processors. */
const LANES = 2;

/** The last epoch that a process has said to be finished; 0 before the first. */
const announced = (out: string): number => Number(/epoch (\d+)\.\n[^\n]*$/.exec(out)?.[1] ?? 0);

/** Kills the training of a folder again and again, and looks each time at what is left. */
async function lane(folder: string, rng: Rng): Promise<void> {
  let finished = 0;
  for (let i = 0, dice = rng; i < KILLS / LANES; i++) {
    const [wait, next] = draw(dice, ({ unit }) => 80 * unit());
    dice = next;
    const process = start(
      "run",
      "-A",
      "--no-check",
      `${root}tests/pipelines/files/checkpoint/trainer.ts`,
      folder,
    );
    await process.until("epoch");
    await new Promise((resolve) => setTimeout(resolve, wait));
    process.kill("SIGKILL");
    const { out, err } = await process.finished;
    assertEquals(err, "");
    finished = Math.max(finished, announced(out));
    const epochs: number[] = [];
    for (const name of right(await denoFiles.list(`${folder}/checkpoints`)())) {
      if (name.endsWith(".tmp")) continue;
      const bytes = right(await denoFiles.read(`${folder}/checkpoints/${name}`)());
      const { epoch } = right(readCheckpoint(name, bytes));
      const named = epochOfName(name);
      if (named !== null) assertEquals(epoch, named);
      epochs.push(epoch);
    }
    assert(epochs.length <= 3, "two, and one that was to be removed");
    assertGreaterOrEqual(Math.max(...epochs), finished, "no finished epoch is lost");
    finished = Math.max(...epochs);
  }
  // Whatever was interrupted, it is what it would have been without.
  const name = right(await denoFiles.list(`${folder}/checkpoints`)())
    .filter((name) => epochOfName(name) === finished)[0];
  const bytes = right(await denoFiles.read(`${folder}/checkpoints/${name}`)());
  const killed = right(readCheckpoint(name, bytes));
  const env = await cpu();
  const straight = right(await until(finished)(epochOfOneStep())(right(begin()))(env)());
  assertEquals(killed.params, await toArrays(straight.params));
  assertEquals([killed.step, killed.rng], [straight.step, straight.rng]);
  dispose(straight);
}

Deno.test(`a training that is killed ${KILLS} times loses no finished epoch and leaves no half file`, async () => {
  const folder = await Deno.makeTempDir({ prefix: "sparrow-kill-" });
  try {
    const [first, rest] = splitRng(seed(Number(Deno.env.get("SPARROW_SEED") ?? 26)));
    const lanes = [first, rest].slice(0, LANES);
    await Promise.all(lanes.map((rng, i) => lane(`${folder}/${i}`, rng)));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
