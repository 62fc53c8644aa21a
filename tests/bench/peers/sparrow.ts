/**
 * Sparrow, as the peers are run: a process.
 *
 * @module
 */
import { type Contender, lastNumber } from "./contender.ts";

const deno = Deno.execPath();

/** Makes the contender that trains steps or encodes by `train_step.ts`; on wasm with a number of threads. */
export const sparrow = (
  data: string,
  backend: string,
  options: readonly string[],
  field: string,
  threads = 1,
): Contender => ({
  name: `Sparrow, ${backend}${onThreads(backend, threads)}`,
  command: [
    deno,
    ...["run", "--no-lock", "-P", "tests/bench/train_step.ts"],
    ...["--data", data, "--backend", backend, ...options],
    ...["--threads", String(threads)],
  ],
  read: (lines) => [lastNumber(lines, field)],
});

/**
 * A whole run on wasm by `mnist_kwta.ts`, which unlike the peers' also saves the model after every epoch,
 * explains three images and writes a report: the seconds of the process, of training, of evaluation.
 */
export function sparrowRun(data: string, epochs: number, threads: number): Contender {
  const folder = `runs/bench-${crypto.randomUUID().slice(0, 8)}`;
  return {
    name: `Sparrow, wasm${onThreads("wasm", threads)}`,
    command: [
      deno,
      ...["run", "--no-lock", "-P", "pipelines/mnist_kwta.ts", "--quiet", "--backend", "wasm"],
      ...["--data", data, "--epochs", String(epochs), "--out", folder],
      ...["--threads", String(threads)],
    ],
    read: (_, seconds) => {
      const values = valuesOf(`${root}${folder}`);
      return [
        seconds,
        sum(values("samples_per_second").map((speed) => TRAINING_IMAGES / speed)),
        sum(values("evaluation_seconds")),
      ];
    },
    clean: () => Deno.remove(`${root}${folder}`, { recursive: true }).catch(() => {}),
  };
}

const onThreads = (backend: string, threads: number): string =>
  backend === "wasm" ? `, ${threads} ${threads === 1 ? "thread" : "threads"}` : "";

const root = new URL("../../../", import.meta.url).pathname;
const TRAINING_IMAGES = 60_000;
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

/** Returns the function that reads the values of a name from the run's own history. */
function valuesOf(folder: string): (name: string) => readonly number[] {
  const rows = Deno.readTextFileSync(`${folder}/metrics.jsonl`).trim().split("\n")
    .map((line) => JSON.parse(line) as { readonly name: string; readonly value: number });
  return (name) => rows.filter((row) => row.name === name).map(({ value }) => value);
}
