/**
 * The baseline: the MLP of `mnist_kwta.ts` with relu in place of kWTA, trained by cross entropy.
 *
 *     deno run -P pipelines/mnist_softmax.ts --help
 *
 * @module
 */
import { E } from "../graph/fp_ts.ts";
import { graph } from "../graph/parse.ts";
import { crossEntropyLoss } from "../ops/losses/cross_entropy.ts";
import { adamW } from "../ops/optimisers/adam.ts";
import { cosineWarmupLr } from "../ops/optimisers/schedules.ts";
import { settingFlags, training } from "./cli/training.ts";
import { pipeline, until } from "./core/stage.ts";
import { evaluate } from "./stages/evaluate.ts";
import { explain } from "./stages/explain.ts";

if (import.meta.main) {
  await training({
    name: "mnist_softmax",
    summary: "Trains linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ relu ▷ linear(512, 10) on MNIST\n" +
      "with cross entropy: the baseline that kWTA is compared with.",
    datasets: ["mnist", "fashion_mnist", "strokes"],
    flags: {
      units: settingFlags.units(512, "units of the second layer"),
      "learning-rate": settingFlags.learningRate(2e-3),
      "weight-decay": settingFlags.weightDecay(0.05),
    },
    recipe: ({ units, epochs, ...options }, { dataset, train, keep }) => {
      const loss = crossEntropyLoss();
      return E.right({
        graph: graph`linear(784, 64) ▷ relu ▷ linear(64, ${units}) ▷ relu ▷ linear(${units}, 10)`,
        loss,
        optimiser: adamW({
          learningRate: cosineWarmupLr({
            peak: options["learning-rate"],
            epochs,
            warmup: epochs > 1 ? 1 : 0,
          }),
          weightDecay: options["weight-decay"],
        }),
        settings: {},
        stages: pipeline(
          until(epochs)(pipeline(
            train({ loss }),
            evaluate(dataset, { by: "argmax" }),
            keep(),
          )),
          explain(dataset),
        ),
      });
    },
  });
}
