import fc from "npm:fast-check@4.3.0";
import { draw, seed } from "../../../graph/rng.ts";
import { bceWithLogits, meanSquaredError } from "../../../ops/losses/reconstruction.ts";
import {
  contrastiveEuclidean,
  cosineEmbedding,
  pairContrast,
  selfContrast,
  supCon,
} from "../../../ops/losses/contrastive.ts";
import { crossEntropy } from "../../../ops/losses/cross_entropy.ts";
import { type LossDistance, pairwiseDistances } from "../../../ops/losses/distances.ts";
import {
  allTriplets,
  batchHardTriplets,
  semiHardTriplets,
  tripletMargin,
} from "../../../ops/losses/triplet.ts";
import { rankDistillation } from "../../../ops/losses/distillation.ts";
import { unexplained } from "../../../ops/losses/sparse_autoencoder.ts";
import { imbalance, penalty } from "../../../ops/losses/penalty.ts";
import { relationsOf } from "../../../ops/losses/samplers.ts";
import { selectRows } from "../../../ops/select_rows.ts";
import { tf } from "../../../ops/tfjs.ts";
import { assertClose, numbers, onEachBackend } from "../backends.ts";
import { finiteDifferences } from "../reference.ts";
import * as reference from "./reference.ts";

/** One loss, on tensors and as its formula. All are functions of one matrix. */
interface Tried {
  readonly name: string;
  readonly tensors: (x: tf.Tensor2D, batch: Batch) => tf.Scalar;
  readonly formula: (x: reference.Rows, batch: Batch) => number;
}

/** Arguments of a loss beside the matrix. */
interface Batch {
  readonly labels: readonly number[];
  readonly width: number;
  readonly margin: number;
  readonly targets: readonly number[];
}

const thirds = (x: tf.Tensor2D): readonly tf.Tensor2D[] => {
  const count = Math.floor(x.shape[0] / 3);
  return [0, 1, 2].map((part) =>
    selectRows(x, Array.from({ length: count }, (_, i) => part * count + i))
  );
};

const thirdsOf = (x: reference.Rows): readonly reference.Rows[] => {
  const count = Math.floor(x.length / 3);
  return [0, 1, 2].map((part) => x.slice(part * count, (part + 1) * count));
};

/** Inputs of a batch, none of which are zeros or equal. */
const teacher = (samples: number, width: number): number[][] =>
  Array.from(
    { length: samples },
    (_, i) => Array.from({ length: width }, (_, j) => Math.sin(1 + 3 * i + 7 * j * (i + 1))),
  );

const mining = { all: allTriplets, batch_hard: batchHardTriplets, semi_hard: semiHardTriplets };

const losses: readonly Tried[] = [
  {
    name: "cross entropy",
    tensors: (x, { labels, width }) => crossEntropy(x, labels.map((label) => label % width)),
    formula: (x, { labels, width }) =>
      reference.crossEntropy(x, labels.map((label) => label % width)),
  },
  {
    name: "binary cross entropy",
    tensors: (x) => bceWithLogits(thirds(x)[0], tf.sigmoid(thirds(x)[1])),
    formula: (x) =>
      reference.bceWithLogits(
        thirdsOf(x)[0],
        thirdsOf(x)[1].map((row) => Array.from(row, (v) => 1 / (1 + Math.exp(-v)))),
      ),
  },
  {
    name: "mean squared error",
    tensors: (x) => meanSquaredError(thirds(x)[0], thirds(x)[1]),
    formula: (x) => reference.meanSquaredError(thirdsOf(x)[0], thirdsOf(x)[1]),
  },
  ...[false, true].map((swap): Tried => ({
    name: `triplet margin, swap ${swap}`,
    tensors: (x, { margin }) => {
      const [a, p, n] = thirds(x);
      return tripletMargin(a, p, n, { margin, swap });
    },
    formula: (x, { margin }) => {
      const [a, p, n] = thirdsOf(x);
      return reference.tripletMargin(a, p, n, margin, swap);
    },
  })),
  {
    name: "cosine embedding",
    tensors: (x, { targets, margin }) => {
      const [a, b] = thirds(x);
      return cosineEmbedding(a, b, targets.slice(0, a.shape[0]), margin - 0.5);
    },
    formula: (x, { targets, margin }) =>
      reference.cosineEmbedding(thirdsOf(x)[0], thirdsOf(x)[1], targets, margin - 0.5),
  },
  {
    name: "contrastive Euclidean",
    tensors: (x, { targets, margin }) => {
      const [a, b] = thirds(x);
      return contrastiveEuclidean(a, b, targets.slice(0, a.shape[0]), margin + 0.5);
    },
    formula: (x, { targets, margin }) =>
      reference.contrastiveEuclidean(thirdsOf(x)[0], thirdsOf(x)[1], targets, margin + 0.5),
  },
  {
    name: "supervised contrastive",
    tensors: (x, { labels, margin }) => supCon(x, labels, margin / 2 + 0.2),
    formula: (x, { labels, margin }) => reference.supCon(x, labels, margin / 2 + 0.2),
  },
  {
    name: "pair contrast",
    tensors: (x, { margin }) => pairContrast(x, margin / 2 + 0.2),
    formula: (x, { margin }) => reference.pairContrast(x, margin / 2 + 0.2),
  },
  {
    name: "self contrast",
    tensors: (x, { margin }) => selfContrast(x, margin / 2 + 0.2),
    formula: (x, { margin }) => reference.selfContrast(x, margin / 2 + 0.2),
  },
  {
    name: "rank distillation",
    tensors: (x, { margin, labels, width }) =>
      rankDistillation(x, tf.tensor2d(teacher(labels.length, width)), {
        inputTemperature: margin / 2 + 0.2,
        codeTemperature: 0.5,
      }),
    formula: (x, { margin, labels, width }) =>
      reference.rankDistillation(x, teacher(labels.length, width), margin / 2 + 0.2, 0.5),
  },
  {
    name: "unexplained variance",
    tensors: (x, { labels, width }) => unexplained(x, tf.tensor2d(teacher(labels.length, width))),
    formula: (x, { labels, width }) => reference.unexplained(x, teacher(labels.length, width)),
  },
  {
    name: "imbalance",
    tensors: (x) => imbalance(x),
    formula: (x) => reference.imbalance(x),
  },
  ...([1, 2] as const).map((norm): Tried => ({
    name: `L${norm} penalty`,
    tensors: (x, { margin }) => penalty(x, { weight: margin, norm }),
    formula: (x, { margin }) => reference.penalty(x, margin, norm),
  })),
  ...(["all", "batch_hard", "semi_hard"] as const).flatMap((name) =>
    (["euclidean", "squared_euclidean", "cosine"] as const).map((
      distance: LossDistance,
    ): Tried => ({
      name: `triplets ${name}, ${distance}`,
      tensors: (x, { labels, margin }) =>
        mining[name](pairwiseDistances(x, distance), relationsOf(labels), margin),
      formula: (x, { labels, margin }) => reference.mined[name](x, labels, margin, distance),
    }))
  ),
];

const batches = fc.record({
  width: fc.integer({ min: 2, max: 9 }),
  margin: fc.double({ min: 0, max: 1, noNaN: true }),
  labels: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 3, maxLength: 9 }),
  targets: fc.array(fc.constantFrom(1, -1), { minLength: 3, maxLength: 3 }),
  start: fc.nat(),
});

/** Whether f has a derivative in every direction: twice the step, twice the second difference. */
function isSmooth(f: (x: Float64Array) => number, x: Float32Array): boolean {
  const moved = (j: number, by: number) => f(Float64Array.from(x, (v, i) => i === j ? v + by : v));
  const here = f(Float64Array.from(x));
  const bend = (i: number, step: number) => (moved(i, step) + moved(i, -step) - 2 * here) / step;
  return x.every((_, i) => Math.abs(bend(i, 2e-5) - 2 * bend(i, 1e-5)) < 1e-5);
}

onEachBackend(
  "losses are their formulas, gradients those of finite differences",
  async (backend, t) => {
    for (const { name, tensors, formula } of losses) {
      await t.step(name, () =>
        fc.assert(
          fc.asyncProperty(batches, async ({ start, ...batch }) => {
            const { labels, width } = batch;
            const rowsOf = (x: ArrayLike<number>) =>
              labels.map((_, i) => Array.from({ length: width }, (_, u) => x[i * width + u]));
            // Uniform: fast-check's own numbers crowd at the ends of their range, and rows are equal.
            const [codes] = draw(seed(start), ({ unit }) =>
              Float32Array.from({ length: labels.length * width }, () =>
                3 * unit() - 1.5));
            const rows = rowsOf(codes);
            // Near a zero norm or distance float32's rounding is large in the gradient.
            fc.pre(rows.every((row, i) =>
              Math.hypot(...row) > 0.1 &&
              rows.every((other, j) =>
                i === j || reference.distances.euclidean(row, other) > 0.1
              )
            ));
            const f = (x: ArrayLike<number>) => formula(rowsOf(x), batch);
            fc.pre(isSmooth(f, codes));
            const [value, gradient] = await numbers(() => {
              const { value, grad } = tf.valueAndGrad((x: tf.Tensor) =>
                tensors(x as tf.Tensor2D, batch)
              )(tf.tensor2d(codes, [labels.length, width]));
              return [value, grad];
            });
            // float32 sums in another order; |x|² + |y|² − 2 x·y loses a digit, two of the gradient.
            assertClose(value, [f(codes)], 2e-5, "value");
            assertClose(gradient, finiteDifferences(f, codes), 2e-4, "gradient");
          }),
          { numRuns: backend === "webgpu" ? 6 : 20, seed: 26 },
        ));
    }
  },
);
