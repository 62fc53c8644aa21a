/**
 * Bilinear interpolation as two matrix products: R·mask·C. tfjs's own lacks a gradient on wasm.
 *
 * @module
 */
import { tf } from "../tfjs.ts";

/**
 * The matrix that takes `from` samples to `to` linearly, the first to the first and the last to the
 * last.
 *
 * The weights are multiples of 2⁻²⁴, so that float32 holds both of a pair and their sum is 1 to the
 * bit: where a mask is flat, what it is enlarged to is flat too, and its total variation has the
 * gradient 0 instead of the signs of rounding errors.
 *
 * Source: torch.nn.functional.interpolate, mode "bilinear", align_corners.
 *
 * @returns to × from, row-major.
 *
 * @example
 * ```ts
 * import { interpolation } from "./upsample.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals([...interpolation(2, 3)], [1, 0, 0.5, 0.5, 0, 1]);
 * ```
 */
export function interpolation(from: number, to: number): Float32Array {
  const weights = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const position = to === 1 ? 0 : i * (from - 1) / (to - 1);
    const left = Math.min(Math.floor(position), Math.max(0, from - 2));
    const right = Math.round((position - left) * 2 ** 24) / 2 ** 24;
    weights[i * from + left] = 1 - right;
    if (from > 1) weights[i * from + left + 1] = right;
  }
  return weights;
}

/** The matrices of an enlargement, both constant. */
export interface Enlargement {
  /** [height, rows of the mask]. */
  readonly rows: tf.Tensor2D;
  /** [columns of the mask, width]. */
  readonly columns: tf.Tensor2D;
}

/** The matrices that enlarge a mask; the caller disposes of them. */
export const enlargement = (
  [rows, columns]: readonly [rows: number, columns: number],
  [height, width]: readonly [height: number, width: number, ...rest: number[]],
): Enlargement => ({
  rows: tf.tensor2d(interpolation(rows, height), [height, rows]),
  columns: tf.tidy(() =>
    tf.transpose(tf.tensor2d(interpolation(columns, width), [width, columns]))
  ),
});

/**
 * The mask at the image's size.
 *
 * @param mask [rows, columns].
 * @returns [height, width].
 */
export const upsample = (mask: tf.Tensor2D, { rows, columns }: Enlargement): tf.Tensor2D =>
  tf.matMul(tf.matMul(rows, mask), columns);
