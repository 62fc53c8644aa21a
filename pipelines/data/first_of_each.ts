/**
 * A few samples that stand for all classes.
 *
 * @module
 */

/**
 * The first sample of each class, then the second of each, and so on.
 *
 * @param labels Class indices below `classes`.
 * @param most How many samples at most, at least 0.
 * @returns Their places among the labels.
 *
 * @example
 * ```ts
 * import { firstOfEach } from "./first_of_each.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(firstOfEach([1, 1, 0, 1, 0], 2, 4), [2, 0, 4, 1]);
 * ```
 */
export function firstOfEach(
  labels: ArrayLike<number>,
  classes: number,
  most: number,
): readonly number[] {
  const byClass = Array.from({ length: classes }, (): number[] => []);
  for (let i = 0; i < labels.length; i++) byClass[labels[i]].push(i);
  const deepest = Math.max(0, ...byClass.map(({ length }) => length));
  return Array.from(
    { length: Math.min(deepest, most) },
    (_, rank) => byClass.flatMap((own) => own.slice(rank, rank + 1)),
  ).flat().slice(0, most);
}
