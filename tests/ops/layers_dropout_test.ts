import { graph } from "../../graph/parse.ts";
import { seed } from "../../graph/rng.ts";
import { lower } from "../../ops/interpreter.ts";
import { tf } from "../../ops/tfjs.ts";
import { assert, assertEquals, assertNotEquals } from "../assert.ts";
import { numbers, onEachBackend } from "./backends.ts";

const N = 40_000;

onEachBackend("dropout keeps the mean, and draws the same for the same seed", async () => {
  const { train, evaluate } = lower(graph`dropout(0.25)`);
  const [once, again, other, second, evaluated] = await numbers(() => {
    const value = tf.ones([N / 10, 10]);
    const first = train({}, { value, plasticity: {}, rng: seed(26) });
    return [
      first.value,
      train({}, { value, plasticity: {}, rng: seed(26) }).value,
      train({}, { value, plasticity: {}, rng: seed(27) }).value,
      train({}, { ...first, value }).value,
      tf.clone(evaluate({ params: {}, plasticity: {} }, value) as tf.Tensor),
    ] as tf.Tensor[];
  });
  assertEquals(new Set(once), new Set([0, Math.fround(1 / 0.75)]));
  // Five standard deviations of a binomial of 40,000: √(0.25 · 0.75 / 40,000).
  const dropped = once.filter((value) => value === 0).length / N;
  assert(Math.abs(dropped - 0.25) < 5 * Math.sqrt(0.25 * 0.75 / N), `${dropped}`);
  assertEquals(again, once);
  assertNotEquals(other, once);
  assertNotEquals(second, once);
  assert(evaluated.every((value) => value === 1));
});

onEachBackend("drop_connect drops weights of matrices, and rescales if it is to", async () => {
  const [kept, plain, evaluated] = await numbers(() => {
    const params = {
      "0.body.0.weight": tf.ones([100, 200]),
      "0.body.0.bias": tf.fill([200], 1000),
      "1.weight": tf.ones([200, 200]),
    };
    const state = { plasticity: {}, rng: seed(26) };
    const value = tf.eye(100);
    return [
      lower(graph`drop_connect(linear(100, 200), rate=0.4)`).train(params, { value, ...state })
        .value,
      lower(graph`drop_connect(linear(100, 200), rate=0.4, rescale=false)`)
        .train(params, { value, ...state }).value,
      lower(graph`drop_connect(linear(100, 200), rate=0.4)`)
        .evaluate({ params, plasticity: {} }, value),
    ] as tf.Tensor[];
  });
  // Each output is one weight plus a bias, which is never dropped.
  const weights = kept.map((value) => value - 1000);
  const dropped = weights.filter((value) => value === 0).length / weights.length;
  assert(Math.abs(dropped - 0.4) < 5 * Math.sqrt(0.4 * 0.6 / weights.length), `${dropped}`);
  assert(weights.every((value) => value === 0 || Math.abs(value - 1 / 0.6) < 1e-4));
  assertEquals(new Set(plain), new Set([1000, 1001]));
  assertEquals(new Set(evaluated), new Set([1001]));
});
