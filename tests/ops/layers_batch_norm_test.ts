import { E } from "../../graph/fp_ts.ts";
import { graph, parse } from "../../graph/parse.ts";
import { initialPlasticity } from "../../graph/plasticity.ts";
import { seed } from "../../graph/rng.ts";
import { valueAndGradients } from "../../ops/train_step.ts";
import { lower, type Signal } from "../../ops/interpreter.ts";
import { type Params, tf } from "../../ops/tfjs.ts";
import { assert, assertEquals } from "../assert.ts";
import { float32, type GoldenArray, goldenJson } from "../shared.ts";
import { channelsLast, onFlattened, outputsLast } from "./layout.ts";
import { assertClose, numbers, onEachBackend, tensor } from "./backends.ts";

/** float32 sums in another order, of at most 60 values. */
const TOLERANCE = 1e-5;

interface Batch {
  readonly x: GoldenArray;
  readonly output: GoldenArray;
  readonly running_mean: GoldenArray;
  readonly running_var: GoldenArray;
}

interface Single {
  readonly layer: string;
  readonly name: string;
  readonly mode: "train" | "eval";
  readonly attrs: { readonly num_features: number };
  readonly x: GoldenArray;
  readonly batches: readonly Batch[];
  readonly running_mean_before: GoldenArray;
  readonly running_var_before: GoldenArray;
  readonly running_mean_after: GoldenArray;
  readonly running_var_after: GoldenArray;
}

const golden = () => goldenJson<Single>("layers");

const fresh = (channels: number): Params => {
  const parsed = parse(`batch_norm(${channels})`);
  assert(E.isRight(parsed));
  return Object.fromEntries(
    Object.entries(initialPlasticity(parsed.right))
      .map(([path, { data, shape }]) => [path, tensor(data, shape)]),
  );
};

const plain = graph`batch_norm`;
const affine = (channels: number): Params => ({
  "0.weight": tf.ones([channels]),
  "0.bias": tf.zeros([channels]),
});

onEachBackend("running statistics are PyTorch's, after one batch and after three", async () => {
  for (const { layer, mode, name, attrs, ...given } of golden()) {
    if (layer !== "BatchNorm1d" && layer !== "BatchNorm2d") continue;
    const x = channelsLast(float32(given.x));
    const [mean, variance] = await numbers(() => {
      const plasticity = {
        "0.running_mean": tensor(float32(given.running_mean_before).data, [attrs.num_features]),
        "0.running_var": tensor(float32(given.running_var_before).data, [attrs.num_features]),
      };
      const params = affine(attrs.num_features);
      const value = tensor(x.data, x.shape);
      const { train, evaluate } = lower(plain);
      if (mode === "eval") {
        evaluate({ params, plasticity }, value);
        return [plasticity["0.running_mean"], plasticity["0.running_var"]];
      }
      const after = train(params, { value, plasticity, rng: seed(0) }).plasticity;
      return [after["0.running_mean"], after["0.running_var"]];
    });
    assertClose(mean, float32(given.running_mean_after).data, TOLERANCE, `${name}, mean`);
    assertClose(variance, float32(given.running_var_after).data, TOLERANCE, `${name}, variance`);
  }
  const sequence = golden().find(({ layer }) => layer === "BatchNorm2d_sequence");
  assert(sequence !== undefined);
  const { batches, attrs } = sequence;
  const read = await numbers(() => {
    const params = affine(attrs.num_features);
    const { train } = lower(graph`batch_norm`);
    const results: tf.Tensor[] = [];
    let plasticity = fresh(attrs.num_features);
    for (const batch of batches) {
      const { data, shape } = channelsLast(float32(batch.x));
      const signal: Signal = { value: tensor(data, shape), plasticity, rng: seed(0) };
      const after = train(params, signal);
      plasticity = after.plasticity;
      results.push(after.value as tf.Tensor, ...Object.values(plasticity));
    }
    return results;
  });
  batches.forEach((batch, i) => {
    const [output, mean, variance] = read.slice(3 * i);
    assertClose(output, channelsLast(float32(batch.output)).data, TOLERANCE, `output ${i}`);
    assertClose(mean, float32(batch.running_mean).data, TOLERANCE, `mean ${i}`);
    assertClose(variance, float32(batch.running_var).data, TOLERANCE, `variance ${i}`);
  });
}, "golden");

interface Stack {
  readonly layer: string;
  readonly x: GoldenArray;
  readonly output: GoldenArray;
  readonly upstream: GoldenArray;
  readonly conv_weight: GoldenArray;
  readonly linear_weight: GoldenArray;
  readonly grad_x: GoldenArray;
  readonly grad_conv_weight: GoldenArray;
  readonly grad_bn_weight: GoldenArray;
  readonly grad_bn_bias: GoldenArray;
  readonly grad_linear_weight: GoldenArray;
  readonly running_mean_after: GoldenArray;
  readonly running_var_after: GoldenArray;
}

onEachBackend("the EmbedderSDR encoder's layers together are PyTorch's", async () => {
  const given = goldenJson<Stack>("layers").find(({ layer }) => layer === "Sequential_conv_front");
  assert(given !== undefined);
  const encoder =
    graph`conv2d(1, 3, 3, bias=false) ▷ batch_norm(3) ▷ relu ▷ max_pool2d(3) ▷ flatten ▷
          linear(27, 5, bias=false)`;
  // Three channels of 3 × 3 go into the linear layer.
  const pooled = [3, 3, 3];
  const arrays: Readonly<Record<string, ReturnType<typeof float32>>> = {
    x: channelsLast(float32(given.x)),
    "0.weight": outputsLast(float32(given.conv_weight)),
    "1.weight": { shape: [3], data: Float32Array.of(1, 1, 1) },
    "1.bias": { shape: [3], data: new Float32Array(3) },
    "5.weight": onFlattened(float32(given.linear_weight), pooled),
  };
  const paths = Object.keys(arrays);
  const [output, mean, variance, ...gradients] = await numbers(() => {
    const tensors = Object.fromEntries(
      Object.entries(arrays).map(([path, { data, shape }]) => [path, tensor(data, shape)]),
    );
    const plasticity = Object.fromEntries(
      Object.entries(fresh(3)).map(([path, value]) => [path.replace("0.", "1."), value]),
    );
    const run = () => lower(encoder).train(tensors, { value: tensors.x, plasticity, rng: seed(0) });
    const upstream = tensor(float32(given.upstream).data, given.upstream.shape);
    const found = valueAndGradients(
      () => tf.sum(tf.mul(run().value as tf.Tensor, upstream)) as tf.Scalar,
      tensors,
    );
    const after = run();
    return [
      after.value as tf.Tensor,
      after.plasticity["1.running_mean"],
      after.plasticity["1.running_var"],
      ...paths.map((path) => found.gradients[path]),
    ];
  });
  assertClose(output, float32(given.output).data, TOLERANCE, "output");
  assertClose(mean, float32(given.running_mean_after).data, TOLERANCE, "running mean");
  assertClose(variance, float32(given.running_var_after).data, TOLERANCE, "running variance");
  const expected: Readonly<Record<string, Float32Array>> = {
    x: channelsLast(float32(given.grad_x)).data,
    "0.weight": outputsLast(float32(given.grad_conv_weight)).data,
    "1.weight": float32(given.grad_bn_weight).data,
    "1.bias": float32(given.grad_bn_bias).data,
    "5.weight": onFlattened(float32(given.grad_linear_weight), pooled).data,
  };
  paths.forEach((path, i) => assertClose(gradients[i], expected[path], TOLERANCE, path));
}, "golden");

onEachBackend("a batch of one sample is no NaN, and leaves the running variance", async () => {
  const [y, mean, variance] = await numbers(() => {
    const value = tf.tensor2d([[3, -1]]);
    const after = lower(plain).train(affine(2), { value, plasticity: fresh(2), rng: seed(0) });
    return [after.value as tf.Tensor, ...Object.values(after.plasticity)];
  });
  assertEquals(Array.from(y), [0, 0]);
  assertClose(mean, [0.3, -0.1], 1e-6, "mean");
  assertEquals(Array.from(variance), [1, 1]);
});
