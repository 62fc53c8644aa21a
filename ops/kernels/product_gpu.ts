/**
 * Products of matrices on webgpu: every invocation keeps a tile of the result in registers.
 *
 * What a product costs is what it loads: tm + tn numbers for tm · tn multiplications. A CPU that plays
 * GPU pays fifty times more for a load than for a multiplication (lavapipe: 80 ns against 1 ns for 8
 * invocations), so its tiles are as large as the registers allow; a GPU rather wants many invocations.
 *
 * @module
 */
import type { tf, WebGPUBackend } from "../tfjs.ts";
import {
  type GpuProgram,
  int,
  type RawProgram,
  runElementwise,
  runRaw,
  type Uniform,
} from "./gpu.ts";

/** Whether the device is a program that runs on the CPU (lavapipe, SwiftShader). */
function isSoftware({ device }: WebGPUBackend): boolean {
  const { adapterInfo } = device as GPUDevice & {
    readonly adapterInfo?: { readonly isFallbackAdapter?: boolean };
  };
  return adapterInfo?.isFallbackAdapter === true;
}

/** Division of a product among invocations and workgroups. */
export interface Tiling {
  /** Rows and columns of the result that one invocation makes. */
  readonly tile: readonly [number, number];
  /** Invocations of a workgroup down the rows and across the columns. */
  readonly lanes: readonly [number, number];
}

/** The tiling for a GPU: 32 × 32 per workgroup. */
export const hardwareTiling: Tiling = { tile: [4, 4], lanes: [8, 8] };

/** The tiling for a CPU that plays a GPU. */
export const softwareTiling: Tiling = { tile: [16, 8], lanes: [1, 8] };

/**
 * Steps of the inner dimension that one invocation sums; a longer product is summed in slices of it.
 *
 * lavapipe (Mesa 22.3) leaves all loops of an invocation after 65,535 passes, without an error: the gradient
 * of a convolution's filter, whose inner dimension is batch × rows × columns, was wrong from a batch of 97
 * MNIST images on. On hardware such a product has too few tiles to fill a GPU, and float32 sums of slices
 * are nearer to the exact one.
 */
const LONGEST = 8192;

/** Options of a product: the transposed factors, and the operations after it. */
export interface Product {
  /** Whether a is transposed first. @default false */
  readonly transposeA?: boolean;
  /** Whether b is transposed first. @default false */
  readonly transposeB?: boolean;
  /** Bias that is added to each row. @default none */
  readonly bias?: tf.TensorInfo;
  /** Whether the sum is cut off at zero, max(0, ·). @default false */
  readonly relu?: boolean;
}

/**
 * a·b, each transposed first if so wished, plus a bias, and cut off at zero.
 *
 * @param a [m, k], or [k, m] where it is transposed.
 * @param b [k, n], or [n, k] where it is transposed.
 * @param tiling Division of the product. @default as suits the device
 */
export function product(
  backend: WebGPUBackend,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  { transposeA = false, transposeB = false, bias, relu = false }: Product = {},
  tiling: Tiling = isSoftware(backend) ? softwareTiling : hardwareTiling,
): tf.TensorInfo {
  const [m, k] = transposeA ? [a.shape[1], a.shape[0]] : a.shape;
  const n = b.shape[transposeB ? 0 : 1];
  const output = { shape: [m, n], dtype: "float32" } as const;
  // Sums of nothing, or none: an empty tensor has no buffer to bind.
  if (m * k * n === 0) return backend.makeTensorInfo([m, n], "float32", new Float32Array(m * n));
  const [tallest, widest] = [0, 1].map((axis) => tiling.tile[axis] * tiling.lanes[axis]);
  const wide = Math.ceil(n / widest);
  const tiles = Math.ceil(m / tallest) * wide;
  const slices = Math.ceil(k / LONGEST);
  const strides = [...transposeA ? [1, m] : [k, 1], ...transposeB ? [1, k] : [n, 1]];
  const uniforms: Uniform[] = [m, k, n, wide, tiles, slices, ...strides].map(int);
  const groups = tiles * slices;
  if (slices === 1) {
    const inputs = bias === undefined ? [a, b] : [a, b, bias];
    const program = programOf(tiling, bias !== undefined, relu);
    return runRaw(backend, program, groups, inputs, [output], uniforms)[0];
  }
  const parts = { shape: [slices, m, n], dtype: "float32" } as const;
  const [partial] = runRaw(
    backend,
    programOf(tiling, false, false),
    groups,
    [a, b],
    [parts],
    uniforms,
  );
  const inputs = bias === undefined ? [partial] : [partial, bias];
  const program = sumOfSlices(bias !== undefined, relu);
  const sum = runElementwise(backend, program, inputs, output, [int(slices), int(n)]);
  backend.disposeData(partial.dataId);
  return sum;
}

/** WGSL for max(0, value) where `relu` is set. Not max(): it may turn a NaN into 0. */
const cutOff = (relu: boolean): string => relu ? "select(value, 0.0, value <= 0.0)" : "value";

/** [slices, m, n] → [m, n], in the same order every time; then the bias and ReLU. */
const sumOfSlices = (bias: boolean, relu: boolean): GpuProgram => ({
  key: `product_slices${bias ? "_bias" : ""}${relu ? "_relu" : ""}`,
  variables: ["partial", ...bias ? ["bias"] : []],
  uniforms: "slices : i32, n : i32",
  main: `
    var value = 0.0;
    for (var slice = 0; slice < uniforms.slices; slice = slice + 1) {
      value = value + partial[slice * uniforms.total + index];
    }
    ${bias ? "value = value + bias[index % uniforms.n];" : ""}
    result[index] = ${cutOff(relu)};`,
});

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

function programOf(
  { tile: [tm, tn], lanes: [down, across] }: Tiling,
  bias: boolean,
  relu: boolean,
) {
  const eachRow = (f: (i: number) => string) => range(tm).map(f).join("\n");
  const eachColumn = (f: (j: number) => string) => range(tn).map(f).join("\n");
  const each = (f: (i: number, j: number) => string) => eachRow((i) => eachColumn((j) => f(i, j)));
  const biased = (i: number, j: number) => `sum${i}_${j}${bias ? ` + bias${j}` : ""}`;
  // Places beyond the edge read the last row or column again, and are not written.
  const program: RawProgram = {
    key: `product_${tm}_${tn}_${down}_${across}${bias ? "_bias" : ""}${relu ? "_relu" : ""}`,
    inputs: ["a", "b", ...bias ? ["bias"] : []].map((name) => ({ name, type: "f32" })),
    outputs: [{ name: "c", type: "f32" }],
    uniforms: "m : i32, k : i32, n : i32, wide : i32, tiles : i32, slices : i32, " +
      "a_row : i32, a_column : i32, b_row : i32, b_column : i32",
    lanes: down * across,
    main: `
      let slice = group / uniforms.tiles;
      if (slice >= uniforms.slices) { return; }
      let tile = group % uniforms.tiles;
      let row = (tile / uniforms.wide * ${down} + lane / ${across}) * ${tm};
      let column = tile % uniforms.wide * ${across * tn} + lane % ${across};
      let first = slice * ${LONGEST};
      let end = min(first + ${LONGEST}, uniforms.k);
      let from_a = first * uniforms.a_column;
      let from_b = first * uniforms.b_row;
      ${eachRow((i) => `var at_a${i} = from_a + min(row + ${i}, uniforms.m - 1) * uniforms.a_row;`)}
      ${
      eachColumn((j) => `
        let column${j} = column + ${j * across};
        var at_b${j} = from_b + min(column${j}, uniforms.n - 1) * uniforms.b_column;`)
    }
      ${each((i, j) => `var sum${i}_${j} = 0.0;`)}
      for (var step = first; step < end; step = step + 1) {
        ${eachRow((i) => `let a${i} = a[at_a${i}]; at_a${i} = at_a${i} + uniforms.a_column;`)}
        ${eachColumn((j) => `let b${j} = b[at_b${j}]; at_b${j} = at_b${j} + uniforms.b_row;`)}
        ${each((i, j) => `sum${i}_${j} = fma(a${i}, b${j}, sum${i}_${j});`)}
      }
      ${bias ? eachColumn((j) => `let bias${j} = bias[min(column${j}, uniforms.n - 1)];`) : ""}
      ${
      eachRow((i) => `
        if (row + ${i} < uniforms.m) {
          let to = (slice * uniforms.m + row + ${i}) * uniforms.n;
          ${
        eachColumn((j) => {
          return `if (column${j} < uniforms.n) {
            let value = ${biased(i, j)};
            c[to + column${j}] = ${cutOff(relu)};
          }`;
        })
      }
        }`)
    }`,
  };
  return program;
}
