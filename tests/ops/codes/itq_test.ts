import fc from "npm:fast-check@4.3.0";
import { seed } from "../../../graph/rng.ts";
import { encodeVectors } from "../../../ops/codes/coders.ts";
import { iterateItq, itqCoder } from "../../../ops/codes/itq.ts";
import { rotations } from "../../../ops/codes/projections.ts";
import { assert, assertAlmostEquals, assertEquals } from "../../assert.ts";
import { units, vectorsOf } from "./float_vectors.ts";
import golden from "./itq_golden.json" with { type: "json" };
import { ok, refusal } from "./sets.ts";

Deno.test("the rotation and its losses are numpy's, from the same beginning", () => {
  const vectors = Float32Array.from(golden.vectors);
  const { losses, rotation } = iterateItq(vectors, Float32Array.from(golden.begin), 4, 12);
  golden.losses.forEach((loss, i) => assertAlmostEquals(losses[i], loss, 1e-4));
  golden.rotation.forEach((value, i) => assertAlmostEquals(rotation[i], value, 1e-5));
});

Deno.test("the loss never rises, and the rotation stays one", () => {
  const sizes = fc.tuple(
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 80 }),
    fc.nat(1000),
  );
  fc.assert(
    fc.property(sizes, ([width, count, number]) => {
      const { values } = vectorsOf(count, width, number);
      const [begin] = rotations(width, width, seed(number));
      const { losses, rotation } = iterateItq(values, begin, width, 8);
      assertEquals(losses.length, 8);
      losses.forEach((loss, i) => assert(i === 0 || loss <= losses[i - 1] * (1 + 1e-5) + 1e-5));
      for (let i = 0; i < width; i++) {
        for (let j = 0; j < width; j++) {
          let sum = 0;
          for (let u = 0; u < width; u++) sum += rotation[i * width + u] * rotation[j * width + u];
          assertAlmostEquals(sum, Number(i === j), 1e-5);
        }
      }
    }),
    { numRuns: 30 },
  );
});

Deno.test("fewer bits than numbers are those of the principal directions", () => {
  // All that varies lies in the first two of ten numbers.
  const plain = vectorsOf(300, 10, 3);
  const values = plain.values.map((value, at) => at % 10 < 2 ? value : value / 1000);
  const [{ directions, width }] = ok(itqCoder({ ...plain, values }, { bits: 2 }, seed(1)));
  assertEquals(width, 2);
  directions.forEach((value, at) => assert(at % 10 < 2 || Math.abs(value) < 0.01));
});

Deno.test("more bits than numbers are several rotations, each by itself", () => {
  const vectors = units(100, 6, 3);
  const [coder] = ok(itqCoder(vectors, { bits: 15, centred: true }, seed(1)));
  assertEquals([coder.directions.length, coder.offsets.length], [90, 15]);
  assertEquals(encodeVectors(coder, vectors).words.length, 100);
  const block = (i: number) => [...coder.directions.subarray(36 * i, 36 * i + 6)];
  assert(block(0).some((value, u) => value !== block(1)[u]));
});

Deno.test("one vector and vectors of zeros have a code, and wrong options none", () => {
  const one = { kind: "dense", count: 1, width: 3, values: new Float32Array(3) } as const;
  const [coder] = ok(itqCoder(one, { bits: 5 }, seed(1)));
  assertEquals([...encodeVectors(coder, one).words], [0]);
  assert(refusal(itqCoder(one, { bits: 0 }, seed(1))).includes("bits"));
  assert(refusal(itqCoder(one, { bits: 3, steps: -1 }, seed(1))).includes("steps"));
});
