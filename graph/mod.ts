/**
 * Models as values: an immutable graph of nodes, its text and JSON, and all that needs no backend. Loads no tfjs.
 *
 * @example
 * ```ts
 * import { E, graph, inferShapes, pipe, show } from "./mod.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const encoder = graph`linear(784, 64) ▷ relu ▷ linear(512) ▷ kwta(0.05)`;
 * assertEquals(
 *   pipe(inferShapes(encoder), E.map(({ graph }) => show(graph))),
 *   E.right("linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)"),
 * );
 * ```
 *
 * @module
 */

// A graph, and the shapes in its type.
export type { Graph, Nodes } from "./node.ts";
export type { Pair, Same, Shape, Space } from "./types.ts";

// Nodes: those that keep or change a tensor.
export {
  add,
  avgPool2d,
  batchNorm,
  type BatchNormOptions,
  clip,
  concat,
  conv2d,
  type Conv2dOptions,
  dropout,
  flatten,
  gelu,
  globalAvgPool2d,
  leakyRelu,
  linear,
  type LinearOptions,
  logSoftmax,
  maxPool2d,
  relu,
  reshape,
  sigmoid,
  softmax,
  tanh,
} from "./constructors.ts";

// Nodes in which units compete.
export {
  kWinners,
  type KWinnersOptions,
  kwta,
  type KwtaOptions,
  learnedKwta,
  type LearnedKwtaOptions,
  predictedKwta,
  type PredictedKwtaOptions,
  winnerTakeAll,
} from "./constructors.ts";

// Composition: graphs from graphs.
export {
  dropConnect,
  type DropConnectOptions,
  fanout,
  first,
  identity,
  residual,
  second,
  sequence,
  split,
  type To,
  to,
} from "./compose.ts";

// Ready models.
export {
  autoencoder,
  type AutoencoderOptions,
  type ClassifierOptions,
  type CodeHead,
  type CodeOptions,
  convNet,
  type ConvNetOptions,
  embedderSdr,
  type EmbedderSdrOptions,
  mlp,
  type MlpOptions,
  resNet,
  type ResNetOptions,
  vggLike,
  type VggLikeOptions,
} from "./models.ts";

// Graphs as text, as JSON and as drawings.
export { graph, parse } from "./parse.ts";
export { show } from "./show.ts";
export { graphFromJson, graphToJson, type Json } from "./codec.ts";
export { type Box, mermaid, type Wire, type Wiring, wiringOf } from "./wiring.ts";

// What a graph says of itself: shapes, weights, cost, whether it makes binary codes.
export {
  type Inference,
  type InferenceError,
  type InferredNode,
  inferShapes,
  sizeOf,
} from "./shape.ts";
export { requiredInput } from "./traits.ts";
export {
  type ArrayValue,
  initialParams,
  type ParamArrays,
  type ParamSpec,
  paramSpecs,
} from "./params.ts";
export { type Cost, cost } from "./cost.ts";
export { isBinary } from "./traits.ts";

// Changes: a graph from a graph.
export {
  encoderOf,
  findKwta,
  harden,
  mapKwta,
  mapLeaves,
  replaceActivation,
  swapHead,
  type Trained,
} from "./rewrite.ts";

// Interpretations of one's own: a fold over the nodes as data.
export { type Algebra, fold, foldEach, type Leaves, leaves } from "./fold.ts";
export type {
  Add,
  AvgPool2d,
  BatchNorm,
  Branch,
  Clip,
  Concat,
  Conv2d,
  Custom,
  DropConnect,
  Dropout,
  Fanout,
  Flatten,
  Gate,
  Gelu,
  GlobalAvgPool2d,
  KWinners,
  Kwta,
  Leaf,
  LeakyRelu,
  LearnedKwta,
  Linear,
  LogSoftmax,
  MaxPool2d,
  Node,
  Over,
  PredictedKwta,
  Relu,
  Reshape,
  Residual,
  Sigmoid,
  Soft,
  Softmax,
  Split,
  Tanh,
  WinnerTakeAll,
} from "./node.ts";

// Types of nodes that a program defines with `defineNode`, which is in `ops/`.
export type {
  ArgumentKind,
  GivenValues,
  NodeArgument,
  NodeDeclaration,
  NodeParam,
  NodeState,
  NodeValue,
  NodeValues,
  ValueOf,
  ValuesOf,
} from "./custom_node.ts";

// Errors as values.
export {
  type BackendUnavailable,
  type ChecksumMismatch,
  type ConsumedRun,
  type CorruptFile,
  type DatabaseUnavailable,
  type DatasetUnavailable,
  describe,
  type FileUnavailable,
  type GpuError,
  type Interrupted,
  type InvalidOption,
  invalidOption,
  type NonFinite,
  orThrow,
  type ParseError,
  type ShapeMismatch,
  type SparrowError,
} from "./error.ts";

// Randomness as a value.
export { type Dice, draw, permutation, type Rng, seed, splitRng } from "./rng.ts";

// fp-ts: the types and functions that signatures mention, and graphs as a category.
export { E, pipe, RTE, TE } from "./fp_ts.ts";
export { GRAPH_URI, type GraphCategory, graphCategory } from "./compose.ts";

// What signatures compute with shapes for the compiler. Programs need none of it, and a patch may change it.
/** Shapes in the type of a graph: how they fit, and which shapes a composition has. */
export type * as ShapeTypes from "./types.ts";
/** The sentences that the compiler says where shapes do not fit. */
export type * as MisfitTypes from "./misfit.ts";
