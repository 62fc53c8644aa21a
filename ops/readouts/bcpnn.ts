/**
 * A Bayesian read-out of active units alone: a network's weights from counts.
 *
 * @module
 */
import { additive, countUnits } from "./counts.ts";
import type { LabelledCodes, ReadOut } from "./read_out.ts";

/**
 * A read-out by the Bayesian confidence propagation network (BCPNN): the class of the largest
 * log P(c) + Σ log (P(u, c) / (P(u) P(c))) over active units u alone, each synapse the logarithm of how
 * much more often its two sides are active together than by chance. Probabilities are smoothed as in
 * `naiveBayes`.
 *
 * Source: A. Lansner, Ö. Ekeberg, "A one-layer feedback artificial neural network with a Bayesian learning
 * rule", International Journal of Neural Systems 1, 1989.
 *
 * @example
 * ```ts
 * import { bcpnn } from "./bcpnn.ts";
 * import { fromIndices } from "../sdr/codes.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const codes = fromIndices([[0, 1], [0, 2], [3, 4], [4, 5]], 8);
 * if (E.isLeft(codes)) throw new Error("units out of range");
 * const { predict } = bcpnn({ codes: codes.right, labels: [0, 0, 1, 1], classes: 2 });
 * assertEquals([...predict(codes.right)], [0, 0, 1, 1]);
 * ```
 */
export function bcpnn(labelled: LabelledCodes): ReadOut {
  const { active, sizes } = countUnits(labelled);
  const { count, width } = labelled.codes;
  const total = new Float64Array(width);
  for (const counts of active) counts.forEach((times, unit) => total[unit] += times);
  const bias = sizes.map((size) => Math.log(size / count));
  const weights = active.map((counts, c) =>
    counts.map((times, unit) =>
      Math.log((times + 0.5) / (sizes[c] + 1)) - Math.log((total[unit] + 0.5) / (count + 1))
    )
  );
  return additive("bcpnn", weights, bias);
}
