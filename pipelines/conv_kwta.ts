/**
 * Trains binary sparse codes of images with the convolutional encoder of EmbedderSDR.
 *
 *     deno run -P pipelines/conv_kwta.ts --help
 *
 * @module
 */
import { E } from "../graph/fp_ts.ts";
import { embedderSdr } from "../graph/models/embedder_sdr.ts";
import { supConLoss } from "../ops/losses/sup_con.ts";
import { adamW } from "../ops/optimisers/adamw.ts";
import { cosineWarmupLr } from "../ops/schedules.ts";
import { experiment } from "./cli/experiment.ts";
import { augment } from "./data/augment.ts";
import { pipeline, until } from "./stage.ts";
import { announce } from "./stages/announce.ts";
import { checkpoint } from "./stages/checkpoint.ts";
import { evaluate } from "./stages/evaluate.ts";
import { explain } from "./stages/explain.ts";
import { save } from "./stages/save.ts";
import { train } from "./stages/train.ts";

const loss = supConLoss({ temperature: 0.1 });
const batchSize = 256;

if (import.meta.main) {
  await experiment({
    name: "conv_kwta",
    summary: "Trains conv 3×3 ▷ batch norm ▷ relu ▷ max pool 3 ▷ linear ▷ kWTA of 5 % on MNIST,\n" +
      "Fashion-MNIST, CIFAR-10 or a folder of images, with the supervised contrastive loss.",
    datasets: ["mnist", "fashion_mnist", "cifar10", "strokes", "folder"],
    flags: {
      channels: {
        kind: "integer",
        help: "maps of the convolution",
        least: 1,
        most: 1024,
        fallback: 8,
      },
      units: { kind: "integer", help: "bits of a code", least: 2, most: 1e6, fallback: 512 },
      shift: {
        kind: "integer",
        help: "training images are moved by up to so many pixels",
        least: 0,
        most: 16,
        fallback: 0,
      },
      flip: { kind: "switch", help: "training images are mirrored at random" },
    },
    plan: ({ shape }, { channels, units, shift, flip, epochs }) => {
      const changes = { shift, flip };
      return E.right({
        graph: embedderSdr(shape, {
          convChannels: channels,
          units,
          head: { sparsity: 0.05 },
        }),
        input: shape,
        loss,
        optimiser: adamW({
          learningRate: cosineWarmupLr({ peak: 5e-3, epochs, warmup: epochs > 1 ? 1 : 0 }),
          weightDecay: 0.1,
        }),
        settings: { batchSize, augment: changes },
        stages: ({ dataset, folder, watch }) =>
          pipeline(
            until(epochs)(pipeline(
              watch((observe) =>
                train({
                  data: dataset.train,
                  loss,
                  batchSize,
                  augment: shift > 0 || flip ? augment(changes) : undefined,
                  observe,
                })
              ),
              evaluate(dataset),
              save(folder, dataset),
              checkpoint(folder),
              announce(epochs),
            )),
            explain(dataset),
          ),
      });
    },
  });
}
