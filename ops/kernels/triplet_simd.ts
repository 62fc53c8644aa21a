/**
 * The triplet cosine loss on wasm, with SIMD.
 *
 * @module
 */
import { registerSimdKernel } from "./simd/register.ts";
import { EPSILON, TRIPLET_COSINE, type TripletAttributes } from "./triplet.ts";
import "./triplet_host.ts";

registerSimdKernel<TripletAttributes>({
  name: TRIPLET_COSINE,
  inputs: ["codes", "triplets"],
  integers: ["triplets"],
  outputs: ([codes]) => [{ shape: [], dtype: "float32" }, { shape: codes, dtype: "float32" }],
  work: ([[rows]]) => 8 * rows,
  run: (
    { simd },
    { inputs: [codes, triplets], outputs: [loss, gradient], work },
    [[rows, n], [count]],
    { margin },
  ) => simd.tripletCosine(codes, rows, n, triplets, count, margin, EPSILON, loss, gradient, work),
});
