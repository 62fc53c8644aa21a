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
import { int, type Uniform } from "./gpu.ts";
import { isSoftware } from "./gpu_device.ts";
import { type RawProgram, runRaw } from "./gpu_raw.ts";

/** How a product is divided. */
export interface Tiling {
  /** Rows and columns of the result that one invocation makes. */
  readonly tile: readonly [number, number];
  /** Invocations of a workgroup down the rows and across the columns. */
  readonly lanes: readonly [number, number];
}

/** For a GPU: 32 × 32 per workgroup. */
export const hardwareTiling: Tiling = { tile: [4, 4], lanes: [8, 8] };

/** For a CPU that plays one. */
export const softwareTiling: Tiling = { tile: [16, 8], lanes: [1, 8] };

/** What a product multiplies, and what is done with it. */
export interface Product {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Added to each row. */
  readonly bias?: tf.TensorInfo;
  /** max(0, ·) of it; false. */
  readonly relu?: boolean;
}

/**
 * a·b, each transposed first if so wished, plus a bias, and cut off at zero.
 *
 * @param a [m, k], or [k, m] where it is transposed.
 * @param b [k, n], or [n, k] where it is transposed.
 * @param tiling The device's own.
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
  const groups = Math.ceil(m / tallest) * Math.ceil(n / widest);
  const strides = [...transposeA ? [1, m] : [k, 1], ...transposeB ? [1, k] : [n, 1]];
  const uniforms: Uniform[] = [m, k, n, Math.ceil(n / widest), ...strides].map(int);
  const inputs = bias === undefined ? [a, b] : [a, b, bias];
  const program = programOf(tiling, bias !== undefined, relu);
  return runRaw(backend, program, groups, inputs, [output], uniforms)[0];
}

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
    uniforms: "m : i32, k : i32, n : i32, wide : i32, " +
      "a_row : i32, a_column : i32, b_row : i32, b_column : i32",
    lanes: down * across,
    main: `
      let row = (group / uniforms.wide * ${down} + lane / ${across}) * ${tm};
      let column = group % uniforms.wide * ${across * tn} + lane % ${across};
      ${eachRow((i) => `var at_a${i} = min(row + ${i}, uniforms.m - 1) * uniforms.a_row;`)}
      ${
      eachColumn((j) => `
        let column${j} = column + ${j * across};
        var at_b${j} = min(column${j}, uniforms.n - 1) * uniforms.b_column;`)
    }
      ${each((i, j) => `var sum${i}_${j} = 0.0;`)}
      for (var step = 0; step < uniforms.k; step = step + 1) {
        ${eachRow((i) => `let a${i} = a[at_a${i}]; at_a${i} = at_a${i} + uniforms.a_column;`)}
        ${eachColumn((j) => `let b${j} = b[at_b${j}]; at_b${j} = at_b${j} + uniforms.b_row;`)}
        ${each((i, j) => `sum${i}_${j} = fma(a${i}, b${j}, sum${i}_${j});`)}
      }
      ${bias ? eachColumn((j) => `let bias${j} = bias[min(column${j}, uniforms.n - 1)];`) : ""}
      ${
      eachRow((i) => `
        if (row + ${i} < uniforms.m) {
          let to = (row + ${i}) * uniforms.n;
          ${
        eachColumn((j) => {
          // Not max(): it may turn a NaN into 0.
          const value = relu ? "select(value, 0.0, value <= 0.0)" : "value";
          return `if (column${j} < uniforms.n) {
            let value = ${biased(i, j)};
            c[to + column${j}] = ${value};
          }`;
        })
      }
        }`)
    }`,
  };
  return program;
}
