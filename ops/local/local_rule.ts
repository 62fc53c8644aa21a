/**
 * Local rules: how the synapses of competing units change by what stands on their two sides.
 *
 * A rule has two parts. Its competition says how active each unit is for each sample; its update moves
 * each synapse by the sample's input, the unit's activity and the synapse's own weight. No rule is given
 * a label, an error, or the weights of another layer, and none is differentiated.
 *
 * @module
 */
import type { InvalidOption } from "../../graph/error.ts";
import type { tf } from "../tfjs.ts";

/** How active units are for learning, [samples, units]: 0 for who learns nothing, below 0 to unlearn. */
export type Compete = (
  weights: tf.Tensor2D,
  batch: tf.Tensor2D,
  excitability?: tf.Tensor,
) => tf.Tensor2D;

/** The next weights, a new tensor of the same shape. */
export type LocalUpdate = (
  weights: tf.Tensor2D,
  batch: tf.Tensor2D,
  activity: tf.Tensor2D,
  rate: number,
) => tf.Tensor2D;

/** A local rule for weights [inputs, units] and batches [samples, inputs]. */
export interface LocalRule {
  /** As options and results name it. */
  readonly name: string;
  /** With their defaults filled in. */
  readonly options: Readonly<Record<string, number>>;
  /** An option out of its range, or null. */
  readonly problem: InvalidOption | null;
  /** The fewest units that it can let compete. */
  readonly least: number;
  /** The rate that suits it, above 0. */
  readonly rate: number;
  /** The length of weights at the beginning, above 0: they begin as samples of it. */
  readonly begin: number;
  /**
   * Who is how active. The sum over inputs is multiplied by the `excitability` of the unit, [units], where
   * it is given, before units compete: synaptic scaling's factors.
   */
  readonly compete: Compete;
  /** What is learnt of a batch. */
  readonly update: LocalUpdate;
}
