/**
 * Text for terminals: lengths of time in words, and tables.
 *
 * @module
 */
import { printable } from "../../graph/printable.ts";
import { compact } from "../report/format.ts";

/** Writes a length of time as a person says it: 45 s, 3 min 20 s, 1 h 05 min. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(whole / 3600)} h ${
    String(Math.floor(whole / 60) % 60).padStart(2, "0")
  } min`;
}

/**
 * Estimates the seconds that a training still takes if its remaining epochs go as fast as those before.
 *
 * @param progress The epoch, counted from 1, and how many of its steps are done.
 * @param epochs Epochs of the whole training.
 * @param seconds Seconds since the training began, or went on.
 * @param from Epochs that were done by then, and the part of the next one.
 * @returns The seconds; Infinity where nothing was done since then.
 *
 * @example
 * ```ts
 * import { secondsLeft } from "./text.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(secondsLeft({ epoch: 3, done: 5, total: 10 }, 10, 5), 15);
 * assertEquals(secondsLeft({ epoch: 3, done: 5, total: 10 }, 10, 5, 2), 75);
 * ```
 */
export function secondsLeft(
  { epoch, done, total }: {
    readonly epoch: number;
    readonly done: number;
    readonly total: number;
  },
  epochs: number,
  seconds: number,
  from = 0,
): number {
  const gone = epoch - 1 + done / total;
  return gone > from ? seconds / (gone - from) * (epochs - gone) : Infinity;
}

/**
 * Writes a table, the same on a terminal and in a file: columns are as wide as their widest cell, the first
 * is flush left, the others right. A cell is one line: control characters are escaped.
 *
 * @param texts Rows of one length, the heading first.
 *
 * @example
 * ```ts
 * import { table } from "./text.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(table([["case", "ms"], ["step", "12.5"]]), "case    ms\nstep  12.5");
 * ```
 */
export function table(texts: readonly (readonly string[])[]): string {
  const rows = texts.map((row) => row.map(printable));
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])
    ).join("  ").trimEnd()
  ).join("\n");
}

/**
 * Writes milliseconds in the unit that suits them.
 *
 * @example
 * ```ts
 * import { showTime } from "./text.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals([0.0123, 4.56, 12_300].map(showTime), ["12.3 µs", "4.56 ms", "12.3 s"]);
 * ```
 */
export function showTime(milliseconds: number): string {
  if (milliseconds < 1) return `${compact(milliseconds * 1000)} µs`;
  return milliseconds < 1000 ? `${compact(milliseconds)} ms` : `${compact(milliseconds / 1000)} s`;
}
