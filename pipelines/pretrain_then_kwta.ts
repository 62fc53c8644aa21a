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
import { contrastiveLoss } from "../ops/losses/contrastive.ts";
import { crossEntropyLoss } from "../ops/losses/cross_entropy.ts";
import { adam } from "../ops/optimisers/adam.ts";
import { chain } from "../ops/optimisers/chain.ts";
import { freeze } from "../ops/optimisers/transforms.ts";
import { stepLr } from "../ops/optimisers/schedules.ts";
import { settingFlags, training } from "./cli/training.ts";
import { pipeline, type Stage, until, when } from "./core/stage.ts";
import { evaluate, type EvaluateOptions } from "./stages/evaluate.ts";
import { explain } from "./stages/explain.ts";
import { graphAfterKwtaSchedule, kwtaSchedule } from "./stages/schedules.ts";
import { newHead } from "./stages/new_head.ts";

const classifier = graph`linear(784, 256) ▷ relu ▷ linear(256, 64) ▷ relu ▷ linear(64, 10)`;
/** The nodes of the trunk: all of the classifier but its last layer. */
const keptNodes = 4;

if (import.meta.main) {
  await training({
    name: "pretrain_then_kwta",
    summary:
      "Trains an MLP on MNIST with cross entropy, freezes its trunk, replaces its last layer by\n" +
      "linear ▷ kWTA, and trains that with the contrastive loss.",
    datasets: ["mnist", "fashion_mnist", "strokes"],
    flags: {
      pretrain: {
        kind: "integer",
        help: "epochs of the classifier, before those of the codes",
        least: 1,
        most: 1e6,
        fallback: 10,
      },
      units: settingFlags.units(512),
      sparsity: settingFlags.sparsity(0.05),
      "learning-rate": settingFlags.learningRate(1e-3),
      "weight-decay": settingFlags.weightDecay(1e-5),
    },
    total: ({ pretrain, epochs }) => pretrain + epochs,
    recipe: ({ pretrain, epochs, units, sparsity, ...options }, { dataset, train, keep }) => {
      const update = adam({
        // Both trainings follow it: it goes by the run's epochs, and so goes on where the pretraining ends.
        learningRate: stepLr({ initial: options["learning-rate"], stepSize: 10, gamma: 0.5 }),
        weightDecay: options["weight-decay"],
      });
      const pretraining = { loss: crossEntropyLoss(), optimiser: update };
      const coding = {
        loss: contrastiveLoss({ margin: 0.5 }),
        optimiser: chain(freeze("0", "2"), update),
      };
      const head = graph`linear(64, ${units}, bias=false) ▷ kwta(${sparsity})`;
      const epoch = (
        { loss }: typeof pretraining | typeof coding,
        by: EvaluateOptions["by"],
      ): Stage =>
        pipeline(
          train({ loss }),
          evaluate(dataset, { by }),
          keep(),
        );
      const encoder = { nodes: [...classifier.nodes.slice(0, keptNodes), ...head.nodes] };
      return E.right({
        graph: classifier,
        graphAt: (epoch) =>
          epoch > pretrain ? graphAfterKwtaSchedule(encoder, epoch, {}, pretrain) : classifier,
        ...pretraining,
        optimiserAt: (epoch) => epoch > pretrain ? coding.optimiser : pretraining.optimiser,
        settings: {
          head: { loss: coding.loss.name, optimiser: coding.optimiser.name },
        },
        stages: pipeline(
          until(pretrain)(epoch(pretraining, "argmax")),
          when(
            ({ epoch }) => epoch === pretrain,
            newHead({ keep: keptNodes, head, optimiser: coding.optimiser }),
          ),
          until(pretrain + epochs)(pipeline(kwtaSchedule(), epoch(coding, "centroid"))),
          explain(dataset),
        ),
      });
    },
  });
}
