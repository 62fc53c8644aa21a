/**
 * The learning of a mask, step by step.
 *
 * @module
 */
import { valueAndGradients } from "../gradients.ts";
import type { Optimiser, OptimiserState } from "../optimiser.ts";
import { type Params, tf } from "../tfjs.ts";
import { objective, type Prices } from "./objective.ts";
import type { Score } from "./scores.ts";
import type { Enlargement } from "./upsample.ts";
import { sceneOf, type Views } from "./views.ts";

/** A mask on its way; it owns its tensors. */
export interface Descent {
  /** "mask": [rows, columns], within [0, 1]. */
  readonly params: Params;
  /** What the optimiser remembers. */
  readonly optimiser: OptimiserState;
}

/** What is the same in every step. */
export interface Descender {
  /** What is to fall. */
  readonly score: Score;
  /** From the mask's size to the image's. */
  readonly enlarge: Enlargement;
  /** What else counts. */
  readonly prices: Prices;
  /** Of the mask. */
  readonly optimiser: Optimiser;
}

/** A mask that hides nothing. */
export function beginDescent(
  [rows, columns]: readonly [rows: number, columns: number],
  optimiser: Optimiser,
): Descent {
  const params = { mask: tf.ones([rows, columns]) };
  return { params, optimiser: optimiser.init(params) };
}

/** The mask itself: [rows, columns]. */
export const maskOf = ({ params }: Descent): tf.Tensor2D => params.mask as tf.Tensor2D;

/** Disposes of the tensors. */
export function disposeOf({ params, optimiser }: Descent): void {
  tf.dispose([params, optimiser.slots] as unknown as tf.TensorContainer);
}

/**
 * One step, clamped to [0, 1]. It leaves what it is given alone.
 *
 * @returns The next mask, and the objective before the step; the caller disposes of both.
 */
export function descend(
  { score, enlarge, prices, optimiser }: Descender,
  descent: Descent,
  views: Views,
): { readonly next: Descent; readonly loss: tf.Scalar } {
  let state = descent.optimiser;
  // The tidy keeps what it returns.
  const { params, loss } = tf.tidy(() => {
    const scene = sceneOf(views);
    const { value, gradients } = valueAndGradients(
      () => objective(maskOf(descent), enlarge, scene, score, prices),
      descent.params,
    );
    const [stepped, moved] = optimiser.update(gradients, descent.optimiser, descent.params);
    state = moved;
    const params = { mask: tf.clipByValue(stepped.mask, 0, 1) };
    return { params, slots: moved.slots, loss: value } as unknown as tf.TensorContainerObject;
  }) as unknown as { readonly params: Params; readonly loss: tf.Scalar };
  return { next: { params, optimiser: state }, loss };
}
