/**
 * The matrix products and the sums of columns that a linear map's gradients need, by each backend's fast path.
 *
 * @module
 */
import { tf, type WebGPUBackend } from "../tfjs.ts";
import { int, type RawProgram, registerGpuKernel, runRaw, strided, visitsPerPass } from "./gpu.ts";
import { product as productOnGpu } from "./product_gpu.ts";
import { inputSlope, isPlain, product, weightSlope } from "./simd/calls.ts";
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
  run: (
    kernels,
    { inputs: [a, b], outputs: [c] },
    [[rows, columns], bShape],
    { transposeA, transposeB },
  ) => {
    if (transposeA) {
      const sizes = { rows, inputs: columns, outputs: bShape[1] };
      weightSlope(kernels, sizes, a, b, c, isPlain(kernels, sizes, a));
    } else if (transposeB) {
      inputSlope(kernels, { rows, inputs: bShape[0], outputs: columns }, a, b, c);
    } else {
      const n = bShape[1];
      product(kernels, { m: rows, n, k: columns }, [a, columns, 1], [b, n, 1], 0, c);
    }
  },
});

registerSimdKernel<object>({
  name: COLUMN_SUMS,
  inputs: ["x"],
  outputs: ([[, n]]) => [{ shape: [n], dtype: "float32" }],
  run: ({ simd }, { inputs: [x], outputs: [sums] }, [[rows, n]]) =>
    simd.columnSums(x, rows, n, sums),
});

registerGpuKernel<ProductAttributes>(
  PRODUCT,
  ["a", "b"],
  (backend, [a, b], attributes) => productOnGpu(backend, a, b, attributes),
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
