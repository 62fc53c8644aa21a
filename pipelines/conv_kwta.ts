/**
 * Trains binary sparse codes of images with the convolutional encoder of EmbedderSDR, or on the features of a network
 * that was trained before.
 *
 *     deno run -P pipelines/conv_kwta.ts --help
 *
 * @module
 */
import { sequence } from "../graph/compose.ts";
import { batchNorm, kwta, linear } from "../graph/constructors.ts";
import { invalidOption } from "../graph/error.ts";
import { E } from "../graph/fp_ts.ts";
import { embedderSdr } from "../graph/models.ts";
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
import { pipeline, skip, until } from "./core/stage.ts";
import { evaluate } from "./stages/evaluate.ts";
import { evaluateCopies } from "./stages/evaluate_copies.ts";
import { explain } from "./stages/explain.ts";

const flags = {
  channels: {
    kind: "integer",
    help: "channels of the convolution",
    least: 1,
    most: 1024,
    fallback: 8,
  },
  ...trunkFlags,
  units: settingFlags.units(512),
  sparsity: settingFlags.sparsity(0.05),
  "learning-rate": settingFlags.learningRate(5e-3),
  "weight-decay": settingFlags.weightDecay(0.1),
  shift: {
    kind: "integer",
    help: "move training images at random by up to so many pixels",
    least: 0,
    most: 16,
    fallback: 0,
  },
  flip: { kind: "switch", help: "mirror training images at random" },
  "no-labels": {
    kind: "switch",
    help: "learn without labels, as from a folder that has none; labels only measure",
  },
} as const satisfies Flags;

type Given = TrainingOptions<typeof flags>;

/** The changes of two views of an image without a label: crops of at least 30 %, mirror images, colours. */
const viewChanges: AugmentOptions = { ...simclrAugmentation(0.5), crop: 0.3, blur: 0 };

/** The temperature of the contrastive losses. */
const temperature = 0.1;

const optimiserOf = ({ epochs, ...options }: Given): Recipe["optimiser"] =>
  adamW({
    learningRate: cosineWarmupLr({
      peak: options["learning-rate"],
      epochs,
      warmup: epochs > 1 ? 1 : 0,
    }),
    weightDecay: options["weight-decay"],
  });

const learnsWithoutLabels = (options: Given, { dataset }: Setting): boolean =>
  options["no-labels"] || dataset.train.labels === null;

/** Trains the convolutional encoder on images. */
function onImages(options: Given, setting: Setting): Recipe {
  const { channels, units, sparsity, shift, flip, epochs } = options;
  const { dataset, train, keep } = setting;
  const byViews = learnsWithoutLabels(options, setting);
  const loss = (byViews ? pairContrastLoss : supConLoss)({ temperature });
  const changes = byViews ? { ...viewChanges, shift } : { shift, flip };
  const encoder = { convChannels: channels, units };
  return {
    graph: byViews
      ? sequence(
        embedderSdr(dataset.shape, encoder),
        batchNorm(units, { affine: false }),
        kwta(sparsity),
      )
      : embedderSdr(dataset.shape, { ...encoder, head: { sparsity } }),
    input: dataset.shape,
    loss,
    optimiser: optimiserOf(options),
    settings: { augment: changes, ...byViews ? { views: 2 } : {} },
    stages: pipeline(
      until(epochs)(pipeline(
        byViews
          ? train({ loss, augment: augment(changes), views: 2 })
          : train({ loss, augment: shift > 0 || flip ? augment(changes) : undefined }),
        evaluate(dataset),
        byViews ? evaluateCopies(dataset) : skip,
        keep(byViews ? { name: "copies_found" } : undefined),
      )),
      explain(dataset),
    ),
  };
}

/** Trains one layer on a trunk's features. Batch norm leaves few units dead. */
function onFeatures(options: Given, setting: Setting): Recipe {
  const { units, sparsity, epochs } = options;
  const { dataset, train, keep } = setting;
  const loss = learnsWithoutLabels(options, setting)
    ? rankDistillationLoss()
    : supConLoss({ temperature });
  return {
    graph: sequence(linear(units), batchNorm(units, { affine: false }), kwta(sparsity)),
    input: dataset.shape,
    loss,
    optimiser: optimiserOf(options),
    settings: { trunk: dataset.trunk },
    stages: until(epochs)(pipeline(train({ loss }), evaluate(dataset), keep())),
  };
}

if (import.meta.main) {
  await training({
    name: "conv_kwta",
    summary:
      "Trains conv 3×3 ▷ batch norm ▷ relu ▷ max pool 3 ▷ linear ▷ kWTA on MNIST, Fashion-MNIST,\n" +
      "CIFAR-10 or a folder of images, with the supervised contrastive loss. Without labels, it learns\n" +
      "to tell two views of an image, changed at random, from those of all others (SimCLR's loss).\n" +
      "With --trunk, it trains linear ▷ batch norm ▷ kWTA on the features of a network that was trained\n" +
      "before; without labels, so that codes overlap as features are alike.",
    datasets: ["mnist", "fashion_mnist", "cifar10", "strokes", "folder"],
    flags,
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
