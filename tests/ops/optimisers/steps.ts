/**
 * Steps of an optimiser on small weights, for tests.
 *
 * @module
 */
import type { Optimiser, OptimiserState } from "../../../ops/optimisers/transform.ts";
import { type Params, tf } from "../../../ops/tfjs.ts";

/** Two weights of different shapes. */
export const weights = (): Params => ({
  a: tf.tensor2d([[0.5, -1.5, 2], [0.25, 3, -0.125]]),
  b: tf.tensor1d([1, -2]),
});

/** The gradients of a step, counted from 0: waves, so that each step has others. */
export const gradients = (step: number): Params => ({
  a: tf.tensor(Float32Array.from({ length: 6 }, (_, i) => 2 * Math.sin(1 + i + step)), [2, 3]),
  b: tf.tensor(Float32Array.from({ length: 2 }, (_, i) => 3 * Math.cos(i - step)), [2]),
});

/**
 * The weights and the slots after some steps, by path and by "slot.path". It disposes of what each
 * step supersedes, as the trainer does.
 */
export async function walk(
  { init, update }: Optimiser,
  steps: number,
): Promise<Readonly<Record<string, Float32Array>>> {
  let params = weights();
  let state: OptimiserState = init(params);
  for (let i = 0; i < steps; i++) {
    const slopes = gradients(i);
    const [next, moved] = update(slopes, state, params);
    tf.dispose([slopes, params, state.slots] as unknown as tf.TensorContainer);
    [params, state] = [next, moved];
  }
  const named: Record<string, tf.Tensor> = { ...params };
  for (const [slot, tensors] of Object.entries(state.slots)) {
    for (const [path, tensor] of Object.entries(tensors)) named[`${slot}.${path}`] = tensor;
  }
  const read = await Promise.all(
    Object.entries(named).map(async ([path, tensor]) =>
      [path, await tensor.data<"float32">()] as const
    ),
  );
  tf.dispose(named);
  return Object.fromEntries(read);
}

/** The kernels that one step of an optimiser runs. */
export async function kernelsOf({ init, update }: Optimiser): Promise<readonly string[]> {
  const [params, slopes] = [weights(), gradients(0)];
  const state = init(params);
  const { kernelNames } = await tf.profile(() => {
    const [next, { slots }] = update(slopes, state, params);
    tf.dispose([next, slots] as unknown as tf.TensorContainer);
    return [];
  });
  tf.dispose([params, slopes, state.slots] as unknown as tf.TensorContainer);
  return kernelNames;
}
