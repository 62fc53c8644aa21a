/**
 * A random projection followed by kWTA, and its inverse by the transpose and kWTA.
 *
 * Source: dizcza/EmbedderSDR, experiment/kwta_inverse.py.
 *
 * @module
 */
import { draw, type Rng } from "../../../graph/rng.ts";
import { hardKwta } from "../../../ops/kwta.ts";
import { tf } from "../../../ops/tfjs.ts";

/** A projection as tensors on the current backend; whoever has it disposes of both. */
export interface Projection {
  /** [inputs, units]. */
  readonly weight: tf.Tensor2D;
  /** [units, inputs]: materialised, since wasm is slow where matMul has to transpose. */
  readonly transpose: tf.Tensor2D;
}

/**
 * n independent numbers from the standard normal distribution.
 *
 * Source: G. E. P. Box, M. E. Muller, "A note on the generation of random normal deviates", 1958.
 *
 * @returns The numbers, and the generator to draw from next.
 */
export function normals(n: number, rng: Rng): readonly [Float32Array<ArrayBuffer>, Rng] {
  return draw(rng, ({ unit }) => {
    const values = new Float32Array(n);
    for (let i = 0; i < n; i += 2) {
      // 1 − unit is never 0, whose logarithm would be infinite.
      const radius = Math.sqrt(-2 * Math.log(1 - unit()));
      const angle = 2 * Math.PI * unit();
      values[i] = radius * Math.cos(angle);
      if (i + 1 < n) values[i + 1] = radius * Math.sin(angle);
    }
    return values;
  });
}

/**
 * A projection with the given weights.
 *
 * @param weights inputs × units numbers, row-major.
 */
export function projectionOf(weights: Float32Array, inputs: number, units: number): Projection {
  const weight = tf.tensor2d(weights, [inputs, units]);
  return { weight, transpose: tf.transpose(weight) as tf.Tensor2D };
}

/**
 * A projection whose weights are independent and normally distributed.
 *
 * @returns The projection, and the generator to draw from next.
 */
export function randomProjection(
  inputs: number,
  units: number,
  rng: Rng,
): readonly [Projection, Rng] {
  const [weights, next] = normals(inputs * units, rng);
  return [projectionOf(weights, inputs, units), next];
}

/**
 * The codes of images: kWTA of x·W, which is computed once.
 *
 * @param x [samples, inputs].
 * @param sparsities Of the codes, each in (0, 1].
 * @returns For each of them [samples, units], zeros and ones.
 */
export const project = (
  { weight }: Projection,
  x: tf.Tensor2D,
  sparsities: readonly number[],
): readonly tf.Tensor2D[] =>
  tf.tidy(() => {
    const raw = tf.matMul(x, weight) as tf.Tensor2D;
    return sparsities.map((sparsity) => hardKwta(raw, sparsity));
  });

/**
 * Images of codes: kWTA of codes·Wᵀ.
 *
 * @param codes [samples, units].
 * @param sparsity Of the images, in (0, 1].
 * @returns [samples, inputs], zeros and ones.
 */
export const restore = (
  { transpose }: Projection,
  codes: tf.Tensor2D,
  sparsity: number,
): tf.Tensor2D => tf.tidy(() => hardKwta(tf.matMul(codes, transpose), sparsity));
