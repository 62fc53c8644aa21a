import { seed } from "../../../graph/rng.ts";
import { bceWithLogits, meanSquaredError } from "../../../ops/losses/reconstruction.ts";
import {
  contrastiveEuclidean,
  contrastiveLoss,
  cosineEmbedding,
  pairContrast,
  pairContrastLoss,
  selfContrast,
  selfContrastLoss,
  supCon,
  supConLoss,
} from "../../../ops/losses/contrastive.ts";
import { crossEntropy } from "../../../ops/losses/cross_entropy.ts";
import { rankDistillation, rankDistillationLoss } from "../../../ops/losses/distillation.ts";
import { unexplained } from "../../../ops/losses/sparse_autoencoder.ts";
import { pairwiseDistances } from "../../../ops/losses/distances.ts";
import type { Loss } from "../../../ops/losses/loss.ts";
import {
  allTripletLoss,
  batchHardTripletLoss,
  semiHardTripletLoss,
  tripletCosineLoss,
  tripletMargin,
  tripletMarginLoss,
} from "../../../ops/losses/triplet.ts";
import { imbalance, imbalanceLoss, penalised, penalty } from "../../../ops/losses/penalty.ts";
import { tf } from "../../../ops/tfjs.ts";
import { assert, assertEquals } from "../../assert.ts";
import { assertClose, numbers, onEachBackend } from "../backends.ts";

const triplets: readonly Loss[] = [
  tripletCosineLoss(),
  tripletMarginLoss(),
  allTripletLoss(),
  ...(["euclidean", "squared_euclidean", "cosine"] as const).flatMap((distance) => [
    allTripletLoss({ distance }),
    batchHardTripletLoss({ distance }),
    semiHardTripletLoss({ distance }),
  ]),
];
const pairs: readonly Loss[] = [
  contrastiveLoss(),
  contrastiveLoss({ distance: "euclidean" }),
  supConLoss(),
  pairContrastLoss(),
  rankDistillationLoss(),
];

/** Loss and gradient of codes with two units each. */
const evaluated = (loss: Loss, codes: readonly number[], labels: readonly number[]) => {
  const [{ evaluate, terms }] = loss.draw(labels, seed(26));
  return numbers(() => {
    const x = tf.tensor2d([...codes], [labels.length, codes.length / labels.length]);
    const { value, grad } = tf.valueAndGrad((y: tf.Tensor) => evaluate(y, x, y))(x);
    return [value, grad, tf.scalar(terms)];
  });
};

onEachBackend(
  "a batch without a valid term has the loss 0, the gradient 0 and no terms",
  async () => {
    const wild = [1, NaN, Infinity, 4, 0, 0];
    const cases: readonly (readonly [readonly Loss[], readonly number[]])[] = [
      [triplets, [0, 1, 2]],
      [triplets, [1, 1, 1]],
      [[...triplets, ...pairs], [7]],
      [[supConLoss()], [0, 1, 2]],
    ];
    for (const [losses, labels] of cases) {
      for (const loss of losses) {
        const codes = wild.slice(0, 2 * labels.length);
        const [value, gradient, terms] = await evaluated(loss, codes, labels);
        assertEquals([value[0], terms[0]], [0, 0], `${loss.name} of ${labels}`);
        assertEquals(gradient, new Float32Array(codes.length), `${loss.name} of ${labels}`);
      }
    }
  },
);

onEachBackend("tensors without a row have the loss 0, where PyTorch has NaN", async () => {
  const functions: readonly ((x: tf.Tensor2D, y: tf.Tensor2D) => tf.Scalar)[] = [
    (x) => crossEntropy(x, []),
    bceWithLogits,
    meanSquaredError,
    (x, y) => tripletMargin(x, y, y),
    (x, y) => cosineEmbedding(x, y, []),
    (x, y) => contrastiveEuclidean(x, y, []),
    (x) => supCon(x, [], 0.1),
    (x) => pairContrast(x, 0.1),
    (x) => selfContrast(x, 0.1),
    rankDistillation,
    unexplained,
    (x) => penalty(x),
  ];
  for (const evaluate of functions) {
    const [value] = await numbers(() => [
      evaluate(tf.tensor2d([], [0, 4]), tf.tensor2d([], [0, 4])),
    ]);
    assertEquals(value, Float32Array.of(0));
  }
});

onEachBackend(
  "units used alike have an imbalance of 1, one alone as many as there are",
  async () => {
    const of = async (rows: number[][]) => (await numbers(() => [imbalance(tf.tensor2d(rows))]))[0];
    assertClose(await of([[1, 0], [0, -1]]), [1], 1e-6, "alike");
    assertClose(await of([[0, 5, 0], [0, 1, 0]]), [3], 1e-6, "one alone");
    assertClose(await of([[0, 0], [0, 0]]), [1], 1e-6, "none");
  },
);

onEachBackend("equal codes and codes of zeros make no NaN", async () => {
  const labels = [0, 0, 1, 1];
  for (const codes of [new Array(8).fill(0), new Array(8).fill(1), [0, 0, 1, 1, 0, 0, 1, 1]]) {
    for (
      const loss of [
        ...triplets,
        ...pairs,
        selfContrastLoss(),
        imbalanceLoss(),
        penalised(supConLoss(), { norm: 2 }),
      ]
    ) {
      const [value, gradient, terms] = await evaluated(loss, codes, labels);
      assert(Number.isFinite(value[0]), `${loss.name} of ${codes}: ${value}`);
      assert(gradient.every(Number.isFinite), `${loss.name} of ${codes}: ${gradient}`);
      assert(terms[0] > 0);
    }
  }
});

onEachBackend(
  "the distances of binary codes are exact, and those that tie share the gradient",
  async () => {
    const codes = [1, 1, 0, 0, /**/ 1, 0, 1, 0, /**/ 1, 0, 0, 1, /**/ 0, 1, 1, 0];
    const [squared] = await numbers(() => [
      pairwiseDistances(tf.tensor2d(codes, [4, 4]), "squared_euclidean"),
    ]);
    assertEquals(Array.from(squared), [0, 2, 2, 2, 2, 0, 2, 2, 2, 2, 0, 4, 2, 2, 4, 0]);
    // Rows 0, 1 and 2 are of one class and all two apart; row 3 is two, two and four from them.
    const loss = batchHardTripletLoss({ distance: "squared_euclidean", margin: 0 });
    const hinge = batchHardTripletLoss({ distance: "squared_euclidean", margin: 1 });
    const [value] = await evaluated(loss, codes, [0, 0, 0, 1]);
    assertEquals(value, Float32Array.of(0));
    const [above, gradient, terms] = await evaluated(hinge, codes, [0, 0, 0, 1]);
    // Row 3 has no positive. Rows 0 and 1: relu(2 − 2 + 1), row 2: relu(2 − 4 + 1).
    assertEquals(terms[0], 3);
    assertClose(above, [2 / 3], 1e-6, "loss");
    // The gradient of the mean of: ½ d(0,1) + ½ d(0,2) − d(0,3), and ½ d(1,0) + ½ d(1,2) − d(1,3).
    const rows = [0, 1, 2, 3].map((i) => codes.slice(4 * i, 4 * i + 4));
    const slope = (weights: readonly (readonly [number, number, number])[]) => {
      const sums = rows.map(() => [0, 0, 0, 0]);
      for (const [i, j, weight] of weights) {
        for (let u = 0; u < 4; u++) {
          sums[i][u] += 2 * weight * (rows[i][u] - rows[j][u]) / 3;
          sums[j][u] -= 2 * weight * (rows[i][u] - rows[j][u]) / 3;
        }
      }
      return sums.flat();
    };
    const expected = slope([[0, 1, 1], [0, 2, .5], [1, 2, .5], [0, 3, -1], [1, 3, -1]]);
    assertClose(gradient, expected, 1e-6, "gradient");
  },
);

onEachBackend("a penalty has no gradient at 0, and none at all where it is told so", async () => {
  const latent = [0, -2, 0, 3];
  const slopes = (options: Parameters<typeof penalty>[1]) =>
    numbers(() => [
      tf.grad((x: tf.Tensor) => penalty(x, options))(tf.tensor2d(latent, [2, 2])),
    ]);
  assertEquals(await slopes({}), [Float32Array.of(0, -0.25, 0, 0.25)]);
  assertEquals(await slopes({ gradient: false }), [new Float32Array(4)]);
});

onEachBackend("a label that is no class makes the cross entropy NaN, not 0", async () => {
  for (const label of [3, -1, 0.5]) {
    const [value] = await numbers(() => [crossEntropy(tf.tensor2d([[1, 2, 3]]), [label])]);
    assert(Number.isNaN(value[0]), `label ${label}`);
  }
});
