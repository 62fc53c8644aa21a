/**
 * Trains binary sparse codes of images with the convolutional encoder of EmbedderSDR, or on the features of a network
 * that was trained before.
 *
 *     deno run -P pipelines/conv_kwta.ts --help
 *
 * @module
 */
import { sequence } from "../graph/compose.ts";
import { batchNorm, dropout, kwta, linear } from "../graph/constructors.ts";
import { invalidOption } from "../graph/error.ts";
import { E } from "../graph/fp_ts.ts";
import { embedderSdr } from "../graph/models.ts";
import type { Nodes } from "../graph/node.ts";
import { supConLoss } from "../ops/losses/contrastive.ts";
import { adamW } from "../ops/optimisers/adam.ts";
import { cosineWarmupLr } from "../ops/optimisers/schedules.ts";
import type { Flags } from "./cli/options.ts";
import { settingFlags, training } from "./cli/training.ts";
import { beginOnFeatures, trunkFlags, trunkRefusal } from "./cli/trunk.ts";
import { augment } from "./data/augment.ts";
import { pipeline, skip, until } from "./core/stage.ts";
import { evaluate } from "./stages/evaluate.ts";
import { evaluateRetrieval } from "./stages/evaluate_retrieval.ts";
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
} as const satisfies Flags;

/**
 * The head that is trained on a trunk's features. Dropout keeps it from learning a small training set by heart; batch
 * norm leaves few units dead.
 */
const headOf = (units: number, sparsity: number): Nodes =>
  sequence(dropout(0.5), linear(units), batchNorm(units, { affine: false }), kwta(sparsity));

if (import.meta.main) {
  await training({
    name: "conv_kwta",
    summary:
      "Trains conv 3×3 ▷ batch norm ▷ relu ▷ max pool 3 ▷ linear ▷ kWTA on MNIST, Fashion-MNIST,\n" +
      "CIFAR-10 or a folder of images, with the supervised contrastive loss; with --trunk, it trains\n" +
      "linear ▷ batch norm ▷ kWTA on the features that the trunk makes of them.",
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
    recipe: ({ channels, units, sparsity, shift, flip, epochs, trunk, ...options }, setting) => {
      const { dataset, train, keep } = setting;
      const loss = supConLoss({ temperature: 0.1 });
      const changes = { shift, flip };
      return E.right({
        graph: trunk === null
          ? embedderSdr(dataset.shape, { convChannels: channels, units, head: { sparsity } })
          : headOf(units, sparsity),
        input: dataset.shape,
        loss,
        optimiser: adamW({
          learningRate: cosineWarmupLr({
            peak: options["learning-rate"],
            epochs,
            warmup: epochs > 1 ? 1 : 0,
          }),
          weightDecay: options["weight-decay"],
        }),
        settings: { augment: changes, ...trunk === null ? {} : { trunk: dataset.trunk } },
        stages: pipeline(
          until(epochs)(pipeline(
            train({ loss, augment: shift > 0 || flip ? augment(changes) : undefined }),
            evaluate(dataset),
            keep(),
          )),
          dataset.train.labels === null ? skip : evaluateRetrieval(dataset),
          trunk === null ? explain(dataset) : skip,
        ),
      });
    },
  });
}
