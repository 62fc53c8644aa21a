/**
 * The training step, and its parts that run on the host.
 *
 * A step of the MNIST encoder (batch 256, 784-64-512, soft kWTA at 5 %, random triplets, Adam with
 * weight decay): in its time are the batch's gathering and normalising, the draw of the triplets, the
 * upload, forward and backward pass, the update, and the disposal of what was superseded. The loss is
 * not read.
 *
 * @module
 */
import { permutation, seed } from "../../../graph/rng.ts";
import { drawTriplets } from "../../../ops/losses/samplers.ts";
import { gatherLabels, normaliser } from "../../../pipelines/data/normalise.ts";
import { BATCH, startTraining } from "../mnist_encoder.ts";
import type { Subject } from "../subject.ts";

const work = { count: BATCH, what: "images" };
const dispose = () => {};

/** Training step on every backend. */
export const trainingStep: Subject = {
  name: "training step",
  where: "device",
  cases: ({ data }) => [{
    name: `step of ${BATCH}`,
    work,
    prepare: () => {
      const training = startTraining(data);
      return {
        call: () => {
          training.next().dispose();
        },
        dispose: training.dispose,
      };
    },
  }],
};

/** Work of the host before every step. */
export const trainingBatch: Subject = {
  name: "training batch",
  where: "host",
  cases: ({ data: { train } }) => {
    const [order, rng] = permutation(train.count, seed(26));
    const picks = order.subarray(0, BATCH);
    const labels = gatherLabels(train, picks);
    const gather = normaliser(train.normalisation);
    const values = new Float32Array(picks.length * 784);
    return [
      {
        name: `gather ${BATCH} images`,
        work,
        prepare: () => ({ call: () => gather(train, 784, picks, values), dispose }),
      },
      {
        name: `draw ${10 * BATCH} triplets`,
        prepare: () => ({ call: () => drawTriplets(labels, 10 * BATCH, rng), dispose }),
      },
      {
        name: `order ${train.count} images`,
        prepare: () => ({ call: () => permutation(train.count, rng), dispose }),
      },
    ];
  },
};
