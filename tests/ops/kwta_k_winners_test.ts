import { kWinners } from "../../graph/constructors.ts";
import { E } from "../../graph/fp_ts.ts";
import { initialPlasticity } from "../../graph/plasticity.ts";
import { seed } from "../../graph/rng.ts";
import { inferShapes } from "../../graph/shape.ts";
import { valueAndGradients } from "../../ops/train_step.ts";
import { lower } from "../../ops/interpreter.ts";
import { boostedWinners, kWinners as transmit } from "../../ops/kwta.ts";
import { dutyEntropy, maximumDutyEntropy } from "../../ops/metrics/activity.ts";
import { type Params, tf } from "../../ops/tfjs.ts";
import { assert, assertAlmostEquals, assertEquals } from "../assert.ts";
import { float32, type GoldenArray, goldenJson, sharedTest } from "../shared.ts";
import { assertClose, numbers, onEachBackend, tensor } from "./backends.ts";
import { channelsLast } from "./layout.ts";

interface Batch {
  readonly x: GoldenArray;
  readonly output: GoldenArray;
  readonly duty_cycle: GoldenArray;
  readonly entropy?: number;
  readonly boost_strength_used?: number;
  readonly upstream?: GoldenArray;
  readonly grad_x?: GoldenArray;
}

interface Case {
  readonly kind: string;
  readonly name: string;
  readonly percent_on: number;
  readonly boost_strength: number;
  readonly duty_cycle_period: number;
  readonly k_inference_factor?: number;
  readonly local?: boolean;
  readonly break_ties?: boolean;
  readonly relu?: boolean;
  readonly batches: readonly Batch[];
  readonly eval_x?: GoldenArray;
  readonly eval_output?: GoldenArray;
  readonly k: number;
  readonly x: GoldenArray;
  readonly duty_cycle: GoldenArray;
  readonly output: GoldenArray;
  readonly order_undefined?: boolean;
  readonly output_sorted_desc: GoldenArray;
  readonly rows: readonly {
    readonly n: number;
    readonly percent_on: number;
    readonly k_inference_factor: number;
    readonly k: number;
    readonly k_inference: number;
    readonly max_entropy: number;
    readonly k_2d_local: number;
    readonly k_inference_2d_local: number;
  }[];
}

/** float32 sums over at most 48 samples. */
const TOLERANCE = 1e-5;

const cases = (...kinds: readonly string[]) =>
  goldenJson<Case>("synaptic_scaling").filter(({ kind }) => kinds.includes(kind));

onEachBackend("batches under boosting are the reference's, of vectors and of images", async () => {
  const all = cases("KWinners", "KWinners2d", "KWinners_decay");
  assertEquals(all.length, 7);
  for (const golden of all) {
    const { name, batches } = golden;
    // The decay is a schedule's: the strength of each batch is given.
    const nodeFor = (boost: number) => {
      const shape = channelsLast(float32(batches[0].x)).shape.slice(1);
      const inferred = inferShapes(
        kWinners(golden.percent_on, {
          boost,
          period: golden.duty_cycle_period,
          inferenceFactor: golden.k_inference_factor,
          over: golden.local ? "location" : "sample",
          breakTies: golden.break_ties,
          relu: golden.relu,
        }),
        shape,
      );
      assert(E.isRight(inferred));
      return inferred.right.graph;
    };
    const places = channelsLast(float32(batches[0].x)).shape.slice(1, -1).reduce(
      (n, m) => n * m,
      1,
    );
    const read = await numbers(() => {
      let plasticity: Params = Object.fromEntries(
        Object.entries(initialPlasticity(nodeFor(1)))
          .map(([path, { data, shape }]) => [path, tensor(data, shape)]),
      );
      const found: tf.Tensor[] = [];
      for (const batch of batches) {
        const { train } = lower(nodeFor(batch.boost_strength_used ?? golden.boost_strength));
        const { data, shape } = channelsLast(float32(batch.x));
        const after = train({}, { value: tensor(data, shape), plasticity, rng: seed(0) });
        plasticity = after.plasticity;
        found.push(after.value as tf.Tensor, plasticity["0.duty_cycle"]);
      }
      if (golden.eval_x === undefined) return found;
      const { data, shape } = channelsLast(float32(golden.eval_x));
      const { evaluate } = lower(nodeFor(golden.boost_strength));
      return [...found, evaluate({ params: {}, plasticity }, tensor(data, shape)) as tf.Tensor];
    });
    batches.forEach((batch, i) => {
      const [output, duty] = read.slice(2 * i);
      const expected = channelsLast(float32(batch.output)).data;
      assertClose(output, expected, TOLERANCE, `${name}, batch ${i}, output`);
      assertClose(duty, float32(batch.duty_cycle).data, TOLERANCE, `${name}, batch ${i}, duty`);
      if (batch.entropy !== undefined) {
        // There it is the sum over units, where each location of a channel counts.
        const sum = dutyEntropy(duty) * duty.length * places;
        assertAlmostEquals(sum, batch.entropy, 1e-3, `${name}, ${i}`);
      }
    });
    if (golden.eval_output !== undefined) {
      const expected = channelsLast(float32(golden.eval_output)).data;
      assertClose(read[read.length - 1], expected, TOLERANCE, `${name}, evaluated`);
    }
  }
}, "golden");

onEachBackend("ties at the boundary all win, or the first of them", async () => {
  const all = cases("kwinners_fn");
  assertEquals(all.length, 12);
  for (const golden of all) {
    const { name, k, boost_strength: boost, break_ties = false, relu = false } = golden;
    const [rows, width] = golden.x.shape;
    const [output] = await numbers(() => [
      transmit(tensor(float32(golden.x).data, [rows, width]), tf.zeros([width]), k, {
        boost,
        over: "sample",
        break_ties,
        relu,
      }),
    ]);
    if (golden.order_undefined) {
      const descending = Array.from(
        { length: rows },
        (_, row) => [...output.subarray(row * width, (row + 1) * width)].sort((a, b) => b - a),
      ).flat();
      assertEquals(descending, [...float32(golden.output_sorted_desc).data], name);
    } else assertEquals([...output], [...float32(golden.output).data], name);
  }
}, "golden");

onEachBackend("the gradient flows where a value is transmitted", async () => {
  const [y, dx] = await numbers(() => {
    const params = { x: tf.tensor2d([[3, -1, 2, 5], [-4, -3, -2, -1]]) };
    const f = () =>
      transmit(params.x, tf.tensor1d([0, 0, 0, 1]), 2, {
        boost: 2,
        over: "sample",
        break_ties: false,
        relu: true,
      });
    const upstream = tf.tensor2d([[10, 20, 30, 40], [50, 60, 70, 80]]);
    const { gradients } = valueAndGradients(
      () => tf.sum(tf.mul(f(), upstream)) as tf.Scalar,
      params,
    );
    return [f(), gradients.x];
  });
  // The fourth unit is damped to 5·e⁻² in the first row and raised to −e⁻² in the second.
  assertEquals([...y], [3, 0, 2, 0, 0, 0, 0, 0]);
  assertEquals([...dx], [10, 0, 30, 0, 0, 0, 0, 0]);
});

sharedTest("k is rounded as in the reference, and so is the largest entropy", "golden", () => {
  const [{ rows }] = cases("k_rounding");
  for (const row of rows) {
    const { n, percent_on: sparsity, k_inference_factor: factor } = row;
    assertEquals(boostedWinners(n, sparsity, factor, false), {
      train: row.k,
      evaluate: row.k_inference,
    });
    assertEquals(boostedWinners(n, sparsity, factor, true), {
      train: row.k_2d_local,
      evaluate: row.k_inference_2d_local,
    });
    // There k is truncated.
    const target = Math.trunc(n * sparsity) / n;
    assertAlmostEquals(n * maximumDutyEntropy(target), row.max_entropy, 1e-9);
  }
});

Deno.test("over images the fractions are multiplied before the units, as in the reference", () => {
  // What Python makes of round(n * (sparsity * factor)); round(n * sparsity * factor) is one more or less.
  const ks = [[60, 0.35, 1.5, 31], [15, 0.1, 3, 5], [30, 0.3, 1.5, 13], [15, 0.4, 1.75, 11]];
  for (const [n, sparsity, factor, k] of ks) {
    assertEquals(boostedWinners(n, sparsity, factor, true).evaluate, k);
  }
});
