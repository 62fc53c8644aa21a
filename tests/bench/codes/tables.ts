/**
 * The tables of what was measured.
 *
 * @module
 */
import { table } from "../../../pipelines/cli/text.ts";
import { compact } from "../../../pipelines/report/format.ts";
import { summarise } from "../summary.ts";
import { ratioAt } from "./curve.ts";
import type { Row } from "./measured.ts";
import { recalls, yardsticks } from "./searchers.ts";

/** Writes the table of the cost of each index. */
export const indexTable = (rows: readonly Row[]): string =>
  table([
    ["index", "built in CPU s", "bytes per item"],
    ...rows.map(({ name, seconds, bytes }) => [name, seconds.toFixed(2), compact(bytes)]),
  ]);

/** Writes the table of the results of each setting. */
export const curveTable = (rows: readonly Row[]): string =>
  table([
    ["index", "setting", "recall@10", "queries/CPU s", "p50 ms", "p99 ms"],
    ...rows.flatMap(({ name, knob, settings }) =>
      settings.map(({ setting, recall, rate, p50, p99 }) => [
        name,
        knob === null ? "" : `${knob} ${setting}`,
        recall.toFixed(3),
        compact(rate),
        p50.toFixed(3),
        p99.toFixed(3),
      ])
    ),
  ]);

/**
 * Writes the table of Sparrow's speed relative to the better of the yardsticks, at some recalls.
 */
export function ratioTable(rows: readonly Row[], kind: "dense" | "binary"): string {
  const names: readonly string[] = yardsticks[kind];
  const others = rows.filter(({ name }) => names.includes(name));
  const header = recalls[kind].map((recall) => `at ${recall}`);
  const against = others.map(({ name }) => name).join(" and ") || "no yardstick at hand";
  return table([
    [`against the better of ${against}`, ...header],
    ...rows.filter(({ name }) => name.startsWith("Sparrow")).map((row) => [
      row.name,
      ...recalls[kind].map((recall) => {
        const ratio = medianRatio(row, others, recall);
        return ratio === null ? "–" : `× ${ratio.toFixed(2)}`;
      }),
    ]),
  ]);
}

/** The median over the rounds of a ratio within a round. */
export function medianRatio(row: Row, others: readonly Row[], recall: number): number | null {
  const rounds = row.settings[0]?.rates.length ?? 0;
  const curve = ({ settings }: Row, round: number) =>
    settings.map(({ recall, rates }) => ({ recall, rate: rates[round] }));
  const ratios = Array.from(
    { length: rounds },
    (_, round) => ratioAt(curve(row, round), others.map((other) => curve(other, round)), recall),
  ).filter((ratio) => ratio !== null);
  return ratios.length === 0 ? null : summarise(ratios).median;
}
