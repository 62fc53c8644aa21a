/**
 * What the kWTA kernels of all backends have in common: names, inputs, attributes, gradients.
 *
 * Rows are samples: tensors have the shape [rows, units].
 *
 * @module
 */
import { tf } from "../tfjs.ts";
import type { Gate } from "../../graph/node.ts";

/** x → 1 where x is above its row's threshold, else 0. The gradient is straight through. */
export const HARD_KWTA = "SparrowHardKwta";

/** x → [gate(hardness · (x − threshold)), edges], the edges as int32 [rows, 2]. */
export const SOFT_KWTA = "SparrowSoftKwta";

/** The gradient of {@linkcode SOFT_KWTA}: (dy, x, y, edges) → dx. */
export const SOFT_KWTA_GRADIENT = "SparrowSoftKwtaGradient";

/**
 * x → 1 for the k largest of its row, else 0: with `ties` all that equal the k-th, without only those
 * that come first. It has no gradient.
 */
export const WINNERS = "SparrowWinners";

/** Attributes of {@linkcode WINNERS}. */
export interface WinnersAttributes {
  /** From 1 to units − 1. */
  readonly k: number;
  readonly ties: boolean;
}

/** Attributes of the kWTA kernels. */
export interface KwtaAttributes {
  /** Winners per row, from 1 to units − 1. */
  readonly k: number;
}

/** Attributes of the soft kWTA kernels. */
export interface SoftKwtaAttributes extends KwtaAttributes {
  readonly hardness: number;
  readonly gate: Gate;
}

tf.registerGradient({
  kernelName: HARD_KWTA,
  gradFunc: (dy) => ({ x: () => (dy as tf.Tensor).clone() }),
});

tf.registerGradient({
  kernelName: SOFT_KWTA,
  inputsToSave: ["x"],
  outputsToSave: [true, true],
  gradFunc: (dy, saved, attributes) => {
    const [x, y, edges] = saved;
    return {
      x: () =>
        tf.engine().runKernel(
          SOFT_KWTA_GRADIENT,
          { dy: (dy as tf.Tensor[])[0], x, y, edges },
          attributes,
        ),
    };
  },
});
