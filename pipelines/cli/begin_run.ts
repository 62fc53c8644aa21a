/**
 * Runs in folders: how a program begins one, and how it goes on with one, whose files it checks first.
 *
 * @module
 */
import { sha256 } from "npm:@noble/hashes@2.4.0/sha2.js";
import { bytesToHex } from "npm:@noble/hashes@2.4.0/utils.js";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { type CorruptFile, describe, invalidOption, type SparrowError } from "../../graph/error.ts";
import type { Nodes } from "../../graph/node.ts";
import { inferShapes } from "../../graph/shape.ts";
import { show } from "../../graph/show.ts";
import type { Shape } from "../../graph/types.ts";
import type { Optimiser } from "../../ops/optimisers/transform.ts";
import { beginFolder, CONFIG_FILE, replaceConfig } from "../core/config.ts";
import type { Env } from "../core/env.ts";
import { checkpointOf, resumeRun } from "../core/resume.ts";
import { createRun, dispose, type Run } from "../core/run.ts";
import {
  type Checkpoint,
  CHECKPOINTS,
  newestCheckpoint,
  writeCheckpoint,
} from "../files/checkpoint.ts";
import type { Files } from "../files/files.ts";
import { isRecord, parseJson } from "../files/json.ts";
import { epochOfReport, REPORT_FILE } from "../stages/report.ts";
import { type Flags, wrongValue } from "./options.ts";

/** A configuration, as `config.json` holds it. */
export type Config = Readonly<Record<string, unknown>>;

/** The beginning of a run, new or after its last checkpoint. */
export interface Start {
  /** The folder of the results. */
  readonly folder: string;
  /** The configuration to write there. */
  readonly config: Config;
  readonly graph: Nodes;
  readonly input?: Shape;
  readonly seed: number;
  /** Returns the optimiser of a run after the given number of epochs. */
  readonly optimiserAt: (epoch: number) => Optimiser;
  /** Returns the graph of a run after the given number of epochs. */
  readonly graphAt: (epoch: number) => Nodes;
}

/** A run to train; null where nothing is left to do. */
export interface Begun {
  readonly run: Run | null;
  /** The configuration as it is in the folder now. */
  readonly config: Config;
}

/**
 * Begins a run and writes its configuration to a folder that holds none. A disk too full for the run's checkpoints is
 * reported before anything is trained, and a run that cannot begin leaves no configuration behind.
 */
export const beginRun =
  (start: Start, { files }: Pick<Env, "files">): TE.TaskEither<SparrowError, Begun> => async () => {
    const { folder } = start;
    const identity = identityOf(start.config);
    const config = { ...start.config, identity };
    const run = fresh(start, identity);
    if (E.isLeft(run)) return run;
    await removeUnfinished(folder, files);
    const begun = await beginFolder(folder, config, files)();
    const ready = E.isLeft(begun) ? begun : await hasRoom(run.right, folder, files);
    if (E.isRight(ready)) return E.right({ run: run.right, config });
    dispose(run.right);
    if (E.isRight(begun)) await files.remove(`${folder}/${CONFIG_FILE}`)();
    return ready;
  };

/** Checkpoints that are there at once: two that are kept, the best, and one that is being written. */
const CHECKPOINTS_AT_ONCE = 4;

/** Checks that the disk of a folder has space for checkpoints: writes as many bytes, and removes them. */
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

/** The identity of a run that begins with a configuration: two with the same one are the same, to the bit. */
const identityOf = (config: Config): string =>
  bytesToHex(sha256(new TextEncoder().encode(JSON.stringify(config))));

const fresh = (
  { graph, input, seed, optimiserAt }: Start,
  identity: string | undefined,
): E.Either<SparrowError, Run> =>
  pipe(
    createRun({ graph, input, seed, optimiser: optimiserAt(0) }),
    E.map((run) => identity === undefined ? run : { ...run, identity }),
  );

/** The keys of a configuration that must not differ where a run goes on. */
const settled = ["pipeline", "graph", "settings", "loss"] as const;

/**
 * Goes on with the run of a folder after its last finished epoch, or from the beginning where none was finished.
 *
 * @param start Settings of the run's beginning, and the number of epochs that it is to have in all.
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
  const { identity } = before.right;
  if (
    identity !== undefined && (typeof identity !== "string" || !/^[0-9a-f]{64}$/.test(identity))
  ) {
    const file = `${folder}/${CONFIG_FILE}`;
    return E.left({ _tag: "CorruptFile", file, reason: "expected a SHA-256 as the identity" });
  }
  const foreign = foreignTo({ ...start, epochs }, identity);
  const newest = await newestCheckpoint(folder, files, foreign)();
  if (E.isLeft(newest)) return newest;
  await removeUnfinished(folder, files);
  const { checkpoint, damaged } = newest.right;
  for (const error of damaged) log(`${describe(error)}. The one before it is taken`);
  if (checkpoint === null) {
    log(`No epoch of ${folder} was finished: it begins anew`);
    const now = identity === undefined ? config : { ...config, identity };
    return await pipe(
      replaceConfig(folder, now, files),
      TE.chainEitherK(() => fresh(start, identity)),
      TE.map((run): Begun => ({ run, config: now })),
    )();
  }
  const { epoch } = checkpoint;
  if (epoch >= epochs && await reportedEpoch(folder, files) === epoch) {
    return E.right({ run: null, config });
  }
  const resumed = resumeRun(checkpoint, optimiserAt(epoch));
  if (E.isLeft(resumed)) return resumed;
  const resumptions = [...resumptionsOf(before.right), { epoch }];
  const now = {
    ...config,
    ...(identity === undefined ? {} : { identity }),
    resumed: resumptions,
  };
  const written = await replaceConfig(folder, now, files)();
  if (E.isLeft(written)) {
    dispose(resumed.right);
    return written;
  }
  log(`Goes on after epoch ${epoch} of ${epochs}`);
  return E.right({ run: resumed.right, config: now });
};

/** The last epoch of the run that the report in a folder shows; null where there is none, or an older one. */
async function reportedEpoch(folder: string, files: Files): Promise<number | null> {
  const page = await files.read(`${folder}/${REPORT_FILE}`)();
  return E.isLeft(page) ? null : epochOfReport(new TextDecoder().decode(page.right));
}

/** Returns the epochs after which a run was resumed. */
const resumptionsOf = ({ resumed }: Config): readonly { readonly epoch: number }[] =>
  (Array.isArray(resumed) ? resumed : [])
    .filter((entry) => Number.isSafeInteger(entry?.epoch) && entry.epoch >= 0)
    .map(({ epoch }) => ({ epoch }));

/** Says why a checkpoint is not one of this run; null where it is. */
const foreignTo =
  (start: Start & { readonly epochs: number }, identity: string | undefined) =>
  ({ identity: its, epoch, graph, input }: Checkpoint): string | null => {
    const config = `${start.folder}/${CONFIG_FILE}`;
    if (its !== identity) return `it is of another run than ${config}`;
    if (epoch > start.epochs) {
      return `expected at most ${start.epochs} epochs, current value is ${epoch}`;
    }
    const expected = inferShapes(start.graphAt(epoch), start.input);
    if (E.isLeft(expected)) return describe(expected.left);
    const [was, is] = [expected.right, { graph, input }]
      .map(({ graph, input }) => `[${String(input)}] ▷ ${show(graph)}`);
    return was === is ? null : `expected the graph ${was}, current value is ${is}`;
  };

/** A part of a configuration, without the schedule that Sparrow 0.1 kept in the settings. */
function settledPart(config: Config, key: typeof settled[number]): unknown {
  if (key !== "settings") return config[key];
  const { schedule: _, ...settings } = (config.settings ?? {}) as Config;
  return settings;
}

/** The error of the first part of a configuration that differs from the saved one, if any. */
function otherwise(before: Config, now: Config, folder: string) {
  const text = (value: unknown) => typeof value === "string" ? value : JSON.stringify(value);
  for (const key of settled) {
    if (text(settledPart(before, key)) === text(settledPart(now, key))) continue;
    const expected = `a folder whose ${CONFIG_FILE} has the ${key} ${text(now[key])}`;
    return invalidOption("--resume", `${folder} (${text(before[key])})`, expected);
  }
  const [was, is] = [before, now].map(({ dataset }) => (dataset ?? {}) as Config);
  return text(was.sha256) === text(is.sha256) ? null : invalidOption(
    "--data",
    `${is.source}, ${sizesOf(is)}`,
    `the files that ${folder}/${CONFIG_FILE} has the hashes of, ${sizesOf(was)}`,
  );
}

/** Writes the sizes of a dataset, and the notice of its loader. */
const sizesOf = ({ train, test, notice }: Config): string =>
  `${train} to train on and ${test} to test with${notice === undefined ? "" : ` (${notice})`}`;

/** Names of temporary files, as `Files.write` and `hasRoom` make them. */
const TEMPORARY = /(\.[0-9a-f]{4,8}|^room)\.tmp$/;

/** Removes the temporary files that a process leaves which is killed while it writes. */
async function removeUnfinished(folder: string, files: Files): Promise<void> {
  const names = await files.list(folder)();
  const inside = E.isRight(names) ? names.right.filter((name) => !name.includes(".")) : [];
  for (const place of [folder, ...inside.map((name) => `${folder}/${name}`)]) {
    const found = await files.list(place)();
    // What is a file has no names in it, and one that cannot be removed does no harm.
    for (const name of E.isRight(found) ? found.right : []) {
      if (TEMPORARY.test(name)) await files.remove(`${place}/${name}`)();
    }
  }
}

/** Reads the configuration in a folder; `CorruptFile` where it is no JSON object. */
export const savedConfig = (folder: string, files: Files): TE.TaskEither<SparrowError, Config> =>
  pipe(
    files.read(`${folder}/${CONFIG_FILE}`),
    TE.chainEitherKW((bytes): E.Either<SparrowError, Config> => {
      const config = parseJson(new TextDecoder().decode(bytes));
      if (isRecord(config)) return E.right(config);
      const file = `${folder}/${CONFIG_FILE}`;
      return E.left({ _tag: "CorruptFile", file, reason: "expected a JSON object" });
    }),
  );

/** Options on how a program is run, not on its results: a resumed run never takes them from before. */
const ofThisTime = ["help", "quiet", "debug", "profile", "dashboard", "resume", "on-gpu-loss"];

/** Options that may differ from the saved ones. */
const free = [...ofThisTime, "threads", "data", "backend", "epochs"];

/**
 * Completes the options of a run that goes on with the saved ones.
 *
 * @param given Every option, defaults included.
 * @param args The command line: an option that is not on it has the saved value.
 * @param flags Flags of the program: they check the saved values too.
 * @returns The options; `CorruptFile` for a saved value that its flag does not take, `InvalidOption` for one that
 * contradicts those of before, and for fewer epochs.
 */
export function resumedOptions(
  given: Config,
  args: readonly string[],
  folder: string,
  before: Config,
  flags: Flags,
): E.Either<SparrowError, Config> {
  const place = `${folder}/${CONFIG_FILE}`;
  const corrupt = (reason: string): E.Either<CorruptFile, never> =>
    E.left({ _tag: "CorruptFile", file: place, reason });
  const saved = savedOptions(before);
  if (saved === null) return corrupt("expected options");
  for (const name of Object.keys(flags)) {
    if (ofThisTime.includes(name) || !Object.hasOwn(saved, name)) continue;
    const wrong = wrongValue(name, flags[name], saved[name]);
    if (wrong === null) continue;
    const { option, expected, actual } = wrong;
    return corrupt(`expected the value of ${option} to be ${expected}, current value is ${actual}`);
  }
  const isGiven = (name: string) =>
    args.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
  const options: Record<string, unknown> = { ...given };
  for (const name of Object.keys(given)) {
    if (ofThisTime.includes(name) || !Object.hasOwn(saved, name)) continue;
    if (!isGiven(name)) options[name] = saved[name];
    else if (!free.includes(name) && given[name] !== saved[name]) {
      return E.left(invalidOption(
        `--${name}`,
        given[name],
        `${saved[name] ?? "nothing"}, as in ${place}: a run goes on as it was begun`,
      ));
    }
  }
  const [epochs, begun] = [Number(options.epochs), Number(saved.epochs)];
  if (epochs < begun) {
    return E.left(invalidOption("--epochs", epochs, `at least ${begun}, as in ${place}`));
  }
  return E.right(options);
}

/** The saved options of a run, with those that stand elsewhere in its configuration; null where there are none. */
function savedOptions({ options, settings, backend }: Config): Config | null {
  if (typeof options !== "object" || options === null) return null;
  // A run of Sparrow 0.1, whose batch size was not an option.
  const { batchSize } = (settings ?? {}) as Config;
  // "auto" might find another backend today.
  const { name } = (backend ?? {}) as Config;
  return {
    batch: batchSize ?? null,
    ...options,
    ...(name === undefined ? {} : { backend: name }),
  };
}
