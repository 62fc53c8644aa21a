/**
 * How well classes can be told, if so many bits are known of them.
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import { checkRanges, integerFrom, type Range } from "../../ranges.ts";
import type { Estimate } from "../samples.ts";

/**
 * The highest accuracy that any classifier of T can have where I(T; Y) bits are known of one of
 * `classes` equally frequent classes. It is the a in [1 / classes, 1] with
 *
 * I = log₂ classes − h(a) − (1 − a) log₂(classes − 1), h(a) = −a log₂ a − (1 − a) log₂(1 − a).
 *
 * That is Fano's inequality, H(Y | T) ≤ h(a) + (1 − a) log₂(classes − 1), with equality. An upper
 * bound, which is reached where all wrong classes are equally likely, and not a forecast.
 *
 * Source: R. M. Fano, "Transmission of information", 1961; T. M. Cover, J. A. Thomas, "Elements of
 * information theory", 1991, chapter 2.
 *
 * @param bits I(T; Y). What is below 0, as estimates may be, counts as 0; from log₂ classes on the
 * accuracy is 1.
 * @param classes At least 2.
 * @returns The accuracy, to some 1e-15; an error for a NaN or for fewer classes.
 *
 * @example
 * ```ts
 * import { fanoAccuracy } from "./accuracy_bound.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(fanoAccuracy(0, 10), E.right(0.1));
 * assertEquals(fanoAccuracy(Math.log2(10), 10), E.right(1));
 * ```
 */
export function fanoAccuracy(bits: number, classes: number): Estimate {
  const problem = checkRanges({ bits: [bits, aNumber], classes: [classes, integerFrom(2)] });
  if (problem !== null) return E.left(problem);
  if (bits <= 0) return E.right(1 / classes);
  if (bits >= Math.log2(classes)) return E.right(1);
  let [low, high] = [0, 1 - 1 / classes];
  for (let middle = (low + high) / 2; low < middle && middle < high; middle = (low + high) / 2) {
    if (bitsAbove(middle, classes) < bits) low = middle;
    else high = middle;
  }
  return E.right(1 / classes + low);
}

/**
 * {@linkcode fanoAccuracy} as the reference computes it: from a grid of `resolution` accuracies
 * a = 1 / classes + i·(1 − 1 / classes) / resolution, i from 0 on, and of their bits. The result is the
 * accuracy after the last whose bits are not above the given ones, and at most the last of the grid.
 *
 * It is therefore too high by up to one step, says more than chance for 0 bits, and never says 1. Use
 * it to compare with figures of pytorch-mighty only.
 *
 * Source: AccuracyFromMutualInfo of dizcza/pytorch-mighty.
 *
 * @param bits I(T; Y).
 * @param classes At least 2.
 * @param resolution Steps from chance to 1, at least 1; 100 by default.
 * @returns The accuracy; 1 / classes below 0 bits. An error for a NaN or for numbers below these.
 *
 * @example
 * ```ts
 * import { gridAccuracy } from "./accuracy_bound.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(gridAccuracy(0, 2), E.right(0.505));
 * assertEquals(gridAccuracy(1, 2), E.right(0.995));
 * ```
 */
export function gridAccuracy(bits: number, classes: number, resolution = 100): Estimate {
  const problem = checkRanges({
    bits: [bits, aNumber],
    classes: [classes, integerFrom(2)],
    resolution: [resolution, integerFrom(1)],
  });
  if (problem !== null) return E.left(problem);
  const step = (1 - 1 / classes) / resolution;
  let edges = 0;
  while (edges < resolution && bitsAbove(edges * step, classes) <= bits) edges++;
  return E.right(1 / classes + Math.min(edges, resolution - 1) * step);
}

const aNumber: Range = { holds: (value) => !Number.isNaN(value), words: "a number" };

/**
 * The bits that an accuracy so much above chance takes, at least. Fano's expression is the divergence
 * of (a, 1 − a) from (1 / classes, 1 − 1 / classes), which is exact near chance too: 0 there.
 */
function bitsAbove(gain: number, classes: number): number {
  const a = 1 / classes + gain;
  const right = a * Math.log1p(gain * classes);
  const fewer = gain * classes / (classes - 1);
  const wrong = a >= 1 || fewer >= 1 ? 0 : (1 - a) * Math.log1p(-fewer);
  return (right + wrong) / Math.LN2;
}
