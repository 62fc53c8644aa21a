/**
 * Colours and dashes of lines that stand for different things of one kind, such as runs.
 *
 * @module
 */

/** How many lines can be told from each other by their colours. */
export const LINES = 8;

/** On light paper: each at least 4.5:1 against it, as far from the others as eight can be. */
export const lightLines: readonly string[] = [
  "#1f5f99",
  "#b3541e",
  "#2c7a4b",
  "#8a3d9e",
  "#0b7583",
  "#a8234a",
  "#756200",
  "#4d5560",
];

/** On dark paper, in the same order. */
export const darkLines: readonly string[] = [
  "#7cb7ee",
  "#f0a06a",
  "#7fd0a0",
  "#d79be8",
  "#4fd0dc",
  "#f58aa8",
  "#d9c94f",
  "#c0c7d0",
];

/** Colours by the names line-1, line-2, … */
export const numbered = (colours: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(colours.map((colour, i) => [`line-${i + 1}`, colour]));

/** The colour of a line, as CSS, counted from 0; a ninth has that of the first again. */
export const lineColour = (i: number): string =>
  `var(--line-${i % LINES + 1}, ${lightLines[i % LINES]})`;

const dashes: readonly string[] = ["", "6 3", "2 3", "9 3 2 3"];

/**
 * The dashes of a line, as `stroke-dasharray` has them: neighbours differ, and so do those of one colour.
 *
 * @example
 * ```ts
 * import { lineColour, lineDash } from "./palette.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const looks = Array.from({ length: 32 }, (_, i) => `${lineColour(i)} ${lineDash(i)}`);
 * assertEquals(new Set(looks).size, 32);
 * ```
 */
export const lineDash = (i: number): string => dashes[(i + Math.floor(i / LINES)) % dashes.length];
