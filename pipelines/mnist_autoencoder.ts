/**
 * Trains an autoencoder of MNIST through a sparse binary code: 784 → 256 kWTA → 784.
 *
 *     deno run -P pipelines/mnist_autoencoder.ts --help
 *
 * @module
 */
import { E } from "../graph/fp_ts.ts";
import { autoencoder } from "../graph/models.ts";
import { bceWithLogitsLoss } from "../ops/losses/reconstruction.ts";
import { adam } from "../ops/optimisers/adam.ts";
import { stepLr } from "../ops/optimisers/schedules.ts";
import { settingFlags, training } from "./cli/training.ts";
import { withNormalisation } from "./data/splits.ts";
import { newest } from "./core/history.ts";
import type { Run } from "./core/run.ts";
import { pipeline, until } from "./core/stage.ts";
import { evaluate } from "./stages/evaluate.ts";
import { evaluateReconstruction } from "./stages/evaluate_reconstruction.ts";
import { graphAfterKwtaSchedule, kwtaSchedule } from "./stages/schedules.ts";

if (import.meta.main) {
  await training({
    name: "mnist_autoencoder",
    summary:
      "Trains an autoencoder of MNIST through a kWTA code, with dropout, drop-connect and binary\n" +
      "cross entropy, and counts the images that come back exactly.",
    datasets: ["mnist", "fashion_mnist", "strokes"],
    flags: {
      units: settingFlags.units(256),
      sparsity: settingFlags.sparsity(0.05),
      "learning-rate": settingFlags.learningRate(1e-3),
      "weight-decay": settingFlags.weightDecay(1e-5),
    },
    // The targets of the binary cross entropy are pixels in [0, 1].
    prepare: (dataset) => withNormalisation(dataset, { mean: [0], std: [1] }),
    recipe: ({ units, sparsity, epochs, ...options }, { dataset, train, keep }) => {
      const loss = bceWithLogitsLoss();
      const graph = autoencoder([784, units], { head: { sparsity } });
      const schedule = { stepSize: 1, gammaHardness: 1.25 };
      return E.right({
        graph,
        graphAt: (epoch) => graphAfterKwtaSchedule(graph, epoch, schedule),
        loss,
        optimiser: adam({
          learningRate: stepLr({ initial: options["learning-rate"], stepSize: 10, gamma: 0.5 }),
          weightDecay: options["weight-decay"],
        }),
        settings: {},
        stages: until(epochs)(pipeline(
          kwtaSchedule(schedule),
          train({ loss }),
          evaluate(dataset),
          evaluateReconstruction(dataset),
          keep({ name: "psnr" }),
        )),
      });
    },
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
