/**
 * The laws that estimators are calibrated on, whose information is known, and samples of them.
 *
 * @module
 */
import { draw, type Rng, seed } from "../../../graph/rng.ts";
import { gaussianPairs, normals } from "../../../ops/information/neural_pairs.ts";
import type { Samples } from "../../../ops/information/samples.ts";

/** Two continuous variables, or one and a class. */
export type Kind = "pairs" | "classes";

/** A law and a number of samples of it. */
export interface Setting {
  /** Kind of the variables. */
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
 * import { generatorOf } from "./laws.ts";
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

/** Samples of two continuous variables. */
export interface ContinuousPairs {
  /** Standard normal in each unit. */
  readonly x: Samples;
  /** Samples of y, as many and as wide as those of x. */
  readonly y: Samples;
}

/**
 * The correlation ρ = √(1 − 2^(−2I/d)) of each of d units of x with the same unit of y at which both
 * have I bits of each other: the inverse of `correlationInformation`.
 *
 * @example
 * ```ts
 * import { correlationOf } from "./laws.ts";
 * import { correlationInformation } from "../../../ops/information/neural_pairs.ts";
 * import { assertAlmostEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertAlmostEquals(correlationInformation(5, correlationOf(5, 2)), 2, 1e-12);
 * ```
 */
export const correlationOf = (dimension: number, bits: number): number =>
  Math.sqrt(-Math.expm1(-2 * Math.LN2 * bits / dimension));

/** Samples of x ~ N(0, I) and y = ρx + √(1 − ρ²)e, which have the given bits of each other. */
export function drawPairs(
  dimension: number,
  bits: number,
  count: number,
  rng: Rng,
): ContinuousPairs {
  const [{ x, y }] = gaussianPairs(dimension, correlationOf(dimension, bits)).draw(count, rng);
  return { x: { count, width: dimension, values: x }, y: { count, width: dimension, values: y } };
}

/** Samples of a continuous variable with their classes. */
export interface LabelledSamples {
  /** Samples of the continuous variable. */
  readonly x: Samples;
  /** Classes from 0 on, one per sample. */
  readonly labels: Uint8Array;
}

/** Equally probable classes of the calibration: at most log₂ 4 = 2 bits. */
export const CLASSES = 4;

/** Steps of the quadrature per standard deviation; its error is below 1e-12 bits at half as many. */
const STEPS = 20;

/** Standard deviations from a mean beyond which the density is less than rounding errors. */
const REACH = 9;

/**
 * I(X;Y) in bits of X ~ N(Y·separation, 1) and equally probable classes Y = 0, 1, …, by quadrature:
 * h(X) − h(X|Y), which is −∫ p log₂ p − ½ log₂ 2πe.
 *
 * The trapezoidal rule converges exponentially here, for the integrand is smooth and dies off at both
 * ends.
 *
 * @example
 * ```ts
 * import { classInformation } from "./laws.ts";
 * import { assertAlmostEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertAlmostEquals(classInformation(4, 0), 0, 1e-12);
 * assertAlmostEquals(classInformation(4, 30), 2, 1e-12);
 * ```
 */
export function classInformation(classes: number, separation: number): number {
  const end = separation * (classes - 1) + REACH;
  const steps = Math.ceil((end + REACH) * STEPS);
  const width = (end + REACH) / steps;
  let nats = 0;
  for (let i = 0; i <= steps; i++) {
    const density = mixture(classes, separation, i * width - REACH);
    if (density > 0) nats -= width * density * Math.log(density);
  }
  return (nats - Math.log(2 * Math.PI * Math.E) / 2) / Math.LN2;
}

function mixture(classes: number, separation: number, at: number): number {
  let sum = 0;
  for (let c = 0; c < classes; c++) sum += Math.exp(-((at - c * separation) ** 2) / 2);
  return sum / (classes * Math.sqrt(2 * Math.PI));
}

/**
 * The separation of neighbouring classes, in standard deviations, at which they have the given bits.
 *
 * @param bits Above 0 and below log₂ of the classes.
 *
 * @example
 * ```ts
 * import { classInformation, separationOf } from "./laws.ts";
 * import { assertAlmostEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertAlmostEquals(classInformation(4, separationOf(4, 1.8)), 1.8, 1e-10);
 * ```
 */
export function separationOf(classes: number, bits: number): number {
  let [low, high] = [0, 40];
  while (high - low > 1e-12) {
    const middle = (low + high) / 2;
    if (classInformation(classes, middle) < bits) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Samples of classes that lie on the diagonal of the space with unit variance all around: every unit
 * tells the same little of the class. Turned so that the diagonal is an axis, all other axes are noise, and
 * the information is {@linkcode classInformation} whatever the dimension.
 */
export function drawClasses(
  dimension: number,
  bits: number,
  count: number,
  rng: Rng,
): LabelledSamples {
  const step = separationOf(CLASSES, bits) / Math.sqrt(dimension);
  const [labels, next] = draw(
    rng,
    ({ integer }) => Uint8Array.from({ length: count }, () => integer(0, CLASSES - 1)),
  );
  const [noise] = normals(count * dimension, next);
  // About 0 on the whole, as standardised samples are.
  const values = noise.map((value, i) =>
    value + step * (labels[Math.floor(i / dimension)] - (CLASSES - 1) / 2)
  );
  return { x: { count, width: dimension, values }, labels };
}
