import type { Gate, Soft } from "../../graph/node.ts";
import { valueAndGradients } from "../../ops/train_step.ts";
import { predictedThreshold, thresholded, upperQuantile } from "../../ops/kwta.ts";
import { type Params, tf } from "../../ops/tfjs.ts";
import { assert, assertEquals } from "../assert.ts";
import { float32, type GoldenArray, goldenJson } from "../shared.ts";
import { assertClose, numbers, onEachBackend, tensor } from "./backends.ts";

interface Learned {
  readonly kind: "learned_threshold" | "sparsity_predictor";
  readonly name: string;
  readonly hard: boolean | null;
  readonly hardness: number | null;
  readonly x: GoldenArray;
  readonly threshold: GoldenArray;
  readonly upstream: GoldenArray;
  readonly output_train: GoldenArray;
  readonly grad_x_train: GoldenArray;
  readonly grad_threshold_train: GoldenArray | null;
  readonly output_eval: GoldenArray;
  readonly grad_x_eval: GoldenArray;
  readonly max_sparsity: number;
  readonly min_sparsity: number;
  readonly weight: GoldenArray;
  readonly grad_weight: GoldenArray;
  readonly grad_x: GoldenArray;
}

/** float32 sums in another order; the threshold's gradient sums over at most 5 rows. */
const TOLERANCE = 1e-5;

/** The slope of the quantile function multiplies what float32 leaves of p: within 2e-6 at z = 3. */
const PREDICTED = 5e-5;

const softOf = ({ hard, hardness }: Learned): Soft | null => {
  const gate: Gate = hard ? "hard_sigmoid" : "sigmoid";
  return hardness === null ? null : { hardness, gate };
};

const cases = (kind: Learned["kind"]) =>
  goldenJson<Learned>("kwta_threshold").filter((golden) => golden.kind === kind);

/** The output, and the gradients of Σ output · upstream. */
async function outputAndGradients(
  f: (params: Params) => tf.Tensor,
  arrays: Readonly<Record<string, GoldenArray>>,
  upstream: GoldenArray,
): Promise<Readonly<Record<string, Float32Array>>> {
  const paths = Object.keys(arrays);
  const [output, ...gradients] = await numbers(() => {
    const params = Object.fromEntries(
      paths.map((path) => [path, tensor(float32(arrays[path]).data, arrays[path].shape)]),
    );
    const dy = tensor(float32(upstream).data, upstream.shape);
    const found = valueAndGradients(() => tf.sum(tf.mul(f(params), dy)) as tf.Scalar, params);
    return [f(params), ...paths.map((path) => found.gradients[path] ?? tf.tensor1d([]))];
  });
  return { output, ...Object.fromEntries(paths.map((path, i) => [path, gradients[i]])) };
}

onEachBackend("learned thresholds are the reference's", async () => {
  // Neither the units' order nor their shape matters: each has a threshold of its own.
  const flat = (array: GoldenArray): GoldenArray => ({
    ...array,
    shape: [array.shape[0], array.data.length / array.shape[0]],
  });
  assertEquals(cases("learned_threshold").length, 8);
  for (const golden of cases("learned_threshold")) {
    const { name } = golden;
    const arrays = { x: flat(golden.x), threshold: golden.threshold };
    for (const mode of ["train", "eval"] as const) {
      const soft = mode === "train" ? softOf(golden) : null;
      const found = await outputAndGradients(
        ({ x, threshold }) => thresholded(x, threshold, soft),
        arrays,
        flat(golden.upstream),
      );
      const what = `${name}, ${mode}`;
      assertClose(found.output, float32(golden[`output_${mode}`]).data, TOLERANCE, what);
      assertClose(found.x, float32(golden[`grad_x_${mode}`]).data, TOLERANCE, `${what}, x`);
      const learns = mode === "train" ? golden.grad_threshold_train : null;
      assertClose(
        found.threshold,
        learns === null ? [] : float32(learns).data,
        TOLERANCE,
        `${what}, threshold`,
      );
    }
  }
}, "golden");

onEachBackend("predicted sparsity is the reference's, with its gradients", async () => {
  assertEquals(cases("sparsity_predictor").length, 5);
  for (const golden of cases("sparsity_predictor")) {
    const { name, max_sparsity, min_sparsity } = golden;
    const samples = golden.x.shape[0];
    const rows = (array: GoldenArray): GoldenArray => ({
      ...array,
      shape: [samples, array.data.length / samples],
    });
    const weight = { ...golden.weight, shape: [golden.weight.data.length, 1] };
    const arrays = { x: rows(golden.x), weight };
    const soft = softOf(golden);
    const model = (softness: Soft | null) => ({ x, weight }: Params) => {
      const [on, by] = [x as tf.Tensor2D, weight as tf.Tensor2D];
      return thresholded(x, predictedThreshold(on, by, max_sparsity, min_sparsity), softness);
    };
    const [threshold] = await numbers(() => [
      predictedThreshold(
        tensor(float32(arrays.x).data, arrays.x.shape) as tf.Tensor2D,
        tensor(float32(weight).data, weight.shape) as tf.Tensor2D,
        max_sparsity,
        min_sparsity,
      ),
    ]);
    assertClose(threshold, float32(golden.threshold).data, PREDICTED, `${name}, threshold`);
    const found = await outputAndGradients(model(soft), arrays, rows(golden.upstream));
    assertClose(found.output, float32(golden.output_train).data, PREDICTED, `${name}, output`);
    assertClose(found.x, float32(golden.grad_x).data, PREDICTED, `${name}, gradient of x`);
    assertClose(found.weight, float32(golden.grad_weight).data, PREDICTED, `${name}, weight`);
    const evaluated = await outputAndGradients(model(null), arrays, rows(golden.upstream));
    assertEquals(evaluated.output, float32(golden.output_eval).data, name);
  }
}, "golden");

/** P(Z > z) by Simpson's rule over the density, in float64. */
function upperTail(z: number): number {
  const density = (x: number) => Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
  const [n, end] = [20_000, 12];
  const step = (end - z) / n;
  let sum = density(z) + density(end);
  for (let i = 1; i < n; i++) sum += (i % 2 === 0 ? 2 : 4) * density(z + i * step);
  return sum * step / 3;
}

onEachBackend("the quantile exceeds what it says, and its slope is its inverse's", async () => {
  const p = Float32Array.of(1e-6, 1e-3, 0.01, 0.05, 0.2, 0.4999, 0.5, 0.75, 0.999);
  const [z, slope] = await numbers(() => {
    const params = { p: tf.tensor1d(p) };
    const { gradients } = valueAndGradients(
      () => tf.sum(upperQuantile(params.p)) as tf.Scalar,
      params,
    );
    return [upperQuantile(params.p), gradients.p];
  });
  p.forEach((probability, i) => {
    // In relative terms: at z = 4.75 a change of 2e-6 moves the tail by 1e-5 of itself.
    const tail = probability < 0.5 ? upperTail(z[i]) / probability : 0;
    if (probability < 0.5) assert(Math.abs(tail - 1) < 3e-5, `${probability}: ${z[i]}`);
    const density = Math.exp(-(z[i] ** 2) / 2) / Math.sqrt(2 * Math.PI);
    assert(Math.abs(slope[i] * density + 1) < 1e-5, `slope at ${probability}`);
  });
  // Odd about one half.
  assert(Math.abs(z[6]) < 1e-6 && Math.abs(z[8] + z[1]) < 1e-4);
});
