/**
 * Tables that are described once, by their columns, and written in three forms: HTML for a page, CSV for a
 * spreadsheet, aligned text for a terminal.
 *
 * @module
 */
import { table as aligned } from "../cli/text.ts";
import { csvLink, type Table } from "./csv.ts";
import { compact } from "./format.ts";
import { type Content, type Html, html, trusted } from "./html.ts";

/** The value of a cell; null leaves it empty. */
export type Value = string | number | null;

/** A column: its heading, and how a cell is made from a row, which may be a value of any type. */
export interface Column<Row> {
  /** Heading on a page and in a terminal. */
  readonly heading: string;
  /**
   * Heading in CSV.
   *
   * @default the heading
   */
  readonly key?: string;
  /** Returns the value of a row's cell as CSV has it, unrounded. */
  readonly value: (row: Row, at: number) => Value;
  /**
   * Returns the cell's text on a page and in a terminal.
   *
   * @default the value: text as it is, numbers to three digits, null as ""
   */
  readonly show?: (row: Row, at: number) => string;
  /**
   * Returns the cell's content on a page, where that is more than text, such as a link.
   *
   * @default the text of `show`
   */
  readonly content?: (row: Row, at: number) => Content;
  /**
   * Whether the column's cells are row headings, which a screen reader says before each cell of the row.
   *
   * @default false
   */
  readonly names?: boolean;
  /**
   * Whether the column holds text, which is aligned left and may wrap; numbers are aligned right.
   *
   * @default false; the first column is aligned left in any case
   */
  readonly text?: boolean;
  /**
   * Returns whether a row's cell is bold; the column's other cells are then grey.
   *
   * @default none is bold, none is grey
   */
  readonly strong?: (row: Row, at: number) => boolean;
}

/** A table: columns, and the rows that they make cells of. */
export interface Columns<Row> {
  /** The columns from left to right. */
  readonly columns: readonly Column<Row>[];
  /** The rows from top to bottom. */
  readonly rows: readonly Row[];
}

/** Options of {@linkcode asHtml}. */
export interface TableOptions<Row> {
  /** Name of the table for a screen reader: "Final numbers by run". */
  readonly label: string;
  /**
   * Name of the CSV file, without ".csv", under which the table can be downloaded.
   *
   * @default the table cannot be downloaded
   */
  readonly file?: string;
  /**
   * Note below the table that says how to read it.
   *
   * @default none
   */
  readonly note?: Content;
  /**
   * Returns the key of a row's group; a line separates the groups.
   *
   * @default all rows are one group
   */
  readonly group?: (row: Row) => string;
  /**
   * CSS classes of the table, beside `cells`.
   *
   * @default none
   */
  readonly kind?: string;
}

/** CSS of the tables: one that is wider than the page scrolls, while its first column stays in place. */
export const tableStyle = `
.scroll { margin-top: 16px; overflow-x: auto; }
.cells { font-size: 14px; }
.cells thead th { vertical-align: bottom; }
.cells .words { text-align: left; }
.cells td:not(.words) { white-space: nowrap; }
.cells td.weak { color: var(--muted); }
.cells td.strong { color: var(--ink); font-weight: 650; }
.cells tbody + tbody tr:first-child > * { border-top: 1px solid var(--grid); }
.cells tbody th:first-child { position: sticky; left: 0; background: var(--paper); }
.below { max-width: 84ch; margin: 8px 0 0; font-size: 13px; color: var(--muted); }
@media print { .scroll { overflow: visible; } }
`;

const plain = (value: Value): string =>
  value === null ? "" : typeof value === "number" ? compact(value) : value;

const shown = <Row>({ show, value }: Column<Row>, row: Row, at: number): string =>
  show === undefined ? plain(value(row, at)) : show(row, at);

/** Converts a table to CSV's header and rows, with every digit of its numbers. */
export const asCsv = <Row>({ columns, rows }: Columns<Row>): Table => ({
  header: columns.map(({ key, heading }) => key ?? heading),
  rows: rows.map((row, at) => columns.map(({ value }) => value(row, at))),
});

/**
 * Writes a table as aligned text for a terminal.
 *
 * @example
 * ```ts
 * import { asCsv, asText, type Columns } from "./table.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const table: Columns<{ name: string; seconds: number }> = {
 *   columns: [
 *     { heading: "name", value: ({ name }) => name },
 *     { heading: "took", key: "seconds", value: ({ seconds }) => seconds },
 *   ],
 *   rows: [{ name: "first", seconds: 1.23456 }],
 * };
 * assertEquals(asText(table), "name   took\nfirst  1.23");
 * assertEquals(asCsv(table), { header: ["name", "seconds"], rows: [["first", 1.23456]] });
 * ```
 */
export const asText = <Row>({ columns, rows }: Columns<Row>): string =>
  aligned([
    columns.map(({ heading }) => heading),
    ...rows.map((row, at) => columns.map((column) => shown(column, row, at))),
  ]);

/** Writes a table as HTML, in a region that scrolls, with a link to download it as CSV. */
export function asHtml<Row>(
  table: Columns<Row>,
  { label, file, note, group, kind = "" }: TableOptions<Row>,
): Html {
  const { columns, rows } = table;
  const bodies = Map.groupBy(rows.entries(), ([, row]) => group?.(row) ?? "");
  const link = file === undefined ? null : csvLink(asCsv(table), `${file}.csv`, label);
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="${label}">
      <table class="${`cells ${kind}`.trim()}">
        <thead>
          <tr>${columns.map(headCell)}</tr>
        </thead>
        ${[...bodies.values()].map((body) =>
          html`
            <tbody>
            ${body.map(([at, row]) =>
              html`
                <tr>${columns.map((column) => cell(column, row, at))}</tr>
              `
            )}</tbody>
          `
        )}
      </table>
    </div>
    ${note === undefined && link === null ? null : html`
      <p class="below">${note ?? onScreen(`${label}:`)} ${link}</p>
    `}
  `;
}

/** Text that is left out on paper, as the links to downloads are. */
const onScreen = (text: string): Html =>
  html`
    <span class="data">${text}</span>
  `;

const headCell = <Row>({ heading, text = false }: Column<Row>): Html =>
  element("th", "col", text ? "words" : "", heading);

function cell<Row>(column: Column<Row>, row: Row, at: number): Html {
  const content = column.content?.(row, at) ?? shown(column, row, at);
  const strength = column.strong === undefined ? "" : column.strong(row, at) ? "strong" : "weak";
  const kind = `${column.text ? "words " : ""}${strength}`.trim();
  return column.names ? element("th", "row", kind, content) : element("td", null, kind, content);
}

/** An element whose attributes are left out where they would be empty. */
function element(
  name: "th" | "td",
  scope: "row" | "col" | null,
  kind: string,
  content: Content,
): Html {
  const attributes = (scope === null ? "" : ` scope="${scope}"`) +
    (kind === "" ? "" : ` class="${kind}"`);
  return trusted(`<${name}${attributes}>${html`${content}`.markup}</${name}>`);
}
