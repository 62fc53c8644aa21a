/**
 * Runs into which faults are put: how they are started, what must be left whatever happens, and what they must be in
 * the end.
 *
 * @module
 */
import { fromJsonLines, type History, rowsNamed } from "../../pipelines/core/history.ts";
import {
  type Checkpoint,
  epochOfName,
  newestCheckpoint,
  readCheckpoint,
} from "../../pipelines/files/checkpoint.ts";
import { denoFiles } from "../../pipelines/files/files.ts";
import { loadModel } from "../../pipelines/files/model.ts";
import { epochOfReport } from "../../pipelines/stages/report.ts";
import { assert, assertEquals } from "../assert.ts";
import { deno, type Finished } from "../pipelines/process.ts";
import { right } from "../pipelines/tiny.ts";

const preloaded = new URL("fault_at.ts", import.meta.url).href;
const program = new URL("trainee.ts", import.meta.url).pathname;

/** Options of the program that it is begun with. */
export const small: readonly string[] = ["--dataset", "strokes", "--backend", "cpu", "--seed", "3"];

/** Runs the program with a fault in a folder, such as `at=17`, `at=17&full` or `log=FILE`; none where it is "". */
export const trained = (
  folder: string,
  fault: string,
  ...options: readonly string[]
): Promise<Finished> =>
  deno(
    ...["run", "-A", "--no-check", `--preload=${preloaded}?folder=${folder}&${fault}`],
    ...[program, ...options],
  );

/** The folder of a path. */
export const dirname = (path: string): string => path.replace(/\/[^/]*$/, "");

/** Makes a folder for some runs, and removes it afterwards. */
export async function inFolder<A>(use: (folder: string) => Promise<A>): Promise<A> {
  const folder = await Deno.makeTempDir({ prefix: "sparrow-faults-" });
  try {
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

const untimed = (history: History): History =>
  history.filter(({ name }) => !/_seconds|samples_per_second/.test(name));

const metricsOf = async (folder: string): Promise<History> =>
  right(fromJsonLines(folder, await Deno.readTextFile(`${folder}/metrics.jsonl`)));

const bestOf = async (folder: string): Promise<Checkpoint> => {
  const file = `${folder}/checkpoints/best.safetensors`;
  return right(readCheckpoint(file, await Deno.readFile(file)));
};

/** The epoch of the best accuracy, the first of equal ones. */
const bestEpoch = (history: History): number =>
  rowsNamed(history, "accuracy", "test").reduce((best, row) => row.value > best.value ? row : best)
    .epoch;

/**
 * Checks what a fault has left: what is there is whole, and tells of the record's epoch or of the one before.
 *
 * @returns The epoch of the record; 0 before the first.
 */
export async function checkLeft(folder: string): Promise<number> {
  const { checkpoint, damaged } = right(await newestCheckpoint(folder, denoFiles)());
  assertEquals(damaged, []);
  const epoch = checkpoint?.epoch ?? 0;
  for (const name of right(await denoFiles.list(`${folder}/checkpoints`)())) {
    if (name.endsWith(".tmp")) continue;
    const bytes = await Deno.readFile(`${folder}/checkpoints/${name}`);
    const read = right(readCheckpoint(name, bytes));
    assertEquals(read.epoch, epochOfName(name) ?? read.epoch);
  }
  if (checkpoint !== null) {
    assertEquals((await bestOf(folder)).epoch, bestEpoch(checkpoint.history));
  }
  if (await exists(`${folder}/model.safetensors`)) {
    const model = right(await loadModel(`${folder}/model.safetensors`, denoFiles)());
    assert([epoch, epoch - 1].includes(model.epoch), `a model of ${model.epoch} at ${epoch}`);
  }
  if (await exists(`${folder}/metrics.jsonl`)) {
    const metrics = await metricsOf(folder);
    assertEquals(checkpoint?.history.slice(0, metrics.length), metrics);
    assert([epoch, epoch - 1].includes(metrics.at(-1)!.epoch));
  }
  return epoch;
}

/** Checks that a run that was disturbed and went on is one that was not. */
export async function checkDone(folder: string, straight: string): Promise<void> {
  for (const place of ["", "checkpoints", "figures"]) {
    const names = (of: string) => [...Deno.readDirSync(`${of}/${place}`)].map(({ name }) => name);
    const [found, expected] = [names(folder), names(straight)].map((all) => all.toSorted());
    // After an epoch whose first record is the best, only that of the next has its own.
    assertEquals(found.filter((name) => expected.includes(name)), found);
    if (place !== "checkpoints") assertEquals(found, expected);
  }
  const [model, whole] = await Promise.all(
    [folder, straight].map((place) => Deno.readFile(`${place}/model.safetensors`)),
  );
  assert(model.length === whole.length && model.every((byte, i) => byte === whole[i]));
  assertEquals(untimed(await metricsOf(folder)), untimed(await metricsOf(straight)));
  const [best, expected] = [await bestOf(folder), await bestOf(straight)];
  assertEquals([best.epoch, best.step, best.params], [
    expected.epoch,
    expected.step,
    expected.params,
  ]);
  const { checkpoint } = right(await newestCheckpoint(folder, denoFiles)());
  assertEquals(await metricsOf(folder), checkpoint!.history);
  assertEquals(
    epochOfReport(await Deno.readTextFile(`${folder}/report.html`)),
    checkpoint!.epoch,
  );
}

/** The options to go on with a folder, or to begin in it where no configuration was written yet. */
export const goingOn = async (
  folder: string,
  options: readonly string[],
): Promise<readonly string[]> =>
  await exists(`${folder}/config.json`)
    ? ["--resume", folder, ...options.slice(options.indexOf("--epochs"))]
    : [...options, "--out", folder];
