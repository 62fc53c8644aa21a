import fc from "npm:fast-check@4.3.0";
import { draw, seed } from "../../../graph/rng.ts";
import {
  dvBoundOf,
  infoNceLoss,
  mineLoss,
  smileLoss,
} from "../../../ops/information/neural_bounds.ts";
import { initialPartition, withMovingPartition } from "../../../ops/information/neural_critics.ts";
import { inSequence } from "../../../ops/lowered.ts";
import type { Loss } from "../../../ops/losses/loss.ts";
import { type Params, tf } from "../../../ops/tfjs.ts";
import { assertAlmostEquals, assertEquals } from "../../assert.ts";
import { float32, type GoldenArray, goldenJson } from "../../shared.ts";
import { assertClose, numbers, onEachBackend } from "../backends.ts";
import { finiteDifferences } from "../reference.ts";
import * as reference from "./neural_reference.ts";

interface DvCase {
  readonly name: string;
  readonly inputs: { readonly scores_joint: GoldenArray; readonly scores_marginal: GoldenArray };
  readonly attrs: { readonly op: string };
  readonly expected: { readonly dv_bits: number; readonly tolerance: number };
}

onEachBackend("the bound of Donsker and Varadhan on tensors is the golden one", async () => {
  const cases = goldenJson<DvCase>("mi_mine").filter(({ attrs }) => attrs.op === "dv_bound");
  assertEquals(cases.length, 3);
  for (const { name, inputs, expected } of cases) {
    const scores = [inputs.scores_joint, inputs.scores_marginal]
      .flatMap((array) => Array.from(float32(array).data));
    const [[nats]] = await numbers(() => [dvBoundOf(tf.tensor2d(scores, [scores.length, 1]))]);
    assertAlmostEquals(nats / Math.LN2, expected.dv_bits, expected.tolerance, name);
  }
}, "golden");

/** A loss of a column of scores: what it reports, and of what it has the gradient. */
interface Tried {
  readonly name: string;
  readonly loss: (setting: Setting) => Loss;
  readonly reported: (scores: ArrayLike<number>, setting: Setting) => number;
  readonly trains: (scores: ArrayLike<number>, setting: Setting) => number;
}

interface Setting {
  readonly clip: number;
  /** The moving average, of which the latent is the logarithm. */
  readonly average: number;
}

const minusDv = (scores: ArrayLike<number>): number => -reference.donskerVaradhan(scores);

const tried: readonly Tried[] = [
  { name: "MINE", loss: () => mineLoss(), reported: minusDv, trains: minusDv },
  {
    name: "MINE with a moving average",
    loss: () => mineLoss({ averageRate: 0.1 }),
    reported: minusDv,
    trains: (scores, { average }) => reference.corrected(scores, average),
  },
  {
    name: "SMILE",
    loss: ({ clip }) => smileLoss({ clip }),
    reported: (scores, { clip }) => -reference.smile(scores, clip),
    trains: (scores) => reference.jensenShannon(scores),
  },
  {
    name: "SMILE without a clip",
    loss: () => smileLoss({ clip: Infinity }),
    reported: minusDv,
    trains: (scores) => reference.jensenShannon(scores),
  },
];

const settings = fc.record({
  count: fc.integer({ min: 1, max: 8 }),
  clip: fc.double({ min: 0.1, max: 4, noNaN: true }),
  average: fc.double({ min: 0.2, max: 5, noNaN: true }),
  start: fc.nat(),
});

const uniform = (length: number, start: number): Float32Array =>
  draw(seed(start), ({ unit }) => Float32Array.from({ length }, () => 6 * unit() - 3))[0];

onEachBackend("losses report their bounds and train what they say", async (backend, t) => {
  const numRuns = backend === "webgpu" ? 6 : 20;
  for (const { name, loss, reported, trains } of tried) {
    await t.step(name, () =>
      fc.assert(
        fc.asyncProperty(settings, async ({ count, start, ...setting }) => {
          const scores = uniform(2 * count, start);
          const [objective] = loss(setting).draw(new Uint8Array(2 * count), seed(0));
          assertEquals(objective.terms, count);
          const [value, gradient] = await numbers(() => {
            const latent = tf.scalar(Math.log(setting.average));
            const { value, grad } = tf.valueAndGrad((x: tf.Tensor) =>
              objective.evaluate(x, x, latent)
            )(tf.tensor2d(scores, [2 * count, 1]));
            return [value, grad];
          });
          // float32 with exponentials of ±3; the ratio to the average is at most 100, its gradient too.
          assertClose(value, [reported(scores, setting)], 1e-5, "value");
          const expected = finiteDifferences((x) => trains(x, setting), scores);
          assertClose(gradient, expected, 2e-5, "gradient");
        }),
        { numRuns, seed: 26 },
      ));
  }
  await t.step("InfoNCE", () =>
    fc.assert(
      fc.asyncProperty(settings, fc.integer({ min: 1, max: 4 }), async (setting, width) => {
        const { count, start } = setting;
        const towers = uniform(2 * count * width, start);
        const minusBound = (x: ArrayLike<number>) =>
          -reference.infoNce(
            Array.from({ length: count * count }, (_, at) => {
              const [i, j] = [Math.floor(at / count), at % count];
              let sum = 0;
              for (let u = 0; u < width; u++) sum += x[i * width + u] * x[(count + j) * width + u];
              return sum;
            }),
          );
        const [objective] = infoNceLoss().draw(Array.from({ length: count }, (_, i) => i), seed(0));
        const [value, gradient] = await numbers(() => {
          const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => {
            const half = (part: number) => tf.slice(x, [part * count, 0], [count, width]);
            return objective.evaluate(half(1), x, half(0));
          })(tf.tensor2d(towers, [2 * count, width]));
          return [value, grad];
        });
        // Scores of up to 36 in float32, and sums of eight times 3 in the gradient.
        assertClose(value, [minusBound(towers)], 2e-5, "value");
        assertClose(gradient, finiteDifferences(minusBound, towers), 1e-4, "gradient");
      }),
      { numRuns, seed: 26 },
    ));
});

onEachBackend("huge scores neither overflow nor lose their gradient", async () => {
  const scores = [500, 501, 490, 480];
  for (const loss of [mineLoss(), smileLoss()]) {
    const [objective] = loss.draw([1, 1, 0, 0], seed(0));
    const [[value], gradient] = await numbers(() => {
      const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => objective.evaluate(x, x, x))(
        tf.tensor2d(scores, [4, 1]),
      );
      return [value, grad];
    });
    // Of MINE log mean exp of 490 and 480, of SMILE the clip.
    const partition = loss.name === "mine" ? 490 + Math.log((1 + Math.exp(-10)) / 2) : 5;
    assertAlmostEquals(value, partition - 500.5, 1e-3);
    const [last] = loss.name === "mine" ? [Math.exp(-10) / (1 + Math.exp(-10))] : [0.5];
    assertAlmostEquals(gradient[3], last, 1e-5);
  }
});

onEachBackend("the moving average is that of the batches' partitions, from 1 on", async () => {
  const rate = 0.25;
  const model = withMovingPartition(inSequence([]), rate);
  const batches = [0, 1, 2].map((start) => uniform(8, start));
  let plasticity: Params = initialPartition();
  let average = 1;
  for (const batch of batches) {
    const superseded = plasticity;
    const kept = tf.tidy(() => {
      const after = model.train({}, {
        value: tf.tensor2d(batch, [8, 1]),
        plasticity,
        rng: seed(0),
      });
      const { first, second } = after.value as { first: tf.Tensor; second: tf.Tensor };
      assertEquals(second.shape, [8, 1]);
      assertEquals(first, after.plasticity.log_partition);
      return { ...after.plasticity };
    });
    plasticity = kept;
    tf.dispose({ ...superseded });
    const [, marginal] = reference.halves(batch);
    average = (1 - rate) * average +
      rate * marginal.reduce((sum, t) => sum + Math.exp(t), 0) / marginal.length;
    const [log] = await plasticity.log_partition.data();
    // float32 of numbers near 1.
    assertAlmostEquals(log, Math.log(average), 1e-6);
  }
  tf.dispose({ ...plasticity });
});
