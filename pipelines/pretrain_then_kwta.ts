/**
 * Trains a classifier with cross entropy, freezes its trunk, puts a kWTA head on it, and trains that
 * with the contrastive loss.
 *
 *     deno run -P pipelines/pretrain_then_kwta.ts --help
 *
 * @module
 */
import { E } from "../graph/fp_ts.ts";
import { graph } from "../graph/parse.ts";
import { contrastiveLoss } from "../ops/losses/contrastive_loss.ts";
import { crossEntropyLoss } from "../ops/losses/cross_entropy.ts";
import { adam } from "../ops/optimisers/adam.ts";
import { chain } from "../ops/optimisers/chain.ts";
import { freeze } from "../ops/optimisers/freeze.ts";
import { stepLr } from "../ops/schedules.ts";
import { experiment } from "./cli/experiment.ts";
import type { Dataset } from "./data/dataset.ts";
import { pipeline, type Stage, until, when } from "./stage.ts";
import { announce } from "./stages/announce.ts";
import { checkpoint } from "./stages/checkpoint.ts";
import { evaluate, type EvaluateOptions } from "./stages/evaluate.ts";
import { explain } from "./stages/explain.ts";
import { kwtaSchedule } from "./stages/kwta_schedule.ts";
import { newHead } from "./stages/new_head.ts";
import { save } from "./stages/save.ts";
import { train } from "./stages/train.ts";

const classifier = graph`linear(784, 256) ▷ relu ▷ linear(256, 64) ▷ relu ▷ linear(64, 10)`;
/** The trunk: all of it but the last layer. */
const keep = 4;
const head = graph`linear(64, 512, bias=false) ▷ kwta(0.05)`;
const reference = adam({
  // Both trainings follow it: it goes by the run's epochs, and so goes on where the pretraining ends.
  learningRate: stepLr({ initial: 1e-3, stepSize: 10, gamma: 0.5 }),
  weightDecay: 1e-5,
});
const pretraining = { loss: crossEntropyLoss(), optimiser: reference };
const coding = {
  loss: contrastiveLoss({ margin: 0.5 }),
  optimiser: chain(freeze("0", "2"), reference),
};
const batchSize = 256;

const trainingOf = ({ train: data }: Dataset) => ({ data });

if (import.meta.main) {
  await experiment({
    name: "pretrain_then_kwta",
    summary:
      "Trains an MLP on MNIST with cross entropy, freezes its trunk, replaces its last layer\n" +
      "by linear ▷ kWTA of 5 %, and trains that with the contrastive loss.",
    datasets: ["mnist", "fashion_mnist", "strokes"],
    flags: {
      pretrain: {
        kind: "integer",
        help: "epochs of the classifier, before those of the codes",
        least: 1,
        most: 1e6,
        fallback: 10,
      },
    },
    total: ({ pretrain, epochs }) => pretrain + epochs,
    plan: (_, { pretrain }) =>
      E.right({
        graph: classifier,
        ...pretraining,
        optimiserAt: (epoch) => epoch > pretrain ? coding.optimiser : pretraining.optimiser,
        settings: {
          batchSize,
          head: { loss: coding.loss.name, optimiser: coding.optimiser.name },
        },
        stages: ({ dataset, folder, epochs, watch }) => {
          const epoch = (
            { loss }: typeof pretraining | typeof coding,
            by: EvaluateOptions["by"],
          ): Stage =>
            pipeline(
              watch((observe) => train({ ...trainingOf(dataset), loss, batchSize, observe })),
              evaluate(dataset, { by }),
              save(folder, dataset),
              checkpoint(folder),
              announce(pretrain + epochs),
            );
          return pipeline(
            until(pretrain)(epoch(pretraining, "argmax")),
            when(
              ({ epoch }) => epoch === pretrain,
              newHead({ keep, head, optimiser: coding.optimiser }),
            ),
            until(pretrain + epochs)(pipeline(kwtaSchedule(), epoch(coding, "centroid"))),
            explain(dataset),
          );
        },
      }),
  });
}
