/**
 * The matrix products and the sums of columns that a linear map's gradients need, by each backend's fast path.
 *
 * @module
 */
import { tf, type WebGPUBackend } from "../tfjs.ts";
import { int, type RawProgram, registerGpuKernel, runRaw, strided, visitsPerPass } from "./gpu.ts";
import { product } from "./product_gpu.ts";
import { simdOf } from "./simd/module.ts";
import { registerSimdKernel } from "./simd/register.ts";

/** Kernel of a product, only on wasm: (a, b) → aᵀ·b where `transposeA` is set, a·bᵀ where `transposeB` is. */
const PRODUCT = "SparrowProduct";

/** x → the sums of its columns; not on cpu. */
const COLUMN_SUMS = "SparrowColumnSums";

interface ProductAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Number of columns below which a search for equal columns does not pay. */
const MOST_DENSE = 256;

/** The bytes that the product of packed panels works in, for an inner dimension of k. */
export const productWork = (k: number): number => 32 * k + 128;

/** The bytes that the product of plain rows works in, for k by n. */
export const plainWork = (k: number, n: number): number => 32 * k + 4 * n + 128;

// Without SIMD these are not called.
for (const kernelName of [PRODUCT, COLUMN_SUMS]) {
  tf.registerKernel({
    kernelName,
    backendName: "wasm",
    kernelFunc: () => {
      throw new Error(`${kernelName} needs SIMD and float32`);
    },
  });
}

registerSimdKernel<ProductAttributes>({
  name: PRODUCT,
  inputs: ["a", "b"],
  outputs: ([a, b], { transposeA, transposeB }) => [{
    shape: [a[transposeA ? 1 : 0], b[transposeB ? 0 : 1]],
    dtype: "float32",
  }],
  work: ([a, b], { transposeA }) =>
    Math.max(productWork(a[transposeA ? 0 : 1]), plainWork(a[1], b[1])),
  run: (
    { simd, inParts },
    { inputs: [a, b], outputs: [c], work, workBytes: bytes },
    [aShape, bShape],
    { transposeA, transposeB },
  ) => {
    const [rows, columns] = aShape;
    const n = bShape[transposeB ? 0 : 1];
    const cost = rows * columns * n;
    if (transposeA && isWorthLists(columns) && 2 * simd.plainRows(rows, columns, a) > rows) {
      const growth = { 5: 1, 7: 4 * n };
      const parting = { rowsAt: 6, growth, work: { at: 8, bytes } };
      const args = [rows, n, columns, a, b, 0, columns, c, work] as const;
      inParts("plainTransposedTimes", [...args], parting, cost / 5);
      return;
    }
    const [m, k, aRow, aColumn] = transposeA
      ? [columns, rows, 1, columns]
      : [rows, columns, columns, 1];
    const [bRow, bColumn] = transposeB ? [1, bShape[1]] : [bShape[1], 1];
    const growth = { 3: 4 * aRow, 10: 4 * n };
    const parting = { rowsAt: 0, growth, work: { at: 11, bytes } };
    const args = [m, n, k, a, aRow, aColumn, b, bRow, bColumn, 0, c, work] as const;
    inParts("gemm", [...args], parting, cost);
  },
});

registerSimdKernel<object>({
  name: COLUMN_SUMS,
  inputs: ["x"],
  outputs: ([[, n]]) => [{ shape: [n], dtype: "float32" }],
  run: ({ simd }, { inputs: [x], outputs: [sums] }, [[rows, n]]) =>
    simd.columnSums(x, rows, n, sums),
});

/** Whether rows of `columns` columns may have enough equal columns for a search for them to pay. */
export const isWorthLists = (columns: number): boolean => columns >= MOST_DENSE;

registerGpuKernel<ProductAttributes>(
  PRODUCT,
  ["a", "b"],
  (backend, [a, b], attributes) => product(backend, a, b, attributes),
);

registerGpuKernel<object>(COLUMN_SUMS, ["x"], (backend, [x]) => sumColumns(backend, x));

/** Whether the current backend has Sparrow's own kernels for these tensors. */
const isOurs = (...tensors: readonly tf.Tensor[]): boolean =>
  (tf.getBackend() === "webgpu" ||
    tf.getBackend() === "wasm" && simdOf(tf.backend()) !== null) &&
  tensors.every(({ dtype }) => dtype === "float32");

const multiplied = (a: tf.Tensor2D, b: tf.Tensor2D, attributes: ProductAttributes): tf.Tensor2D =>
  tf.engine().runKernel(PRODUCT, { a, b }, { ...attributes });

/**
 * aᵀ·b. Without SIMD of our own only the product of plain matrices is fast on wasm (33 GFLOPS against 2
 * to 3), so something is transposed first: a, or b and the result, (bᵀ·a)ᵀ, whichever is less to move.
 */
export function transposedTimes(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  if (isOurs(a, b)) return multiplied(a, b, { transposeA: true, transposeB: false });
  if (tf.getBackend() !== "wasm") return tf.matMul(a, b, true, false);
  const moved = b.size + a.shape[1] * b.shape[1];
  return moved < a.size
    ? tf.transpose(tf.matMul(tf.transpose(b), a))
    : tf.matMul(tf.transpose(a), b);
}

/** a·bᵀ. */
export function timesTransposed(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  if (isOurs(a, b)) return multiplied(a, b, { transposeA: false, transposeB: true });
  return tf.getBackend() === "wasm" ? tf.matMul(a, tf.transpose(b)) : tf.matMul(a, b, false, true);
}

/**
 * The sums of the columns. Where Sparrow has no kernel they are a product with ones: a sum over an axis
 * transposes on wasm.
 */
export const columnSums = (x: tf.Tensor2D): tf.Tensor1D =>
  isOurs(x)
    ? tf.engine().runKernel(COLUMN_SUMS, { x })
    : tf.reshape(tf.matMul(tf.ones([1, x.shape[0]]), x), [-1]);

// ---- Sums of columns on webgpu

/** Columns of one workgroup, next to each other in memory. */
const COLUMNS = 16;

/** Parts that the rows are divided into, each summed by one invocation. */
const SLICES = 16;

/** @param visits Rows that an invocation visits in a pass of its loop. */
const programOf = (visits: number): RawProgram => ({
  key: `column_sums_${visits}`,
  inputs: [{ name: "x", type: "f32" }],
  outputs: [{ name: "sums", type: "f32" }],
  uniforms: "rows : i32, n : i32",
  before: `var<workgroup> partial : array<f32, ${COLUMNS * SLICES}>;`,
  lanes: COLUMNS * SLICES,
  main: `
    let column = group * ${COLUMNS} + lane % ${COLUMNS};
    var mine = 0.0;
    if (column < uniforms.n) {
      ${
    strided(
      visits,
      `lane / ${COLUMNS}`,
      "uniforms.rows",
      SLICES,
      "mine = mine + x[i * uniforms.n + column];",
    )
  }
    }
    partial[lane] = mine;
    workgroupBarrier();
    if (lane < ${COLUMNS} && column < uniforms.n) {
      var sum = 0.0;
      for (var slice = 0; slice < ${SLICES}; slice = slice + 1) {
        sum = sum + partial[slice * ${COLUMNS} + lane];
      }
      sums[column] = sum;
    }`,
});

/** The sums of the columns, [rows, n] → [n], added in the same order every time. */
function sumColumns(backend: WebGPUBackend, x: tf.TensorInfo): tf.TensorInfo {
  const [rows, n] = x.shape;
  const output = { shape: [n], dtype: "float32" } as const;
  if (rows * n === 0) return backend.makeTensorInfo([n], "float32", new Float32Array(n));
  const groups = Math.ceil(n / COLUMNS);
  const program = programOf(visitsPerPass(rows / SLICES));
  return runRaw(backend, program, groups, [x], [output], [int(rows), int(n)])[0];
}
