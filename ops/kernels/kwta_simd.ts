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

/** What an element costs, in multiplications: the search for the edges, and the gate. */
const [HARD_COST, SOFT_COST, GRADIENT_COST] = [5, 15, 5];

registerSimdKernel<KwtaAttributes>({
  name: HARD_KWTA,
  inputs: ["x"],
  outputs: ([shape]) => [{ shape, dtype: "float32" }],
  work: ([[, n]]) => workOf(n),
  // The edges, which nobody wants.
  scratch: ([[rows]]) => 8 * rows,
  run: (
    { inParts },
    { inputs: [x], outputs: [y], work, workBytes: bytes, scratch },
    [[rows, n]],
    { k },
  ) => {
    const growth = { 0: 4 * n, 4: 8, 5: 4 * n };
    const parting = { rowsAt: 1, growth, work: { at: 6, bytes } };
    inParts("hardKwta", [x, rows, n, k, scratch, y, work], parting, HARD_COST * rows * n);
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
  run: (
    { inParts },
    { inputs: [x], outputs: [y, edges], work, workBytes: bytes },
    [[rows, n]],
    { k, hardness },
  ) => {
    const growth = { 0: 4 * n, 5: 8, 6: 4 * n };
    const parting = { rowsAt: 1, growth, work: { at: 7, bytes } };
    const cost = SOFT_COST * rows * n;
    inParts("softKwta", [x, rows, n, k, hardness, edges, y, work], parting, cost);
  },
});

registerSimdKernel<SoftKwtaAttributes>({
  name: SOFT_KWTA_GRADIENT,
  inputs: ["dy", "x", "y", "edges"],
  integers: ["edges"],
  fits: ({ gate }) => gate === "sigmoid",
  outputs: ([shape]) => [{ shape, dtype: "float32" }],
  run: (
    { inParts },
    { inputs: [dy, , y, edges], outputs: [dx] },
    [[rows, n]],
    { hardness },
  ) => {
    const parting = { rowsAt: 2, growth: { 0: 4 * n, 1: 4 * n, 5: 8, 6: 4 * n } };
    const cost = GRADIENT_COST * rows * n;
    inParts("softGradient", [dy, y, rows, n, hardness, edges, dx], parting, cost);
  },
});
