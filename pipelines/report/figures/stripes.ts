/**
 * Codes as stripes, in which a bit is a tick at its unit's place, the order of the units, and other parts of figures
 * that are drawn by hand.
 *
 * @module
 */
import { linearAxis } from "../axis.ts";
import type { Element } from "../dom.ts";
import { svgElement } from "../plot.ts";

// ---- The order of units

/** An order of units by the classes that they prefer, in which one sees what classes share. */
export interface UnitOrder {
  /** The unit at each place: a permutation of 0..units-1. */
  readonly units: readonly number[];
  /** Class in which each unit is most active, by its own number; null for a silent unit. */
  readonly preferred: readonly (number | null)[];
}

/**
 * Orders units by preferred class, within a class by falling activity, silent units last. Units
 * that are equal in both keep their order.
 *
 * @param means Mean activity, classes × units.
 *
 * @example
 * ```ts
 * import { byPreferredClass } from "./stripes.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const order = byPreferredClass([[0.1, 0, 0.9, 0.2], [0.8, 0, 0.1, 0.3]]);
 * assertEquals(order, { units: [2, 0, 3, 1], preferred: [1, null, 0, 1] });
 * ```
 */
export function byPreferredClass(means: readonly ArrayLike<number>[]): UnitOrder {
  const count = means[0]?.length ?? 0;
  const activity = (unit: number, k: number | null): number =>
    k === null ? 0 : means[k]?.[unit] ?? 0;
  const preferred = Array.from({ length: count }, (_, unit) =>
    means.reduce<number | null>(
      (best, mean, k) => (mean[unit] ?? 0) > activity(unit, best) ? k : best,
      null,
    ));
  const rank = (unit: number): number => preferred[unit] ?? means.length;
  const units = Array.from({ length: count }, (_, unit) => unit).sort((a, b) =>
    rank(a) - rank(b) ||
    activity(b, preferred[b] ?? null) - activity(a, preferred[a] ?? null)
  );
  return { units, preferred };
}

/** Returns the place of each unit, by its number: the order of the centroids' figure, so that one sees the classes. */
export function unitPlaces(means: readonly ArrayLike<number>[]): Uint32Array {
  const { units } = byPreferredClass(means);
  const places = new Uint32Array(units.length);
  units.forEach((unit, place) => places[unit] = place);
  return places;
}

/**
 * Bits as a path in a space of 1×1 cells: `M3,.5h2` is two neighbours.
 *
 * @param bits Units that are set.
 * @param places Places from {@linkcode unitPlaces}.
 *
 * @example
 * ```ts
 * import { bitPath } from "./stripes.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(bitPath([0, 2, 3], Uint32Array.of(9, 1, 0, 1)), "M0,.5h2M9,.5h1");
 * ```
 */
export function bitPath(bits: Iterable<number>, places: Uint32Array): string {
  const at = Array.from(bits, (unit) => places[unit]).sort((a, b) => a - b);
  let path = "";
  for (let from = 0, to = 0; from < at.length; from = to) {
    for (to = from + 1; to < at.length && at[to] === at[to - 1] + 1;) to++;
    path += `M${at[from]},.5h${to - from}`;
  }
  return path;
}

/** The units that a code of zeros and ones sets, rising. */
export const setUnits = (code: ArrayLike<number>): readonly number[] =>
  Array.from(code).flatMap((bit, unit) => bit > 0 ? [unit] : []);

/** A rectangle, in pixels of CSS. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** An empty stripe. */
export const field = ({ x, y, width, height }: Box): Element =>
  svgElement("rect", {
    x,
    y,
    width,
    height,
    fill: "var(--field, #f6f7f9)",
    stroke: "var(--rule, #c9ced6)",
    "stroke-width": 0.75,
  });

/** Elements of a space of `columns` × `rows` cells, scaled into a box. */
export const inBox = (
  { x, y, width, height }: Box,
  [columns, rows]: readonly [columns: number, rows: number],
  elements: readonly Element[],
  attributes: Readonly<Record<string, string | number>> = {},
): Element =>
  svgElement("g", {
    transform: `translate(${x},${y}) scale(${width / Math.max(1, columns)},${
      height / Math.max(1, rows)
    })`,
    ...attributes,
  }, elements);

/** A path of bits in a colour. */
export const ticks = (d: string, stroke: string): readonly Element[] =>
  d === "" ? [] : [svgElement("path", { d, stroke })];

/** Text on a page, plain where nothing else is said. */
export function textAt(
  x: number,
  y: number,
  content: string,
  attributes: Readonly<Record<string, string | number>> = {},
): Element {
  const element = svgElement("text", { x, y, "text-anchor": "start", ...attributes });
  element.textContent = content;
  return element;
}

/** The attributes of text beside a drawing. */
export const muted = { fill: "var(--muted, #59626d)" } as const;

/** Shortens a name to at most `longest` characters. */
export const shortened = (name: string, longest: number): string =>
  name.length > longest ? `${name.slice(0, longest - 1)}…` : name;

/** The axis below stripes that all have the same units: 34 pixels high. */
export const unitAxis = (
  { x, y, width }: Omit<Box, "height">,
  units: number,
  intervals: number,
): readonly Element[] => [
  ...linearAxis(0, units, intervals).ticks
    .filter((tick) => Number.isInteger(tick) && tick <= units)
    .flatMap((tick) => {
      const at = x + tick / units * width;
      return [
        svgElement("path", { d: `M${at.toFixed(2)},${y}v4`, stroke: "currentColor" }),
        textAt(at, y + 15, String(tick), { "text-anchor": "middle" }),
      ];
    }),
  textAt(x + width, y + 30, "unit, ordered by preferred class →", { "text-anchor": "end" }),
];
