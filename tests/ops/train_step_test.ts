import { batchNorm, dropout, kwta, linear, relu } from "../../graph/constructors.ts";
import { dropConnect, to } from "../../graph/compose.ts";
import { pipe } from "../../graph/fp_ts.ts";
import { seed } from "../../graph/rng.ts";
import { adam } from "../../ops/optimisers/adam.ts";
import { type TrainState, trainStep, valueAndGradients } from "../../ops/train_step.ts";
import { lower } from "../../ops/interpreter.ts";
import type { Loss } from "../../ops/losses/loss.ts";
import { tripletCosine, tripletCosineLoss } from "../../ops/losses/triplet.ts";
import { type Params, tf } from "../../ops/tfjs.ts";
import { initialParams } from "../../graph/params.ts";
import { initialPlasticity } from "../../graph/plasticity.ts";
import { assertEquals } from "../assert.ts";
import { float32, type GoldenArray, goldenJson } from "../shared.ts";
import { assertClose, numbers, onEachBackend, tensor } from "./backends.ts";

type Weights = Readonly<Record<"W1" | "b1" | "W2" | "b2", GoldenArray>>;

interface Training {
  readonly name: string;
  readonly sizes: readonly [number, number, number];
  readonly kwta: { readonly sparsity: number; readonly hardness: number; readonly hard: boolean };
  readonly loss: { readonly margin: number };
  readonly optimizer: { readonly lr: number };
  readonly data_x: GoldenArray;
  readonly batches: readonly (readonly number[])[];
  readonly triplets: readonly (readonly (readonly number[])[])[];
  readonly initial: Weights;
  readonly grads_first_step: Weights;
  readonly losses: readonly number[];
  readonly final: Weights;
  readonly test_x: GoldenArray;
  readonly final_test_codes: GoldenArray;
}

/** PyTorch's weights are [outputs, inputs]; Sparrow's are the transpose. */
function toPaths({ W1, b1, W2, b2 }: Weights): Readonly<Record<string, Float32Array>> {
  const transposed = ({ shape: [rows, columns], data }: ReturnType<typeof float32>) =>
    Float32Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]);
  return {
    "0.weight": transposed(float32(W1)),
    "0.bias": float32(b1).data,
    "2.weight": transposed(float32(W2)),
    "2.bias": float32(b2).data,
  };
}

onEachBackend("40 steps are the reference's, from losses to final codes", async () => {
  for (const golden of goldenJson<Training>("train_kwta_triplet")) {
    const [inputs, hidden, units] = golden.sizes;
    const { sparsity, hardness, hard } = golden.kwta;
    const model = lower(pipe(
      linear(inputs, hidden),
      to(relu),
      to(linear(hidden, units)),
      to(kwta(sparsity, { hardness, gate: hard ? "hard_sigmoid" : "sigmoid" })),
    ));
    const shapes: Readonly<Record<string, readonly number[]>> = {
      "0.weight": [inputs, hidden],
      "0.bias": [hidden],
      "2.weight": [hidden, units],
      "2.bias": [units],
    };
    const params = Object.fromEntries(
      Object.entries(toPaths(golden.initial)).map(([path, data]) =>
        [path, tensor(data, shapes[path])] as const
      ),
    );
    const rows = float32(golden.data_x).data;
    const valuesOf = (batch: readonly number[]) =>
      Float32Array.from(
        batch.flatMap((row) => Array.from(rows.subarray(row * inputs, (row + 1) * inputs))),
      );

    const triplets = golden.triplets.map((all) => Int32Array.from(all.flat()));
    const first = await numbers(() => {
      const x = tf.tensor2d(valuesOf(golden.batches[0]), [golden.batches[0].length, inputs]);
      const signal = { value: x, plasticity: {}, rng: seed(0) };
      const { gradients } = valueAndGradients(
        () => {
          const { value } = model.train(params, signal);
          return tripletCosine(value as tf.Tensor2D, triplets[0], golden.loss.margin);
        },
        params,
      );
      return Object.keys(shapes).map((path) => gradients[path]);
    });
    const firstExpected = toPaths(golden.grads_first_step);
    // float32 sums in another order: float64 differs by at most 6e-7 over the whole training.
    Object.keys(shapes).forEach((path, i) =>
      assertClose(first[i], firstExpected[path], 1e-5, `${golden.name}, gradient of ${path}`)
    );

    const optimiser = adam({ learningRate: golden.optimizer.lr });
    let state: TrainState = {
      params,
      plasticity: {},
      optimiserState: optimiser.init(params),
      rng: seed(0),
    };
    const losses: tf.Scalar[] = [];
    golden.batches.forEach((batch, t) => {
      const loss: Loss = {
        name: "given triplets",
        options: {},
        draw: (_, rng) => [{
          evaluate: (y) => tripletCosine(y as tf.Tensor2D, triplets[t], golden.loss.margin),
          terms: triplets[t].length / 3,
        }, rng],
      };
      const step = trainStep({ model, input: [inputs], loss, optimiser });
      const stepped = step(state, { values: valuesOf(batch), labels: batch });
      state = stepped.state;
      losses.push(stepped.loss);
    });
    const curve = await Promise.all(losses.map(async (one) => (await one.data())[0]));
    assertClose(curve, golden.losses, 1e-5, `${golden.name}, losses`);

    const expected = toPaths(golden.final);
    for (const [path, weights] of Object.entries(state.params)) {
      assertClose(await weights.data(), expected[path], 1e-5, `${golden.name}, final ${path}`);
    }
    const test = float32(golden.test_x);
    const [codes] = await numbers(() => [
      model.evaluate(state, tensor(test.data, test.shape)) as tf.Tensor,
    ]);
    assertEquals(codes, float32(golden.final_test_codes).data);
    tf.dispose([state.params, state.optimiserState.slots, losses] as unknown as tf.TensorContainer);
  }
}, "golden");

onEachBackend("many steps leave as many tensors as 10, and none in the end", async (name) => {
  const bias = false;
  const graph = pipe(
    dropout(0.1),
    to(dropConnect(linear(12, 6, { bias }), { rate: 0.1 })),
    to(batchNorm(6)),
    to(relu),
    to(linear(6, 20, { bias })),
    to(kwta(0.2)),
  );
  const optimiser = adam();
  const [arrays, rng] = initialParams(graph, seed(26));
  const params: Params = Object.fromEntries(
    Object.entries(arrays).map(([path, { shape, data }]) => [path, tensor(data, shape)]),
  );
  const loss = tripletCosineLoss({ drawsPerSample: 4 });
  const step = trainStep({ model: lower(graph), input: [12], loss, optimiser });
  const labels = Uint8Array.from({ length: 16 }, (_, i) => i % 3);
  const values = Float32Array.from({ length: 16 * 12 }, (_, i) => Math.sin(i * i));
  const plasticity: Params = Object.fromEntries(
    Object.entries(initialPlasticity(graph))
      .map(([path, { shape, data }]) => [path, tensor(data, shape)]),
  );
  const before = tf.memory().numTensors;
  let state: TrainState = { params, plasticity, optimiserState: optimiser.init(params), rng };
  let afterTen = 0;
  for (let i = 1; i <= (name === "webgpu" ? 300 : 2000); i++) {
    const stepped = step(state, { values, labels });
    state = stepped.state;
    // A GPU that is never waited for would pile up work.
    if (i % 100 === 0) await stepped.loss.data();
    stepped.loss.dispose();
    if (i === 10) afterTen = tf.memory().numTensors;
  }
  assertEquals(tf.memory().numTensors, afterTen);
  const { params: weights, plasticity: remembered, optimiserState: { slots } } = state;
  tf.dispose([weights, remembered, slots] as unknown as tf.TensorContainer);
  const given = [...Object.keys(params), ...Object.keys(plasticity)];
  assertEquals(tf.memory().numTensors, before - given.length);
});
