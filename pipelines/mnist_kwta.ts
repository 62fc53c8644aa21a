/**
 * Trains binary sparse codes of MNIST: kWTA, with random triplets or with supervised contrast.
 *
 *     deno run -P pipelines/mnist_kwta.ts --help
 *
 * @module
 */
import { E } from "../graph/fp_ts.ts";
import type { Nodes } from "../graph/node.ts";
import { graph } from "../graph/parse.ts";
import { kMeansPlane, nearestPlane } from "../ops/information/plane.ts";
import { supConLoss } from "../ops/losses/contrastive.ts";
import { tripletCosineLoss } from "../ops/losses/triplet.ts";
import { adam, adamW } from "../ops/optimisers/adam.ts";
import { cosineWarmupLr, stepLr } from "../ops/optimisers/schedules.ts";
import { settingFlags, training } from "./cli/training.ts";
import { pipeline, skip, until } from "./core/stage.ts";
import { evaluate } from "./stages/evaluate.ts";
import { explain } from "./stages/explain.ts";
import { infoPlane } from "./stages/info_plane.ts";
import { graphAfterKwtaSchedule, kwtaSchedule } from "./stages/schedules.ts";

/** The settings that a user may give in place of the recipe's; null for the recipe's. */
interface Given {
  readonly epochs: number;
  readonly "learning-rate": number | null;
  readonly "weight-decay": number | null;
}

/** The recipe of EmbedderSDR, the reference. */
const triplet = ({ "learning-rate": rate, "weight-decay": weightDecay }: Given) => ({
  loss: tripletCosineLoss({ margin: 0.5 }),
  optimiser: adam({
    learningRate: stepLr({ initial: rate ?? 1e-3, stepSize: 10, gamma: 0.5 }),
    weightDecay: weightDecay ?? 1e-5,
  }),
  sparsify: kwtaSchedule(),
  after: graphAfterKwtaSchedule,
});

/** The best of the losses; its settings were chosen on 10,000 images held out of the training set. */
const supcon = ({ epochs, "learning-rate": peak, "weight-decay": weightDecay }: Given) => ({
  loss: supConLoss({ temperature: 0.1 }),
  optimiser: adamW({
    learningRate: cosineWarmupLr({ peak: peak ?? 5e-3, epochs, warmup: epochs > 1 ? 1 : 0 }),
    weightDecay: weightDecay ?? 0.5,
  }),
  sparsify: skip,
  after: (encoder: Nodes): Nodes => encoder,
});

if (import.meta.main) {
  await training({
    name: "mnist_kwta",
    summary: "Trains linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05) on MNIST with random\n" +
      "triplets and the cosine triplet loss, or with the supervised contrastive loss, and\n" +
      "evaluates it after every epoch.",
    datasets: ["mnist", "fashion_mnist", "strokes"],
    flags: {
      loss: {
        kind: "choice",
        help: "the loss to minimise, with the settings that suit it",
        choices: ["triplet", "supcon"],
        fallback: "triplet",
      },
      units: settingFlags.units(512),
      sparsity: settingFlags.sparsity(0.05),
      "learning-rate": settingFlags.learningRate(null, " [0.001; 0.005 with supcon]"),
      "weight-decay": settingFlags.weightDecay(null, " [0.00001; 0.5 with supcon]"),
      "info-plane": {
        kind: "switch",
        help: "follow the layers over the information plane, and draw it",
      },
    },
    recipe: (options, { dataset, train, keep }) => {
      const { units, sparsity, epochs } = options;
      const { loss, optimiser, sparsify, after } = options.loss === "supcon"
        ? supcon(options)
        : triplet(options);
      const epoch = options["info-plane"]
        // Two estimators that assume different things.
        ? infoPlane(
          { dataset, estimators: [kMeansPlane(), nearestPlane()] },
          (midway) => train({ loss, midway }),
        )
        : train({ loss });
      const encoder = graph`linear(784, 64) ▷ relu ▷ linear(64, ${units}) ▷ kwta(${sparsity})`;
      return E.right({
        graph: encoder,
        graphAt: (epoch) => after(encoder, epoch),
        loss,
        optimiser,
        settings: {},
        stages: pipeline(
          until(epochs)(pipeline(
            sparsify,
            epoch,
            evaluate(dataset),
            keep(),
          )),
          explain(dataset),
        ),
      });
    },
  });
}
