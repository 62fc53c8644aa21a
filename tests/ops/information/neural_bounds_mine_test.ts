import { mlp } from "../../../graph/models.ts";
import { seed } from "../../../graph/rng.ts";
import { dvBound, mineLoss } from "../../../ops/information/neural_bounds.ts";
import { writeRows } from "../../../ops/information/neural_pairs.ts";
import { lower } from "../../../ops/interpreter.ts";
import { adam } from "../../../ops/optimisers/adam.ts";
import { type Params, tf } from "../../../ops/tfjs.ts";
import { trainStep } from "../../../ops/train_step.ts";
import { E } from "../../../graph/fp_ts.ts";
import { assert, assertAlmostEquals, assertEquals } from "../../assert.ts";
import { float32, type GoldenArray, goldenJson, int32 } from "../../shared.ts";
import { assertClose, onEachBackend, tensor } from "../backends.ts";
import { outputsLast } from "../layout.ts";

type Arrays = Readonly<Record<string, GoldenArray>>;

interface StepCase {
  readonly inputs: Arrays;
  readonly attrs: {
    readonly op: string;
    readonly hidden_units: readonly number[];
    readonly lr: number;
    readonly weight_decay: number;
    readonly betas: readonly [number, number];
    readonly eps: number;
  };
  readonly expected: Arrays & { readonly dv_bits: number; readonly tolerance: number };
}

/** The reference's weights by our paths: fc_x above fc_y is one linear of (x, y). */
function byPath(arrays: Arrays, prefix: string): Readonly<Record<string, Float32Array>> {
  const of = (name: string) => float32(arrays[prefix + name]);
  return {
    "0.weight": Float32Array.of(
      ...outputsLast(of("fc_x.weight")).data,
      ...outputsLast(of("fc_y.weight")).data,
    ),
    "0.bias": of("xy_bias").data,
    "2.weight": outputsLast(of("fc_output.mlp.0.weight")).data,
    "2.bias": of("fc_output.mlp.0.bias").data,
    "4.weight": outputsLast(of("fc_output.mlp.2.weight")).data,
    "4.bias": of("fc_output.mlp.2.bias").data,
  };
}

onEachBackend("a step of MINE is the reference's", async () => {
  const [golden] = goldenJson<StepCase>("mi_mine").filter(({ attrs }) => attrs.op === "mine_step");
  const { inputs, attrs, expected } = golden;
  const { tolerance } = expected;
  const [x, y] = [float32(inputs.x), float32(inputs.y)];
  const [count] = x.shape;
  const width = x.shape[1] + y.shape[1];
  const values = new Float32Array(2 * count * width);
  const pairs = { count, x: x.data, y: y.data };
  const order = int32(inputs.permutation).data;
  writeRows(pairs, [0, count], (i) => i, values);
  writeRows(pairs, [0, count], (i) => order[i], values, count);

  const sizes = [width, ...attrs.hidden_units, 1];
  const shapes = sizes.slice(1).flatMap((outputs, i) => [[sizes[i], outputs], [outputs]]);
  const params = Object.fromEntries(
    Object.entries(byPath(inputs, "param:")).map(([path, data], i) => [
      path,
      tensor(data, shapes[i]),
    ]),
  );
  const model = lower(mlp(sizes));
  const scores = await tf.tidy(() =>
    model.evaluate({ params, plasticity: {} }, tf.tensor2d(values, [2 * count, width])) as tf.Tensor
  );
  const scored = await scores.data<"float32">();
  scores.dispose();
  assertClose(scored.subarray(0, count), float32(expected.scores_joint).data, tolerance, "joint");
  const marginal = float32(expected.scores_marginal).data;
  assertClose(scored.subarray(count), marginal, tolerance, "marginal");
  const bits = dvBound(scored.subarray(0, count), scored.subarray(count));
  assert(E.isRight(bits));
  assertAlmostEquals(bits.right, expected.dv_bits, tolerance);

  const { lr: learningRate, weight_decay: weightDecay, betas, eps: epsilon } = attrs;
  const [beta1, beta2] = betas;
  const optimiser = adam({ learningRate, weightDecay, beta1, beta2, epsilon });
  let seen: Params = {};
  const observe = (gradients: Params) => {
    seen = gradients;
    for (const gradient of Object.values(gradients)) tf.keep(gradient);
  };
  const step = trainStep({ model, input: [width], loss: mineLoss(), optimiser, observe });
  const begun = { params, plasticity: {}, optimiserState: optimiser.init(params), rng: seed(0) };
  const labels = new Uint8Array(2 * count).fill(1, 0, count);
  const { state, loss } = step(begun, { values, labels });
  assertAlmostEquals(-(await loss.data())[0] / Math.LN2, expected.dv_bits, tolerance);
  const wanted = { gradient: byPath(expected, "grad:"), after: byPath(expected, "after:") };
  assertEquals(Object.keys(seen), Object.keys(wanted.gradient));
  for (const path of Object.keys(seen)) {
    assertClose(await seen[path].data(), wanted.gradient[path], tolerance, `gradient of ${path}`);
    assertClose(await state.params[path].data(), wanted.after[path], tolerance, `${path} after`);
  }
  tf.dispose(
    [loss, seen, state.params, state.optimiserState.slots] as unknown as tf.TensorContainer,
  );
}, "golden");
