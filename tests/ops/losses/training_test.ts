import { describe } from "../../../graph/error.ts";
import { graph, parse } from "../../../graph/parse.ts";
import { draw, seed } from "../../../graph/rng.ts";
import { bceWithLogitsLoss, meanSquaredErrorLoss } from "../../../ops/losses/reconstruction.ts";
import {
  contrastiveSparseLoss,
  sparseAutoencoderLoss,
} from "../../../ops/losses/sparse_autoencoder.ts";
import { rankDistillationLoss } from "../../../ops/losses/distillation.ts";
import {
  contrastiveLoss,
  pairContrastLoss,
  selfContrastLoss,
  supConLoss,
} from "../../../ops/losses/contrastive.ts";
import { crossEntropyLoss } from "../../../ops/losses/cross_entropy.ts";
import { type Loss, plus } from "../../../ops/losses/loss.ts";
import { nearestNeighbours } from "../../../ops/metrics/neighbours.ts";
import type { DataSplit } from "../../../pipelines/data/dataset.ts";
import {
  allTripletLoss,
  batchHardTripletLoss,
  semiHardTripletLoss,
  tripletCosineLoss,
  tripletMarginLoss,
} from "../../../ops/losses/triplet.ts";
import { pairedOrder } from "../../../ops/losses/samplers.ts";
import { penalised } from "../../../ops/losses/penalty.ts";
import { rowsNamed } from "../../../pipelines/core/history.ts";
import { createRun, dispose } from "../../../pipelines/core/run.ts";
import { repeat } from "../../../pipelines/core/stage.ts";
import { train } from "../../../pipelines/stages/train.ts";
import { assert, assertEquals } from "../../assert.ts";
import { digits, envOn, left, optimiser, right } from "../../pipelines/tiny.ts";
import { onEachBackend } from "../backends.ts";

const encoder = graph`linear(784, 16) ▷ relu ▷ linear(16, 32) ▷ kwta(0.1)`;
const classifier = graph`linear(784, 16) ▷ relu ▷ linear(16, 10)`;
const autoencoder = graph`linear(784, 16) ▷ relu ▷ linear(16, 784)`;
const withLatent = graph`linear(784, 16) ▷ relu ▷ fanout(identity, linear(16, 784))`;

const pairings: readonly (readonly [typeof encoder, Loss])[] = [
  [classifier, crossEntropyLoss()],
  [autoencoder, meanSquaredErrorLoss()],
  [withLatent, penalised(meanSquaredErrorLoss(), { weight: 0.1 })],
  [withLatent, bceWithLogitsLoss()],
  [encoder, tripletMarginLoss()],
  [encoder, contrastiveLoss()],
  [encoder, contrastiveLoss({ distance: "euclidean", pairsMultiplier: 2 })],
  [encoder, supConLoss()],
  [encoder, allTripletLoss()],
  [encoder, batchHardTripletLoss({ distance: "euclidean", margin: 1 })],
  [encoder, semiHardTripletLoss()],
  [encoder, penalised(tripletCosineLoss(), { norm: 2 })],
];

onEachBackend("every loss goes down while it trains, and counts its terms", async (backend) => {
  const { train: data } = await digits();
  const env = await envOn(backend);
  for (const [model, loss] of pairings) {
    const run = right(createRun({ graph: model, optimiser, seed: 26 }));
    const stage = train({ data, loss, batchSize: 64 });
    const done = right(await repeat(3)(stage)(run)(env)());
    const losses = rowsNamed(done.history, "loss", "train").map(({ value }) => value);
    assert(losses[2] < losses[0], `${loss.name}: ${losses}`);
    const terms = rowsNamed(done.history, "terms", "train").map(({ value }) => value);
    assert(terms.every((count) => count > 0), `${loss.name}: ${terms}`);
    dispose(done);
  }
});

/** Makes 400 vectors without labels: three of ten directions each, and noise. */
function vectors(): DataSplit {
  const [values] = draw(seed(26), ({ unit, integer }) => {
    const directions = Array.from(
      { length: 10 },
      () => Array.from({ length: 12 }, () => 2 * unit() - 1),
    );
    return Float32Array.from(
      Array.from({ length: 400 }, () => {
        const three = [0, 1, 2].map(() => directions[integer(0, 9)]);
        return three[0].map((_, j) => three.reduce((sum, one) => sum + one[j], 0) + 0.2 * unit());
      }).flat(),
    );
  });
  return { count: 400, values, labels: null, normalisation: { mean: [0], std: [1] } };
}

const decoded = (code: string) =>
  right(parse(`linear(12, 40) ▷ ${code} ▷ fanout(identity, linear(40, 12))`));

const unlabelled: readonly (readonly [typeof encoder, Loss])[] = [
  [
    decoded("top_k(4)"),
    sparseAutoencoderLoss({ auxiliary: 8, deadAfter: 200, prefixes: [8], wider: 16 }),
  ],
  [decoded("batch_top_k(4)"), contrastiveSparseLoss({ auxiliary: 8, deadAfter: 200 })],
  [graph`linear(12, 40) ▷ kwta(0.1)`, rankDistillationLoss()],
  [graph`linear(12, 40) ▷ top_k(4)`, plus(rankDistillationLoss(), selfContrastLoss(), 0.1)],
];

onEachBackend("losses without labels go down on vectors that have none", async (backend) => {
  const env = await envOn(backend);
  const data = vectors();
  for (const [model, loss] of unlabelled) {
    const run = right(createRun({ graph: model, optimiser, seed: 26 }));
    const done = right(await repeat(3)(train({ data, loss, batchSize: 50 }))(run)(env)());
    const losses = rowsNamed(done.history, "loss", "train").map(({ value }) => value);
    assert(losses[2] < losses[0], `${loss.name}: ${losses}`);
    dispose(done);
  }
});

onEachBackend("partners that stand side by side become alike", async (backend) => {
  const env = await envOn(backend);
  const data = vectors();
  const gallery = {
    kind: "dense",
    count: 400,
    width: 12,
    values: data.values as Float32Array,
  } as const;
  const order = pairedOrder(
    nearestNeighbours(gallery, gallery, { k: 3, distance: "cosine", leaveOneOut: true }),
  );
  const run = right(createRun({ graph: graph`linear(12, 40) ▷ kwta(0.1)`, optimiser, seed: 26 }));
  const stage = train({ data, loss: pairContrastLoss(), order, batchSize: 50 });
  const done = right(await repeat(4)(stage)(run)(env)());
  const losses = rowsNamed(done.history, "loss", "train").map(({ value }) => value);
  assert(losses[3] < losses[0] - 0.1, `${losses}`);
  dispose(done);
});

const refused: readonly (readonly [typeof encoder, Loss, string])[] = [
  [encoder, tripletCosineLoss({ margin: -0.1 }), "margin"],
  [encoder, tripletCosineLoss({ drawsPerSample: 0 }), "drawsPerSample"],
  [encoder, tripletMarginLoss({ margin: NaN }), "margin"],
  [encoder, tripletMarginLoss({ pairsMultiplier: 1.5 }), "pairsMultiplier"],
  [encoder, contrastiveLoss({ margin: 1.1 }), "margin"],
  [encoder, contrastiveLoss({ distance: "euclidean", margin: 0 }), "margin"],
  [encoder, contrastiveLoss({ distance: "manhattan" as "cosine" }), "distance"],
  [encoder, contrastiveLoss({ pairsMultiplier: 0 }), "pairsMultiplier"],
  [encoder, supConLoss({ temperature: 0 }), "temperature"],
  [encoder, pairContrastLoss({ temperature: 0 }), "temperature"],
  [encoder, selfContrastLoss({ temperature: NaN }), "temperature"],
  [encoder, rankDistillationLoss({ inputTemperature: 0 }), "inputTemperature"],
  [encoder, rankDistillationLoss({ codeTemperature: -1 }), "codeTemperature"],
  [encoder, batchHardTripletLoss({ margin: Infinity }), "margin"],
  [encoder, semiHardTripletLoss({ distance: "manhattan" as "cosine" }), "distance"],
  [encoder, penalised(supConLoss(), { weight: -1 }), "weight"],
  [encoder, penalised(supConLoss(), { norm: 3 as 1 }), "norm"],
  [encoder, penalised(supConLoss({ temperature: -1 })), "temperature"],
  [graph`linear(784, 9)`, crossEntropyLoss(), "loss"],
  [encoder, penalised(meanSquaredErrorLoss()), "loss"],
  [graph`fanout(fanout(identity, identity), identity)`, supConLoss(), "graph"],
];

Deno.test("options out of range and outputs that do not fit are refused before training", async () => {
  const { train: data } = await digits();
  const env = await envOn("cpu");
  for (const [model, loss, option] of refused) {
    const run = right(createRun({ graph: model, optimiser, input: [784], seed: 26 }));
    const error = left(await train({ data, loss })(run)(env)());
    assert(error._tag === "InvalidOption", describe(error));
    assertEquals(error.option, option, describe(error));
  }
});
