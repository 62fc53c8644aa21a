/**
 * The part of a chain that one kernel can do: Adam at its end.
 *
 * @module
 */
import { ADAM, type AdamAttributes } from "../kernels/adam.ts";
import "../kernels/adam_simd.ts";
import { tf } from "../tfjs.ts";
import type { Transform } from "./transform.ts";

/** A chain that ends in Adam. */
export interface AdamTail {
  /** Where the tail begins. */
  readonly begin: number;
  /** Which transform holds the moments. */
  readonly moments: number;
  /** Of the kernel, less what changes from step to step. */
  readonly attributes: Omit<AdamAttributes, "learningRate" | "step">;
}

/** The tail `addDecayedWeights? ▷ scaleByAdam ▷ addDecayedWeights? ▷ scaleByLearningRate`, or null. */
export function adamTail(transforms: readonly Transform[]): AdamTail | null {
  let at = transforms.length;
  const take = () => transforms[--at]?.fusible;
  const decay = (): number => {
    const before = at;
    const part = take();
    if (part?._tag === "AddDecayedWeights") return part.weightDecay;
    at = before;
    return 0;
  };
  if (take()?._tag !== "ScaleByLearningRate") return null;
  const decoupledDecay = decay();
  const scale = take();
  if (scale?._tag !== "ScaleByAdam") return null;
  const moments = at;
  const weightDecay = decay();
  const { beta1, beta2, epsilon } = scale;
  return { begin: at, moments, attributes: { beta1, beta2, epsilon, weightDecay, decoupledDecay } };
}

/** A weight and its moments after a step. */
export const fusedAdam = (
  inputs: {
    readonly param: tf.Tensor;
    readonly gradient: tf.Tensor;
    readonly first: tf.Tensor;
    readonly second: tf.Tensor;
  },
  attributes: AdamAttributes,
): readonly [param: tf.Tensor, first: tf.Tensor, second: tf.Tensor] =>
  tf.engine().runKernel(
    ADAM,
    inputs,
    attributes as unknown as tf.NamedAttrMap,
  ) as unknown as [tf.Tensor, tf.Tensor, tf.Tensor];
