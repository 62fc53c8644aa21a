/**
 * The two ways of training that claims compare: softmax with cross entropy, and kWTA with the
 * supervised contrastive loss; both on the same layers, of any dataset.
 *
 * Their settings are those of `mnist_softmax.ts` and of `mnist_kwta.ts --loss supcon`.
 *
 * @module
 */
import type { Nodes } from "../../graph/node.ts";
import { graph } from "../../graph/parse.ts";
import { sizeOf } from "../../graph/space.ts";
import { crossEntropyLoss } from "../../ops/losses/cross_entropy.ts";
import { supConLoss } from "../../ops/losses/sup_con.ts";
import type { Loss } from "../../ops/losses/loss.ts";
import type { Optimiser } from "../../ops/optimiser.ts";
import { adamW } from "../../ops/optimisers/adamw.ts";
import { cosineWarmupLr, type Schedule } from "../../ops/schedules.ts";
import type { ObserveGradients } from "../../ops/train_step.ts";
import type { Dataset } from "../data/dataset.ts";
import { pipeline, repeat, type Stage } from "../stage.ts";
import { evaluate } from "../stages/evaluate.ts";
import { learningRate } from "../stages/learning_rate.ts";
import { train } from "../stages/train.ts";
import type { Length } from "./length.ts";
import type { Variant } from "./variant.ts";

/** A way of training, whatever the graph. */
export interface Recipe {
  /** What is made small. */
  readonly loss: Loss;
  /** What makes it small. */
  readonly optimiser: Optimiser;
  /** Of the learning rate, for so many epochs. */
  readonly rate: (epochs: number) => Schedule;
}

const BATCH = 256;

const warmedUp = (peak: number) => (epochs: number): Schedule =>
  cosineWarmupLr(peak, { epochs, warmup: epochs > 1 ? 1 : 0 });

/** That of `mnist_softmax.ts`. */
const softmaxRecipe: Recipe = {
  loss: crossEntropyLoss(),
  optimiser: adamW({ learningRate: 2e-3, weightDecay: 0.05 }),
  rate: warmedUp(2e-3),
};

/** That of `mnist_kwta.ts --loss supcon`. */
export const kwtaRecipe: Recipe = {
  loss: supConLoss({ temperature: 0.1 }),
  optimiser: adamW({ learningRate: 5e-3, weightDecay: 0.5 }),
  rate: warmedUp(5e-3),
};

/** The images of a dataset as `train` takes them. */
const trainingOf = ({ train: data, normalisation }: Dataset) => ({ data, normalisation });

/** One epoch of a recipe, of so many. */
export const epochOf = (
  { loss, optimiser, rate }: Recipe,
  { dataset, epochs }: Length,
  observe?: ObserveGradients,
): Stage =>
  pipeline(
    learningRate(rate(epochs)),
    train({ ...trainingOf(dataset), loss, optimiser, batchSize: BATCH, observe }),
  );

/** The layers that both have: inputs-64-512, with as many inputs as the dataset's images have. */
const layers = ({ shape }: Dataset): Nodes =>
  graph`linear(${sizeOf(shape)}, 64) ▷ relu ▷ linear(64, 512)`;

/** The encoder: the layers with a kWTA of 5 %. */
export const encoderFor = (dataset: Dataset): Nodes => graph`${layers(dataset)} ▷ kwta(0.05)`;

/** Cross entropy of the layers with a relu and a read-out, judged by the largest output. */
export const softmax = (length: Length): Variant => ({
  name: `softmax on ${length.dataset.name}`,
  begin: {
    graph: graph`${layers(length.dataset)} ▷ relu ▷ linear(512, ${length.dataset.classes.length})`,
    optimiser: softmaxRecipe.optimiser,
  },
  stages: pipeline(
    repeat(length.epochs)(epochOf(softmaxRecipe, length)),
    evaluate(length.dataset, { by: "argmax" }),
  ),
});

/** The encoder, judged by the nearest class centroid: before training, and after. */
export const kwta = (length: Length): Variant => ({
  name: `kWTA on ${length.dataset.name}`,
  begin: { graph: encoderFor(length.dataset), optimiser: kwtaRecipe.optimiser },
  stages: pipeline(
    evaluate(length.dataset),
    repeat(length.epochs)(epochOf(kwtaRecipe, length)),
    evaluate(length.dataset),
  ),
});
