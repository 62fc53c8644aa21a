/**
 * Shapes, and pairs of them: size, text, equality.
 *
 * @module
 */
import type { Pair, Shape, Space } from "./types.ts";

/**
 * Whether a space is a pair.
 *
 * @example
 * ```ts
 * import { isPair } from "./space.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals([isPair([64]), isPair({ first: [64], second: [64] })], [false, true]);
 * ```
 */
export const isPair = (space: Space): space is Pair<Space, Space> => !Array.isArray(space);

/**
 * The number of elements of a shape: 1 for a scalar.
 *
 * @example
 * ```ts
 * import { sizeOf } from "./space.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals([sizeOf([28, 28]), sizeOf([])], [784, 1]);
 * ```
 */
export const sizeOf = (shape: Shape): number => shape.reduce((size, n) => size * n, 1);

/**
 * A space as text: `[28, 28]`, `([64], [64])`.
 *
 * @example
 * ```ts
 * import { showSpace } from "./space.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(showSpace({ first: [28, 28], second: [64] }), "([28, 28], [64])");
 * ```
 */
export const showSpace = (space: Space): string =>
  isPair(space)
    ? `(${showSpace(space.first)}, ${showSpace(space.second)})`
    : `[${(space as Shape).join(", ")}]`;

/**
 * Whether two spaces are the same.
 *
 * @example
 * ```ts
 * import { sameSpace } from "./space.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals([sameSpace([8], [8]), sameSpace([8], [8, 1])], [true, false]);
 * ```
 */
export const sameSpace = (a: Space, b: Space): boolean => a === b || showSpace(a) === showSpace(b);
