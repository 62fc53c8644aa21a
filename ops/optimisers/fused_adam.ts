/**
 * The part of a chain that one kernel can do: Adam at its end.
 *
 * @module
 */
import { ADAM, type AdamAttributes } from "../kernels/adam.ts";
import { ADAM_ALL } from "../kernels/adam_gpu.ts";
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

/** What a step of Adam reads of one weight. */
export interface AdamInputs extends tf.NamedTensorMap {
  readonly param: tf.Tensor;
  readonly gradient: tf.Tensor;
  readonly first: tf.Tensor;
  readonly second: tf.Tensor;
}

/** The weights, each with its moments, after a step. */
export function fusedAdam(
  weights: readonly AdamInputs[],
  attributes: AdamAttributes,
): readonly (readonly [param: tf.Tensor, first: tf.Tensor, second: tf.Tensor])[] {
  const attrs = attributes as unknown as tf.NamedAttrMap;
  const run = (kernel: string, inputs: tf.NamedTensorMap) =>
    tf.engine().runKernel(kernel, inputs, attrs) as unknown as tf.Tensor[];
  if (weights.length === 0) return [];
  if (tf.getBackend() !== "webgpu") {
    return weights.map((weight) => run(ADAM, weight) as [tf.Tensor, tf.Tensor, tf.Tensor]);
  }
  const all = run(
    ADAM_ALL,
    Object.fromEntries(
      weights.flatMap((weight, i) =>
        Object.entries(weight).map(([name, tensor]) => [`${name}${i}`, tensor])
      ),
    ),
  );
  return weights.map((_, i) => [all[3 * i], all[3 * i + 1], all[3 * i + 2]]);
}
