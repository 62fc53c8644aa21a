/**
 * The triplet cosine loss on tensors.
 *
 * Source: TripletCosineLoss of dizcza/pytorch-mighty, mighty/loss/triplet.py.
 *
 * @module
 */
import { tf } from "../tfjs.ts";
import "../kernels/triplet_simd.ts";
import "../kernels/triplet_gpu.ts";
import { incidence, TRIPLET_COSINE } from "../kernels/triplet.ts";
import { nothing } from "./nothing.ts";

/**
 * The mean over triplets (a, p, q) of relu(cos(x_a, x_q) − cos(x_a, x_p) + margin).
 *
 * Each norm is clamped at 1e-8 from below, as in torch.nn.functional.cosine_similarity: a zero
 * vector has the similarity 0 to all.
 *
 * No triplet at all gives 0 with a gradient of 0, where the reference gives NaN.
 *
 * @param codes [rows, units], float32.
 * @param triplets Row numbers [anchor, positive, negative, anchor, …], each below `rows`.
 * @param margin How much more alike a positive has to be than a negative.
 * @returns A scalar.
 */
export function tripletCosine(
  codes: tf.Tensor2D,
  triplets: Int32Array,
  margin: number,
): tf.Scalar {
  if (triplets.length === 0) return nothing(codes);
  const outputs = tf.engine().runKernel(TRIPLET_COSINE, {
    codes,
    triplets: tf.tensor2d(triplets, [triplets.length / 3, 3], "int32"),
    incidence: tf.tensor1d(incidence(triplets, codes.shape[0]), "int32"),
  }, { margin });
  return (outputs as unknown as tf.Tensor[])[0] as tf.Scalar;
}
