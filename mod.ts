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
 *     normalisation: data.normalisation,
 *     loss: tripletCosineLoss(),
 *     optimiser,
 *     batchSize: 64,
 *   })),
 *   evaluate(data),
 * );
 * const done = await experiment(run.right)(quietEnv(backend.right))();
 * if (E.isLeft(done)) throw new Error(describe(done.left));
 * assert(latest(done.right.history, "accuracy", "test")! > 0.2);
 * dispose(done.right);
 * ```
 *
 * @module
 */
export * from "./graph/codec.ts";
export * from "./graph/compose.ts";
export * from "./graph/constructors.ts";
export * from "./graph/cost.ts";
export * from "./graph/encoder.ts";
export * from "./graph/error.ts";
export * from "./graph/fold.ts";
export { E, flow, O, pipe, RA, RTE, TE } from "./graph/fp_ts.ts";
export * from "./graph/mermaid.ts";
export * from "./graph/models/autoencoder.ts";
export * from "./graph/models/embedder_sdr.ts";
export type * from "./graph/models/head.ts";
export * from "./graph/models/mlp.ts";
export * from "./graph/models/res_net.ts";
export * from "./graph/models/vgg_like.ts";
export * from "./graph/node.ts";
export * from "./graph/params.ts";
export * from "./graph/parse.ts";
export * from "./graph/plasticity.ts";
export * from "./graph/required_input.ts";
export * from "./graph/rewrite.ts";
export * from "./graph/rng.ts";
export * from "./graph/scaling.ts";
export * from "./graph/shape.ts";
export * from "./graph/show.ts";
export * from "./graph/swap_head.ts";
export * from "./graph/types.ts";
export * from "./graph/wiring.ts";

export * from "./ops/backend.ts";
export * from "./ops/embeddings.ts";
export * from "./ops/gradient_sums.ts";
export * from "./ops/gradients.ts";
export * from "./ops/homeostasis.ts";
export * from "./ops/information/discrete/accuracy_bound.ts";
export * from "./ops/information/discrete/binning.ts";
export * from "./ops/information/nearest/class_conditional.ts";
export * from "./ops/information/gaussian/class_information.ts";
export * from "./ops/information/gaussian/copula.ts";
export * from "./ops/information/discrete/entropy.ts";
export {
  gaussianEntropy,
  gaussianEntropyBias,
  type GaussianOptions,
} from "./ops/information/gaussian/gaussian_entropy.ts";
export * from "./ops/information/gaussian/gcmi.ts";
export * from "./ops/information/nearest/jitter.ts";
export * from "./ops/information/clusters/kmeans.ts";
export { knnEntropy } from "./ops/information/nearest/knn_entropy.ts";
export type { KnnOptions } from "./ops/information/nearest/knn_options.ts";
export { ksgInformation } from "./ops/information/nearest/ksg.ts";
export * from "./ops/information/gaussian/mixture_information.ts";
export * from "./ops/information/discrete/mutual_information.ts";
export { dvBound } from "./ops/information/neural/dv_bound.ts";
export { correlationInformation, gaussianPairs } from "./ops/information/neural/gaussian_pairs.ts";
export { infoNceBound } from "./ops/information/neural/info_nce_bound.ts";
export * from "./ops/information/neural/neural_information.ts";
export type { NeuralBound, NeuralOptions } from "./ops/information/neural/options.ts";
export type { Pairs, PairSource } from "./ops/information/neural/pairs.ts";
export { smileBound } from "./ops/information/neural/smile_bound.ts";
export { exactPca, type Pca, type PcaResult, project } from "./ops/information/components/pca.ts";
export * from "./ops/information/plane/binned.ts";
export { codesPlane } from "./ops/information/plane/codes.ts";
export * from "./ops/information/plane/estimator.ts";
export * from "./ops/information/plane/gaussian.ts";
export * from "./ops/information/plane/k_means.ts";
export * from "./ops/information/plane/nearest.ts";
export * from "./ops/information/plane/neural.ts";
export * from "./ops/information/components/principal.ts";
export * from "./ops/information/components/randomised_pca.ts";
export * from "./ops/information/nearest/ross.ts";
export * from "./ops/information/samples.ts";
export * from "./ops/information/discrete/symbols.ts";
export * from "./ops/interpreter.ts";
export { boostedWinners } from "./ops/k_winners.ts";
export { hardKwta, predictedThreshold, softKwta, thresholded, winners } from "./ops/kwta.ts";
export * from "./ops/losses/binary_cross_entropy.ts";
export * from "./ops/losses/contrastive.ts";
export * from "./ops/losses/contrastive_loss.ts";
export * from "./ops/losses/cross_entropy.ts";
export * from "./ops/losses/loss.ts";
export * from "./ops/losses/mean_squared_error.ts";
export * from "./ops/losses/mined_triplet_loss.ts";
export * from "./ops/losses/mined_triplets.ts";
export * from "./ops/losses/pairwise_distances.ts";
export * from "./ops/losses/penalty.ts";
export * from "./ops/losses/sup_con.ts";
export * from "./ops/losses/triplet_cosine.ts";
export * from "./ops/losses/triplet_cosine_loss.ts";
export * from "./ops/losses/triplet_margin.ts";
export * from "./ops/losses/triplet_margin_loss.ts";
export * from "./ops/metrics/centroids.ts";
export * from "./ops/metrics/class_spread.ts";
export * from "./ops/metrics/classification.ts";
export * from "./ops/metrics/code_moments.ts";
export * from "./ops/metrics/confusion.ts";
export * from "./ops/metrics/dice_overlap.ts";
export * from "./ops/metrics/distances.ts";
export * from "./ops/metrics/factors_root.ts";
export * from "./ops/metrics/gradient_signal.ts";
export * from "./ops/metrics/moments.ts";
export * from "./ops/metrics/nearest_centroid.ts";
export * from "./ops/metrics/neighbours.ts";
export * from "./ops/metrics/reconstruction.ts";
export * from "./ops/metrics/retrieval.ts";
export * from "./ops/metrics/unit_activity.ts";
export * from "./ops/metrics/weight_change.ts";
export * from "./ops/optimiser.ts";
export * from "./ops/optimisers/adam.ts";
export * from "./ops/optimisers/adamw.ts";
export * from "./ops/optimisers/add_decayed_weights.ts";
export * from "./ops/optimisers/chain.ts";
export * from "./ops/optimisers/clip_by_norm.ts";
export * from "./ops/optimisers/clip_by_value.ts";
export * from "./ops/optimisers/freeze.ts";
export * from "./ops/optimisers/momentum.ts";
export * from "./ops/optimisers/scale_by_adam.ts";
export * from "./ops/optimisers/scale_by_learning_rate.ts";
export * from "./ops/optimisers/sgd.ts";
export * from "./ops/optimisers/transform.ts";
export * from "./ops/plateau.ts";
export * from "./ops/samplers/pairs.ts";
export * from "./ops/samplers/relations.ts";
export * from "./ops/samplers/triplets.ts";
export type { ImageArray } from "./ops/saliency/image.ts";
export type { SaliencyOptions } from "./ops/saliency/options.ts";
export * from "./ops/saliency/saliency.ts";
export * from "./ops/saliency/scores.ts";
export * from "./ops/profiler.ts";
export * from "./ops/schedules.ts";
export * from "./ops/sdr/approximate_search.ts";
export * from "./ops/sdr/bundle.ts";
export {
  type CodeDistance,
  type CodeIndex,
  codeIndex,
  search,
  type SearchOptions,
} from "./ops/sdr/code_index.ts";
export * from "./ops/sdr/code_index_gpu.ts";
export {
  appendCodes,
  concatenate,
  emptyCodes,
  fromDense,
  fromIndices,
  fromWords,
  pickCodes,
  toDense,
  toIndices,
} from "./ops/sdr/codes.ts";
export * from "./ops/sdr/false_match.ts";
export * from "./ops/sdr/noise.ts";
export {
  complement,
  difference,
  intersection,
  symmetricDifference,
  union,
} from "./ops/sdr/set_algebra.ts";
export * from "./ops/sdr/similarity.ts";
export * from "./ops/sdr/willshaw.ts";
export * from "./ops/sdr/willshaw_recall.ts";
export * from "./ops/sdr/willshaw_theory.ts";
export * from "./ops/select_rows.ts";
export { type Params, tf } from "./ops/tfjs.ts";
export { nextDuty, scalingFactors } from "./ops/synaptic_scaling.ts";
export * from "./ops/train_step.ts";

export * from "./pipelines/codes_file.ts";
export * from "./pipelines/config.ts";
export {
  type Dashboard,
  type DashboardOptions,
  startDashboard,
} from "./pipelines/dashboard/dashboard.ts";
export { DASHBOARD_PORT } from "./pipelines/dashboard/port.ts";
export type { RunEnd } from "./pipelines/dashboard/update.ts";
export * from "./pipelines/data/augment.ts";
export * from "./pipelines/data/batch.ts";
export { type Cifar10Options, loadCifar10 } from "./pipelines/data/cifar10.ts";
export * from "./pipelines/data/classes.ts";
export type {
  Dataset,
  Images,
  Normalisation,
  Split as DataSplit,
} from "./pipelines/data/dataset.ts";
export * from "./pipelines/data/digits.ts";
export * from "./pipelines/data/environment.ts";
export { type FashionMnistOptions, loadFashionMnist } from "./pipelines/data/fashion_mnist.ts";
export type { Colour } from "./pipelines/data/fit.ts";
export * from "./pipelines/data/idx.ts";
export * from "./pipelines/data/image_folder.ts";
export * from "./pipelines/data/images.ts";
export { loadMnist, type MnistOptions } from "./pipelines/data/mnist.ts";
export * from "./pipelines/data/moments.ts";
export { subset, take, type ValidationOptions, withValidation } from "./pipelines/data/splits.ts";
export * from "./pipelines/data/strokes.ts";
export * from "./pipelines/batches.ts";
export * from "./pipelines/encode.ts";
export * from "./pipelines/encode_batches.ts";
export * from "./pipelines/env.ts";
export * from "./pipelines/files.ts";
export type { CodedSample, ConfusedImage, Findings } from "./pipelines/findings.ts";
export { averagePrecision } from "./pipelines/held_out/average_precision.ts";
export * from "./pipelines/history.ts";
export * from "./pipelines/layer_outputs.ts";
export * from "./pipelines/model_file.ts";
export * from "./pipelines/run.ts";
export * from "./pipelines/safetensors.ts";
export {
  nameOf,
  type Origin,
  originOf,
  type OriginPart,
  type Origins,
  type SplitOf,
} from "./pipelines/search/origins.ts";
export * from "./pipelines/stage.ts";
export * from "./pipelines/stages/announce.ts";
export * from "./pipelines/stages/boost_decay.ts";
export * from "./pipelines/stages/evaluate.ts";
export * from "./pipelines/stages/evaluate_reconstruction.ts";
export * from "./pipelines/stages/explain.ts";
export * from "./pipelines/stages/info_plane.ts";
export * from "./pipelines/stages/kwta_schedule.ts";
export * from "./pipelines/stages/learning_rate.ts";
export type * from "./pipelines/stages/midway.ts";
export * from "./pipelines/stages/monitor.ts";
export * from "./pipelines/stages/new_head.ts";
export * from "./pipelines/stages/reduce_on_plateau.ts";
export * from "./pipelines/stages/report.ts";
export * from "./pipelines/stages/save.ts";
export * from "./pipelines/stages/synaptic_scaling.ts";
export * from "./pipelines/stages/train.ts";
export * from "./pipelines/stages/watch_gradients.ts";
export * from "./pipelines/stages/watch_weights.ts";
export * from "./pipelines/stages/weight_homeostasis.ts";
export {
  addCodes,
  type CodeTable,
  type CodeTableOptions,
  countCodes,
  openCodeTable,
} from "./pipelines/vector_database/code_table.ts";
export {
  closeDatabase,
  type Database,
  type DatabaseOptions,
  openDatabase,
} from "./pipelines/vector_database/database.ts";
export type { Driver, Query } from "./pipelines/vector_database/driver.ts";
export { searchTable } from "./pipelines/vector_database/search_table.ts";
export * from "./pipelines/version.ts";
