/**
 * A Bayesian read-out: units taken as independent of each other within a class.
 *
 * @module
 */
import { additive, countUnits } from "./counts.ts";
import type { LabelledCodes, ReadOut } from "./read_out.ts";

/**
 * A read-out by naive Bayes on bits: the class of the largest log P(c) + Σ log P(x_u | c) over all
 * units u, silent ones too. Probabilities are (count + ½) / (codes + 1); a class without codes is never
 * the answer.
 *
 * @example
 * ```ts
 * import { naiveBayes } from "./naive_bayes.ts";
 * import { fromIndices } from "../sdr/codes.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const codes = fromIndices([[0, 1], [0, 2], [3, 4], [4, 5]], 8);
 * if (E.isLeft(codes)) throw new Error("units out of range");
 * const { predict } = naiveBayes({ codes: codes.right, labels: [0, 0, 1, 1], classes: 2 });
 * assertEquals([...predict(codes.right)], [0, 0, 1, 1]);
 * ```
 */
export function naiveBayes(labelled: LabelledCodes): ReadOut {
  const { active, sizes } = countUnits(labelled);
  const bias = new Float64Array(sizes.length);
  const weights = active.map((counts, c) => {
    bias[c] = Math.log(sizes[c] / labelled.codes.count);
    return counts.map((count) => {
      const p = (count + 0.5) / (sizes[c] + 1);
      bias[c] += Math.log1p(-p);
      return Math.log(p) - Math.log1p(-p);
    });
  });
  return additive("naive_bayes", weights, bias);
}
