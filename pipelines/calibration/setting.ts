/**
 * What estimators are calibrated on: a law of known information, a number of samples, a repetition.
 *
 * @module
 */
import { type Rng, seed } from "../../graph/rng.ts";

/** Two continuous variables, or one and a class. */
export type Kind = "pairs" | "classes";

/** A law and a number of samples of it. */
export interface Setting {
  /** What is estimated. */
  readonly kind: Kind;
  /** Numbers per sample of each continuous variable. */
  readonly dimension: number;
  /** The truth, in bits. */
  readonly bits: number;
  /** Samples, n. */
  readonly samples: number;
}

/** The setting as a person reads it: "pairs, d = 5, 2 bit, n = 500". */
export const settingText = ({ kind, dimension, bits, samples }: Setting): string =>
  `${kind}, d = ${dimension}, ${bits} bit, n = ${samples.toLocaleString("en-GB")}`;

/**
 * The generator of a repetition. It depends on nothing else, so that all estimators are given the same
 * samples, and a part of the calibration gives the same numbers as the whole.
 *
 * @param repetition Counted from 0.
 *
 * @example
 * ```ts
 * import { generatorOf } from "./setting.ts";
 * import { assertEquals, assertNotEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const setting = { kind: "pairs", dimension: 5, bits: 2, samples: 500 } as const;
 * assertEquals(generatorOf(setting, 0), generatorOf({ ...setting }, 0));
 * assertNotEquals(generatorOf(setting, 0), generatorOf(setting, 1));
 * ```
 */
export const generatorOf = (
  { kind, dimension, bits, samples }: Setting,
  repetition: number,
): Rng => seed(hash([kind, dimension, bits, samples, repetition].join(" ")));

/**
 * A text as 32 bits.
 *
 * Source: FNV-1a, Fowler, Noll & Vo.
 */
function hash(text: string): number {
  let bits = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) bits = Math.imul(bits ^ byte, 0x01000193);
  return bits >>> 0;
}
