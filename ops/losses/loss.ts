/**
 * Interface of a loss: a draw that may need randomness, then a function of the outputs. Beside it stand the parts that
 * losses are built with: the loss of no terms, and constants of the gradient.
 *
 * @module
 */
import type { InvalidOption } from "../../graph/error.ts";
import type { Nodes } from "../../graph/node.ts";
import type { Rng } from "../../graph/rng.ts";
import { checkRanges, notNegative } from "../ranges.ts";
import { type Params, tf } from "../tfjs.ts";

/** The inside of a model that a loss may read, by the graph's paths. */
export interface Internals {
  /** The weights. Gradients flow to them. */
  readonly params: Params;
  /** Further state of the units, this batch included; constants for the gradient. */
  readonly plasticity: Params;
  /** Tensors of this batch that nodes show to the loss. Gradients flow through them. */
  readonly exposed: Params;
}

/** A loss of one batch, once everything random about it is drawn. */
export interface Objective {
  /**
   * The loss of a batch: a scalar that tfjs can differentiate.
   *
   * @param outputs [samples, …]. Of a graph that ends in a pair, the second.
   * @param inputs [samples, …], what the graph was given: the targets of an autoencoder.
   * @param latent [samples, …]. Of a graph that ends in a pair, the first; else the outputs.
   * @param internals The inside of the model, which a training step hands over.
   */
  readonly evaluate: (
    outputs: tf.Tensor,
    inputs: tf.Tensor,
    latent: tf.Tensor,
    internals?: Internals,
  ) => tf.Scalar;
  /** Number of terms that the loss is the mean of; 0 where the batch had none, and then the loss is 0. */
  readonly terms: number;
}

/** Setting that a loss is to be used in: the graph and the data. */
export interface LossSetting {
  /** Numbers per sample that the graph is given. */
  readonly inputs: number;
  /** Numbers per sample that the graph returns. */
  readonly outputs: number;
  /** The classes of the data: one more than the largest label. */
  readonly classes: number;
  /** The graph, with every dimension known. */
  readonly graph: Nodes;
}

/** A rule that makes an objective of each batch. */
export interface Loss {
  /** Name of the loss in configurations and reports. */
  readonly name: string;
  /** Settings of the loss, for configurations. */
  readonly options: Readonly<Record<string, number>>;
  /** First option out of its range, with which `train` refuses the loss; null or absent if none. */
  readonly problem?: InvalidOption | null;
  /** Checks that the loss can be used in a setting; null if it can. Without it, the loss can be used anywhere. */
  readonly fits?: (setting: LossSetting) => InvalidOption | null;
  /** Whether it reads no labels, so that it can be used on samples that have none. @default false */
  readonly unsupervised?: boolean;
  /** Draws the objective of a batch with these labels, one class per sample; zeros of samples without labels. */
  readonly draw: (labels: ArrayLike<number>, rng: Rng) => readonly [Objective, Rng];
}

/**
 * The sum of a loss and of another times a weight, each of which draws in turn. Its options are those of
 * both, the other's under its name.
 *
 * @param loss First loss.
 * @param other Loss that is weighted.
 * @param weight At least 0.
 *
 * @example
 * ```ts
 * import { plus } from "./loss.ts";
 * import { meanSquaredErrorLoss } from "./reconstruction.ts";
 * import { supConLoss } from "./contrastive.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const both = plus(meanSquaredErrorLoss(), supConLoss(), 0.1);
 * assertEquals(both.name, "mean_squared_error_and_supervised_contrastive");
 * assertEquals(both.options, {
 *   "supervised_contrastive.temperature": 0.1,
 *   "supervised_contrastive.weight": 0.1,
 * });
 * ```
 */
export function plus(loss: Loss, other: Loss, weight: number): Loss {
  const named = Object.entries({ ...other.options, weight }).map(([name, value]) =>
    [`${other.name}.${name}`, value] as const
  );
  return {
    name: `${loss.name}_and_${other.name}`,
    options: { ...loss.options, ...Object.fromEntries(named) },
    unsupervised: loss.unsupervised && other.unsupervised,
    problem: loss.problem ?? other.problem ?? checkRanges({ weight: [weight, notNegative] }),
    fits: (setting) => loss.fits?.(setting) ?? other.fits?.(setting) ?? null,
    draw: (labels, rng) => {
      const [first, between] = loss.draw(labels, rng);
      const [second, next] = other.draw(labels, between);
      const evaluate: Objective["evaluate"] = (...given) =>
        tf.add(first.evaluate(...given), tf.mul(second.evaluate(...given), weight));
      return [{ evaluate, terms: first.terms + second.terms }, next];
    },
  };
}

/**
 * Loss over no terms: 0 whatever the tensors hold, NaN and infinities included, with a gradient of 0 for each.
 * PyTorch's mean over no terms is NaN.
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
 * @param f Function that returns the constant; the identity makes x itself one.
 */
export function constantOf<T extends tf.Tensor>(x: tf.Tensor, f: (x: tf.Tensor) => T): T {
  const { shape } = x;
  return tf.customGrad((given: tf.Tensor | tf.GradSaveFunc) => ({
    value: f(given as tf.Tensor),
    gradFunc: () => tf.zeros(shape),
  }))(x) as T;
}

/**
 * The result of f as a constant, for which no gradient is computed at all: the tape does not see what f reads. Where
 * something has no other way to the loss, tfjs says that it has no gradient; {@linkcode constantOf} makes it 0.
 */
export const untaped = <T extends tf.Tensor>(f: () => T): T =>
  tf.customGrad(() => ({ value: f(), gradFunc: () => [] }))() as T;
