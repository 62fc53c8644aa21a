import { tf } from "../../../ops/tfjs.ts";
import { startBackend } from "../../../ops/backend.ts";
import { consoleEnv, quietEnv, type TrainingProgress } from "../../../pipelines/core/env.ts";
import { pipeline, tap } from "../../../pipelines/core/stage.ts";
import { announce } from "../../../pipelines/stages/report.ts";
import { dispose } from "../../../pipelines/core/run.ts";
import { assertEquals, assertStringIncludes } from "../../assert.ts";
import { begin, digits, left, right, trainTiny } from "../tiny.ts";

/** Records the lines printed during some work. */
async function printed(work: () => Promise<void>): Promise<readonly string[]> {
  const lines: string[] = [];
  const { log } = console;
  console.log = (...parts: readonly unknown[]) => void lines.push(parts.join(" "));
  try {
    await work();
  } finally {
    console.log = log;
  }
  return lines;
}

const backend = right(await startBackend("cpu")());

Deno.test("what stages say is printed, line by line, and nothing else", async () => {
  const stages = pipeline(trainTiny(await digits()), announce(3), tap((_, { log }) => log("end")));
  const run = async (env: ReturnType<typeof quietEnv>) =>
    dispose(right(await stages(begin())(env)()));
  const [epoch, ...rest] = await printed(() => run(consoleEnv(backend)));
  assertStringIncludes(epoch, "epoch 1/3  loss 0.");
  assertEquals(rest, ["end"]);
  assertEquals(await printed(() => run(consoleEnv(backend, { quiet: true }))), []);
  assertEquals(await printed(() => run(quietEnv(backend))), []);
});

Deno.test("an environment of the console stops when it is told to, and shows progress where it is told", async () => {
  const before = tf.memory().numTensors;
  const data = await digits();
  const done: number[] = [];
  const progress = { update: (at: TrainingProgress) => void done.push(at.done), clear: () => {} };
  const shown = consoleEnv(backend, { quiet: true, progress });
  dispose(right(await trainTiny(data)(begin())(shown)()));
  assertEquals(done.at(-1), 10);
  const stopped = consoleEnv(backend, { quiet: true, signal: AbortSignal.abort() });
  assertEquals(left(await trainTiny(data)(begin())(stopped)())._tag, "Interrupted");
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("what is left out is as in a quiet environment", () => {
  const [talks, silent] = [
    consoleEnv(backend, { signal: undefined, progress: undefined }),
    quietEnv(backend),
  ];
  assertEquals(talks.files, silent.files);
  assertEquals(talks.backend, backend);
  assertEquals(talks.signal.aborted, false);
  talks.progress.update({ epoch: 1, done: 1, total: 1, loss: 0, samplesPerSecond: 0 });
});
