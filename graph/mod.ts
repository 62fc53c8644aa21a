/**
 * Everything public of `graph/`: models as values. What they are, what they say of themselves, how they are
 * written, and what can be done to them without a backend.
 *
 * Some types are exported only because the signatures of others mention them: all of `misfit.ts`, those of
 * `types.ts` but `Shape`, `Space`, `Pair` and `Same`, and what is marked as internal. Their names are not
 * stable: a patch may change them.
 *
 * @module
 */
export * from "./codec.ts";
export * from "./compose.ts";
export * from "./constructors.ts";
export * from "./cost.ts";
export type {
  GivenValues,
  NodeArgument,
  NodeDeclaration,
  NodeParam,
  NodeValue,
  NodeValues,
  ValueOf,
  ValuesOf,
} from "./custom_node.ts";
export type { ArgumentKind } from "./kind.ts";
export * from "./encoder.ts";
export * from "./error.ts";
export * from "./fold.ts";
export { E, pipe, RTE, TE } from "./fp_ts.ts";
export * from "./mermaid.ts";
export type * from "./misfit.ts";
export * from "./models/autoencoder.ts";
export * from "./models/embedder_sdr.ts";
export type { ClassifierOptions, CodeHead, CodeOptions } from "./models/head.ts";
export * from "./models/mlp.ts";
export * from "./models/res_net.ts";
export * from "./models/vgg_like.ts";
export * from "./node.ts";
export {
  type ArrayValue,
  initialParams,
  type ParamArrays,
  type ParamSpec,
  paramSpecs,
} from "./params.ts";
export * from "./parse.ts";
export * from "./required_input.ts";
export * from "./rewrite.ts";
export * from "./rng.ts";
export {
  type Inference,
  type InferenceError,
  type InferredNode,
  inferShapes,
  sizeOf,
} from "./shape.ts";
export { show } from "./show.ts";
export * from "./swap_head.ts";
export { isBinary } from "./traits.ts";
export * from "./types.ts";
export * from "./wiring.ts";
