/**
 * Sums of columns on webgpu.
 *
 * @module
 */
import type { tf, WebGPUBackend } from "../tfjs.ts";
import { int, strided, visitsPerPass } from "./gpu.ts";
import { type RawProgram, runRaw } from "./gpu_raw.ts";

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

/** [rows, n] → [n]; in the same order every time. */
export function sumColumns(backend: WebGPUBackend, x: tf.TensorInfo): tf.TensorInfo {
  const [rows, n] = x.shape;
  const output = { shape: [n], dtype: "float32" } as const;
  if (rows * n === 0) return backend.makeTensorInfo([n], "float32", new Float32Array(n));
  const groups = Math.ceil(n / COLUMNS);
  const program = programOf(visitsPerPass(rows / SLICES));
  return runRaw(backend, program, groups, [x], [output], [int(rows), int(n)])[0];
}
