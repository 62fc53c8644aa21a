import fc from "npm:fast-check@4.3.0";
import { adam, adamW, scaleByAdam } from "../../../ops/optimisers/adam.ts";
import {
  addDecayedWeights,
  clipByNorm,
  clipByValue,
  freeze,
  scaleByLearningRate,
} from "../../../ops/optimisers/transforms.ts";
import { type Chain, chain } from "../../../ops/optimisers/chain.ts";
import { accumulateMomentum, sgd } from "../../../ops/optimisers/sgd.ts";
import type { Transform } from "../../../ops/optimisers/transform.ts";
import { tf } from "../../../ops/tfjs.ts";
import { assert, assertEquals } from "../../assert.ts";
import { assertClose, numbers, onEachBackend } from "../backends.ts";
import { walk, weights } from "./steps.ts";

const part: fc.Arbitrary<Transform | Chain> = fc.constantFrom(
  clipByNorm(1),
  clipByValue(0.5),
  addDecayedWeights(0.1),
  freeze("a"),
  accumulateMomentum({ momentum: 0.9, nesterov: true }),
  scaleByAdam(),
  scaleByAdam({ amsgrad: true }),
  scaleByLearningRate(0.1),
  adamW(),
  sgd({ momentum: 0.5 }),
);
const parts = fc.array(part, { maxLength: 2 });

onEachBackend("chain is associative, to the bit, and has a unit", async (backend) => {
  const property = fc.asyncProperty(parts, parts, parts, async (a, b, c) => {
    const flat = chain(...a, ...b, ...c);
    const expected = await walk(flat, 3);
    for (
      const other of [
        chain(...a, chain(...b, ...c)),
        chain(chain(...a, ...b), ...c),
        chain(chain(), ...a, chain(), ...b, ...c, chain()),
      ]
    ) {
      assertEquals([other.name, other.options], [flat.name, flat.options]);
      assertEquals(await walk(other, 3), expected);
    }
  });
  await fc.assert(property, { numRuns: backend === "webgpu" ? 5 : 25 });
});

onEachBackend("clipping by norm is torch's: over all weights, with one factor", async (backend) => {
  const numbersOf = (length: number) =>
    fc.array(fc.double({ min: -10, max: 10, noNaN: true }), {
      minLength: length,
      maxLength: length,
    });
  const property = fc.asyncProperty(
    numbersOf(4),
    numbersOf(3),
    fc.double({ min: 0.01, max: 50, noNaN: true }),
    async (a, b, maxNorm) => {
      const clipped = await numbers(() => {
        const updates = { a: tf.tensor2d(a, [2, 2]), b: tf.tensor1d(b) };
        const state = { step: 1, learningRate: 1, slots: {} };
        const [next] = clipByNorm(maxNorm).update(updates, state, updates);
        return [next.a, next.b];
      });
      const norm = Math.hypot(...a, ...b);
      const factor = Math.min(1, maxNorm / (norm + 1e-6));
      // A float32 root and quotient, and the rounding of the inputs.
      assertClose(clipped[0], a.map((x) => x * factor), 1e-6, "a");
      assertClose(clipped[1], b.map((x) => x * factor), 1e-6, "b");
      assert(Math.hypot(...clipped[0], ...clipped[1]) <= maxNorm * (1 + 1e-6));
      if (norm < maxNorm * (1 - 1e-6) - 1e-6) assertEquals(clipped[0], Float32Array.from(a));
    },
  );
  await fc.assert(property, { numRuns: backend === "webgpu" ? 10 : 50 });
});

onEachBackend("clipping by value clamps each element", async () => {
  const [clipped] = await numbers(() => {
    const updates = { w: tf.tensor1d([-3, -0.5, 0.25, 7]) };
    const state = { step: 1, learningRate: 1, slots: {} };
    return [clipByValue(0.5).update(updates, state, updates)[0].w];
  });
  assertEquals(clipped, Float32Array.of(-0.5, -0.5, 0.25, 0.5));
});

onEachBackend(
  "what is frozen stays to the bit, moments and all; the rest does not notice",
  async () => {
    const [a, b] = await numbers(() => Object.values(weights()));
    const makers = [
      () => adam({ learningRate: 0.1, weightDecay: 0.1 }),
      () => adamW({ learningRate: 0.1 }),
      () => sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.1 }),
    ];
    for (const make of makers) {
      const free = await walk(make(), 4);
      const first = await walk(chain(freeze("a"), make()), 4);
      assertEquals(first.a, a);
      const moments = Object.entries(first).filter(([path]) => path.endsWith(".a"));
      assert(moments.length > 0 && moments.every(([, moment]) => moment.every((x) => x === 0)));
      for (const [path, values] of Object.entries(free)) {
        if (path.endsWith("b")) assertEquals(first[path], values, path);
      }
      const last = await walk(chain(make(), freeze((path) => path === "b")), 4);
      assertEquals(last.b, b);
      // A freeze at the end keeps Adam from being fused: other last bits.
      assertClose(last.a, free.a, 1e-6, "a");
    }
  },
);

Deno.test("a node's name freezes all of its weights, and no other node's", () => {
  const update = Object.fromEntries(
    ["1.weight", "1.bias", "10.weight", "1"].map((path) => [path, null as unknown as tf.Tensor]),
  );
  const [left] = freeze("1").update(update, { step: 1, learningRate: 1, slots: {} }, {});
  assertEquals(Object.keys(left), ["10.weight"]);
});

Deno.test("slots and options of equal names are kept apart", () => {
  const twice = accumulateMomentum({ momentum: 0.5 });
  const optimiser = chain(twice, twice, scaleByLearningRate(1));
  assertEquals(Object.keys(optimiser.init({}).slots), ["momentum", "momentum#2"]);
  assertEquals(optimiser.options["accumulateMomentum.momentum#2"], 0.5);
  assertEquals(optimiser.options["scaleByLearningRate.learningRate"], 1);
});

Deno.test("an optimiser's check names the option that is out of range", () => {
  const cases: readonly (readonly [Chain, string])[] = [
    [adam({ learningRate: 0 }), "learningRate"],
    [adam({ learningRate: NaN }), "learningRate"],
    [adam({ beta1: 1 }), "beta1"],
    [adam({ beta2: -0.1 }), "beta2"],
    [adam({ epsilon: -1 }), "epsilon"],
    [adam({ weightDecay: -1 }), "weightDecay"],
    [adamW({ weightDecay: Infinity }), "weightDecay"],
    [adamW({ beta1: 1, amsgrad: true }), "beta1"],
    [sgd({ momentum: 1 }), "momentum"],
    [sgd({ momentum: 0.9, dampening: 2 }), "dampening"],
    [sgd({ nesterov: true }), "nesterov"],
    [sgd({ nesterov: true, momentum: 0.9, dampening: 0.1 }), "nesterov"],
    [chain(clipByNorm(0), adam()), "maxNorm"],
    [chain(clipByValue(-1), adam()), "limit"],
    [chain(freeze("a", "c"), adam()), "freeze"],
    [chain(clipByNorm(1)), "chain"],
    [chain(adam(), sgd()), "chain"],
  ];
  for (const [{ check }, option] of cases) {
    const found = check(["a.weight", "b.weight"]);
    assertEquals([found?._tag, found?.option], ["InvalidOption", option]);
  }
  for (const fine of [adam(), adamW(), sgd(), chain(freeze("a", () => false), adam())]) {
    assertEquals(fine.check(["a.weight"]), null);
  }
});
