/**
 * Tables as comma-separated values (RFC 4180), and as a link that carries them.
 *
 * @module
 */
import { type Html, html } from "./html.ts";

/** A header and rows that are as long as it; null is an empty cell. */
export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** A spreadsheet runs a cell that starts so as a formula: text from outside must not. */
const formula = /^[=+\-@\t\r]/;

function cell(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const text = formula.test(value) && Number.isNaN(Number(value)) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * The table as text: numbers with every digit that they have, "NaN" for what is not one.
 *
 * @example
 * ```ts
 * import { toCsv } from "./csv.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const table = { header: ["epoch", "test"], rows: [[1, 0.91], [2, null]] };
 * assertEquals(toCsv(table), "epoch,test\n1,0.91\n2,\n");
 * ```
 */
export const toCsv = ({ header, rows }: Table): string =>
  [header, ...rows].map((row) => row.map(cell).join(",") + "\n").join("");

/**
 * The table as a `data:` URL. Commas, which are most of a CSV file's punctuation, stay as they are:
 * escaping them would double its length.
 */
const toDataUrl = (table: Table): string =>
  "data:text/csv;charset=utf-8," +
  encodeURIComponent(toCsv(table).toWellFormed()).replaceAll("%2C", ",");

/**
 * A link that downloads the table.
 *
 * @param file The name that the browser suggests.
 * @param name Name of the table for a screen reader: "Figure 1".
 */
export const csvLink = (table: Table, file: string, name: string): Html =>
  html`
    <a class="data" href="${toDataUrl(table)}" download="${file}"
      aria-label="${name}: data as CSV">data</a>
  `;
