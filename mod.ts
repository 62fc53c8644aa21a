/**
 * Sparrow: train and use encoders that turn images, or any vectors, into binary sparse distributed
 * representations.
 *
 * A model is an immutable graph, a training run an immutable value, and what happens to them are
 * functions that compose. Whatever can fail returns its error as a value, which `orThrow` throws.
 *
 * @example An encoder is trained, encodes an image, and finds the nearest of 1,000 others.
 * ```ts
 * import * as sparrow from "./mod.ts";
 * const { encodeImages, graph, orThrow } = sparrow;
 *
 * const env = sparrow.quietEnv(await orThrow(sparrow.startBackend()));
 * const digits = await orThrow(sparrow.loadStrokes()); // or loadMnist(), loadImageFolder({ … })
 * const model = graph`linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)`;
 * const run = orThrow(sparrow.createRun({ graph: model, optimiser: sparrow.adam() }));
 * const epoch = sparrow.train({ data: digits.train, loss: sparrow.tripletCosineLoss() });
 * const trained = await orThrow(sparrow.repeat(4)(epoch)(run)(env));
 *
 * const encoder = await orThrow(sparrow.trainedEncoder(trained, digits));
 * const known = await orThrow(encodeImages(encoder, ["strokes"], { split: "train", first: 1000 }));
 * const asked = await orThrow(encodeImages(encoder, ["strokes"], { first: 1 })); // or ["photo.jpg"]
 * console.log(orThrow(sparrow.nearestImages(known, asked, { k: 3 })));
 * ```
 *
 * @module
 */
// Graphs: nodes, and how they compose. `./graph` has all of them, and what reads and rewrites graphs.
export { graph } from "./graph/parse.ts";
export { show } from "./graph/show.ts";
export { fanout, residual, to } from "./graph/compose.ts";
export {
  add,
  avgPool2d,
  batchNorm,
  concat,
  conv2d,
  dropout,
  flatten,
  gelu,
  kwta,
  linear,
  maxPool2d,
  relu,
  reshape,
  sigmoid,
  softmax,
  tanh,
} from "./graph/constructors.ts";
export type { Graph } from "./graph/node.ts";
export type { Shape } from "./graph/types.ts";

// Ready models, and nodes of one's own.
export { autoencoder, embedderSdr, mlp } from "./graph/models.ts";
export { defineNode } from "./ops/custom_node.ts";

// Errors as values, and the parts of fp-ts that signatures mention.
export { describe, orThrow, type SparrowError } from "./graph/error.ts";
export { E, pipe } from "./graph/fp_ts.ts";

// Running: a backend, an environment, a run and its history.
export { type Backend, startBackend } from "./ops/backend.ts";
export { tf } from "./ops/tfjs.ts";
export { consoleEnv, type Env, quietEnv } from "./pipelines/core/env.ts";
export { createRun, dispose, fork, type Run } from "./pipelines/core/run.ts";
export { type History, latest } from "./pipelines/core/history.ts";

// Stages, and how they compose. `./stages` has the rest.
export {
  every,
  pipeline,
  repeat,
  type Stage,
  stage,
  tap,
  until,
  when,
} from "./pipelines/core/stage.ts";
export { checkpoint } from "./pipelines/stages/checkpoint.ts";
export { evaluate } from "./pipelines/stages/evaluate.ts";
export { synapticScaling } from "./pipelines/stages/homeostasis.ts";
export { infoPlane } from "./pipelines/stages/info_plane.ts";
export { monitor } from "./pipelines/stages/monitor.ts";
export { report } from "./pipelines/stages/report.ts";
export { save } from "./pipelines/stages/save.ts";
export { kwtaSchedule } from "./pipelines/stages/schedules.ts";
export { train } from "./pipelines/stages/train.ts";

// Losses. `./losses` has the rest.
export type { Loss } from "./ops/losses/loss.ts";
export { contrastiveLoss, supConLoss } from "./ops/losses/contrastive.ts";
export { crossEntropyLoss } from "./ops/losses/cross_entropy.ts";
export { bceWithLogitsLoss, meanSquaredErrorLoss } from "./ops/losses/reconstruction.ts";
export { tripletCosineLoss } from "./ops/losses/triplet.ts";

// Optimisers and schedules of the learning rate. `./optimisers` has the rest.
export type { Optimiser } from "./ops/optimisers/transform.ts";
export { adam, adamW } from "./ops/optimisers/adam.ts";
export { sgd } from "./ops/optimisers/sgd.ts";
export { cosineLr, stepLr } from "./ops/optimisers/schedules.ts";

// Data. `./data` has the rest.
export type { Dataset, DataSplit } from "./pipelines/data/dataset.ts";
export { loadStrokes } from "./pipelines/data/strokes.ts";
export { loadFashionMnist, loadMnist } from "./pipelines/data/mnist.ts";
export { loadCifar10 } from "./pipelines/data/cifar10.ts";
export { loadImageFolder } from "./pipelines/data/image_folder.ts";
export { withValidation } from "./pipelines/data/splits.ts";
export { augment } from "./pipelines/data/augment.ts";

// Files of models, and encoding. `./codes` searches codes, `./files` saves them.
export { loadModel } from "./pipelines/files/model.ts";
export { encode } from "./pipelines/encode/encode.ts";
export { encodeImages } from "./pipelines/encode/encode_images.ts";
export {
  encodeImage,
  type Encoder,
  loadEncoder,
  trainedEncoder,
} from "./pipelines/encode/encoder.ts";
export { nearestImages } from "./pipelines/encode/search.ts";
