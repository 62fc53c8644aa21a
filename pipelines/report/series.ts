/**
 * A history's rows as one value per epoch, which is what a figure draws.
 *
 * @module
 */
import { type History, rowsNamed, type SplitName } from "../history.ts";
import type { Table } from "./csv.ts";

/** One value of one epoch; NaN when nothing finite was measured in it. */
export interface Point {
  readonly epoch: number;
  readonly value: number;
}

/** What a line of a figure stands for, in order of epochs. */
export interface Series {
  readonly label: string;
  readonly points: readonly Point[];
}

/** The series of a split. */
export interface SplitSeries extends Series {
  readonly label: SplitName;
}

/**
 * The mean of each epoch's finite values: the value itself where there is one per epoch.
 *
 * @example
 * ```ts
 * import { perEpoch } from "./series.ts";
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
export function perEpoch(history: History, name: string, split?: SplitName): readonly Point[] {
  const epochs = Map.groupBy(rowsNamed(history, name, split), ({ epoch }) => epoch);
  return [...epochs].map(([epoch, rows]) => {
    const finite = rows.map(({ value }) => value).filter(Number.isFinite);
    return { epoch, value: finite.reduce((sum, value) => sum + value, 0) / finite.length };
  }).sort((a, b) => a.epoch - b.epoch);
}

/** A series for each split in which the name was measured: test, train, then the run as a whole. */
export const bySplit = (history: History, name: string): readonly SplitSeries[] =>
  (["test", "train", "run"] as const)
    .map((split) => ({ label: split, points: perEpoch(history, name, split) }))
    .filter(({ points }) => points.length > 0);

/** The finite values of all series. */
export const values = (series: readonly Series[]): readonly number[] =>
  series.flatMap(({ points }) => points.map(({ value }) => value)).filter(Number.isFinite);

/** The epochs of all series, ascending, each once. */
export const epochs = (series: readonly Series[]): readonly number[] =>
  [...new Set(series.flatMap(({ points }) => points.map(({ epoch }) => epoch)))]
    .sort((a, b) => a - b);

/** The newest point, or null for a series without points. */
export const last = (series: Series | undefined): Point | null => series?.points.at(-1) ?? null;

/** The series as a table: the epoch, then a column for each. */
export function seriesTable(series: readonly Series[]): Table {
  const columns = series.map(({ points }) =>
    new Map(points.map(({ epoch, value }) => [epoch, value]))
  );
  return {
    header: ["epoch", ...series.map(({ label }) => label)],
    rows: epochs(series).map((epoch) => [
      epoch,
      ...columns.map((column) => column.get(epoch) ?? null),
    ]),
  };
}
