/**
 * Trains an autoencoder of MNIST through a sparse binary code: 784 → 256 kWTA → 784.
 *
 *     deno run -P pipelines/mnist_autoencoder.ts --help
 *
 * @module
 */
import { E } from "../graph/fp_ts.ts";
import { autoencoder } from "../graph/models/autoencoder.ts";
import { show } from "../graph/show.ts";
import { bceWithLogitsLoss } from "../ops/losses/binary_cross_entropy.ts";
import { adam } from "../ops/optimisers/adam.ts";
import { stepLr } from "../ops/schedules.ts";
import { experiment } from "./cli/experiment.ts";
import { withNormalisation } from "./data/splits.ts";
import { newest } from "./history.ts";
import type { Run } from "./run.ts";
import { pipeline, until } from "./stage.ts";
import { announce } from "./stages/announce.ts";
import { checkpoint } from "./stages/checkpoint.ts";
import { evaluate } from "./stages/evaluate.ts";
import { evaluateReconstruction } from "./stages/evaluate_reconstruction.ts";
import { kwtaSchedule } from "./stages/kwta_schedule.ts";
import { save } from "./stages/save.ts";
import { train } from "./stages/train.ts";

const model = autoencoder([784, 256], { head: { sparsity: 0.05 } });
const loss = bceWithLogitsLoss();
const optimiser = adam({
  learningRate: stepLr({ initial: 1e-3, stepSize: 10, gamma: 0.5 }),
  weightDecay: 1e-5,
});
const batchSize = 256;

if (import.meta.main) {
  await experiment({
    name: "mnist_autoencoder",
    summary: `Trains ${show(model)}\n` +
      "on MNIST with binary cross entropy, and counts the images that come back exactly.",
    datasets: ["mnist", "fashion_mnist", "strokes"],
    plan: (loaded) =>
      E.right({
        graph: model,
        loss,
        optimiser,
        settings: { batchSize },
        // Targets of the binary cross entropy are pixels in [0, 1].
        dataset: withNormalisation(loaded, { mean: [0], std: [1] }),
        stages: ({ dataset, folder, epochs, watch }) =>
          until(epochs)(pipeline(
            kwtaSchedule({ stepSize: 1, gammaHardness: 1.25 }),
            watch((observe) =>
              train({
                data: dataset.train,
                loss,
                batchSize,
                observe,
              })
            ),
            evaluate(dataset),
            evaluateReconstruction(dataset),
            save(folder, dataset),
            checkpoint(folder, { best: { name: "psnr" } }),
            announce(epochs),
          )),
      }),
    results: ({ history }: Run) => {
      const test = (name: string) => newest(history, name, "test") ?? NaN;
      return [
        `Test: ${test("exact")} images come back exactly, ` +
        `${test("missed_pixels").toFixed(2)} of 784 pixels are wrong on average at the threshold ` +
        `${newest(history, "reconstruction_threshold")?.toFixed(3)}, ` +
        `PSNR ${test("psnr").toFixed(2)} dB`,
        `Test accuracy ${test("accuracy").toFixed(4)} by the nearest centroid of the codes`,
      ];
    },
  });
}
