/**
 * Operations of a graph: the interpreter, the training step, kWTA as functions of tensors, support for your own
 * kernels, the profiler, and the search of codes on a GPU.
 *
 * @module
 */
export {
  type Backend,
  type BackendChoice,
  backendChoices,
  type BackendName,
  type BackendOptions,
  startBackend,
} from "./backend.ts";
export { searchOnGpu } from "./codes/search_gpu.ts";
export {
  defineNode,
  type NodeConstructor,
  type NodeDefinition,
  type NodeKernel,
  type NodeStep,
  type NodeTraining,
} from "./custom_node.ts";
export {
  type GradientSignal,
  type GradientStatistics,
  gradientStatistics,
  type GradientSum,
  type GradientSums,
  sumGradients,
} from "./gradient_signal.ts";
export { homeostasis, type HomeostasisOptions } from "./homeostasis.ts";
export {
  lower,
  lowerEach,
  type Lowered,
  type Signal,
  type Value,
  type Weights,
} from "./interpreter.ts";
export { type ElementwiseKernel, elementwiseKernel } from "./kernels/elementwise.ts";
export { hardKwta, predictedThreshold, softKwta, thresholded } from "./kwta.ts";
export { winnerCount } from "./kernels/select_edges.ts";
export { type KernelTime, type Profile, type Profiler, startProfiler } from "./profiler.ts";
export type { OptionValues } from "./ranges.ts";
export { selectRows } from "./select_rows.ts";
export { type Params, tf } from "./tfjs.ts";
export { batchTopK, topK } from "./top_k.ts";
export {
  type Batch,
  type HostBatch,
  type ObserveGradients,
  type Stepped,
  type Trainer,
  type TrainState,
  trainStep,
  valueAndGradients,
} from "./train_step.ts";
