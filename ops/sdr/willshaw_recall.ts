/**
 * Recall from a Willshaw memory.
 *
 * The sum of a unit is the number of its synapses with the cue's active units. A unit that belongs to the
 * target of the cue has a synapse with each of them, so that a part of a cue is recognised by a sum as
 * large as itself, and a cue with units that do not belong to it by the largest sums.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { type BinaryEmbeddings, wordsPerCode } from "../embeddings.ts";
import { checkLength } from "../metrics/check.ts";
import { eachBit } from "../metrics/rows.ts";
import { emptyCodes } from "./codes.ts";
import { codeSizes, hamming } from "./similarity.ts";
import type { WillshawMemory } from "./willshaw.ts";

/**
 * Which units fire in a recall.
 *
 * - "threshold": those whose sum is at least so much; without a number, all of the cue's own units, which
 *   is right for cues that are whole or lack units;
 * - "winners": those with the k largest sums, which also stands noise. Units that are level with the k-th
 *   all fire, so that no unit is preferred for its number; a unit without a sum never does.
 */
export type RecallRule =
  | {
    /** By the sum. */
    readonly kind: "threshold";
    /** An integer of at least 1; the cue's size by default. */
    readonly threshold?: number;
  }
  | {
    /** By the rank. */
    readonly kind: "winners";
    /** How many: an integer of at least 1. */
    readonly k: number;
  };

/** What was recalled. */
export interface Recalled {
  /** One code per cue; an empty one for an empty cue. */
  readonly codes: BinaryEmbeddings;
  /** The fraction of the memory's synapses that are set: how far the codes can be trusted. */
  readonly fill: number;
}

/** What was recalled in several steps. */
export interface IteratedRecall extends Recalled {
  /** Steps that were taken: the most that any code needed. */
  readonly steps: number;
  /** Codes that still changed in the last step. */
  readonly unsettled: number;
}

/**
 * Recalls in one step.
 *
 * @param cues As wide as the memory's inputs.
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
 * Recalls from an auto-associative memory again and again, what was recalled being the next cue, until
 * nothing changes.
 *
 * Source: F. Schwenker, F. T. Sommer, G. Palm, "Iterative retrieval of sparsely coded associative memory
 * patterns", Neural Networks 9, 1996.
 *
 * @param rule "winners" as a rule: a threshold that suits a part of a cue is too low for the next step.
 * @param most Steps at most, an integer of at least 1; codes may alternate for ever.
 * @returns `InvalidOption` where a number is out of its range, or cues and targets differ in width.
 * @throws {RangeError} Where the cues' width is not the memory's.
 *
 * @example
 * ```ts
 * import { recallIterated } from "./willshaw_recall.ts";
 * import { emptyMemory, store } from "./willshaw.ts";
 * import { moveUnits, randomCodes } from "./noise.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const [empty, drawn] = [emptyMemory(1024), randomCodes(100, 1024, 16, seed(26))];
 * if (E.isLeft(empty) || E.isLeft(drawn)) throw new Error("out of range");
 * const [codes, rng] = drawn.right;
 * const noisy = moveUnits(codes, 0.25, rng);
 * if (E.isLeft(noisy)) throw new Error("no noise");
 * const memory = store(empty.right, codes);
 * const recalled = recallIterated(memory, noisy.right[0], { kind: "winners", k: 16 });
 * assertEquals(E.isRight(recalled) && recalled.right.codes, codes);
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
