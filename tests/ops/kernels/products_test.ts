import fc from "npm:fast-check@4.3.0";
import { directionsOf } from "../../../ops/kernels/products.ts";
import { assert, assertEquals } from "../../assert.ts";
import { vectorsOf } from "../codes/float_vectors.ts";

/** Computes all products of rows with directions. */
function all(kind: "wasm" | "cpu", rows: Float32Array, directions: Float32Array, width: number) {
  const offsets = Float32Array.from({ length: directions.length / width }, (_, j) => j / 8);
  const made: number[] = [];
  directionsOf(directions, width, offsets, kind).times(rows, (products, first) => {
    made.length = first * offsets.length;
    made.push(...products);
  });
  return made;
}

Deno.test("products by SIMD are those of plain loops, for any sizes", () => {
  const sizes = fc.tuple(fc.integer({ min: 0, max: 40 }), fc.nat(40).map((n) => n + 1), fc.nat(20));
  fc.assert(fc.property(sizes, fc.nat(1000), ([rows, count, more], seed) => {
    const width = more + 1;
    const [x, d] = [vectorsOf(rows, width, seed).values, vectorsOf(count, width, seed + 1).values];
    const [quick, plain] = [all("wasm", x, d, width), all("cpu", x, d, width)];
    assertEquals(quick.length, rows * count);
    for (let i = 0; i < plain.length; i++) assert(Math.abs(quick[i] - plain[i]) < 1e-4);
  }));
});

Deno.test("more rows than a block are packed in their order", () => {
  const [rows, directions] = [vectorsOf(2500, 5, 1).values, vectorsOf(70, 5, 2).values];
  for (const winners of [null, 1, 7, 69]) {
    const quick = directionsOf(directions, 5).pack(rows, winners);
    const plain = directionsOf(directions, 5, undefined, "cpu").pack(rows, winners);
    // Products are rounded in two ways, so that a bit may differ where one is nearly at the threshold.
    const differ = quick.filter((word, i) => word !== plain[i]).length;
    assert(differ <= 2, `${winners}: ${differ} of ${quick.length} words`);
    assertEquals(quick.length, 2500 * 3);
  }
});
