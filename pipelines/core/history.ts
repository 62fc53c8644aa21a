/**
 * History of a run: measurements as tidy data, one row per value, as plots need it; written as JSON lines, and read
 * back.
 *
 * @module
 */
import { unknownName } from "../../graph/closest.ts";
import type { CorruptFile, InvalidOption } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import { isCount, isRecord, parseJson } from "../files/json.ts";

/** The split that a row was measured on; "run" for measurements of none. */
export type SplitName = "train" | "validation" | "test" | "run";

/** One measured value. */
export interface Row {
  /** Number of the epoch, counted from 1; 0 for measurements before training. */
  readonly epoch: number;
  /** Number of training steps done by then, over all epochs. */
  readonly step: number;
  /** Split that it was measured on. */
  readonly split: SplitName;
  /** Name of the measurement: "loss", "accuracy", "sparsity", "hardness", "learning_rate", "samples_per_second", … */
  readonly name: string;
  /** Value in the name's own unit; fractions for accuracies and sparsities. */
  readonly value: number;
}

/** All measurements so far, oldest first. */
export type History = readonly Row[];

/**
 * Returns the rows of a name, in order of time.
 *
 * @param history Rows of a run.
 * @param name Name of the measurement.
 * @param split Split that it was measured on. @default any
 */
export const rowsNamed = (history: History, name: string, split?: SplitName): History =>
  history.filter((row) => row.name === name && (split === undefined || row.split === split));

/**
 * Returns the newest value of a name.
 *
 * @param history Rows of a run.
 * @param name Name of the measurement.
 * @param split The split that it was measured on. @default any
 * @returns The value; `InvalidOption` where the history has no such name, or none for the split, with
 * the names that it has and the one that the given name is nearest to.
 *
 * @example
 * ```ts
 * import { type History, latest } from "./history.ts";
 * import { describe } from "../../graph/error.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const history: History = [
 *   { epoch: 1, step: 10, split: "test", name: "accuracy", value: 0.8 },
 *   { epoch: 2, step: 20, split: "test", name: "accuracy", value: 0.9 },
 * ];
 * assertEquals(orThrow(latest(history, "accuracy", "test")), 0.9);
 * const mistyped = latest(history, "acuracy");
 * assertEquals(
 *   E.isLeft(mistyped) && describe(mistyped.left),
 *   'Cannot use name: expected one of accuracy, current value is "acuracy". ' +
 *     'Did you mean "accuracy"?',
 * );
 * ```
 */
export function latest(
  history: History,
  name: string,
  split?: SplitName,
): E.Either<InvalidOption, number> {
  const value = newest(history, name, split);
  if (value !== null) return E.right(value);
  const named = rowsNamed(history, name);
  return E.left(
    named.length === 0 || split === undefined
      ? unknownName("name", name, distinct(history.map((row) => row.name)))
      : unknownName("split", split, distinct(named.map((row) => row.split))),
  );
}

/** Returns the newest value of a name, for code that can go on without it: null where it was never measured. */
export const newest = (history: History, name: string, split?: SplitName): number | null =>
  rowsNamed(history, name, split).at(-1)?.value ?? null;

const distinct = (names: readonly string[]): readonly string[] => [...new Set(names)];

/** The mean of a quantity over one epoch; NaN when nothing finite was measured in it. */
export interface EpochMean {
  /** Number of epochs that were done when it was measured. */
  readonly epoch: number;
  /** Mean of the epoch's finite values. */
  readonly value: number;
}

/**
 * Computes the mean of each epoch's finite values: the value itself where there is one per epoch.
 *
 * @example
 * ```ts
 * import { perEpoch } from "./history.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const row = (epoch: number, step: number, value: number) =>
 *   ({ epoch, step, split: "train", name: "loss", value }) as const;
 * assertEquals(
 *   perEpoch([row(1, 1, 0.5), row(1, 2, 0.25), row(2, 3, 0.125)], "loss", "train"),
 *   [{ epoch: 1, value: 0.375 }, { epoch: 2, value: 0.125 }],
 * );
 * ```
 */
export function perEpoch(history: History, name: string, split?: SplitName): readonly EpochMean[] {
  const epochs = Map.groupBy(rowsNamed(history, name, split), ({ epoch }) => epoch);
  return [...epochs].map(([epoch, rows]) => {
    const finite = rows.map(({ value }) => value).filter(Number.isFinite);
    return { epoch, value: finite.reduce((sum, value) => sum + value, 0) / finite.length };
  }).sort((a, b) => a.epoch - b.epoch);
}

/**
 * Writes a history as JSON lines: {"epoch","step","split","name","value"}.
 *
 * @param history Rows of a run.
 */
export const toJsonLines = (history: History): string =>
  history.map(({ epoch, step, split, name, value }) =>
    JSON.stringify({ epoch, step, split, name, value }) + "\n"
  ).join("");

/**
 * Reads a history from JSON lines, as {@linkcode toJsonLines} writes them.
 *
 * @param file Name of the file, for errors.
 * @returns The rows; a value that was not finite, which JSON has as null, is NaN. `CorruptFile` naming
 * the first line that is not a row.
 *
 * @example
 * ```ts
 * import { fromJsonLines, toJsonLines } from "./history.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const history = [{ epoch: 1, step: 9, split: "test", name: "accuracy", value: 0.9 }] as const;
 * assertEquals(fromJsonLines("metrics.jsonl", toJsonLines(history)), E.right(history));
 * ```
 */
export function fromJsonLines(file: string, text: string): E.Either<CorruptFile, History> {
  const rows: Row[] = [];
  let number = 0;
  for (const line of linesOf(text)) {
    number++;
    if (line.trim() === "") continue;
    const row = rowOf(line);
    if (row === null) {
      const reason = `expected {"epoch", "step", "split", "name", "value"} in line ${number}, ` +
        `current value is ${line.slice(0, 80)}`;
      return E.left({ _tag: "CorruptFile", file, reason });
    }
    rows.push(row);
  }
  return E.right(rows);
}

/** The lines one by one: an array of millions of empty ones would be many times as large as the text. */
function* linesOf(text: string): Generator<string> {
  let from = 0;
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
    yield text.slice(from, end);
    from = end + 1;
  }
  yield text.slice(from);
}

const isSplit = (value: unknown): value is SplitName =>
  ["train", "validation", "test", "run"].includes(String(value));

function rowOf(line: string): Row | null {
  const row = parseJson(line);
  if (!isRecord(row)) return null;
  const { epoch, step, split, name, value } = row;
  return isCount(epoch) && isCount(step) && isSplit(split) && typeof name === "string" &&
      (typeof value === "number" || value === null)
    ? { epoch, step, split, name, value: value ?? NaN }
    : null;
}
