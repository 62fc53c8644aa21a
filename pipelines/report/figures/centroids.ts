/**
 * The figures of class centroids: the mean code of each class, and its kWTA.
 *
 * @module
 */
import type { Table } from "../csv.ts";
import type { Figure } from "../figure.ts";
import { compact, count } from "../format.ts";
import { heatmap } from "../heatmap.ts";
import { byPreferredClass, type UnitOrder } from "./stripes.ts";

/** The mean code of each class, as activity and as bits. */
export interface Centroids {
  /** Names of the classes, by label. */
  readonly classes: readonly string[];
  /** Mean activity, classes × units, in 0..1. */
  readonly means: readonly ArrayLike<number>[];
  /** Centroids after kWTA, classes × units, 0 or 1. */
  readonly codes: readonly ArrayLike<number>[];
}

const xLabel = "unit, ordered by preferred class";

/** Two heatmaps of classes × units, in one order; none when there is no class or no unit. */
export function centroidFigures(centroids: Centroids): readonly Figure[] {
  const { classes, means, codes } = centroids;
  const units = means[0]?.length ?? 0;
  if (classes.length === 0 || units === 0) return [];
  const order = byPreferredClass(means);
  const ordered = (rows: readonly ArrayLike<number>[]): readonly ArrayLike<number>[] =>
    rows.map((row) => order.units.map((unit) => row[unit] ?? NaN));
  const silent = order.preferred.filter((preferred) => preferred === null).length;
  const size = `${count(classes.length, "class", "classes")} × ${count(units, "unit")}`;
  const meanCaption =
    `Mean activity of ${size} (${silent.toLocaleString("en-GB")} silent); each class should ` +
    "own one step of the staircase, and activity off the staircase is shared between classes.";
  const codeCaption = `The centroids after kWTA, ${
    bits(codes)
  }; bits off the staircase are shared.`;
  return [
    {
      id: "centroids",
      title: "Class centroids",
      caption: meanCaption,
      drawings: heatmap({
        id: "centroids",
        label: `Heatmap of mean activity by class and unit. ${meanCaption}`,
        rows: classes,
        values: ordered(means),
        xLabel,
        yLabel: "class",
        levels: 16,
        legend: "mean activity",
      }),
      data: table(classes, means, order),
      span: "whole",
    },
    {
      id: "centroid-codes",
      title: "Binary class centroids",
      caption: codeCaption,
      drawings: heatmap({
        id: "centroid-codes",
        label: `Heatmap of bits by class and unit. ${codeCaption}`,
        rows: classes,
        values: ordered(codes),
        xLabel,
        yLabel: "class",
        levels: 1,
        legend: null,
      }),
      data: table(classes, codes, order),
      span: "whole",
    },
  ];
}

/** Says how many bits the codes set, and how many two of them share on average. */
function bits(codes: readonly ArrayLike<number>[]): string {
  const overlap = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
    Array.from(a).filter((bit, unit) => bit > 0 && (b[unit] ?? 0) > 0).length;
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const sizes = codes.map((code) => overlap(code, code));
  const pairs = codes.flatMap((a, i) => codes.slice(i + 1).map((b) => overlap(a, b)));
  const size = mean(sizes);
  return `${compact(size)} ${size === 1 ? "bit" : "bits"} each` +
    (pairs.length === 0 ? "" : `, of which two classes share ${compact(mean(pairs))} on average`);
}

/** A row per unit in its original order: its preferred class, its place in the figure, its values. */
function table(
  classes: readonly string[],
  values: readonly ArrayLike<number>[],
  { units, preferred }: UnitOrder,
): Table {
  const places = new Map(units.map((unit, place) => [unit, place]));
  return {
    header: ["unit", "preferred_class", "place", ...classes],
    rows: preferred.map((k, unit) => [
      unit,
      k === null ? null : classes[k] ?? null,
      places.get(unit) ?? null,
      // Means of float32 codes: digits beyond the sixth are noise, and most of the file.
      ...values.map((row) => Number((row[unit] ?? NaN).toPrecision(6))),
    ]),
  };
}
