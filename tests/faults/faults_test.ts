/**
 * Training programs that are killed at an event on their folder, resumed twice at once, or find the disk full, and go
 * on. `SPARROW_FAULTS=all` takes every event in place of those between which two files tell of one epoch; `deno task
 * faults` draws events, in a longer form.
 */
import { seed } from "../../graph/rng.ts";
import { assert, assertEquals } from "../assert.ts";
import { diceOf, fillDisks, killAndDouble, noFaults, undisturbed } from "./faults.ts";
import { checkDone, checkLeft, dirname, inFolder, small, trained } from "./runs.ts";

/** Epochs that the runs are to have in the end. */
const EPOCHS = 2;

const withFiles = async (folder: string): Promise<readonly string[]> => {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    names.push(...isDirectory ? await withFiles(`${folder}/${name}`) : [`${folder}/${name}`]);
  }
  return names;
};

/** Whether the configuration in a folder has the epochs of its command line. */
const isWritten = (folder: string): Promise<boolean> =>
  Deno.readTextFile(`${folder}/config.json`)
    .then((text) => JSON.parse(text).options.epochs === EPOCHS, () => false);

/** Goes on with a run that was killed, or begins it again where its configuration was not written yet. */
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

Deno.test("events that are drawn: killed, resumed twice at once, a disk that is full, nothing is lost", () =>
  inFolder(async (parent) => {
    const whole = await undisturbed(parent, 4);
    const tally = noFaults();
    const dice = diceOf(seed(26));
    await killAndDouble(parent, whole, { kills: 2, doubles: 1 }, dice, tally);
    await fillDisks(parent, whole, 1, dice, tally);
    assert(tally.kills >= 2 && tally.runs >= 2, JSON.stringify(tally));
    assertEquals([tally.doubles, tally.disks], [1, 1]);
  }));
