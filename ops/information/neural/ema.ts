/**
 * The exponential moving average of a history.
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../../graph/error.ts";
import { checkRanges, integerFrom } from "../../ranges.ts";

/**
 * The averages e_i = (1 − α)·e_{i−1} + α·h_i with α = 2 / (window + 1), started at the first value.
 *
 * Source: exponential_moving_average of dizcza/pytorch-mighty, mighty/monitor/mutual_info/
 * neural_estimation.py, whose closed form overflows from some 1,300 values on; the recursion does not.
 *
 * @param history At least one finite number.
 * @param window How far it looks back, in values: an integer of at least 1; 1 leaves all as it is.
 * @returns As many numbers as the history has; `InvalidOption` outside these ranges.
 *
 * @example
 * ```ts
 * import { exponentialAverage } from "./ema.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(exponentialAverage([0, 8, 0], 3), E.right(Float64Array.of(0, 4, 2)));
 * ```
 */
export function exponentialAverage(
  history: ArrayLike<number>,
  window: number,
): E.Either<InvalidOption, Float64Array> {
  const bad = checkRanges({ window: [window, integerFrom(1)] });
  if (bad !== null) return E.left(bad);
  if (history.length === 0) return E.left(invalidOption("history", "no values", "at least 1"));
  const alpha = 2 / (window + 1);
  const averages = new Float64Array(history.length);
  let average = history[0];
  for (let i = 0; i < history.length; i++) {
    if (!Number.isFinite(history[i])) {
      return E.left(invalidOption("history", `${history[i]} at ${i}`, "finite numbers"));
    }
    average = (1 - alpha) * average + alpha * history[i];
    averages[i] = average;
  }
  return E.right(averages);
}
