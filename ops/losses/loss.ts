/**
 * What a loss is: a draw that may need randomness, then a function of the outputs. Beside it what losses are built
 * with: the loss of no terms, and constants of the gradient.
 *
 * @module
 */
import type { InvalidOption } from "../../graph/error.ts";
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
  /** The classes of the data: one more than the largest label. */
  readonly classes: number;
}

/** A rule that makes an objective of each batch. */
export interface Loss {
  /** Its name in configurations and reports. */
  readonly name: string;
  /** Its settings, for configurations. */
  readonly options: Readonly<Record<string, number>>;
  /** An option out of its range, with which `train` refuses the loss; null or absent if none. */
  readonly problem?: InvalidOption | null;
  /** What keeps it from being used there; null if nothing. Without it, it can be used anywhere. */
  readonly fits?: (setting: LossSetting) => InvalidOption | null;
  /** Whether it reads no labels, so that it can be used on samples that have none. @default false */
  readonly unsupervised?: boolean;
  /** Draws the objective of a batch with these labels, one class per sample; zeros of samples without labels. */
  readonly draw: (labels: ArrayLike<number>, rng: Rng) => readonly [Objective, Rng];
}

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
