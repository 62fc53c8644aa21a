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
  run: (
    { inParts },
    { inputs: [x, weight, bias], outputs: [y], work, workBytes: bytes },
    [[rows, k], [, n]],
  ) => {
    if (isWorthLists(k)) {
      const growth = { 3: 4 * k, 6: 4 * n };
      const parting = { rowsAt: 0, growth, work: { at: 7, bytes } };
      inParts("plainTimes", [rows, n, k, x, weight, bias, y, work], parting, rows * n * k / 5);
    } else {
      const growth = { 3: 4 * k, 10: 4 * n };
      const parting = { rowsAt: 0, growth, work: { at: 11, bytes } };
      const args = [rows, n, k, x, k, 1, weight, n, 1, bias, y, work] as const;
      inParts("gemm", [...args], parting, rows * n * k);
    }
  },
});
