/**
 * Training programs that are killed at an event on their folder, and resume. `SPARROW_FAULTS=all` takes every event in
 * place of those between which two files disagree on the epoch.
 */
import {
  type Checkpoint,
  epochOfName,
  newestCheckpoint,
  readCheckpoint,
} from "../../../../pipelines/files/checkpoint.ts";
import { denoFiles } from "../../../../pipelines/files/files.ts";
import { loadModel } from "../../../../pipelines/files/model.ts";
import { fromJsonLines, type History, rowsNamed } from "../../../../pipelines/core/history.ts";
import { epochOfReport } from "../../../../pipelines/stages/report.ts";
import { assert, assertEquals } from "../../../assert.ts";
import { deno } from "../../process.ts";
import { right } from "../../tiny.ts";

/** Epochs that the runs are to have in the end. */
const EPOCHS = 2;

const preloaded = new URL("kill_at.ts", import.meta.url).href;
const small = ["--dataset", "strokes", "--backend", "wasm", "--seed", "3", "--batch", "2000"];

/** Runs the program with a fault, or with a log of its events, in a folder. */
const trained = (folder: string, fault: string, ...options: readonly string[]) =>
  deno(
    ...["run", "-A", "--no-check", `--preload=${preloaded}?folder=${folder}&${fault}`],
    ...["pipelines/mnist_kwta.ts", ...options],
  );

/** The folder of a path. */
const dirname = (path: string): string => path.replace(/\/[^/]*$/, "");

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

const withFiles = async (folder: string): Promise<readonly string[]> => {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    names.push(...isDirectory ? await withFiles(`${folder}/${name}`) : [`${folder}/${name}`]);
  }
  return names;
};

/** Whatever was killed, what is there is whole, and tells of the record's epoch or of the one before. */
async function checkLeft(folder: string): Promise<void> {
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
}

/** A run that was killed and went on is one that was not. */
async function checkDone(folder: string, straight: string): Promise<void> {
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

/** Whether the configuration in a folder has the number of epochs that the run was started with. */
const isWritten = (folder: string): Promise<boolean> =>
  Deno.readTextFile(`${folder}/config.json`)
    .then((text) => JSON.parse(text).options.epochs === EPOCHS, () => false);

/** Resumes a run that was killed in a folder, or starts it again where it had written nothing yet. */
async function goOn(folder: string, options: readonly string[]): Promise<void> {
  const begun = await isWritten(folder);
  const { code, err } = await trained(
    folder,
    "",
    ...(begun ? ["--resume", folder] : options),
  );
  assertEquals([code, err], [0, ""]);
}

/** Kills a run of these options at events, two at once, and looks each time at what becomes of it. */
async function killedAt(
  events: readonly number[],
  straight: string,
  begin: (folder: string) => Promise<readonly string[]>,
): Promise<void> {
  const waiting = [...events];
  const lane = async () => {
    for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
      const folder = `${dirname(straight)}/killed-${crypto.randomUUID().slice(0, 8)}`;
      const options = await begin(folder);
      const { code, out } = await trained(folder, `at=${at}`, ...options);
      assertEquals(code, 128 + 9, out);
      await checkLeft(folder);
      await goOn(folder, options);
      await checkDone(folder, straight);
      await Deno.remove(folder, { recursive: true });
    }
  };
  await Promise.all([lane(), lane()]);
}

const all = Deno.env.get("SPARROW_FAULTS") === "all";

/** The numbers of the events to be killed at, of those in a log. */
const chosen = async (log: string, wanted: readonly string[]): Promise<readonly number[]> => {
  const events = (await Deno.readTextFile(log)).trimEnd().split("\n");
  if (all) return events.map((_, i) => i + 1);
  return wanted.map((event) => {
    const at = events.lastIndexOf(event) + 1;
    assert(at > 0, `${event} is not among ${events}`);
    return at;
  });
};

const inFolder = async (use: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await Deno.makeTempDir({ prefix: "sparrow-faults-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
};

Deno.test("a training that is killed between any two of its files loses nothing", () =>
  inFolder(async (folder) => {
    const [straight, log] = [`${folder}/straight`, `${folder}/events`];
    const options = [...small, "--epochs", `${EPOCHS}`];
    const { code, err } = await trained(straight, `log=${log}`, ...options, "--out", straight);
    assertEquals([code, err], [0, ""]);
    const events = await chosen(log, [
      "open checkpoints/epoch_000001.safetensors.tmp",
      "rename checkpoints/best.safetensors.tmp",
      "open checkpoints/epoch_000002.safetensors.tmp",
      "rename model.safetensors.tmp",
      "rename report.html.tmp",
    ]);
    await killedAt(
      events,
      straight,
      (folder) => Promise.resolve([...options, "--out", folder]),
    );
  }));

Deno.test("a finished run that is lengthened and killed ends with the report of its last epoch", () =>
  inFolder(async (folder) => {
    const [short, straight, log] = ["short", "straight", "events"].map((name) =>
      `${folder}/${name}`
    );
    const { code, err } = await trained(short, "", ...small, "--epochs", "1", "--out", short);
    assertEquals([code, err], [0, ""]);
    const copied = async (to: string): Promise<readonly string[]> => {
      for (const file of await withFiles(short)) {
        const copy = file.replace(short, to);
        await Deno.mkdir(dirname(copy), { recursive: true });
        await Deno.copyFile(file, copy);
      }
      return ["--resume", to, "--epochs", `${EPOCHS}`];
    };
    const whole = await trained(straight, `log=${log}`, ...await copied(straight));
    assertEquals([whole.code, whole.err], [0, ""]);
    const events = await chosen(log, ["open model.safetensors.tmp", "rename report.html.tmp"]);
    await killedAt(events, straight, copied);
  }));
