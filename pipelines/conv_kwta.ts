/**
 * Trains binary sparse codes of images with the convolutional encoder of EmbedderSDR.
 *
 *     deno run -P pipelines/conv_kwta.ts --help
 *
 * @module
 */
import { E } from "../graph/fp_ts.ts";
import { embedderSdr } from "../graph/models.ts";
import { supConLoss } from "../ops/losses/contrastive.ts";
import { adamW } from "../ops/optimisers/adam.ts";
import { cosineWarmupLr } from "../ops/optimisers/schedules.ts";
import { settingFlags, training } from "./cli/training.ts";
import { augment } from "./data/augment.ts";
import { pipeline, until } from "./core/stage.ts";
import { evaluate } from "./stages/evaluate.ts";
import { explain } from "./stages/explain.ts";

if (import.meta.main) {
  await training({
    name: "conv_kwta",
    summary:
      "Trains conv 3×3 ▷ batch norm ▷ relu ▷ max pool 3 ▷ linear ▷ kWTA on MNIST, Fashion-MNIST,\n" +
      "CIFAR-10 or a folder of images, with the supervised contrastive loss.",
    datasets: ["mnist", "fashion_mnist", "cifar10", "strokes", "folder"],
    flags: {
      channels: {
        kind: "integer",
        help: "channels of the convolution",
        least: 1,
        most: 1024,
        fallback: 8,
      },
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
    },
    recipe: ({ channels, units, sparsity, shift, flip, epochs, ...options }, setting) => {
      const { dataset, train, keep } = setting;
      const loss = supConLoss({ temperature: 0.1 });
      const changes = { shift, flip };
      return E.right({
        graph: embedderSdr(dataset.shape, { convChannels: channels, units, head: { sparsity } }),
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
        settings: { augment: changes },
        stages: pipeline(
          until(epochs)(pipeline(
            train({ loss, augment: shift > 0 || flip ? augment(changes) : undefined }),
            evaluate(dataset),
            keep(),
          )),
          explain(dataset),
        ),
      });
    },
  });
}
