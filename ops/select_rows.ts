/**
 * Rows of a matrix by their numbers, and the sums of rows that their gradient needs.
 *
 * wasm has no gradient of tf.gather, and tf.scatterND adds in any order on webgpu. Here both directions
 * are one kernel, sums of rows, and the same input gives the same bits on all backends.
 *
 * @module
 */
import { tf } from "./tfjs.ts";
import { int, registerGpuKernel, runElementwise } from "./kernels/gpu.ts";
import { registerHostKernel } from "./kernels/host.ts";

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

// ---- The kernel

/**
 * Kernel that sums rows: (x [rows, n], lists int32, transposed int32) → [sums, n], the sums of the rows that `lists`
 * names.
 *
 * Of lists entry i is where list i begins in the array itself, entry i + 1 where it ends. The other
 * direction, which list a row is in, is `transposed`: with it the gradient is the same kernel.
 */
const SUM_ROWS = "SparrowSumRows";

/** Attributes of the kernel {@linkcode SUM_ROWS}. */
interface SumRowsAttributes {
  /** Number of lists. */
  readonly sums: number;
}

tf.registerGradient({
  kernelName: SUM_ROWS,
  inputsToSave: ["x", "lists", "transposed"],
  gradFunc: (dy, [x, lists, transposed]) => ({
    x: () =>
      tf.engine().runKernel(
        SUM_ROWS,
        { x: dy as tf.Tensor, lists: transposed, transposed: lists },
        { sums: x.shape[0] },
      ) as tf.Tensor,
  }),
});

registerHostKernel<SumRowsAttributes>({
  name: SUM_ROWS,
  inputs: ["x", "lists"],
  outputs: ([[, n]], { sums }) => [{ shape: [sums, n], dtype: "float32" }],
  run: ([x, lists], [y], [[, n]], { sums }) => {
    for (let sum = 0; sum < sums; sum++) {
      const to = sum * n;
      const [begin, end] = [lists[sum], lists[sum + 1]];
      if (begin === end) y.fill(0, to, to + n);
      else y.set(x.subarray(lists[begin] * n, (lists[begin] + 1) * n), to);
      for (let entry = begin + 1; entry < end; entry++) {
        const from = lists[entry] * n;
        for (let i = 0; i < n; i++) y[to + i] += x[from + i];
      }
    }
  },
});

registerGpuKernel<SumRowsAttributes>(
  SUM_ROWS,
  ["x", "lists"],
  (backend, [x, lists], { sums }) => {
    const n = x.shape[1];
    const program = {
      key: "sum_rows",
      variables: ["x", "lists"],
      uniforms: "n : i32",
      main: `
        let list = index / uniforms.n;
        let i = index % uniforms.n;
        var sum = 0.0;
        for (var entry = lists[list]; entry < lists[list + 1]; entry = entry + 1) {
          sum = sum + x[lists[entry] * uniforms.n + i];
        }
        result[index] = sum;`,
    };
    return runElementwise(backend, program, [x, lists], { shape: [sums, n], dtype: "float32" }, [
      int(n),
    ]);
  },
);
