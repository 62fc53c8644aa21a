/**
 * Sparrow: train and use encoders that turn images, or any vectors, into binary sparse distributed
 * representations.
 *
 * A model is an immutable graph, a training run an immutable value, and what happens to them are
 * functions that compose.
 *
 * @example
 * ```ts
 * import {
 *   adam,
 *   createRun,
 *   describe,
 *   dispose,
 *   E,
 *   evaluate,
 *   graph,
 *   latest,
 *   loadStrokes,
 *   orThrow,
 *   pipeline,
 *   quietEnv,
 *   repeat,
 *   startBackend,
 *   train,
 *   tripletCosineLoss,
 * } from "./mod.ts";
 * import { assert } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const encoder = graph`linear(784, 32) ▷ relu ▷ linear(32, 128) ▷ kwta(0.05)`;
 * const optimiser = adam({ learningRate: 3e-3 });
 *
 * const digits = await loadStrokes({ seed: 26, train: 512, test: 128 })();
 * const backend = await startBackend("wasm")();
 * const run = createRun({ graph: encoder, optimiser, seed: 26 });
 * if (E.isLeft(digits) || E.isLeft(backend) || E.isLeft(run)) throw new Error("no start");
 * const data = digits.right;
 *
 * const experiment = pipeline(
 *   repeat(4)(train({
 *     data: data.train,
 *     loss: tripletCosineLoss(),
 *     batchSize: 64,
 *   })),
 *   evaluate(data),
 * );
 * const done = await experiment(run.right)(quietEnv(backend.right))();
 * if (E.isLeft(done)) throw new Error(describe(done.left));
 * assert(orThrow(latest(done.right.history, "accuracy", "test")) > 0.2);
 * dispose(done.right);
 * ```
 *
 * @module
 */
export { fanout, identity, residual, to } from "./graph/compose.ts";
export {
  add,
  avgPool2d,
  batchNorm,
  concat,
  conv2d,
  dropout,
  flatten,
  gelu,
  kWinners,
  kwta,
  learnedKwta,
  linear,
  logSoftmax,
  maxPool2d,
  predictedKwta,
  relu,
  reshape,
  sigmoid,
  softmax,
  tanh,
  winnerTakeAll,
} from "./graph/constructors.ts";
export { describe, orThrow, type SparrowError } from "./graph/error.ts";
export { E, pipe, TE } from "./graph/fp_ts.ts";
export { autoencoder, embedderSdr, mlp, resNet, vggLike } from "./graph/models.ts";
export type { Graph, Nodes } from "./graph/node.ts";
export { graph, parse } from "./graph/parse.ts";
export { swapHead } from "./graph/rewrite.ts";
export { inferShapes } from "./graph/shape.ts";
export { show } from "./graph/show.ts";
export type { Shape } from "./graph/types.ts";
export { type Backend, startBackend } from "./ops/backend.ts";
export { defineNode } from "./ops/custom_node.ts";
export { contrastiveLoss, supConLoss } from "./ops/losses/contrastive.ts";
export { crossEntropyLoss } from "./ops/losses/cross_entropy.ts";
export type { Loss } from "./ops/losses/loss.ts";
export { bceWithLogitsLoss, meanSquaredErrorLoss } from "./ops/losses/reconstruction.ts";
export { tripletCosineLoss, tripletMarginLoss } from "./ops/losses/triplet.ts";
export { adam, adamW } from "./ops/optimisers/adam.ts";
export { cosineLr, cosineWarmupLr, stepLr } from "./ops/optimisers/schedules.ts";
export { sgd } from "./ops/optimisers/sgd.ts";
export type { Optimiser } from "./ops/optimisers/transform.ts";
export { tf } from "./ops/tfjs.ts";
export { writeConfig } from "./pipelines/core/config.ts";
export { consoleEnv, type Env, quietEnv } from "./pipelines/core/env.ts";
export { type History, latest } from "./pipelines/core/history.ts";
export { createRun, dispose, fork, type Run } from "./pipelines/core/run.ts";
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
export { augment } from "./pipelines/data/augment.ts";
export { loadCifar10 } from "./pipelines/data/cifar10.ts";
export type { Dataset, DataSplit } from "./pipelines/data/dataset.ts";
export { denoDataEnv } from "./pipelines/data/environment.ts";
export { loadImageFolder } from "./pipelines/data/image_folder.ts";
export { loadFashionMnist, loadMnist } from "./pipelines/data/mnist.ts";
export { withValidation } from "./pipelines/data/splits.ts";
export { loadStrokes } from "./pipelines/data/strokes.ts";
export { encode } from "./pipelines/encode/encode.ts";
export { encodeImage, loadEncoder } from "./pipelines/encode/encoder.ts";
export { denoFiles } from "./pipelines/files/files.ts";
export { loadModel, saveModel } from "./pipelines/files/model.ts";
export { announce } from "./pipelines/stages/announce.ts";
export { checkpoint } from "./pipelines/stages/checkpoint.ts";
export { evaluate } from "./pipelines/stages/evaluate.ts";
export { explain } from "./pipelines/stages/explain.ts";
export { synapticScaling } from "./pipelines/stages/homeostasis.ts";
export { infoPlane } from "./pipelines/stages/info_plane.ts";
export { monitor } from "./pipelines/stages/monitor.ts";
export { newHead } from "./pipelines/stages/new_head.ts";
export { report } from "./pipelines/stages/report.ts";
export { save } from "./pipelines/stages/save.ts";
export { kwtaSchedule, reduceOnPlateau } from "./pipelines/stages/schedules.ts";
export { train } from "./pipelines/stages/train.ts";
