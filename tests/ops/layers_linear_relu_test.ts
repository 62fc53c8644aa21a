import { to } from "../../graph/compose.ts";
import { linear, relu } from "../../graph/constructors.ts";
import { pipe } from "../../graph/fp_ts.ts";
import { initialParams } from "../../graph/params.ts";
import { seed } from "../../graph/rng.ts";
import { valueAndGradients } from "../../ops/train_step.ts";
import { lower, lowerEach, type Signal } from "../../ops/interpreter.ts";
import type { Lowered } from "../../ops/lowered.ts";
import { type Params, tf } from "../../ops/tfjs.ts";
import { assert, assertEquals } from "../assert.ts";
import { numbers, onEachBackend, tensor } from "./backends.ts";

onEachBackend("a ReLU after an affine map is the same to the bit, fused or not", async (name) => {
  for (const bias of [true, false]) {
    const encoder = pipe(linear(7, 11, { bias }), to(relu), to(linear(11, 5)), to(relu), to(relu));
    const kernels: string[][] = [];
    const results = [[lower(encoder)], lowerEach(encoder)].map((parts: readonly Lowered[]) =>
      numbers(() => {
        const [arrays] = initialParams(encoder, seed(3));
        const params: Params = Object.fromEntries(
          Object.entries(arrays).map(([path, { shape, data }]) => [path, tensor(data, shape)]),
        );
        const x = tf.tensor2d(Float32Array.from({ length: 21 }, (_, i) => Math.sin(i * i)), [3, 7]);
        const weights = { params, plasticity: {} };
        const y = parts.reduce<tf.Tensor>((v, part) => part.evaluate(weights, v) as tf.Tensor, x);
        const start: Signal = { value: x, plasticity: {}, rng: seed(0) };
        const { names, made } = profiled(() => {
          const { gradients } = valueAndGradients(() => {
            const { value } = parts.reduce((signal, part) => part.train(params, signal), start);
            return tf.sum(tf.square(value as tf.Tensor)) as tf.Scalar;
          }, params);
          return Object.values(gradients);
        });
        kernels.push(names);
        return [y, ...made];
      })
    );
    const [fused, separate] = await Promise.all(results);
    assertEquals(fused, separate);
    assert(fused[0].some((value) => value > 0) && fused[0].some((value) => value === 0));
    assertEquals(
      kernels.map((names) => names.filter((kernel) => kernel === "SparrowLinearRelu").length),
      [name === "webgpu" ? 2 : 0, 0],
    );
  }
});

/** Records the kernels that run while tensors are made. */
function profiled(make: () => tf.Tensor[]) {
  const engine = tf.engine() as unknown as { runKernel: (...given: unknown[]) => unknown };
  const { runKernel } = engine;
  const names: string[] = [];
  engine.runKernel = function (...given) {
    names.push(String(given[0]));
    return runKernel.apply(this, given);
  };
  try {
    return { names, made: make() };
  } finally {
    engine.runKernel = runKernel;
  }
}
