import { parse } from "../../graph/parse.ts";
import { E } from "../../graph/fp_ts.ts";
import { seed } from "../../graph/rng.ts";
import { lower } from "../../ops/interpreter.ts";
import { crossEntropyLoss } from "../../ops/losses/cross_entropy.ts";
import { accuracy, argmax } from "../../ops/metrics/classification.ts";
import { adam } from "../../ops/optimisers/adam.ts";
import { type TrainState, trainStep } from "../../ops/train_step.ts";
import { tf } from "../../ops/tfjs.ts";
import { assert } from "../assert.ts";
import { float32, type GoldenArray, goldenJson } from "../shared.ts";
import { assertClose, numbers, onEachBackend, tensor } from "./backends.ts";
import { outputsLast } from "./layout.ts";

interface Layers {
  readonly W1: GoldenArray;
  readonly b1: GoldenArray;
  readonly W2: GoldenArray;
  readonly b2: GoldenArray;
}

interface Training {
  readonly sizes: readonly [number, number, number];
  readonly optimizer: {
    readonly lr: number;
    readonly weight_decay: number;
    readonly betas: readonly [number, number];
    readonly eps: number;
  };
  readonly data_x: GoldenArray;
  readonly data_y: GoldenArray;
  readonly batches: readonly (readonly number[])[];
  readonly initial: Layers;
  readonly losses: readonly number[];
  readonly final: Layers;
  readonly final_accuracy_on_data: number;
}

const toPaths = ({ W1, b1, W2, b2 }: Layers) => ({
  "0.weight": outputsLast(float32(W1)),
  "0.bias": float32(b1),
  "2.weight": outputsLast(float32(W2)),
  "2.bias": float32(b2),
});

onEachBackend("40 steps of an MLP with cross entropy are PyTorch's", async () => {
  const [golden] = goldenJson<Training>("train_mlp_ce");
  const [inputs, hidden, classes] = golden.sizes;
  const parsed = parse(`linear(${inputs}, ${hidden}) ▷ relu ▷ linear(${hidden}, ${classes})`);
  assert(E.isRight(parsed));
  const model = lower(parsed.right);
  const { lr, weight_decay: weightDecay, betas: [beta1, beta2], eps: epsilon } = golden.optimizer;
  const optimiser = adam({ learningRate: lr, weightDecay, beta1, beta2, epsilon });
  const params = Object.fromEntries(
    Object.entries(toPaths(golden.initial))
      .map(([path, { data, shape }]) => [path, tensor(data, shape)]),
  );
  const rows = float32(golden.data_x);
  const labels = golden.data_y.data.map(Number);
  const step = trainStep({ model, input: [inputs], loss: crossEntropyLoss(), optimiser });
  let state: TrainState = {
    params,
    plasticity: {},
    optimiserState: optimiser.init(params),
    rng: seed(0),
  };
  const losses: tf.Scalar[] = [];
  for (const batch of golden.batches) {
    const values = batch.flatMap((row) =>
      Array.from(rows.data.subarray(row * inputs, (row + 1) * inputs))
    );
    const stepped = step(state, {
      values: Float32Array.from(values),
      labels: batch.map((row) => labels[row]),
    });
    state = stepped.state;
    losses.push(stepped.loss);
  }
  // float32 against float64 over the whole training differs by 4e-7; sums in another order alike.
  const curve = await Promise.all(losses.map(async (loss) => (await loss.data())[0]));
  assertClose(curve, golden.losses, 1e-5, "losses");
  for (const [path, { data }] of Object.entries(toPaths(golden.final))) {
    assertClose(await state.params[path].data(), data, 1e-5, `final ${path}`);
  }
  const [logits] = await numbers(() => [
    model.evaluate(state, tensor(rows.data, rows.shape)) as tf.Tensor,
  ]);
  const right = accuracy(argmax(logits, classes), labels);
  assertClose([right], [golden.final_accuracy_on_data], 1e-6, "accuracy");
  tf.dispose([state.params, state.optimiserState.slots, losses] as unknown as tf.TensorContainer);
}, "golden");
