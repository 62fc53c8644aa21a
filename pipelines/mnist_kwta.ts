/**
 * Trains binary sparse codes of MNIST: kWTA, with random triplets or with supervised contrast.
 *
 *     deno run -P pipelines/mnist_kwta.ts --help
 *
 * @module
 */
import { E } from "../graph/fp_ts.ts";
import { graph } from "../graph/parse.ts";
import { kMeansPlane } from "../ops/information/plane/k_means.ts";
import { nearestPlane } from "../ops/information/plane/nearest.ts";
import { supConLoss } from "../ops/losses/sup_con.ts";
import { tripletCosineLoss } from "../ops/losses/triplet_cosine_loss.ts";
import { adam } from "../ops/optimisers/adam.ts";
import { adamW } from "../ops/optimisers/adamw.ts";
import { cosineWarmupLr, stepLr } from "../ops/schedules.ts";
import { experiment } from "./cli/experiment.ts";
import { pipeline, skip, until } from "./stage.ts";
import { announce } from "./stages/announce.ts";
import { checkpoint } from "./stages/checkpoint.ts";
import { evaluate } from "./stages/evaluate.ts";
import { explain } from "./stages/explain.ts";
import { infoPlane } from "./stages/info_plane.ts";
import { kwtaSchedule } from "./stages/kwta_schedule.ts";
import type { Midway } from "./stages/midway.ts";
import { save } from "./stages/save.ts";
import { train } from "./stages/train.ts";

const encoder = graph`linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)`;
const batchSize = 256;

/** Two that assume different things, for `--info-plane`. */
const planeEstimators = [kMeansPlane(), nearestPlane()];

/** The reference's recipe. */
const triplet = () => ({
  loss: tripletCosineLoss({ margin: 0.5 }),
  optimiser: adam({
    learningRate: stepLr({ initial: 1e-3, stepSize: 10, gamma: 0.5 }),
    weightDecay: 1e-5,
  }),
  sparsify: kwtaSchedule(),
});

/** The best of the losses; its settings were chosen on 10,000 images held out of the training set. */
const supcon = (epochs: number) => ({
  loss: supConLoss({ temperature: 0.1 }),
  optimiser: adamW({
    learningRate: cosineWarmupLr({ peak: 5e-3, epochs, warmup: epochs > 1 ? 1 : 0 }),
    weightDecay: 0.5,
  }),
  sparsify: skip,
});

if (import.meta.main) {
  await experiment({
    name: "mnist_kwta",
    summary: "Trains linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05) on MNIST with random\n" +
      "triplets and the cosine triplet loss, or with the supervised contrastive loss, and\n" +
      "evaluates it after every epoch.",
    datasets: ["mnist", "fashion_mnist", "strokes"],
    flags: {
      loss: {
        kind: "choice",
        help: "what is made small, with the settings that suit it",
        choices: ["triplet", "supcon"],
        fallback: "triplet",
      },
      "info-plane": {
        kind: "switch",
        help: "follow the layers over the information plane, and draw it",
      },
    },
    plan: (_, options) => {
      const recipe = options.loss === "supcon" ? supcon(options.epochs) : triplet();
      const { loss, optimiser, sparsify } = recipe;
      return E.right({
        graph: encoder,
        loss,
        optimiser,
        settings: { batchSize },
        stages: ({ dataset, folder, epochs, watch }) => {
          const { train: data } = dataset;
          const training = (midway?: Midway) =>
            watch((observe) => train({ data, loss, batchSize, midway, observe }));
          const epoch = options["info-plane"]
            ? infoPlane({ dataset, estimators: planeEstimators }, training)
            : training();
          return pipeline(
            until(epochs)(pipeline(
              sparsify,
              epoch,
              evaluate(dataset),
              save(folder, dataset),
              checkpoint(folder),
              announce(epochs),
            )),
            explain(dataset),
          );
        },
      });
    },
  });
}
