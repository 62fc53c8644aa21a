/**
 * Losses: a draw that may need randomness, then a function of the outputs.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import type { Rng } from "../../graph/rng.ts";
import { tf } from "../tfjs.ts";

/** A loss of one batch, once everything random about it is drawn. */
export interface Objective {
  /**
   * The loss of a batch: a scalar that tfjs can differentiate.
   *
   * @param outputs [samples, …]. Of a graph that ends in a pair, the second.
   * @param inputs [samples, …], what the graph was given: the targets of an autoencoder.
   * @param latent [samples, …]. Of a graph that ends in a pair, the first; else the outputs.
   */
  readonly evaluate: (outputs: tf.Tensor, inputs: tf.Tensor, latent: tf.Tensor) => tf.Scalar;
  /** How many terms it is the mean of; 0 where the batch had none, and then the loss is 0. */
  readonly terms: number;
}

/** What a loss is to be used on. */
export interface LossSetting {
  /** Numbers per sample that the graph is given. */
  readonly inputs: number;
  /** Numbers per sample that the graph returns. */
  readonly outputs: number;
  /** Of the data: one more than the largest. */
  readonly classes: number;
}

/** A rule that makes an objective of each batch. */
export interface Loss {
  /** As configurations and reports name it. */
  readonly name: string;
  /** Its settings, for configurations. */
  readonly options: Readonly<Record<string, number>>;
  /** An option out of its range, with which `train` refuses the loss; null or absent if none. */
  readonly problem?: InvalidOption | null;
  /** What keeps it from being used there; null if nothing. Without it, it can be used anywhere. */
  readonly fits?: (setting: LossSetting) => InvalidOption | null;
  /** Draws the objective of a batch with these labels, one class per sample. */
  readonly draw: (labels: ArrayLike<number>, rng: Rng) => readonly [Objective, Rng];
}

// The loss of a batch that has no term.

/**
 * 0 whatever the tensors hold, NaN and infinities included, with a gradient of 0 for each: the mean
 * over no terms, where PyTorch has NaN.
 */
export function nothing(...tensors: tf.Tensor[]): tf.Scalar {
  const shapes = tensors.map(({ shape }) => shape);
  const zero = tf.customGrad((..._: (tf.Tensor | tf.GradSaveFunc)[]) => ({
    value: tf.scalar(0),
    gradFunc: () => shapes.map((shape) => tf.zeros(shape)),
  }));
  return zero(...tensors) as tf.Scalar;
}

// Tensors that the gradient takes for constants.

/**
 * f(x), through which no gradient flows back to x. f may use ops that have no gradient.
 *
 * @param x Any tensor.
 * @param f Its result; the identity makes x itself a constant.
 */
export function constantOf<T extends tf.Tensor>(x: tf.Tensor, f: (x: tf.Tensor) => T): T {
  const { shape } = x;
  return tf.customGrad((given: tf.Tensor | tf.GradSaveFunc) => ({
    value: f(given as tf.Tensor),
    gradFunc: () => tf.zeros(shape),
  }))(x) as T;
}

// The ranges of the losses' options.

/** The first that is not null. */
export const firstProblem = (
  ...problems: readonly (InvalidOption | null)[]
): InvalidOption | null => problems.find((problem) => problem !== null) ?? null;

/** Unless it is finite and from `low` to `high`, both included. */
export const outside = (
  option: string,
  value: number,
  low: number,
  high: number = Infinity,
): InvalidOption | null =>
  Number.isFinite(value) && value >= low && value <= high ? null : invalidOption(
    option,
    value,
    high === Infinity ? `a finite number of at least ${low}` : `a number from ${low} to ${high}`,
  );

/** Unless it is finite and above 0. */
export const notPositive = (option: string, value: number): InvalidOption | null =>
  Number.isFinite(value) && value > 0
    ? null
    : invalidOption(option, value, "a finite number above 0");

/** Unless it is an integer of at least 1. */
export const notCount = (option: string, value: number): InvalidOption | null =>
  Number.isInteger(value) && value >= 1
    ? null
    : invalidOption(option, value, "an integer of at least 1");

/** Unless it is the name of a distance. */
export const unknownDistance = (distance: string): InvalidOption | null =>
  ["euclidean", "squared_euclidean", "cosine"].includes(distance)
    ? null
    : invalidOption("distance", distance, "euclidean, squared_euclidean or cosine");
