/**
 * The length of a vector.
 *
 * @module
 */

/** The L2 norm of all numbers; the Frobenius norm of a matrix. In float64, 0 for none. */
export function euclideanNorm(x: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * x[i];
  return Math.sqrt(sum);
}
