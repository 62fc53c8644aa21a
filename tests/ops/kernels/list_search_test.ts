import fc from "npm:fast-check@4.3.0";
import { draw, seed } from "../../../graph/rng.ts";
import { type ListMemory, listMemory } from "../../../ops/kernels/list_search.ts";
import { plain, relaxed } from "../../../ops/kernels/simd/binary.ts";
import type { Simd } from "../../../ops/kernels/simd/module.ts";
import { assert, assertAlmostEquals, assertEquals } from "../../assert.ts";

const noise = (count: number, number: number): Float32Array =>
  draw(seed(number), ({ unit }) => Float32Array.from({ length: count }, () => unit() - 0.4))[0];

/** The kernels of one of the two binaries. */
const kernels = (binary: string) => (memory: WebAssembly.Memory) => {
  const bytes = Uint8Array.from(atob(binary), (character) => character.charCodeAt(0));
  if (!WebAssembly.validate(bytes)) return null;
  const module = new WebAssembly.Module(bytes);
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Simd;
};

/** Decodes a row: mean + scale · (number − 7.5), and its bias. */
function decoded({ stride, part, sizes: { width } }: ListMemory, row: number, mean: Float32Array) {
  const bytes = new Uint8Array(part.rows).subarray(row * stride, (row + 1) * stride);
  const tail = new DataView(bytes.buffer, bytes.byteOffset + stride - 8);
  const values = Array.from({ length: width }, (_, i) => {
    const byte = bytes[16 * (i >> 5) + (i & 15)];
    const number = i & 16 ? byte >> 4 : byte & 15;
    return mean[i] + tail.getFloat32(0, true) * (number - 7.5);
  });
  return { values, bias: tail.getFloat32(4, true) };
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);

/** Scales a vector to length 1. */
const unit = (vector: Float32Array): number[] => {
  const length = Math.hypot(...vector);
  return Array.from(vector, (value) => length > 0 ? value / length : 0);
};

const cases = fc.record({
  width: fc.integer({ min: 2, max: 150 }),
  rows: fc.integer({ min: 1, max: 40 }),
  number: fc.nat(1e6),
});

Deno.test("a row is near its vector, and has the similarity to it that the vector has", () => {
  fc.assert(
    fc.property(cases, ({ width, rows, number }) => {
      const memory = listMemory({ width, coarse: 0, units: 0, rows, entries: 0 })!;
      const vectors = noise(rows * width, number);
      const mean = Float32Array.from(unit(noise(width, number + 1)), (value) => value / 3);
      memory.writeRows("rows", 0, vectors, mean);
      for (let row = 0; row < rows; row++) {
        const vector = unit(vectors.subarray(row * width, (row + 1) * width));
        const { values, bias } = decoded(memory, row, mean);
        const rest = vector.map((value, i) => value - mean[i]);
        const error = values.map((value, i) => value - vector[i]);
        assertAlmostEquals(
          dot(values.map((value, i) => value - mean[i]), rest),
          dot(rest, rest),
          1e-5,
        );
        assert(Math.hypot(...error) < 0.35 * Math.hypot(...rest), `${Math.hypot(...error)}`);
        assertEquals(bias, 0);
      }
    }),
    { numRuns: 50 },
  );
});

Deno.test("scores are the products of what rows stand for, on every engine alike", () => {
  fc.assert(
    fc.property(cases, ({ width, rows, number }) => {
      const [vectors, queries] = [noise(rows * width, number), noise(3 * width, number + 1)];
      const mean = Float32Array.from(unit(noise(width, number + 2)), (value) => value / 3);
      const biases = noise(rows, number + 3);
      const made = [relaxed, plain].flatMap((binary) => {
        const sizes = { width, coarse: 0, units: 0, rows, entries: 0 };
        return listMemory(sizes, kernels(binary)) ?? [];
      });
      assert(made.length > 0);
      const found = made.map((memory) => {
        memory.writeRows("rows", 0, vectors, mean, biases);
        return memory.scan("rows", rows, queries, rows, false);
      });
      for (const other of found) assertEquals(other, found[0]);
      const { indices, scores } = found[0];
      for (let q = 0; q < 3; q++) {
        const query = unit(queries.subarray(q * width, (q + 1) * width));
        const own = indices.subarray(q * rows, (q + 1) * rows);
        assertEquals([...own].sort((a, b) => a - b), Array.from({ length: rows }, (_, i) => i));
        own.forEach((row, i) => {
          const { values, bias } = decoded(made[0], row, mean);
          // A query has 7 bits a number, and its mean belongs to all scores alike.
          const expected = dot(query, values) - dot(query, mean) + bias;
          assertAlmostEquals(scores[q * rows + i], expected, 0.02);
          if (i > 0) assert(scores[q * rows + i] <= scores[q * rows + i - 1]);
        });
      }
    }),
    { numRuns: 50 },
  );
});
