import { adam, adamW, scaleByAdam } from "../../../ops/optimisers/adam.ts";
import {
  addDecayedWeights,
  freeze,
  scaleByLearningRate,
} from "../../../ops/optimisers/transforms.ts";
import { type Chain, chain } from "../../../ops/optimisers/chain.ts";
import { stateless } from "../../../ops/optimisers/transform.ts";
import { tf } from "../../../ops/tfjs.ts";
import { assert, assertEquals } from "../../assert.ts";
import { assertClose, numbers, onEachBackend } from "../backends.ts";
import { kernelsOf, walk } from "./steps.ts";

onEachBackend("a weight without a gradient stays, and nothing is changed in place", async () => {
  const [moved, left, param, m0, m1] = await numbers(() => {
    const { init, update } = adam({ learningRate: 0.1 });
    const params = { moved: tf.tensor1d([1, 2]), left: tf.tensor1d([3]) };
    const before = init(params);
    const [after, state] = update({ moved: tf.tensor1d([1, -1]) }, before, params);
    assertEquals([before.step, state.step], [0, 1]);
    const { first } = before.slots;
    return [after.moved, after.left, params.moved, first.moved, state.slots.first.moved];
  });
  assertEquals(left, Float32Array.of(3));
  assertClose(moved, [0.9, 2.1], 1e-6, "moved");
  assertEquals(param, Float32Array.of(1, 2));
  assertEquals(m0, Float32Array.of(0, 0));
  assertClose(m1, [0.1, -0.1], 1e-6, "first moment");
});

/** Does nothing, and keeps its neighbours from being fused. */
const nothing = stateless("nothing", {}, (updates) => updates);

const pairs: readonly (readonly [string, Chain, Chain])[] = [
  ["Adam", adam({ learningRate: 0.1 }), chain(scaleByAdam(), nothing, scaleByLearningRate(0.1))],
  [
    "Adam with L2",
    adam({ learningRate: 0.1, weightDecay: 0.3 }),
    chain(addDecayedWeights(0.3), scaleByAdam(), nothing, scaleByLearningRate(0.1)),
  ],
  [
    "AdamW",
    adamW({ learningRate: 0.1, weightDecay: 0.3 }),
    chain(scaleByAdam(), addDecayedWeights(0.3), nothing, scaleByLearningRate(0.1)),
  ],
  [
    "both decays, frozen in part",
    chain(
      freeze("b"),
      addDecayedWeights(0.2),
      scaleByAdam(),
      addDecayedWeights(0.3),
      scaleByLearningRate(0.1),
    ),
    chain(
      addDecayedWeights(0.2),
      scaleByAdam(),
      addDecayedWeights(0.3),
      scaleByLearningRate(0.1),
      freeze("b"),
    ),
  ],
];

onEachBackend("the fused kernel is taken, and does what its parts do", async () => {
  for (const [name, fused, parts] of pairs) {
    assertEquals(
      [await kernelsOf(fused), await kernelsOf(parts)].map((kernels) =>
        // On webgpu one kernel for all weights.
        kernels.some((kernel) => kernel === "SparrowAdam" || kernel === "SparrowAdamAll")
      ),
      [true, false],
      name,
    );
    const [one, other] = [await walk(fused, 10), await walk(parts, 10)];
    // float32 operations against one expression, which the host evaluates in float64.
    for (const path of ["a", "b"]) assertClose(one[path], other[path], 1e-6, `${name}, ${path}`);
    assertEquals(Object.keys(one), Object.keys(other));
  }
});

onEachBackend("AMSGrad divides by the largest second moment so far", async () => {
  const optimiser = adam({ learningRate: 0.1, beta1: 0, amsgrad: true });
  const [first, second, third] = await numbers(() => {
    let params = { w: tf.tensor1d([0]) as tf.Tensor };
    let state = optimiser.init(params);
    return [10, 0.1, 0.1].map((gradient) => {
      const [next, moved] = optimiser.update({ w: tf.tensor1d([gradient]) }, state, params);
      [params, state] = [next as { w: tf.Tensor }, moved];
      return next.w;
    });
  });
  // The first gradient's 0.001 · 100 stays the largest: later ones only add 1e-5.
  const steps = [10, 0.1, 0.1].map((gradient, i) =>
    0.1 * gradient / Math.sqrt(0.1 / (1 - 0.999 ** (i + 1)))
  );
  // float32 makes (1 − β2) out of 0.001 within 6e-8.
  assertClose(first, [-steps[0]], 1e-6, "first");
  assertClose(second, [-steps[0] - steps[1]], 1e-6, "second");
  assertClose(third, [-steps[0] - steps[1] - steps[2]], 1e-6, "third");
  assert("largest" in optimiser.init({}).slots);
});
