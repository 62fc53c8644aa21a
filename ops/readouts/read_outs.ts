/**
 * Read-outs: from codes to classes, learnt by counting and by storing. Two count how often each unit is
 * active in each class and apply Bayes' rule, one takes the nearest class centroid, and two store
 * codes: as they are, or in a Willshaw memory.
 *
 * @module
 */
import { type BinaryEmbeddings, wordsPerCode } from "../embeddings.ts";
import { checkLength, eachBit } from "../metrics/rows.ts";
import { classMeans, classSums, nearestCentroids } from "../metrics/centroids.ts";
import { E } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { codeIndex, search } from "../codes/search.ts";
import { codeSizes } from "../codes/algebra.ts";
import { draw, type Rng } from "../../graph/rng.ts";
import { emptyCodes } from "../codes/codes.ts";
import { emptyMemory, store } from "../codes/willshaw.ts";

/** A trained read-out: a classifier of codes. */
export interface ReadOut {
  /** Name of the read-out in results. */
  readonly name: string;
  /**
   * The class of each code, from 0 on.
   *
   * @throws {RangeError} Where the codes are not as wide as those that it learnt from.
   */
  readonly predict: (codes: BinaryEmbeddings) => Int32Array;
}

/** Codes with the class of each. */
export interface LabelledCodes {
  /** The codes, at least one. */
  readonly codes: BinaryEmbeddings;
  /** Labels, one per code, each from 0 to classes − 1. */
  readonly labels: ArrayLike<number>;
  /** Number of classes, at least 1. */
  readonly classes: number;
}

/**
 * Whether there are codes, and as many labels.
 *
 * @throws {RangeError} Where not, as a mistake in the program.
 */
function checkLabelled({ codes, labels, classes }: LabelledCodes): void {
  checkLength("learn labels", labels.length, codes.count);
  if (codes.count === 0) throw new RangeError("Cannot learn a read-out: current value is 0 codes");
  for (let i = 0; i < labels.length; i++) {
    if (!(labels[i] >= 0 && labels[i] < classes)) {
      throw new RangeError(
        `Cannot learn label ${i}: expected from 0 to ${classes - 1}, current value is ${labels[i]}`,
      );
    }
  }
}

/** The index of the largest number, the first of equals. */
function largest(row: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < row.length; i++) if (row[i] > row[best]) best = i;
  return best;
}

// ---- By counts

/** Counts the activations of each unit in each class, and the codes of each class. */
function countUnits(labelled: LabelledCodes): {
  readonly active: readonly Float64Array[];
  readonly sizes: Float64Array;
} {
  checkLabelled(labelled);
  const { sums, sizes } = classSums(labelled.codes, labelled.labels, labelled.classes);
  return { active: sums, sizes };
}

/**
 * A read-out that adds up, per class, a bias and a weight for each active unit, and takes the largest.
 *
 * @param weights Weights of each class, one per unit.
 */
const additive = (
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

/**
 * A read-out by naive Bayes on bits, which takes units as independent of each other within a class: the
 * class of the largest log P(c) + Σ log P(x_u | c) over all units u, silent ones too. Probabilities are
 * (count + ½) / (codes + 1); a class without codes is never the answer.
 *
 * @param labelled Codes to learn from, with their labels.
 *
 * @example
 * ```ts
 * import { naiveBayes } from "./read_outs.ts";
 * import { fromIndices } from "../codes/codes.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const codes = orThrow(fromIndices([[0, 1], [0, 2], [3, 4], [4, 5]], 8));
 * const { predict } = naiveBayes({ codes, labels: [0, 0, 1, 1], classes: 2 });
 * assertEquals([...predict(codes)], [0, 0, 1, 1]);
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

/**
 * A read-out by the Bayesian confidence propagation network (BCPNN): the class of the largest
 * log P(c) + Σ log (P(u, c) / (P(u) P(c))) over active units u alone, each synapse the logarithm of how
 * much more often its two sides are active together than by chance. Probabilities are smoothed as in
 * `naiveBayes`.
 *
 * Source: A. Lansner, Ö. Ekeberg, "A one-layer feedback artificial neural network with a Bayesian learning
 * rule", International Journal of Neural Systems 1, 1989.
 *
 * @param labelled Codes to learn from, with their labels.
 *
 * @example
 * ```ts
 * import { bcpnn } from "./read_outs.ts";
 * import { fromIndices } from "../codes/codes.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const codes = orThrow(fromIndices([[0, 1], [0, 2], [3, 4], [4, 5]], 8));
 * const { predict } = bcpnn({ codes, labels: [0, 0, 1, 1], classes: 2 });
 * assertEquals([...predict(codes)], [0, 0, 1, 1]);
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

// ---- By the nearest centroid

/**
 * A read-out that answers with the class whose mean code is nearest by the cosine.
 *
 * @param labelled Codes to learn from, with their labels.
 */
export function classCentroid(labelled: LabelledCodes): ReadOut {
  checkLabelled(labelled);
  const { codes, labels, classes } = labelled;
  const means = classMeans(codes, labels, classes);
  return { name: "centroid", predict: (queries) => nearestCentroids(queries, means) };
}

// ---- By stored codes

/** Number of codes nearest by overlap, among which the nearest by the cosine are chosen. */
const CANDIDATES = 30;

/**
 * A read-out that stores every code and lets the k nearest vote. They are those of the 30 with the
 * largest overlap that are nearest by the cosine, overlap / √(size · size), each voting with its cosine;
 * overlap alone would favour large codes.
 *
 * @param labelled Codes to learn from, with their labels.
 * @param k Votes, from 1 to 30; as many as there are codes at most count.
 * @returns `InvalidOption` for a k out of range.
 *
 * @example
 * ```ts
 * import { nearestCodes } from "./read_outs.ts";
 * import { fromIndices } from "../codes/codes.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const codes = orThrow(fromIndices([[0, 1], [0, 1, 2, 3, 4, 5, 6, 7], [30, 31]], 32));
 * const query = orThrow(fromIndices([[0, 1]], 32));
 * const read = nearestCodes({ codes, labels: [2, 1, 0], classes: 3 }, 1);
 * assertEquals(E.isRight(read) && [...read.right.predict(query)], [2]);
 * ```
 */
export function nearestCodes(
  labelled: LabelledCodes,
  k = 3,
): E.Either<InvalidOption, ReadOut> {
  if (!Number.isInteger(k) || k < 1 || k > CANDIDATES) {
    return E.left(invalidOption("k", k, `an integer from 1 to ${CANDIDATES}`));
  }
  checkLabelled(labelled);
  const { codes, labels, classes } = labelled;
  const index = codeIndex(codes);
  const sizes = codeSizes(codes);
  const wanted = Math.min(CANDIDATES, codes.count);
  return E.right({
    name: "nearest",
    predict: (queries) => {
      const found = search(index, queries, { k: wanted, distance: "overlap" });
      // Unreachable: from 1 to the number of codes.
      if (E.isLeft(found)) throw new RangeError(found.left.expected);
      const { indices, distances } = found.right;
      const own = codeSizes(queries);
      return Int32Array.from({ length: queries.count }, (_, q) => {
        const near = Array.from({ length: wanted }, (_, at) => {
          const code = indices[q * wanted + at];
          const length = Math.sqrt(Math.max(1, own[q] * sizes[code]));
          return { label: labels[code], cosine: -distances[q * wanted + at] / length };
        }).sort((a, b) => b.cosine - a.cosine).slice(0, k);
        const votes = new Float64Array(classes);
        for (const { label, cosine } of near) votes[label] += cosine;
        return largest(votes);
      });
    },
  });
}

/**
 * Makes a read-out by a Willshaw memory, which associates codes with classes. Each class has `perClass` units of the
 * memory's output; each code is associated with one of its class's, drawn at random, and a cue is given the class of
 * the unit with the largest sum, each sum divided by the root of the number of the unit's synapses. Only the units of
 * the 30 largest sums are compared that way.
 *
 * With one unit per class nearly every synapse is soon set, and the memory tells nothing: what a unit
 * stores is the union of its codes.
 *
 * Source: D. J. Willshaw, O. P. Buneman, H. C. Longuet-Higgins, "Non-holographic associative memory",
 * Nature 222, 1969, for the memory; units per class and the division are ours.
 *
 * @param labelled Codes to learn from, with their labels.
 * @param perClass Units per class, at least 1.
 * @param rng Generator that the units are drawn from.
 * @returns The read-out and the generator to draw from next; `InvalidOption` for too many units.
 */
export function willshawClasses(
  labelled: LabelledCodes,
  perClass: number,
  rng: Rng,
): E.Either<InvalidOption, readonly [ReadOut, Rng]> {
  if (!Number.isInteger(perClass) || perClass < 1) {
    return E.left(invalidOption("perClass", perClass, "an integer of at least 1"));
  }
  checkLabelled(labelled);
  const { codes, labels, classes } = labelled;
  const outputs = classes * perClass;
  const [targets, next] = draw(rng, ({ integer }) => {
    const chosen = emptyCodes(codes.count, outputs);
    const perCode = wordsPerCode(outputs);
    for (let i = 0; i < codes.count; i++) {
      const unit = labels[i] * perClass + integer(0, perClass - 1);
      chosen.words[i * perCode + (unit >>> 5)] |= 1 << (unit & 31);
    }
    return chosen;
  });
  const empty = emptyMemory(codes.width, outputs);
  if (E.isLeft(empty)) return empty;
  const { synapses: { words } } = store(empty.right, codes, targets);
  // Turned round: what each output unit has synapses with, so that sums are overlaps.
  const unions = emptyCodes(outputs, codes.width);
  const [perRow, perUnion] = [wordsPerCode(outputs), wordsPerCode(codes.width)];
  for (let unit = 0; unit < codes.width; unit++) {
    eachBit(words, unit * perRow, perRow, (target) => {
      unions.words[target * perUnion + (unit >>> 5)] |= 1 << (unit & 31);
    });
  }
  const classOf = Uint32Array.from({ length: outputs }, (_, unit) => Math.floor(unit / perClass));
  return E.map(({ predict }: ReadOut): readonly [ReadOut, Rng] => [
    { name: "willshaw", predict },
    next,
  ])(nearestCodes({ codes: unions, labels: classOf, classes }, 1));
}
