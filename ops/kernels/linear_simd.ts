/**
 * The affine map on wasm, with SIMD.
 *
 * @module
 */
import { LINEAR } from "./linear.ts";
import { isWorthLists, plainWork, productWork } from "./mat_mul.ts";
import { registerSimdKernel } from "./simd/register.ts";

registerSimdKernel<object>({
  name: LINEAR,
  inputs: ["x", "weight", "bias"],
  outputs: ([[rows], [, n]]) => [{ shape: [rows, n], dtype: "float32" }],
  work: ([[, k], [, n]]) => isWorthLists(k) ? plainWork(k, n) : productWork(k),
  run: (simd, { inputs: [x, weight, bias], outputs: [y], work }, [[rows, k], [, n]]) => {
    if (isWorthLists(k)) simd.plainTimes(rows, n, k, x, weight, bias, y, work);
    else simd.gemm(rows, n, k, x, k, 1, weight, n, 1, bias, y, work);
  },
});
