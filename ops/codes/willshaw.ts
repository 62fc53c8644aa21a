/**
 * An associative memory with binary synapses, its recall, and its capacity. A pair is stored as the units of a cue that
 * were active together with units of its target.
 *
 * Source: D. J. Willshaw, O. P. Buneman, H. C. Longuet-Higgins, "Non-holographic associative memory",
 * Nature 222, 1969.
 *
 * A memory is a value. {@linkcode store} returns a new one: it copies the synapses once (2 MB for 4,096
 * units on both sides, a fraction of a millisecond) and takes any number of pairs, so that a stream is
 * stored in batches and a memory that someone recalls from never changes under their hands. There is no
 * builder, for it would be the same function with something mutable in front.
 *
 * For the capacity, take M pairs of random codes, k of m units active in a cue and l of n in its target:
 *
 *     p₁  = 1 − (1 − kl / mn)^M      the fraction of synapses that are set
 *     p₀₁ = p₁^k                     the probability that a whole cue recalls a given false unit
 *     C   = M · T(l/n, p₀₁, 0) / m   bits per synapse: n units of each target go through a binary channel
 *
 * with T the transinformation of a channel whose input is 1 with probability l/n, that turns a 0 into a
 * 1 with probability p₀₁ and never loses a 1. Where errors are to be at most ε of the target's units,
 * (n − l) p₀₁ = ε l gives p₀₁, thence p₁ = p₀₁^(1/k) and M = ln(1 − p₁) / ln(1 − kl / mn). C tends to
 * ln 2 = 0.69 bits as n grows with k = log₂ n, at p₁ = ½, and is well below at any size that exists.
 *
 * Source: G. Palm, "On associative memory", Biological Cybernetics 36, 1980; A. Knoblauch, G. Palm, F.
 * T. Sommer, "Memory capacities for synaptic and structural plasticity", Neural Computation 22, 2010,
 * whose "ε-capacity" this is. That synapses are set independently of each other, which is what p₁^k
 * takes for granted, is an approximation for finite n.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { type BinaryEmbeddings, wordsPerCode } from "../embeddings.ts";
import { checkLength, eachBit } from "../metrics/rows.ts";
import { checkWidth, emptyCodes } from "./codes.ts";
import { codeSizes, hamming } from "./algebra.ts";

// ---- Storing

/** The synapses, and how full they are. */
export interface WillshawMemory {
  /** Code i holds the targets' units that unit i of the cues has a synapse with. */
  readonly synapses: BinaryEmbeddings;
  /** Number of stored pairs. */
  readonly pairs: number;
  /**
   * The fraction of the synapses that are set, in [0, 1]. A false unit is recalled with a probability of
   * about fill to the power of the cue's size, so that beyond a half a memory soon recalls everything.
   */
  readonly fill: number;
}

/** The most synapses: 512 MB. */
const MOST_SYNAPSES = 2 ** 32;

/**
 * Creates a Willshaw memory without any pairs.
 *
 * @param inputs Units of a cue.
 * @param outputs Units of a target; as many by default, for auto-association.
 * @returns The memory; `InvalidOption` where a number is out of range, or there would be more than 2³²
 * synapses.
 *
 * @example
 * ```ts
 * import { emptyMemory, store } from "./willshaw.ts";
 * import { recall } from "./willshaw.ts";
 * import { fromIndices, toIndices } from "./codes.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const codes = orThrow(fromIndices([[1, 20, 63], [2, 20, 40]], 64));
 * const memory = store(orThrow(emptyMemory(64)), codes);
 * const cue = orThrow(fromIndices([[1, 63]], 64));
 * const recalled = orThrow(recall(memory, cue, { kind: "threshold" }));
 * assertEquals(toIndices(recalled.codes), [[1, 20, 63]]);
 * ```
 */
export function emptyMemory(
  inputs: number,
  outputs: number = inputs,
): E.Either<InvalidOption, WillshawMemory> {
  for (const width of [inputs, outputs]) {
    const checked = checkWidth(width);
    if (E.isLeft(checked)) return checked;
  }
  return inputs * 32 * wordsPerCode(outputs) > MOST_SYNAPSES
    ? E.left(invalidOption("inputs × outputs", inputs * outputs, "at most 2^32 synapses"))
    : E.right({ synapses: emptyCodes(inputs, outputs), pairs: 0, fill: 0 });
}

/**
 * Stores pairs of codes: sets the synapses between all active units of a cue and all of its target.
 *
 * The order of pairs does not matter, nor does it how they are divided into calls; a pair that is stored
 * again changes nothing but `pairs`.
 *
 * @param memory Memory to store in; it stays as it is.
 * @param cues Codes as wide as the memory's inputs.
 * @param targets Codes as wide as the memory's outputs, one for each cue. @default the cues
 * @returns A new memory; the old one stays as it is.
 * @throws {RangeError} Where the counts or the widths differ.
 */
export function store(
  { synapses, pairs }: WillshawMemory,
  cues: BinaryEmbeddings,
  targets: BinaryEmbeddings = cues,
): WillshawMemory {
  checkLength("store cues", cues.width, synapses.count);
  checkLength("store targets", targets.width, synapses.width);
  checkLength("store pairs", targets.count, cues.count);
  const [perCue, perRow] = [wordsPerCode(cues.width), wordsPerCode(targets.width)];
  const words = synapses.words.slice();
  // Of a sparse target most words are 0.
  const places = new Uint32Array(perRow);
  for (let i = 0; i < cues.count; i++) {
    const target = targets.words.subarray(i * perRow, (i + 1) * perRow);
    let filled = 0;
    for (let w = 0; w < perRow; w++) if (target[w] !== 0) places[filled++] = w;
    eachBit(cues.words, i * perCue, perCue, (unit) => {
      const row = unit * perRow;
      for (let p = 0; p < filled; p++) words[row + places[p]] |= target[places[p]];
    });
  }
  const grown = { ...synapses, words };
  const set = codeSizes(grown).reduce((sum, size) => sum + size, 0);
  return {
    synapses: grown,
    pairs: pairs + cues.count,
    fill: set / (synapses.count * synapses.width),
  };
}

// ---- Recall

/**
 * Rule that decides which units fire in a recall.
 *
 * The sum of a unit is the number of its synapses with the cue's active units. A unit that belongs to the target of the
 * cue has a synapse with each of them. So a part of a cue is recognised by a sum that equals its number of units, and a
 * cue with foreign units by the largest sums.
 *
 * - "threshold": units whose sum is at least the given number; without one, the number of the cue's units, which is
 *   right for cues that are whole or lack units;
 * - "winners": the units with the k largest sums, which also tolerates noise. All units that tie with the k-th fire, so
 *   that no unit is preferred for its index; a unit without a sum never fires.
 */
export type RecallRule =
  | {
    /** Units fire by their sum. */
    readonly kind: "threshold";
    /** Threshold of the sums, an integer of at least 1. @default the number of the cue's units */
    readonly threshold?: number;
  }
  | {
    /** Units fire by the rank of their sum. */
    readonly kind: "winners";
    /** Number of winners, an integer of at least 1. */
    readonly k: number;
  };

/** Result of a recall. */
export interface Recalled {
  /** One code per cue; an empty one for an empty cue. */
  readonly codes: BinaryEmbeddings;
  /** The fraction of the memory's synapses that are set: how far the codes can be trusted. */
  readonly fill: number;
}

/** Result of a recall in several steps. */
export interface IteratedRecall extends Recalled {
  /** Steps that were taken: the most that any code needed. */
  readonly steps: number;
  /** Codes that still changed in the last step. */
  readonly unsettled: number;
}

/**
 * Recalls the targets of cues in one step.
 *
 * @param memory Memory to recall from.
 * @param cues Codes as wide as the memory's inputs.
 * @param rule Rule that decides which units fire.
 * @returns `InvalidOption` where the rule's number is out of its range.
 * @throws {RangeError} Where the width differs.
 */
export function recall(
  { synapses, fill }: WillshawMemory,
  cues: BinaryEmbeddings,
  rule: RecallRule,
): E.Either<InvalidOption, Recalled> {
  checkLength("recall from cues", cues.width, synapses.count);
  const [option, value] = rule.kind === "winners"
    ? ["k", rule.k] as const
    : ["threshold", rule.threshold ?? 1] as const;
  if (!Number.isInteger(value) || value < 1) {
    return E.left(invalidOption(option, value, "an integer of at least 1"));
  }
  const recalled = emptyCodes(cues.count, synapses.width);
  const sizes = codeSizes(cues);
  const sums = new Uint32Array(synapses.width);
  for (let i = 0; i < cues.count; i++) {
    if (sizes[i] === 0) continue;
    if (rule.kind === "threshold" && (rule.threshold ?? sizes[i]) === sizes[i]) {
      intersectRows(synapses, cues, i, recalled);
      continue;
    }
    addRows(synapses, cues, i, sums);
    const least = rule.kind === "winners"
      ? kthLargest(sums, rule.k, sizes[i])
      : rule.threshold ?? sizes[i];
    const base = i * wordsPerCode(synapses.width);
    for (let unit = 0; unit < sums.length; unit++) {
      if (sums[unit] >= least) recalled.words[base + (unit >>> 5)] |= 1 << (unit & 31);
    }
  }
  return E.right({ codes: recalled, fill });
}

/**
 * Recalls from an auto-associative memory repeatedly, each result being the next cue, until nothing changes.
 *
 * Source: F. Schwenker, F. T. Sommer, G. Palm, "Iterative retrieval of sparsely coded associative memory
 * patterns", Neural Networks 9, 1996.
 *
 * @param memory Memory that was stored with targets equal to the cues.
 * @param cues Codes as wide as the memory's inputs.
 * @param rule "winners" as a rule: a threshold that suits a part of a cue is too low for the next step.
 * @param most Steps at most, an integer of at least 1; codes may alternate for ever.
 * @returns `InvalidOption` where a number is out of its range, or cues and targets differ in width.
 * @throws {RangeError} Where the cues' width is not the memory's.
 *
 * @example
 * ```ts
 * import { recallIterated } from "./willshaw.ts";
 * import { emptyMemory, store } from "./willshaw.ts";
 * import { moveUnits, randomCodes } from "./noise.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const [codes, rng] = orThrow(randomCodes(100, 1024, 16, seed(26)));
 * const [noisy] = orThrow(moveUnits(codes, 0.25, rng));
 * const memory = store(orThrow(emptyMemory(1024)), codes);
 * const recalled = orThrow(recallIterated(memory, noisy, { kind: "winners", k: 16 }));
 * assertEquals(recalled.codes, codes);
 * ```
 */
export function recallIterated(
  memory: WillshawMemory,
  cues: BinaryEmbeddings,
  rule: RecallRule,
  most = 10,
): E.Either<InvalidOption, IteratedRecall> {
  const { count: inputs, width: outputs } = memory.synapses;
  if (inputs !== outputs) {
    return E.left(invalidOption("outputs", outputs, `as many as inputs, ${inputs}, to iterate`));
  }
  if (!Number.isInteger(most) || most < 1) {
    return E.left(invalidOption("most", most, "an integer of at least 1"));
  }
  let [codes, unsettled, steps] = [cues, cues.count, 0];
  while (unsettled > 0 && steps < most) {
    const next = recall(memory, codes, rule);
    if (E.isLeft(next)) return next;
    unsettled = hamming(codes, next.right.codes).reduce((sum, d) => sum + (d > 0 ? 1 : 0), 0);
    codes = next.right.codes;
    steps++;
  }
  return E.right({ codes, fill: memory.fill, steps, unsettled });
}

/** The units that have a synapse with every unit of cue i, which is not empty: a word at a time. */
function intersectRows(
  { width, words }: BinaryEmbeddings,
  cues: BinaryEmbeddings,
  i: number,
  recalled: BinaryEmbeddings,
): void {
  const [perCue, perRow] = [wordsPerCode(cues.width), wordsPerCode(width)];
  const to = recalled.words.subarray(i * perRow, (i + 1) * perRow);
  let first = true;
  eachBit(cues.words, i * perCue, perCue, (unit) => {
    const row = unit * perRow;
    if (first) { for (let w = 0; w < perRow; w++) to[w] = words[row + w]; }
    else for (let w = 0; w < perRow; w++) to[w] &= words[row + w];
    first = false;
  });
}

function addRows(
  { width, words }: BinaryEmbeddings,
  cues: BinaryEmbeddings,
  i: number,
  sums: Uint32Array,
): void {
  const [perCue, perRow] = [wordsPerCode(cues.width), wordsPerCode(width)];
  sums.fill(0);
  eachBit(cues.words, i * perCue, perCue, (unit) => {
    eachBit(words, unit * perRow, perRow, (target) => sums[target]++);
  });
}

/** The k-th largest sum, 1 at least; sums are at most `most`. */
function kthLargest(sums: Uint32Array, k: number, most: number): number {
  const histogram = new Uint32Array(most + 1);
  for (const sum of sums) histogram[sum]++;
  for (let [value, seen] = [most, 0]; value > 1; value--) {
    seen += histogram[value];
    if (seen >= k) return value;
  }
  return 1;
}

// ---- Capacity

/** The sizes of a memory and of the codes in it. */
export interface WillshawSizes {
  /** Units of a cue: m, at least 2. */
  readonly inputs: number;
  /** Units of a target: n, at least 2. */
  readonly outputs: number;
  /** Active units of a cue: k, from 1 to m − 1. */
  readonly cueActive: number;
  /** Active units of a target: l, from 1 to n − 1. */
  readonly targetActive: number;
}

/** Capacity of a memory at a given error rate. */
export interface WillshawCapacity {
  /** Pairs: M. */
  readonly pairs: number;
  /** The fraction of the synapses that are set: p₁. */
  readonly fill: number;
  /** Stored information: C, in bits per synapse. */
  readonly bitsPerSynapse: number;
}

/** Limit of C for large memories: ln 2 bits per synapse. */
export const WILLSHAW_LIMIT: number = Math.LN2;

/**
 * Computes the expected fraction of synapses that the pairs set: p₁, in [0, 1].
 *
 * @param sizes Sizes of the memory and of its codes.
 * @param pairs Number of stored pairs.
 */
export const expectedFill = (sizes: WillshawSizes, pairs: number): number =>
  -Math.expm1(pairs * Math.log1p(-density(sizes)));

/** The part of all synapses that one pair sets. */
const density = ({ inputs, outputs, cueActive, targetActive }: WillshawSizes): number =>
  (cueActive / inputs) * (targetActive / outputs);

/**
 * The probability that a unit outside of the target fires in a one-step recall with the cue's size as
 * threshold: p₀₁, in [0, 1].
 *
 * @param fill The fraction of the memory's synapses that are set, in [0, 1].
 * @param cueSize Active units of the cue, all of them from what was stored.
 */
export const falseUnitProbability = (fill: number, cueSize: number): number => fill ** cueSize;

/**
 * The transinformation of a binary channel: T = H(output) − H(output | input), in bits per unit.
 *
 * @param active The probability of a 1 at the input, in [0, 1].
 * @param added The probability that a 0 arrives as a 1: p₀₁.
 * @param lost The probability that a 1 arrives as a 0: p₁₀.
 *
 * @example
 * ```ts
 * import { channelInformation } from "./willshaw.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals([channelInformation(0.5, 0, 0), channelInformation(0.5, 0.5, 0.5)], [1, 0]);
 * ```
 */
export function channelInformation(active: number, added: number, lost: number): number {
  const fires = active * (1 - lost) + (1 - active) * added;
  return Math.max(0, entropy(fires) - active * entropy(lost) - (1 - active) * entropy(added));
}

/**
 * Computes the entropy of an event of probability p, in bits; by log1p, since a rare event has most of its information
 * in the rare case.
 */
const entropy = (p: number): number =>
  p <= 0 || p >= 1 ? 0 : -(p * Math.log(p) + (1 - p) * Math.log1p(-p)) / Math.LN2;

/**
 * Computes the information that a memory holds: C, in bits per synapse.
 *
 * @param sizes Sizes of the memory and of its codes.
 * @param pairs Number of stored pairs.
 * @param added The probability of a false unit, measured or predicted.
 * @param lost The probability that a unit is missed; 0 for whole cues.
 */
export const storedInformation = (
  { inputs, outputs, targetActive }: WillshawSizes,
  pairs: number,
  added: number,
  lost = 0,
): number => pairs * channelInformation(targetActive / outputs, added, lost) / inputs;

/**
 * Computes the capacity of a memory at a rate of errors.
 *
 * @param sizes Sizes of the memory and of its codes.
 * @param error False units per unit of the target: ε, above 0 and at most 1; 0.01 by default.
 * @returns `InvalidOption` where a number is out of its range.
 *
 * @example
 * ```ts
 * import { willshawCapacity } from "./willshaw.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const sizes = { inputs: 4096, outputs: 4096, cueActive: 12, targetActive: 12 };
 * const capacity = orThrow(willshawCapacity(sizes));
 * assertEquals(capacity.bitsPerSynapse.toFixed(2), "0.44");
 * ```
 */
export function willshawCapacity(
  sizes: WillshawSizes,
  error = 0.01,
): E.Either<InvalidOption, WillshawCapacity> {
  const { inputs, outputs, cueActive, targetActive } = sizes;
  for (
    const [option, value, least, most] of [
      ["inputs", inputs, 2, Number.MAX_SAFE_INTEGER],
      ["outputs", outputs, 2, Number.MAX_SAFE_INTEGER],
      ["cueActive", cueActive, 1, inputs - 1],
      ["targetActive", targetActive, 1, outputs - 1],
    ] as const
  ) {
    if (!Number.isInteger(value) || value < least || value > most) {
      return E.left(invalidOption(option, value, `an integer from ${least} to ${most}`));
    }
  }
  if (!(error > 0 && error <= 1)) {
    return E.left(invalidOption("error", error, "a number above 0, at most 1"));
  }
  const added = Math.min(1, error * targetActive / (outputs - targetActive));
  const fill = added ** (1 / cueActive);
  const pairs = Math.log1p(-fill) / Math.log1p(-density(sizes));
  return E.right({ pairs, fill, bitsPerSynapse: storedInformation(sizes, pairs, added) });
}
