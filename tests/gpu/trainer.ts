/**
 * The encoders that the GPU kit trains, step by step.
 *
 * @module
 */
import { embedderSdr } from "../../graph/models.ts";
import type { Graph } from "../../graph/node.ts";
import { graph } from "../../graph/parse.ts";
import { permutation, seed } from "../../graph/rng.ts";
import type { Shape } from "../../graph/types.ts";
import { lower } from "../../ops/interpreter.ts";
import type { Loss } from "../../ops/losses/loss.ts";
import { supConLoss } from "../../ops/losses/contrastive.ts";
import { tripletCosineLoss } from "../../ops/losses/triplet.ts";
import { adam } from "../../ops/optimisers/adam.ts";
import type { tf } from "../../ops/tfjs.ts";
import { type ObserveGradients, type TrainState, trainStep } from "../../ops/train_step.ts";
import { feedOf } from "../../pipelines/data/feed.ts";
import { gatherLabels } from "../../pipelines/data/normalise.ts";
import type { Dataset, ImageSplit } from "../../pipelines/data/dataset.ts";
import { createRun, dispose } from "../../pipelines/core/run.ts";
import { unwrap } from "../bench/mnist_encoder.ts";

/** An encoder of MNIST and the loss that it is trained with. */
interface Net {
  readonly graph: Graph;
  readonly loss: Loss;
  /** Shape of one sample, where the graph does not start with a linear map. */
  readonly input?: Shape;
}

const convolutional = embedderSdr([28, 28], {
  convChannels: 8,
  units: 512,
  head: { sparsity: 0.05 },
});

/**
 * The encoder of the README, a wide one and a convolutional one; and the last without its kWTA, whose
 * gradient jumps where two units are equal but for rounding.
 */
export const nets = {
  mlp: {
    graph: graph`linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)`,
    loss: tripletCosineLoss(),
  },
  big: {
    graph: graph`linear(784, 1024) ▷ relu ▷ linear(1024, 4096) ▷ kwta(0.05)`,
    loss: tripletCosineLoss(),
  },
  conv: {
    graph: convolutional,
    loss: supConLoss({ temperature: 0.1 }),
    input: [28, 28],
  },
  "conv without kWTA": {
    graph: { nodes: convolutional.nodes.slice(0, -1) },
    loss: supConLoss({ temperature: 0.1 }),
    input: [28, 28],
  },
} as const satisfies Readonly<Record<string, Net>>;

/** The name of an encoder. */
export type NetName = keyof typeof nets;

const optimiser = adam({ learningRate: 1e-3, weightDecay: 1e-5 });

/** A training that goes on for as long as someone asks for steps. */
export interface Trainer {
  /** Makes one step on the next batch. The caller disposes of its loss. */
  readonly next: () => tf.Scalar;
  /** The weights as they are now. They are disposed of by the next step. */
  readonly state: () => TrainState;
  /** Milliseconds that the loss has taken so far to draw its triplets on the host. */
  readonly drawing: () => number;
  /** Frees the weights and the batches. */
  readonly dispose: () => void;
}

/**
 * Starts a training on the current backend, from the same weights and with the same batches every time.
 *
 * @param batch Samples per step, at most those of the training set.
 * @param observe Called with the gradients of each step. @default none
 */
export function startTrainer(
  name: NetName,
  { train }: Dataset<ImageSplit>,
  batch: number,
  observe?: ObserveGradients,
): Trainer {
  const net: Net = nets[name];
  const run = unwrap(createRun({ ...net, optimiser, seed: 26 }));
  let drawing = 0;
  const loss: Loss = {
    ...net.loss,
    draw: (...given) => {
      const begun = performance.now();
      const drawn = net.loss.draw(...given);
      drawing += performance.now() - begun;
      return drawn;
    },
  };
  const step = trainStep({ model: lower(run.graph), input: run.input, loss, optimiser, observe });
  const feed = feedOf(train, batch);
  const [order] = permutation(train.count, seed(7));
  let state: TrainState = run;
  let at = 0;
  return {
    next: () => {
      if (at + batch > order.length) at = 0;
      const picks = order.subarray(at, at += batch);
      const stepped = step(state, { values: feed.rows(picks), labels: gatherLabels(train, picks) });
      state = stepped.state;
      return stepped.loss;
    },
    state: () => state,
    drawing: () => drawing,
    dispose: () => {
      feed.dispose();
      dispose(state);
    },
  };
}
