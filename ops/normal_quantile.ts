/**
 * The quantile function of the normal distribution on tensors.
 *
 * @module
 */
import { tf } from "./tfjs.ts";

/** Of erfinv(x) / x as a polynomial in w − 2.5, highest power first, for w = −log(1 − x²) < 5. */
const CENTRE = [
  2.81022636e-08,
  3.43273939e-07,
  -3.5233877e-06,
  -4.39150654e-06,
  0.00021858087,
  -0.00125372503,
  -0.00417768164,
  0.246640727,
  1.50140941,
];

/** The same in √w − 3, for w ≥ 5. */
const TAIL = [
  -0.000200214257,
  0.000100950558,
  0.00134934322,
  -0.00367342844,
  0.00573950773,
  -0.0076224613,
  0.00943887047,
  1.00167406,
  2.83297682,
];

const horner = (coefficients: readonly number[], x: tf.Tensor): tf.Tensor =>
  coefficients.slice(1).reduce<tf.Tensor>(
    (sum, coefficient) => tf.add(tf.mul(sum, x), coefficient),
    tf.fill(x.shape, coefficients[0]),
  );

/**
 * z with P(Z > z) = p for a standard normal Z: √2 · erfinv(1 − 2p), elementwise. Its derivative is
 * −√(2π) · exp(z² / 2).
 *
 * Source: Giles 2010, "Approximating the erfinv function", table 5 (single precision); within 2e-6.
 *
 * @param p In (0, 1), float32.
 * @returns The same shape.
 */
export const upperQuantile = tf.customGrad((input, save) => {
  const p = input as tf.Tensor;
  const x = tf.sub(1, tf.mul(p, 2));
  // 1 − x² = 4p(1 − p), without the cancellation near 1.
  const w = tf.neg(tf.log(tf.mul(tf.mul(p, 4), tf.sub(1, p))));
  const centre = horner(CENTRE, tf.sub(w, 2.5));
  const tail = horner(TAIL, tf.sub(tf.sqrt(tf.relu(w)), 3));
  const value = tf.mul(tf.mul(tf.where(tf.less(w, 5), centre, tail), x), Math.SQRT2);
  (save as tf.GradSaveFunc)([value]);
  const gradFunc = (dy: tf.Tensor, [z]: tf.Tensor[]) =>
    tf.mul(dy, tf.mul(tf.exp(tf.mul(tf.square(z), 0.5)), -Math.sqrt(2 * Math.PI)));
  return { value, gradFunc };
}) as (p: tf.Tensor) => tf.Tensor;
