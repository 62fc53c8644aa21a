/**
 * kWTA on wasm, with SIMD.
 *
 * @module
 */
import {
  HARD_KWTA,
  type KwtaAttributes,
  SOFT_KWTA,
  SOFT_KWTA_GRADIENT,
  type SoftKwtaAttributes,
} from "./kwta.ts";
import "./kwta_host.ts";
import { registerSimdKernel } from "./simd/register.ts";

/** What finding the edges of rows of n units takes. */
const workOf = (n: number): number => 8 * n + 16;

registerSimdKernel<KwtaAttributes>({
  name: HARD_KWTA,
  inputs: ["x"],
  outputs: ([shape]) => [{ shape, dtype: "float32" }],
  // The edges are kept behind what finding them takes.
  work: ([[rows, n]]) => workOf(n) + 8 * rows,
  run: (simd, { inputs: [x], outputs: [y], work }, [[rows, n]], { k }) => {
    const edges = work + workOf(n);
    simd.findEdges(x, rows, n, k, edges, work);
    simd.hard(x, rows, n, edges, y);
  },
});

registerSimdKernel<SoftKwtaAttributes>({
  name: SOFT_KWTA,
  inputs: ["x"],
  fits: ({ gate }) => gate === "sigmoid",
  outputs: ([shape]) => [
    { shape, dtype: "float32" },
    { shape: [shape[0], 2], dtype: "int32" },
  ],
  work: ([[, n]]) => workOf(n),
  run: (simd, { inputs: [x], outputs: [y, edges], work }, [[rows, n]], { k, hardness }) => {
    simd.findEdges(x, rows, n, k, edges, work);
    simd.soft(x, rows, n, hardness, edges, y);
  },
});

registerSimdKernel<SoftKwtaAttributes>({
  name: SOFT_KWTA_GRADIENT,
  inputs: ["dy", "x", "y", "edges"],
  integers: ["edges"],
  fits: ({ gate }) => gate === "sigmoid",
  outputs: ([shape]) => [{ shape, dtype: "float32" }],
  run: (simd, { inputs: [dy, , y, edges], outputs: [dx] }, [[rows, n]], { hardness }) =>
    simd.softGradient(dy, y, rows, n, hardness, edges, dx),
});
