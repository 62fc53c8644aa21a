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
import { adamW } from "../ops/optimisers/adamw.ts";
import { cosineWarmupLr } from "../ops/schedules.ts";
import { experiment } from "./cli/experiment.ts";
import { pipeline, until } from "./stage.ts";
import { announce } from "./stages/announce.ts";
import { checkpoint } from "./stages/checkpoint.ts";
import { evaluate } from "./stages/evaluate.ts";
import { explain } from "./stages/explain.ts";
import { save } from "./stages/save.ts";
import { train } from "./stages/train.ts";

const classifier = graph`linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ relu ▷ linear(512, 10)`;
const loss = crossEntropyLoss();
const batchSize = 256;

if (import.meta.main) {
  await experiment({
    name: "mnist_softmax",
    summary: "Trains linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ relu ▷ linear(512, 10) on MNIST\n" +
      "with cross entropy: the baseline that kWTA is compared with.",
    datasets: ["mnist", "fashion_mnist", "strokes"],
    plan: (_, { epochs }) =>
      E.right({
        graph: classifier,
        loss,
        optimiser: adamW({
          learningRate: cosineWarmupLr({ peak: 2e-3, epochs, warmup: epochs > 1 ? 1 : 0 }),
          weightDecay: 0.05,
        }),
        settings: { batchSize },
        stages: ({ dataset, folder, epochs, watch }) =>
          pipeline(
            until(epochs)(pipeline(
              watch((observe) =>
                train({
                  data: dataset.train,
                  loss,
                  batchSize,
                  observe,
                })
              ),
              evaluate(dataset, { by: "argmax" }),
              save(folder, dataset),
              checkpoint(folder),
              announce(epochs),
            )),
            explain(dataset),
          ),
      }),
  });
}
