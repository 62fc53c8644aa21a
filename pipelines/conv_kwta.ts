/**
 * Trains binary sparse codes of images with the convolutional encoder of EmbedderSDR, or on the features of a network
 * that was trained before.
 *
 *     deno run -P pipelines/conv_kwta.ts --help
 *
 * @module
 */
import { identity, sequence } from "../graph/compose.ts";
import { batchNorm, dropout, kwta, linear } from "../graph/constructors.ts";
import { invalidOption } from "../graph/error.ts";
import { E } from "../graph/fp_ts.ts";
import { convNet, embedderSdr } from "../graph/models.ts";
import { pairContrastLoss, supConLoss } from "../ops/losses/contrastive.ts";
import { rankDistillationLoss } from "../ops/losses/distillation.ts";
import { adamW } from "../ops/optimisers/adam.ts";
import { cosineWarmupLr } from "../ops/optimisers/schedules.ts";
import type { Flags } from "./cli/options.ts";
import {
  type Recipe,
  type Setting,
  settingFlags,
  training,
  type TrainingOptions,
} from "./cli/training.ts";
import { beginOnFeatures, trunkFlags, trunkRefusal } from "./cli/trunk.ts";
import { augment, type AugmentOptions, simclrAugmentation } from "./data/augment.ts";
import { pipeline, skip, type Stage, until, when } from "./core/stage.ts";
import type { Dataset } from "./data/dataset.ts";
import { evaluate } from "./stages/evaluate.ts";
import { evaluateCopies } from "./stages/evaluate_copies.ts";
import { evaluateRetrieval } from "./stages/evaluate_retrieval.ts";
import { explain } from "./stages/explain.ts";

const flags = {
  channels: {
    kind: "integer",
    help: "channels of the first convolution [8; 16 for a folder of classes]",
    least: 1,
    most: 1024,
    fallback: null,
  },
  ...trunkFlags,
  units: settingFlags.units(512),
  sparsity: settingFlags.sparsity(null, " [0.05; 0.1 for a folder of classes with a trunk]"),
  "learning-rate": settingFlags.learningRate(
    null,
    " [0.005; 0.003 for a folder of classes, with a trunk 0.00001]",
  ),
  "weight-decay": settingFlags.weightDecay(0.1),
  shift: {
    kind: "integer",
    help: "move training images at random by up to so many pixels",
    least: 0,
    most: 16,
    fallback: 0,
  },
  flip: {
    kind: "switch",
    help: "mirror training images at random, as those of a folder of classes always are",
  },
  "no-labels": {
    kind: "switch",
    help: "learn without labels, as from a folder that has none; labels only measure",
  },
} as const satisfies Flags;

type Given = TrainingOptions<typeof flags>;

/** The size of a folder's images: of 32 × 32 pixels, codes find fewer pictures. */
const FOLDER_SIZE = [48, 48] as const;

/** The changes of a folder's training images: crops of at least half, mirror images, brightness and saturation. */
const pictureChanges: AugmentOptions = { flip: true, crop: 0.5, brightness: 0.3, saturation: 0.3 };

/** The changes of two views of an image without a label: crops of at least 30 %, mirror images, colours. */
const viewChanges: AugmentOptions = { ...simclrAugmentation(0.5), crop: 0.3, blur: 0 };

/** The part of a code's bits that are set, where nothing else is said. */
const SPARSITY = 0.05;

/**
 * Settings of a folder of classes on a trunk. More winners than elsewhere keep more of what the trunk tells apart, and
 * a thousand larger steps forget what tells classes apart that the layer is not trained on.
 */
const folderOnTrunk = { sparsity: 0.1, learningRate: 1e-5 } as const;

/** The temperature of the contrastive losses. */
const temperature = 0.1;

const optimiserOf = (
  { epochs, ...options }: Given,
  learningRate: number,
): Recipe["optimiser"] =>
  adamW({
    learningRate: cosineWarmupLr({
      peak: options["learning-rate"] ?? learningRate,
      epochs,
      warmup: epochs > 1 ? 1 : 0,
    }),
    weightDecay: options["weight-decay"],
  });

/** Does a stage after the last epoch and after at most fifty before it: of few images, an epoch is soon over. */
const nowAndThen = (epochs: number, stage: Stage): Stage => {
  const interval = Math.ceil(epochs / 50);
  return when(({ epoch }) => epoch % interval === 0 || epoch === epochs, stage);
};

const learnsWithoutLabels = (options: Given, { dataset }: Setting): boolean =>
  options["no-labels"] || dataset.train.labels === null;

/** Measures retrieval once, after the last epoch: with many images it takes seconds. */
const retrievalAt = (last: number, dataset: Dataset): Stage =>
  dataset.train.labels === null
    ? skip
    : when(({ epoch }) => epoch === last, evaluateRetrieval(dataset));

/** Batch norm, which leaves few units dead, and the winners. */
const winners = (units: number, sparsity: number) =>
  sequence(batchNorm(units, { affine: false }), kwta(sparsity));

/**
 * Trains a convolutional encoder on images: on a folder of classes a network of three convolutions, on images that are
 * changed at random, as `deno task bench:pictures` measures it; else EmbedderSDR's.
 */
function onImages(options: Given, setting: Setting): Recipe {
  const { channels, units, shift, flip, epochs } = options;
  const sparsity = options.sparsity ?? SPARSITY;
  const { dataset, train, keep } = setting;
  const { shape } = dataset;
  const byViews = learnsWithoutLabels(options, setting);
  const pictures = !byViews && options.dataset === "folder";
  const loss = (byViews ? pairContrastLoss : supConLoss)({ temperature });
  const changes = byViews
    ? { ...viewChanges, shift }
    : pictures
    ? { ...pictureChanges, shift }
    : { shift, flip };
  const changed = byViews || pictures || shift > 0 || flip;
  const small = embedderSdr(shape, { convChannels: channels ?? 8, units });
  return {
    graph: pictures
      ? sequence(
        convNet(shape, { width: channels ?? 16, classes: units }),
        winners(units, sparsity),
      )
      : sequence(small, byViews ? winners(units, sparsity) : kwta(sparsity)),
    input: shape,
    loss,
    optimiser: optimiserOf(options, pictures ? 3e-3 : 5e-3),
    settings: { augment: changes, ...byViews ? { views: 2 } : {} },
    stages: pipeline(
      until(epochs)(pipeline(
        train({
          loss,
          augment: changed ? augment(changes) : undefined,
          ...byViews ? { views: 2 } : {},
        }),
        nowAndThen(
          epochs,
          pipeline(
            evaluate(dataset),
            byViews ? evaluateCopies(dataset) : skip,
            retrievalAt(epochs, dataset),
            keep(byViews ? { name: "copies_found" } : undefined),
          ),
        ),
      )),
      explain(dataset),
    ),
  };
}

/** Trains one layer on a trunk's features. */
function onFeatures(options: Given, setting: Setting): Recipe {
  const { units, epochs } = options;
  const { dataset, train, keep } = setting;
  const unlabelled = learnsWithoutLabels(options, setting);
  const ofFolder = options.dataset === "folder" && !unlabelled;
  const sparsity = options.sparsity ?? (ofFolder ? folderOnTrunk.sparsity : SPARSITY);
  const loss = unlabelled ? rankDistillationLoss() : supConLoss({ temperature });
  return {
    graph: sequence(
      // By labels, a small training set would be learnt by heart.
      unlabelled ? identity : dropout(0.5),
      linear(units),
      winners(units, sparsity),
    ),
    input: dataset.shape,
    loss,
    optimiser: optimiserOf(options, ofFolder ? folderOnTrunk.learningRate : 5e-3),
    settings: { trunk: dataset.trunk },
    stages: until(epochs)(
      pipeline(
        train({ loss }),
        nowAndThen(epochs, pipeline(evaluate(dataset), retrievalAt(epochs, dataset), keep())),
      ),
    ),
  };
}

if (import.meta.main) {
  await training({
    name: "conv_kwta",
    summary:
      "Trains conv 3×3 ▷ batch norm ▷ relu ▷ max pool 3 ▷ linear ▷ kWTA on MNIST, Fashion-MNIST,\n" +
      "CIFAR-10 or a folder of images, with the supervised contrastive loss; for a folder of classes a\n" +
      "network of three convolutions, on crops, mirror images and other colours. Without labels, it learns\n" +
      "to tell two views of an image, changed at random, from those of all others (SimCLR's loss).\n" +
      "With --trunk, it trains linear ▷ batch norm ▷ kWTA on the features of a network that was trained\n" +
      "before; without labels, so that codes overlap as features are alike.",
    datasets: ["mnist", "fashion_mnist", "cifar10", "strokes", "folder"],
    flags,
    size: FOLDER_SIZE,
    begin: beginOnFeatures,
    refuse: (options) =>
      trunkRefusal(options) ??
        (options.trunk === null || (options.shift === 0 && !options.flip) ? null : invalidOption(
          options.flip ? "--flip" : "--shift",
          options.flip || options.shift,
          "no augmentation with --trunk: features are computed once",
        )),
    recipe: (options, setting) =>
      E.right((options.trunk === null ? onImages : onFeatures)(options, setting)),
  });
}
