/**
 * How often each unit is active in each class: all that the Bayesian read-outs learn.
 *
 * @module
 */
import { type BinaryEmbeddings, wordsPerCode } from "../embeddings.ts";
import { checkLength } from "../metrics/check.ts";
import { eachBit } from "../metrics/rows.ts";
import { checkLabelled, type LabelledCodes, largest, type ReadOut } from "./read_out.ts";

/** Counts of a set of codes. */
export interface ClassCounts {
  /** Per class how often each unit is active. */
  readonly active: readonly Float64Array[];
  /** Per class how many codes it has. */
  readonly sizes: Float64Array;
}

/** Counts the units of each class. */
export function countUnits(labelled: LabelledCodes): ClassCounts {
  checkLabelled(labelled);
  const { codes: { width, count, words }, labels, classes } = labelled;
  const active = Array.from({ length: classes }, () => new Float64Array(width));
  const sizes = new Float64Array(classes);
  const perCode = wordsPerCode(width);
  for (let i = 0; i < count; i++) {
    const row = active[labels[i]];
    sizes[labels[i]]++;
    eachBit(words, i * perCode, perCode, (unit) => row[unit]++);
  }
  return { active, sizes };
}

/**
 * A read-out that adds up, per class, a bias and a weight for each active unit, and takes the largest.
 *
 * @param weights Per class as many as units.
 */
export const additive = (
  name: string,
  weights: readonly Float64Array[],
  bias: ArrayLike<number>,
): ReadOut => ({
  name,
  predict: (codes: BinaryEmbeddings) => {
    checkLength("read codes", codes.width, weights[0].length);
    const perCode = wordsPerCode(codes.width);
    const row = new Float64Array(weights.length);
    return Int32Array.from({ length: codes.count }, (_, i) => {
      for (let c = 0; c < row.length; c++) row[c] = bias[c];
      eachBit(codes.words, i * perCode, perCode, (unit) => {
        for (let c = 0; c < row.length; c++) row[c] += weights[c][unit];
      });
      return largest(row);
    });
  },
});
