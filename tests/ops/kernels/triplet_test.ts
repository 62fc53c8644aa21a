import fc from "npm:fast-check@4.3.0";
import { seed } from "../../../graph/rng.ts";
import { tripletCosine } from "../../../ops/losses/triplet.ts";
import { drawTriplets } from "../../../ops/losses/samplers.ts";
import { tf } from "../../../ops/tfjs.ts";
import { assert, assertEquals } from "../../assert.ts";
import { float32, type GoldenArray, goldenJson, type GoldenNumber, number } from "../../shared.ts";
import { assertClose, numbers, onEachBackend } from "../backends.ts";
import * as reference from "../reference.ts";

interface Case {
  readonly name: string;
  readonly loss: string;
  readonly attrs: { readonly margin: number };
  readonly anchor: GoldenArray;
  readonly positive: GoldenArray;
  readonly negative: GoldenArray;
  readonly value: GoldenNumber;
  readonly grad_anchor: GoldenArray;
  readonly grad_positive: GoldenArray;
  readonly grad_negative: GoldenArray;
}

/** Loss and gradient of codes [rows, width]. */
const lossAndGradient = (
  codes: Float32Array,
  width: number,
  triplets: Int32Array,
  margin: number,
): Promise<readonly Float32Array[]> =>
  numbers(() => {
    const { value, grad } = tf.valueAndGrad((x: tf.Tensor) =>
      tripletCosine(x as tf.Tensor2D, triplets, margin)
    )(tf.tensor2d(codes, [codes.length / width, width]));
    return [value, grad];
  });

onEachBackend("the loss and its gradients are the reference's", async () => {
  const cases = goldenJson<Case>("losses").filter(({ loss }) => loss === "TripletCosineLoss");
  assertEquals(cases.length, 12);
  for (const { name, attrs, value, ...golden } of cases) {
    const parts = [golden.anchor, golden.positive, golden.negative].map((x) => float32(x));
    const [count, width] = parts[0].shape;
    // No triplet: 0, where the reference has NaN and skips the step.
    if (count === 0) continue;
    const codes = Float32Array.from(parts.flatMap(({ data }) => Array.from(data)));
    const triplets = Int32Array.from(
      { length: 3 * count },
      (_, i) => Math.floor(i / 3) + (i % 3) * count,
    );
    const [loss, gradient] = await lossAndGradient(codes, width, triplets, attrs.margin);
    assertClose(loss, [number(value)], 1e-6, `${name}, value`);
    const expected = [golden.grad_anchor, golden.grad_positive, golden.grad_negative]
      .flatMap((x) => Array.from(float32(x).data));
    // Relative where a zero vector makes gradients of 1e7: float32 sums in another order.
    assertClose(gradient, expected, 1e-5, `${name}, gradient`);
  }
}, "golden");

onEachBackend("no triplet is no loss and no gradient, not NaN", async () => {
  const codes = Float32Array.of(1, 2, 3, 4);
  const [loss, gradient] = await lossAndGradient(codes, 2, new Int32Array(), 0.5);
  assertEquals(loss, Float32Array.of(0));
  assertEquals(gradient, new Float32Array(4));
});

const problem = fc.record({
  width: fc.integer({ min: 1, max: 80 }),
  margin: fc.double({ min: 0, max: 1.5, noNaN: true }),
  labels: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 2, maxLength: 12 }),
  stream: fc.infiniteStream(fc.double({ min: -1, max: 1, noNaN: true })),
  seed: fc.nat(),
});

onEachBackend("the loss is its formula, its gradient that of finite differences", async (name) => {
  await fc.assert(
    fc.asyncProperty(problem, async ({ width, margin, labels, stream, seed: start }) => {
      const codes = Float32Array.from(
        { length: labels.length * width },
        () => stream.next().value as number,
      );
      const rows = (x: ArrayLike<number>) =>
        Array.from(labels, (_, i) => Array.from({ length: width }, (_, u) => x[i * width + u]));
      fc.pre(rows(codes).every((row) => Math.hypot(...row) > 0.05));
      const [triplets] = drawTriplets(labels, 30, seed(start));
      const f = (x: ArrayLike<number>) => reference.tripletCosine(rows(x), triplets, margin);
      // On a hinge there is no derivative to compare with.
      for (let t = 0; t < triplets.length; t += 3) {
        const gap = reference.tripletCosine(rows(codes), triplets.slice(t, t + 3), margin + 2) - 2;
        fc.pre(Math.abs(gap) > 1e-3);
      }
      const [loss, gradient] = await lossAndGradient(codes, width, triplets, margin);
      assertClose(loss, [f(codes)], 1e-5, "value");
      assertClose(gradient, reference.finiteDifferences(f, codes), 1e-4, "gradient");
    }),
    { numRuns: name === "webgpu" ? 15 : 40, seed: 26 },
  );
});

Deno.test("drawn triplets are valid, as many as chance allows, and the same for a seed", () => {
  const labels = Uint8Array.from({ length: 256 }, (_, i) => i % 10);
  const [triplets, next] = drawTriplets(labels, 2560, seed(26));
  for (let t = 0; t < triplets.length; t += 3) {
    const [a, p, q] = triplets.subarray(t, t + 3);
    assert(a !== p && labels[a] === labels[p] && labels[a] !== labels[q]);
  }
  // Of 2,560 a share of 25/256 · 9/10 is valid: 225 ± 14.
  assert(Math.abs(triplets.length / 3 - 225) < 60, `${triplets.length / 3}`);
  assertEquals(drawTriplets(labels, 2560, seed(26))[0], triplets);
  assertEquals(drawTriplets([], 10, seed(26))[0].length, 0);
  assertEquals(drawTriplets([1, 1, 1], 100, seed(26))[0].length, 0);
  assert(next.state.some((word, i) => word !== seed(26).state[i]));
});
