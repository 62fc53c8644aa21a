/**
 * Puts faults into training programs, many times over: they are killed, resumed twice at once, and find the disk
 * full. What is left must be whole, no finished epoch may be lost, every end must be one that Sparrow has
 * words for, and in the end the run must be one that was never disturbed, to the bit.
 *
 *     deno task faults                                # 100 kills, 50 double resumes, 20 full disks
 *     deno task faults --kills 10 --doubles 5 --disks 2 --seed 7
 *
 * The same in a short form is part of the tests: `faults_test.ts`, `faults_gpu_test.ts`.
 *
 * @module
 */
import { describe } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import { type Dice, draw, type Rng, seed as seeded, splitRng } from "../../graph/rng.ts";
import { readOptions } from "../../pipelines/cli/options.ts";
import { assert, assertEquals, assertMatch } from "../assert.ts";
import type { Finished } from "../pipelines/process.ts";
import { checkDone, checkLeft, goingOn, inFolder, small, trained } from "./runs.ts";

/** Faults that were put in, and what became of them. */
export interface Tally {
  /** Processes that were killed. */
  kills: number;
  /** Folders that two processes have resumed at once. */
  doubles: number;
  /** Processes of double resumes that were refused because the other one is there. */
  refusals: number;
  /** Disks that were full. */
  disks: number;
  /** Runs that were compared with one that was not disturbed. */
  runs: number;
}

export const noFaults = (): Tally => ({ kills: 0, doubles: 0, refusals: 0, disks: 0, runs: 0 });

/** The end of a process; fails for one that nobody has words for. */
function endOf({ code, err, out }: Finished): "killed" | "done" | "refused" {
  if (code === 128 + 9) return "killed";
  if (code === 0) {
    assertEquals(err, "");
    return "done";
  }
  assertEquals(code, 1, `${out}${err}`);
  assertMatch(err, /^Cannot write .*: it is in use by (another|this|process \d+)/);
  return "refused";
}

/** Epochs of a run: enough for a number of faults before its end. */
const EPOCHS = 12;

/** The events of about two epochs. */
const EVENTS = 24;

/** Options of the runs, and one of them that was not disturbed. */
export interface Undisturbed {
  readonly options: readonly string[];
  readonly folder: string;
}

/** Trains without a fault. */
export async function undisturbed(parent: string, epochs = EPOCHS): Promise<Undisturbed> {
  const options = [...small, "--epochs", String(epochs)];
  const folder = `${parent}/straight`;
  const { code, err } = await trained(folder, "", ...options, "--out", folder);
  assertEquals([code, err], [0, ""]);
  return { options, folder };
}

/** Lets a run end, and compares it with the one that was not disturbed. */
async function finish(folder: string, { options, folder: straight }: Undisturbed): Promise<void> {
  const { code, err } = await trained(folder, "", ...await goingOn(folder, options));
  assertEquals([code, err], [0, ""]);
  await checkDone(folder, straight);
  await Deno.remove(folder, { recursive: true });
}

const folderIn = (parent: string): string => `${parent}/run-${crypto.randomUUID().slice(0, 8)}`;

/**
 * Kills runs at events on their folders, each a number of times, until so many were killed and so many were resumed
 * twice at once; a double resume may end with a kill too.
 */
export async function killAndDouble(
  parent: string,
  whole: Undisturbed,
  { kills, doubles }: Pick<Tally, "kills" | "doubles">,
  dice: Dice,
  tally: Tally,
  say: (line: string) => void = () => {},
): Promise<void> {
  while (tally.kills < kills || tally.doubles < doubles) {
    const folder = folderIn(parent);
    let epoch = 0;
    for (let faults = 0; faults < 12 && (tally.kills < kills || tally.doubles < doubles);) {
      const options = await goingOn(folder, whole.options);
      const twice = tally.doubles < doubles && faults > 0 && faults % 2 === 0;
      const at = dice.integer(1, EVENTS);
      const start = () => trained(folder, `at=${at}`, ...options);
      const ends = (await Promise.all(twice ? [start(), start()] : [start()])).map(endOf);
      const count = (end: string) => ends.filter((one) => one === end).length;
      assert(count("refused") < ends.length, "one of two goes on");
      tally.kills += count("killed");
      tally.refusals += count("refused");
      if (twice) tally.doubles++;
      faults += ends.length;
      const left = await checkLeft(folder);
      assert(left >= epoch, `epoch ${left} is left, where ${epoch} was finished`);
      epoch = left;
      if (count("done") > 0) break;
    }
    await finish(folder, whole);
    tally.runs++;
    say(`${tally.kills} kills, ${tally.doubles} double resumes, ${tally.runs} runs are whole`);
  }
}

/** A disk of so many megabytes; null where this machine lets nobody mount one. */
async function smallDisk(parent: string, megabytes: number): Promise<string | null> {
  const folder = `${parent}/disk`;
  await Deno.mkdir(folder, { recursive: true });
  const args = ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder];
  try {
    const { success } = await new Deno.Command("mount", { args, stderr: "null" }).output();
    return success ? folder : null;
  } catch {
    return null;
  }
}

/** Fills the disk under runs at events on their folders; once it is emptied they go on. */
export async function fillDisks(
  parent: string,
  whole: Undisturbed,
  disks: number,
  dice: Dice,
  tally: Tally,
  say: (line: string) => void = () => {},
): Promise<void> {
  const disk = await smallDisk(parent, 24);
  try {
    while (tally.disks < disks) {
      const folder = folderIn(disk ?? parent);
      const at = dice.integer(1, EVENTS);
      const fault = `at=${at}&full=${disk === null ? "writes" : "disk"}`;
      const { code, out, err } = await trained(
        folder,
        fault,
        ...await goingOn(folder, whole.options),
      );
      assertEquals(code, 1, `${out}${err}`);
      assertMatch(err, /^Cannot write .*No space left on device/);
      if (disk !== null) await Deno.remove(`${disk}/filler`);
      await checkLeft(folder);
      await finish(folder, whole);
      tally.disks++;
      tally.runs++;
      say(`${tally.disks} full disks, ${tally.runs} runs are whole`);
    }
  } finally {
    if (disk !== null) await new Deno.Command("umount", { args: [disk] }).output();
  }
}

const flags = {
  kills: { kind: "integer", help: "processes to kill", least: 0, most: 1e6, fallback: 100 },
  doubles: { kind: "integer", help: "double resumes", least: 0, most: 1e6, fallback: 50 },
  disks: { kind: "integer", help: "disks to fill", least: 0, most: 1e6, fallback: 20 },
  seed: { kind: "integer", help: "seed of the events", least: 0, most: 0xffff_ffff, fallback: 1 },
} as const;

async function main(): Promise<number> {
  const read = readOptions(flags, Deno.args[0] === "--" ? Deno.args.slice(1) : Deno.args);
  if (E.isLeft(read)) {
    console.error(describe(read.left));
    return 2;
  }
  const { kills, doubles, disks, seed } = read.right;
  const begun = performance.now();
  const tally = noFaults();
  await inFolder(async (parent) => {
    const whole = await undisturbed(parent);
    await killAndDouble(
      parent,
      whole,
      { kills, doubles },
      diceOf(seeded(seed)),
      tally,
      console.log,
    );
    await fillDisks(parent, whole, disks, diceOf(splitRng(seeded(seed))[0]), tally, console.log);
  });
  const seconds = Math.round((performance.now() - begun) / 1000);
  console.log(
    `${tally.kills} kills, ${tally.doubles} double resumes of which ${tally.refusals} processes were refused, ` +
      `${tally.disks} full disks: ${tally.runs} runs are those that were not disturbed; ${seconds} s`,
  );
  return 0;
}

/** Dice that go on from one number to the next. */
export function diceOf(from: Rng): Dice {
  let rng = from;
  const drawn = <A>(use: (dice: Dice) => A): A => {
    const [value, next] = draw(rng, use);
    rng = next;
    return value;
  };
  return {
    integer: (from, to) => drawn(({ integer }) => integer(from, to)),
    unit: () => drawn(({ unit }) => unit()),
  };
}

if (import.meta.main) Deno.exit(await main());
