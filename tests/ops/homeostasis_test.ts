import { E } from "../../graph/fp_ts.ts";
import { parse } from "../../graph/parse.ts";
import { seed } from "../../graph/rng.ts";
import { scalingPaths } from "../../graph/plasticity.ts";
import { valueAndGradients } from "../../ops/train_step.ts";
import { lower } from "../../ops/interpreter.ts";
import { type Params, tf } from "../../ops/tfjs.ts";
import { assert, assertEquals } from "../assert.ts";
import { float32, type GoldenArray, goldenJson } from "../shared.ts";
import { assertClose, numbers, onEachBackend, tensor } from "./backends.ts";

interface Batch {
  readonly x: GoldenArray;
  readonly output: GoldenArray;
  readonly firing_rate: GoldenArray;
  readonly count: number;
  readonly upstream?: GoldenArray;
  readonly grad_x?: GoldenArray;
}

interface Case {
  readonly kind: string;
  readonly name: string;
  readonly hard: boolean | null;
  readonly hardness: number | null;
  readonly sparsity: number;
  readonly boost_factor: number;
  readonly target_sparsity: number;
  readonly batches: readonly Batch[];
  readonly eval_x: GoldenArray;
  readonly eval_output: GoldenArray;
}

/** float32: an exponential, then sums over at most 48 samples. */
const TOLERANCE = 1e-5;

const cases = () =>
  goldenJson<Case>("synaptic_scaling").filter(({ kind }) => kind === "SynapticScaling");

onEachBackend("six batches under synaptic scaling are the reference's", async () => {
  assertEquals(cases().length, 3);
  let gradients = 0;
  for (const golden of cases()) {
    const { name, sparsity, hardness, hard } = golden;
    const soft = hardness === null
      ? "hard"
      : `hardness=${hardness}, gate=${hard ? "hard_sigmoid" : "sigmoid"}`;
    const parsed = parse(`kwta(${sparsity}, ${soft})`);
    assert(E.isRight(parsed));
    const { train, evaluate } = lower(parsed.right);
    const paths = scalingPaths("0");
    const read = await numbers(() => {
      let plasticity: Params = {
        [paths.duty]: tf.zeros([32]),
        [paths.samples]: tf.scalar(0),
        [paths.strength]: tf.scalar(golden.boost_factor),
        [paths.target]: tf.scalar(golden.target_sparsity),
      };
      const found: tf.Tensor[] = [];
      for (const batch of golden.batches) {
        const x = tensor(float32(batch.x).data, batch.x.shape);
        const upstream = batch.upstream === undefined
          ? tf.onesLike(x)
          : tensor(float32(batch.upstream).data, batch.upstream.shape);
        const run = (value: tf.Tensor) => train({}, { value, plasticity, rng: seed(0) });
        const slopes = valueAndGradients(
          () => tf.sum(tf.mul(run(x).value as tf.Tensor, upstream)) as tf.Scalar,
          { x },
        );
        const after = run(x);
        plasticity = after.plasticity;
        found.push(after.value as tf.Tensor, slopes.gradients.x, plasticity[paths.duty]);
      }
      const x = tensor(float32(golden.eval_x).data, golden.eval_x.shape);
      return [
        ...found,
        plasticity[paths.samples],
        evaluate({ params: {}, plasticity }, x),
      ] as tf.Tensor[];
    });
    golden.batches.forEach((batch, i) => {
      const [output, gradient, duty] = read.slice(3 * i);
      const what = `${name}, batch ${i}`;
      assertClose(output, float32(batch.output).data, TOLERANCE, `${what}, output`);
      if (batch.grad_x !== undefined) {
        gradients++;
        assertClose(gradient, float32(batch.grad_x).data, TOLERANCE, `${what}, gradient`);
      }
      assertClose(duty, float32(batch.firing_rate).data, TOLERANCE, `${what}, duty cycle`);
    });
    const [samples, evaluated] = read.slice(-2);
    assertEquals(samples[0], golden.batches.at(-1)!.count);
    assertEquals(evaluated, float32(golden.eval_output).data, name);
  }
  assert(gradients >= 3, `${gradients} gradients were compared`);
}, "golden");
