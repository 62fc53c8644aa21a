/**
 * Several runs read from their folders and compared: the differences of their settings, and their final results.
 *
 * @module
 */
import {
  type CorruptFile,
  type InvalidOption,
  invalidOption,
  type SparrowError,
} from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { CONFIG_FILE } from "../core/config.ts";
import {
  type EpochMean,
  fromJsonLines,
  type History,
  perEpoch,
  type SplitName,
} from "../core/history.ts";
import type { Files } from "../files/files.ts";
import { isRecord, parseJson } from "../files/json.ts";
import { METRICS_FILE } from "../stages/save.ts";
import { flatten } from "./summary.ts";

/** A run as its folder tells it. */
export interface SavedRun {
  /** The folder, as it was given. */
  readonly folder: string;
  /** Name of the run in the report. @default the end of its folder by which it differs from the others */
  readonly name?: string;
  /** The run's configuration, from `config.json`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The run's history, from `metrics.jsonl`; not empty. */
  readonly history: History;
}

/**
 * Reads the folder of a run: `config.json` and `metrics.jsonl`.
 *
 * @returns The run; `FileUnavailable` where one of the two is not there, `CorruptFile` where one is not
 * what a run writes.
 */
export const readRun = (folder: string, files: Files): TE.TaskEither<SparrowError, SavedRun> => {
  const read = <A>(
    file: string,
    parse: (file: string, text: string) => E.Either<CorruptFile, A>,
  ) => {
    const path = `${folder.replace(/[/\\]+$/, "")}/${file}`;
    return pipe(
      files.read(path),
      TE.mapLeft((error): SparrowError => ({
        ...error,
        advice:
          `Give the folder of a run: it holds ${CONFIG_FILE}, and ${METRICS_FILE} after an epoch`,
      })),
      TE.chainEitherKW((bytes) => parse(path, new TextDecoder().decode(bytes))),
    );
  };
  return pipe(
    read(CONFIG_FILE, configOf),
    TE.chain((config) =>
      pipe(
        read(METRICS_FILE, fromJsonLines),
        TE.chainEitherK((history): E.Either<SparrowError, SavedRun> =>
          history.length > 0 ? E.right({ folder, config, history }) : E.left({
            _tag: "CorruptFile",
            file: `${folder}/${METRICS_FILE}`,
            reason: "expected at least one row, current value is none",
          })
        ),
      )
    ),
  );
};

function configOf(
  file: string,
  text: string,
): E.Either<CorruptFile, Readonly<Record<string, unknown>>> {
  const config = parseJson(text);
  if (isRecord(config)) return E.right(config);
  const reason = `expected a JSON object, current value is ${text.slice(0, 40)}`;
  return E.left({ _tag: "CorruptFile", file, reason });
}

/** A setting that is not the same in all runs. */
export interface Difference {
  /** Key of the option, its parts joined with dots: "options.seed". */
  readonly key: string;
  /** Values of the runs, in their order; null where a run has no such setting. */
  readonly values: readonly (string | null)[];
}

/** A quantity that every run has measured. */
export interface Quantity {
  readonly split: SplitName;
  /** Name of the quantity in the rows: "accuracy". */
  readonly name: string;
  /** Means by epoch for each run, in the order of the runs; none is empty. */
  readonly points: readonly (readonly EpochMean[])[];
}

/** Runs whose settings differ in their seeds alone. */
export interface Group {
  /** Places of the runs, counted from 0, ascending. */
  readonly runs: readonly number[];
  /** Settings that set the group apart from the first, "loss.name=supcon"; "" for none. */
  readonly label: string;
}

/** Several runs beside each other. */
export interface Comparison {
  readonly runs: readonly SavedRun[];
  /** Settings that differ, in the order of the first configuration that has them. */
  readonly differences: readonly Difference[];
  /** Accuracies first, then losses, then the others as they were measured. */
  readonly quantities: readonly Quantity[];
  /** Groups, in the order of their first runs. */
  readonly groups: readonly Group[];
}

/** Settings that say where a run lies and how it was watched, but not what it is. */
const incidental =
  /^identity$|^options\.(out|data|dashboard|quiet|profile|debug|help)$|^dataset\.source$/;

/** The settings that a repetition changes: the seed, and the images that are generated from it. */
const seeds = /^(options\.)?seed$|^dataset\.sha256\.strokes/;

/**
 * Puts runs beside each other.
 *
 * @param runs At least one.
 * @returns The comparison; `InvalidOption` where there is nothing that all of them have measured.
 */
export function compareRuns(runs: readonly SavedRun[]): E.Either<InvalidOption, Comparison> {
  const quantities = sharedQuantities(runs);
  if (quantities.length === 0) {
    const names = runs.map(({ folder, history }) =>
      `${folder}: ${[...new Set(history.map(({ name }) => name))].slice(0, 4).join(", ")}`
    );
    return E.left(
      invalidOption("RUN_DIR", names.join("; "), "runs that have measured a quantity in common"),
    );
  }
  const differences = differencesOf(runs);
  return E.right({ runs, differences, quantities, groups: groupsOf(runs, differences) });
}

/** The settings that are not the same in all runs, less those that say nothing of a run. */
function differencesOf(runs: readonly SavedRun[]): readonly Difference[] {
  const settings = runs.map(({ config }) => new Map(flatten(config)));
  const keys = [...new Set(settings.flatMap((setting) => [...setting.keys()]))];
  return keys.filter((key) => !incidental.test(key))
    .map((key) => ({ key, values: settings.map((setting) => setting.get(key) ?? null) }))
    .filter(({ values }) => new Set(values).size > 1);
}

function groupsOf(
  runs: readonly SavedRun[],
  differences: readonly Difference[],
): readonly Group[] {
  const telling = differences.filter(({ key }) => !seeds.test(key));
  const settingsOf = (run: number): string =>
    telling.map(({ key, values }) => `${key}=${values[run] ?? "none"}`).join(", ");
  const groups = Map.groupBy(runs.keys(), (run) => settingsOf(run));
  return [...groups].map(([label, runs]) => ({ label, runs }));
}

/** Rank of a quantity: accuracies, then losses, then the rest. */
const rank = (name: string): number =>
  name === "accuracy" ? 0 : name === "loss" ? 1 : /accuracy/.test(name) ? 2 : 3;

const splitRank = (split: SplitName): number =>
  ["test", "validation", "train", "run"].indexOf(split);

function sharedQuantities(runs: readonly SavedRun[]): readonly Quantity[] {
  // Each history is gone through once, however many names it has.
  const rows = runs.map(({ history }) =>
    Map.groupBy(history, ({ split, name }) => `${split} ${name}`)
  );
  const measured = (rows: History | undefined) =>
    rows?.some(({ value }) => Number.isFinite(value)) ?? false;
  return [...rows[0].keys()].filter((one) => rows.every((by) => measured(by.get(one))))
    .map((one): Quantity => {
      const at = one.indexOf(" ");
      const [split, name] = [one.slice(0, at) as SplitName, one.slice(at + 1)];
      return { split, name, points: rows.map((by) => perEpoch(by.get(one) ?? [], name, split)) };
    })
    .map((quantity, i) => ({ quantity, i }))
    .sort((a, b) =>
      rank(a.quantity.name) - rank(b.quantity.name) ||
      (rank(a.quantity.name) < 2
        ? splitRank(a.quantity.split) - splitRank(b.quantity.split)
        : a.i - b.i)
    )
    .map(({ quantity }) => quantity);
}

/**
 * Whether all runs measured the same values in all epochs that they share, so that their lines would be one.
 */
export const isSame = ({ points: [first, ...others] }: Quantity): boolean => {
  const values = new Map(first.map(({ epoch, value }) => [epoch, value]));
  return others.every((points) =>
    points.every(({ epoch, value }) => Object.is(value, values.get(epoch) ?? value))
  );
};

/** The newest finite value of a run. */
export const finalOf = ({ points }: Quantity, run: number): number =>
  points[run].findLast(({ value }) => Number.isFinite(value))?.value ?? NaN;
