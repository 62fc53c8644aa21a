/**
 * Losses: a draw that may need randomness, then a function of the outputs.
 *
 * @module
 */
import type { Rng } from "../graph/rng.ts";
import type { tf } from "./tfjs.ts";

/** A loss of one batch, once everything random about it is drawn. */
export interface Objective {
  /** The loss of the outputs [samples, …]: a scalar that tfjs can differentiate. */
  readonly evaluate: (outputs: tf.Tensor) => tf.Scalar;
  /** How many terms it is the mean of; 0 where the batch had none, and then the loss is 0. */
  readonly terms: number;
}

/** A rule that makes an objective of each batch. */
export interface Loss {
  /** As configurations and reports name it. */
  readonly name: string;
  /** Its settings, for configurations. */
  readonly options: Readonly<Record<string, number>>;
  /** Draws the objective of a batch with these labels, one class per sample. */
  readonly draw: (labels: ArrayLike<number>, rng: Rng) => readonly [Objective, Rng];
}
