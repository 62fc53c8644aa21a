/**
 * Everything public of `ops/`: what a graph is lowered to, what trains it, what is measured on it, and codes.
 *
 * What comes from outside, as an option that a user chooses or the samples of a file, is refused by a value:
 * an `Either` or a `TaskEither` with a `SparrowError`. A mistake of the program, as labels that are fewer than
 * their codes, or two sets of codes of different widths, throws a `RangeError` or a `TypeError`: `@throws` says
 * where. Estimators of information answer with a value even then.
 *
 * @module
 */
export * from "./backend.ts";
export {
  defineNode,
  type NodeConstructor,
  type NodeDefinition,
  type NodeKernel,
} from "./custom_node.ts";
export {
  activity,
  type BinaryEmbeddings,
  type DenseEmbeddings,
  type Embeddings,
  sparsity,
  wordsPerCode,
} from "./embeddings.ts";
export * from "./gradient_sums.ts";
export * from "./gradients.ts";
export { homeostasis, type HomeostasisOptions } from "./homeostasis.ts";
export { fanoAccuracy } from "./information/discrete/accuracy_bound.ts";
export * from "./information/discrete/binning.ts";
export * from "./information/nearest/class_conditional.ts";
export * from "./information/gaussian/class_information.ts";
export * from "./information/gaussian/copula.ts";
export * from "./information/discrete/entropy.ts";
export {
  gaussianEntropy,
  gaussianEntropyBias,
  type GaussianOptions,
} from "./information/gaussian/gaussian_entropy.ts";
export * from "./information/gaussian/gcmi.ts";
export * from "./information/nearest/jitter.ts";
export * from "./information/clusters/kmeans.ts";
export { knnEntropy } from "./information/nearest/knn_entropy.ts";
export type { KnnOptions } from "./information/nearest/knn_options.ts";
export { ksgInformation } from "./information/nearest/ksg.ts";
export * from "./information/gaussian/mixture_information.ts";
export * from "./information/discrete/mutual_information.ts";
export { dvBound } from "./information/neural/dv_bound.ts";
export { correlationInformation, gaussianPairs } from "./information/neural/gaussian_pairs.ts";
export { infoNceBound } from "./information/neural/info_nce_bound.ts";
export * from "./information/neural/neural_information.ts";
export type { NeuralBound, NeuralOptions } from "./information/neural/options.ts";
export type { Pairs, PairSource } from "./information/neural/pairs.ts";
export { smileBound } from "./information/neural/smile_bound.ts";
export { exactPca, type Pca, type PcaResult, projectOnto } from "./information/components/pca.ts";
export * from "./information/plane/binned.ts";
export { codesPlane } from "./information/plane/codes.ts";
export * from "./information/plane/estimator.ts";
export * from "./information/plane/gaussian.ts";
export * from "./information/plane/k_means.ts";
export * from "./information/plane/nearest.ts";
export * from "./information/plane/neural.ts";
export * from "./information/components/principal_components.ts";
export * from "./information/components/randomised_pca.ts";
export * from "./information/nearest/ross.ts";
export type { Estimate, Samples } from "./information/samples.ts";
export * from "./information/discrete/symbols.ts";
export * from "./interpreter.ts";
export { type ElementwiseKernel, elementwiseKernel } from "./kernels/elementwise.ts";
export { hardKwta, predictedThreshold, softKwta, thresholded, winnerCount } from "./kwta.ts";
export * from "./local/competitive.ts";
export * from "./local/local_rule.ts";
export * from "./local/oja.ts";
export * from "./local/online_k_means.ts";
export * from "./local/patches.ts";
export * from "./local/random_synapses.ts";
export * from "./local/soft_hebb.ts";
export * from "./local/whitening.ts";
export * from "./losses/binary_cross_entropy.ts";
export * from "./losses/contrastive.ts";
export * from "./losses/contrastive_loss.ts";
export * from "./losses/cross_entropy.ts";
export * from "./losses/loss.ts";
export * from "./losses/mean_squared_error.ts";
export * from "./losses/mined_triplet_loss.ts";
export * from "./losses/mined_triplets.ts";
export * from "./losses/pairwise_distances.ts";
export * from "./losses/penalty.ts";
export * from "./losses/sup_con.ts";
export * from "./losses/triplet_cosine.ts";
export * from "./losses/triplet_cosine_loss.ts";
export * from "./losses/triplet_margin.ts";
export * from "./losses/triplet_margin_loss.ts";
export * from "./metrics/average_precision.ts";
export { classMeans, classMoments } from "./metrics/centroids.ts";
export * from "./metrics/class_spread.ts";
export * from "./metrics/classification.ts";
export * from "./metrics/code_moments.ts";
export * from "./metrics/confusion.ts";
export * from "./metrics/dice_overlap.ts";
export * from "./metrics/distances.ts";
export type { GradientSignal } from "./metrics/gradient_signal.ts";
export * from "./metrics/moments.ts";
export * from "./metrics/nearest_centroid.ts";
export * from "./metrics/neighbours.ts";
export * from "./metrics/reconstruction.ts";
export * from "./metrics/retrieval.ts";
export * from "./metrics/unit_activity.ts";
export * from "./metrics/weight_change.ts";
export * from "./optimiser.ts";
export * from "./optimisers/adam.ts";
export * from "./optimisers/adamw.ts";
export * from "./optimisers/add_decayed_weights.ts";
export * from "./optimisers/chain.ts";
export { clipByNorm } from "./optimisers/clip_by_norm.ts";
export * from "./optimisers/clip_by_value.ts";
export * from "./optimisers/freeze.ts";
export * from "./optimisers/momentum.ts";
export * from "./optimisers/scale_by_adam.ts";
export * from "./optimisers/scale_by_learning_rate.ts";
export * from "./optimisers/sgd.ts";
export * from "./optimisers/transform.ts";
export * from "./plateau.ts";
export type { OptionValues } from "./ranges.ts";
export * from "./readouts/bcpnn.ts";
export * from "./readouts/class_centroid.ts";
export * from "./readouts/naive_bayes.ts";
export * from "./readouts/nearest_codes.ts";
export type { LabelledCodes, ReadOut } from "./readouts/read_out.ts";
export * from "./readouts/willshaw_classes.ts";
export { drawPairs } from "./samplers/pairs.ts";
export * from "./samplers/relations.ts";
export * from "./samplers/triplets.ts";
export type { ImageArray } from "./saliency/image.ts";
export type { SaliencyOptions } from "./saliency/options.ts";
export * from "./saliency/saliency.ts";
export * from "./saliency/scores.ts";
export * from "./profiler.ts";
export {
  cosineLr,
  type CosineLrOptions,
  cosineWarmupLr,
  type CosineWarmupLrOptions,
  exponentialLr,
  type ExponentialLrOptions,
  type Schedule,
  stepLr,
  type StepLrOptions,
} from "./schedules.ts";
export * from "./sdr/bundle.ts";
export {
  type CodeDistance,
  type CodeIndex,
  codeIndex,
  search,
  type SearchOptions,
} from "./sdr/code_index.ts";
export * from "./sdr/code_index_gpu.ts";
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
} from "./sdr/codes.ts";
export * from "./sdr/false_match.ts";
export * from "./sdr/noise.ts";
export {
  complement,
  difference,
  intersection,
  symmetricDifference,
  union,
} from "./sdr/set_algebra.ts";
export * from "./sdr/similarity.ts";
export * from "./sdr/willshaw.ts";
export * from "./sdr/willshaw_recall.ts";
export * from "./sdr/willshaw_theory.ts";
export * from "./select_rows.ts";
export { type Params, tf } from "./tfjs.ts";
export * from "./train_step.ts";
