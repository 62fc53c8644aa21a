/**
 * Rows of a matrix by their numbers.
 *
 * @module
 */
import { SUM_ROWS } from "./kernels/sum_rows.ts";
import { tf } from "./tfjs.ts";

/**
 * The rows of a matrix with these numbers, in this order. The gradients of a row that is selected more than once
 * are added, always in the same order.
 *
 * @param x [rows, n], float32.
 * @param picks At least one, each from 0 to rows − 1.
 * @returns [picks.length, n].
 *
 * @example
 * ```ts
 * import { selectRows } from "./select_rows.ts";
 * import { startBackend } from "./backend.ts";
 * import { tf } from "./tfjs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("cpu")();
 * const picked = selectRows(tf.tensor2d([[1, 2], [3, 4]]), [1, 1, 0]);
 * assertEquals(await picked.array(), [[3, 4], [3, 4], [1, 2]]);
 * ```
 */
export function selectRows(x: tf.Tensor2D, picks: ArrayLike<number>): tf.Tensor2D {
  const [count, rows] = [picks.length, x.shape[0]];
  const lists = new Int32Array(2 * count + 1);
  const transposed = new Int32Array(rows + 1 + count);
  for (let i = 0; i < count; i++) {
    lists[i] = count + 1 + i;
    lists[count + 1 + i] = picks[i];
    transposed[picks[i] + 1]++;
  }
  lists[count] = 2 * count + 1;
  transposed[0] = rows + 1;
  for (let row = 0; row < rows; row++) transposed[row + 1] += transposed[row];
  const next = transposed.slice(0, rows);
  for (let i = 0; i < count; i++) transposed[next[picks[i]]++] = i;
  return tf.engine().runKernel(SUM_ROWS, {
    x,
    lists: tf.tensor1d(lists, "int32"),
    transposed: tf.tensor1d(transposed, "int32"),
  }, { sums: count }) as tf.Tensor2D;
}
