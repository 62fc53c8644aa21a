/**
 * The table of the results: means over sets, with the intervals of their differences from the first method.
 *
 * @module
 */
import type { Columns } from "../../../pipelines/report/table.ts";
import { type Estimate, estimate, paired } from "./measures.ts";
import type { Measured } from "./methods.ts";

/** The quantities of a result that are compared. */
type Quantity = "at1" | "at5" | "near" | "unseen";

/**
 * Describes the table: a row for each method. After a mean stands its difference from the first method's, with the
 * half width of the difference's 95 % interval.
 *
 * @param rows Results of each method, by set, in the same order of sets for all.
 */
export function resultTable(rows: readonly (readonly Measured[])[]): Columns<readonly Measured[]> {
  const [first] = rows;
  const valuesOf = (row: readonly Measured[], name: Quantity) =>
    row.flatMap((found) => found[name] ?? []);
  const column = (heading: string, name: Quantity) => ({
    heading,
    value: (row: readonly Measured[]) =>
      row.some((found) => found[name] === null) ? null : estimate(valuesOf(row, name)).mean,
    show: (row: readonly Measured[]) => {
      if (row.some((found) => found[name] === null)) return "";
      const values = valuesOf(row, name);
      const mean = estimate(values).mean.toFixed(3);
      return row === first
        ? mean
        : `${mean} (${difference(paired(values, valuesOf(first, name)))})`;
    },
  });
  return {
    columns: [
      { heading: "method", value: ([{ method }]) => method, text: true },
      column("P@1", "at1"),
      column("P@5", "at5"),
      column("near-duplicates first", "near"),
      column("unseen classes P@1", "unseen"),
      {
        heading: "same five at distance 0",
        value: (row) => row.reduce((sum, { confused }) => sum + confused, 0),
      },
      { heading: "bytes", value: ([{ bytes }]) => bytes, show: ([{ bytes }]) => String(bytes) },
    ],
    rows,
  };
}

const difference = ({ mean, half }: Estimate): string =>
  (mean < 0 ? "−" : "+") + Math.abs(mean).toFixed(3) +
  (half === null ? "" : ` ± ${half.toFixed(3)}`);
