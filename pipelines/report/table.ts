/**
 * A table by its columns: described once, written for a page, for a spreadsheet and for a terminal.
 *
 * @module
 */
import { table as aligned } from "../cli/table.ts";
import { csvLink, type Table } from "./csv.ts";
import { compact } from "./format.ts";
import { type Content, type Html, html } from "./html.ts";

/** What a cell holds; null is an empty cell. */
export type Value = string | number | null;

/** A column of a table whose rows are values of any kind. */
export interface Column<Row> {
  /** What stands at its head where people read it. */
  readonly heading: string;
  /**
   * What stands at its head in CSV.
   *
   * @default the heading
   */
  readonly key?: string;
  /** The value of a row, as CSV has it: unrounded. */
  readonly value: (row: Row, at: number) => Value;
  /**
   * The value as people read it.
   *
   * @default a text as it is, a number to three digits, "" for null
   */
  readonly show?: (row: Row, at: number) => string;
  /**
   * The value as a page shows it, where that is more than a text.
   *
   * @default what `show` gives
   */
  readonly content?: (row: Row, at: number) => Content;
  /** Whether the column names its rows: a screen reader says it before each of their cells. */
  readonly names?: boolean;
  /**
   * Whether the column is text, and so flush left.
   *
   * @default false: numbers, flush right; the first column is always flush left
   */
  readonly text?: boolean;
  /** Whether a row's cell is set in bold. */
  readonly strong?: (row: Row, at: number) => boolean;
}

/** Columns and rows. */
export interface Columns<Row> {
  /** From left to right; the first is flush left. */
  readonly columns: readonly Column<Row>[];
  /** From top to bottom. */
  readonly rows: readonly Row[];
}

/** How a table stands in a page. */
export interface TableOptions<Row> {
  /** What the table is, for a screen reader: "Final numbers by run". */
  readonly label: string;
  /** The name of its file of CSV without the ending; without one it is not to be had as CSV. */
  readonly file?: string;
  /** What a reader must know of it, below the table. */
  readonly note?: Content;
  /** Rows that follow each other with the same key are set apart from the next. */
  readonly group?: (row: Row) => string;
  /** Classes of its own, beside `cells`. */
  readonly kind?: string;
}

/** The style of tables: a wide one scrolls within the page, its first column staying where it is. */
export const tableStyle = `
.scroll { margin-top: 16px; overflow-x: auto; }
.cells { font-size: 14px; }
.cells thead th { vertical-align: bottom; }
.cells .words { text-align: left; }
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

/** The table for a spreadsheet: every digit, and the columns' keys at the head. */
export const asCsv = <Row>({ columns, rows }: Columns<Row>): Table => ({
  header: columns.map(({ key, heading }) => key ?? heading),
  rows: rows.map((row, at) => columns.map(({ value }) => value(row, at))),
});

/**
 * The table for a terminal.
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

/** The table for a page, with a link that downloads it as CSV where it has a file. */
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
      <p class="below">${note ?? null} ${link}</p>
    `}
  `;
}

const headCell = <Row>({ heading, text = false }: Column<Row>): Html =>
  html`
    <th scope="col" ${classOf(text ? "words" : "")}>${heading}</th>
  `;

function cell<Row>(column: Column<Row>, row: Row, at: number): Html {
  const content = column.content?.(row, at) ?? shown(column, row, at);
  const strength = column.strong === undefined ? "" : column.strong(row, at) ? "strong" : "weak";
  const kind = `${column.text ? "words " : ""}${strength}`.trim();
  return column.names
    ? html`
      <th scope="row" ${classOf(kind)}>${content}</th>
    `
    : html`<td${classOf(kind)}>${content}</td>`;
}

const classOf = (kind: string): Html | null =>
  kind === "" ? null : html`
    class="${kind}"
  `;
