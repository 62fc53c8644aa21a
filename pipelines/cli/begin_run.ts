/**
 * How the run of a program begins: anew in a folder of its own, or where it was left.
 *
 * @module
 */
import { E, type TE } from "../../graph/fp_ts.ts";
import { describe, invalidOption, type SparrowError } from "../../graph/error.ts";
import type { Nodes } from "../../graph/node.ts";
import type { Shape } from "../../graph/types.ts";
import type { Optimiser } from "../../ops/optimiser.ts";
import { checkpointOf, resumeRun, writeCheckpoint } from "../checkpoint/checkpoint.ts";
import { CHECKPOINTS, newestCheckpoint } from "../checkpoint/folder.ts";
import { beginFolder, CONFIG_FILE, replaceConfig } from "../config.ts";
import type { Env } from "../env.ts";
import type { Files } from "../files.ts";
import { createRun, dispose, type Run } from "../run.ts";
import { REPORT_FILE } from "../stages/report.ts";
import { savedConfig } from "./saved_config.ts";

/** As `config.json` holds it. */
export type Config = Readonly<Record<string, unknown>>;

/** What a run begins with. */
export interface Start {
  /** Where results go. */
  readonly folder: string;
  /** What is written there. */
  readonly config: Config;
  /** What is trained. */
  readonly graph: Nodes;
  /** Of one sample; what the graph tells. */
  readonly input?: Shape;
  /** Of all randomness. */
  readonly seed: number;
  /** What trains a run after so many epochs. */
  readonly optimiserAt: (epoch: number) => Optimiser;
}

/** A run to train; null where nothing is left to do. */
export interface Begun {
  readonly run: Run | null;
  /** As it is in the folder now. */
  readonly config: Config;
}

/**
 * A new run, its configuration in a folder that holds no other, with room for its checkpoints: what
 * cannot be kept is said before anything is trained. What cannot run leaves no configuration behind.
 */
export const beginRun =
  (start: Start, { files }: Pick<Env, "files">): TE.TaskEither<SparrowError, Begun> => async () => {
    const { folder, config } = start;
    const run = fresh(start);
    if (E.isLeft(run)) return run;
    const begun = await beginFolder(folder, config, files)();
    const ready = E.isLeft(begun) ? begun : await hasRoom(run.right, folder, files);
    if (E.isRight(ready)) return E.right({ run: run.right, config });
    dispose(run.right);
    if (E.isRight(begun)) await files.remove(`${folder}/${CONFIG_FILE}`)();
    return ready;
  };

/** Two that are kept, the best, and one that is being written. */
const CHECKPOINTS_AT_ONCE = 4;

/** Whether a folder has room for checkpoints: as many bytes are written and removed. */
async function hasRoom(
  run: Run,
  folder: string,
  files: Files,
): Promise<E.Either<SparrowError, void>> {
  const made = await checkpointOf(run)();
  if (E.isLeft(made)) return made;
  const { length } = writeCheckpoint(made.right);
  const probe = `${folder}/${CHECKPOINTS}/room.tmp`;
  const written = await files.write(probe, new Uint8Array(CHECKPOINTS_AT_ONCE * length))();
  if (E.isRight(written)) return await files.remove(probe)();
  const advice = `A run of this model needs ${
    Math.ceil(CHECKPOINTS_AT_ONCE * length / 1e6)
  } MB there for its checkpoints: choose another folder with --out, or make room`;
  return E.left({ ...written.left, advice });
}

const fresh = ({ graph, input, seed, optimiserAt }: Start): E.Either<SparrowError, Run> =>
  createRun({ graph, input, seed, optimiser: optimiserAt(0) });

/** What must be the same for a run to go on as if nothing had happened. */
const identity = ["pipeline", "graph", "settings", "loss"] as const;

/**
 * The run of a folder after its last finished epoch; where none was finished, from the beginning.
 *
 * @param start With the epochs that there are to be in all.
 * @returns The run; `InvalidOption` where the folder's was another program's, or of other data;
 * `FileUnavailable` and `CorruptFile` where there is nothing whole to go on from.
 */
export const continueRun = (
  { epochs, ...start }: Start & { readonly epochs: number },
  env: Pick<Env, "files" | "log">,
): TE.TaskEither<SparrowError, Begun> =>
async () => {
  const { folder, config, optimiserAt } = start;
  const { files, log } = env;
  const before = await savedConfig(folder, files)();
  if (E.isLeft(before)) return before;
  const other = otherwise(before.right, config, folder);
  if (other !== null) return E.left(other);
  const newest = await newestCheckpoint(folder, files)();
  if (E.isLeft(newest)) return newest;
  await removeUnfinished(folder, files);
  const { checkpoint, damaged } = newest.right;
  for (const error of damaged) log(`${describe(error)}. The one before it is taken`);
  if (checkpoint === null) {
    log(`No epoch of ${folder} was finished: it begins anew`);
    return E.map((run: Run): Begun => ({ run, config: before.right }))(fresh(start));
  }
  const { epoch } = checkpoint;
  const reported = await files.exists(`${folder}/${REPORT_FILE}`)();
  if (epoch >= epochs && E.isRight(reported) && reported.right) {
    return E.right({ run: null, config: before.right });
  }
  const resumed = resumeRun(checkpoint, optimiserAt(epoch));
  if (E.isLeft(resumed)) return resumed;
  const now = { ...config, resumed: [...listOf(before.right.resumed), { epoch }] };
  const written = await replaceConfig(folder, now, files)();
  if (E.isLeft(written)) {
    dispose(resumed.right);
    return written;
  }
  log(`Goes on after epoch ${epoch} of ${epochs}`);
  return E.right({ run: resumed.right, config: now });
};

const listOf = (value: unknown): readonly unknown[] => Array.isArray(value) ? value : [];

/** What a configuration says of a key, without the schedule that Sparrow 0.1 kept in the settings. */
function identityOf(config: Config, key: typeof identity[number]): unknown {
  if (key !== "settings") return config[key];
  const { schedule: _, ...settings } = config.settings as Config;
  return settings;
}

/** What is not as it was. */
function otherwise(before: Config, now: Config, folder: string) {
  const text = (value: unknown) => typeof value === "string" ? value : JSON.stringify(value);
  for (const key of identity) {
    if (text(identityOf(before, key)) === text(identityOf(now, key))) continue;
    const expected = `a folder whose ${CONFIG_FILE} has the ${key} ${text(now[key])}`;
    return invalidOption("--resume", `${folder} (${text(before[key])})`, expected);
  }
  const hashes = (config: Config) => text((config.dataset as Config | undefined)?.sha256);
  return hashes(before) === hashes(now) ? null : invalidOption(
    "--data",
    (now.dataset as Config | undefined)?.source,
    `the files that ${folder}/${CONFIG_FILE} has the hashes of`,
  );
}

/** What a process that was killed has left half-written. */
async function removeUnfinished(folder: string, files: Files): Promise<void> {
  for (const place of [folder, `${folder}/${CHECKPOINTS}`]) {
    const names = await files.list(place)();
    if (E.isLeft(names)) continue;
    // One that cannot be removed does no harm.
    for (const name of names.right) {
      if (name.endsWith(".tmp")) await files.remove(`${place}/${name}`)();
    }
  }
}
