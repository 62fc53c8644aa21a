/**
 * What a Willshaw memory of finite size can hold.
 *
 * For M pairs of random codes, k of m units active in a cue and l of n in its target:
 *
 *     p₁  = 1 − (1 − kl / mn)^M      the fraction of synapses that are set
 *     p₀₁ = p₁^k                     the probability that a whole cue recalls a given false unit
 *     C   = M · T(l/n, p₀₁, 0) / m   bits per synapse: n units of each target go through a binary channel
 *
 * with T the transinformation of a channel whose input is 1 with probability l/n, that turns a 0 into a 1
 * with probability p₀₁ and never loses a 1. Where errors are to be at most ε of the target's units,
 * (n − l) p₀₁ = ε l gives p₀₁, thence p₁ = p₀₁^(1/k) and M = ln(1 − p₁) / ln(1 − kl / mn). C tends to
 * ln 2 = 0.69 bits as n grows with k = log₂ n, at p₁ = ½, and is well below at any size that exists.
 *
 * Source: G. Palm, "On associative memory", Biological Cybernetics 36, 1980; A. Knoblauch, G. Palm, F. T.
 * Sommer, "Memory capacities for synaptic and structural plasticity", Neural Computation 22, 2010, whose
 * "ε-capacity" this is. That synapses are set independently of each other, which is what p₁^k takes for
 * granted, is an approximation for finite n.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";

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

/** What a memory holds at a given rate of errors. */
export interface WillshawCapacity {
  /** Pairs: M. */
  readonly pairs: number;
  /** The fraction of the synapses that are set: p₁. */
  readonly fill: number;
  /** Stored information: C, in bits per synapse. */
  readonly bitsPerSynapse: number;
}

/** What C tends to: ln 2 bits per synapse. */
export const WILLSHAW_LIMIT: number = Math.LN2;

/** The fraction of synapses that so many pairs set: p₁, in [0, 1]. */
export const expectedFill = (sizes: WillshawSizes, pairs: number): number =>
  -Math.expm1(pairs * Math.log1p(-density(sizes)));

/** The part of all synapses that one pair sets. */
const density = ({ inputs, outputs, cueActive, targetActive }: WillshawSizes): number =>
  (cueActive / inputs) * (targetActive / outputs);

/**
 * The probability that a unit outside of the target fires in a one-step recall with the cue's size as
 * threshold: p₀₁, in [0, 1].
 *
 * @param fill Of the memory, in [0, 1].
 * @param cueSize Active units of the cue, all of them from what was stored.
 */
export const falseUnitProbability = (fill: number, cueSize: number): number => fill ** cueSize;

/**
 * The transinformation of a binary channel: T = H(output) − H(output | input), in bits per unit.
 *
 * @param active The probability of a 1 at the input, in [0, 1].
 * @param added That a 0 arrives as a 1: p₀₁.
 * @param lost That a 1 arrives as a 0: p₁₀.
 *
 * @example
 * ```ts
 * import { channelInformation } from "./willshaw_theory.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals([channelInformation(0.5, 0, 0), channelInformation(0.5, 0.5, 0.5)], [1, 0]);
 * ```
 */
export function channelInformation(active: number, added: number, lost: number): number {
  const fires = active * (1 - lost) + (1 - active) * added;
  return Math.max(0, entropy(fires) - active * entropy(lost) - (1 - active) * entropy(added));
}

/** Of an event, in bits; log1p, for what is rare has most of its information in the rare case. */
const entropy = (p: number): number =>
  p <= 0 || p >= 1 ? 0 : -(p * Math.log(p) + (1 - p) * Math.log1p(-p)) / Math.LN2;

/**
 * The information that a memory holds: C, in bits per synapse.
 *
 * @param pairs How many are stored.
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
 * The capacity at a rate of errors.
 *
 * @param error False units per unit of the target: ε, above 0 and at most 1; 0.01 by default.
 * @returns `InvalidOption` where a number is out of its range.
 *
 * @example
 * ```ts
 * import { willshawCapacity } from "./willshaw_theory.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const sizes = { inputs: 4096, outputs: 4096, cueActive: 12, targetActive: 12 };
 * const capacity = willshawCapacity(sizes);
 * if (E.isLeft(capacity)) throw new Error("out of range");
 * assertEquals(capacity.right.bitsPerSynapse.toFixed(2), "0.44");
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
