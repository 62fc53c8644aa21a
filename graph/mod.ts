/**
 * Everything public of `graph/`: models as values. What they are, what they say of themselves, how they are
 * written, and what can be done to them without a backend.
 *
 * @module
 */
export * from "./codec.ts";
export * from "./compose.ts";
export * from "./constructors.ts";
export * from "./cost.ts";
export type {
  GivenValues,
  NodeDeclaration,
  NodeParam,
  NodeParameter,
  NodeValue,
  NodeValues,
  ValueOf,
  ValuesOf,
} from "./custom_node.ts";
export type { Kind as ArgumentKind } from "./kind.ts";
export * from "./encoder.ts";
export * from "./error.ts";
export * from "./fold.ts";
export { E, flow, O, pipe, RA, RTE, TE } from "./fp_ts.ts";
export * from "./mermaid.ts";
export type * from "./misfit.ts";
export * from "./models/autoencoder.ts";
export * from "./models/embedder_sdr.ts";
export type * from "./models/head.ts";
export * from "./models/mlp.ts";
export * from "./models/res_net.ts";
export * from "./models/vgg_like.ts";
export * from "./node.ts";
export * from "./params.ts";
export * from "./parse.ts";
export * from "./plasticity.ts";
export * from "./required_input.ts";
export * from "./rewrite.ts";
export * from "./rng.ts";
export * from "./scaling.ts";
export * from "./shape.ts";
export * from "./show.ts";
export * from "./swap_head.ts";
export * from "./types.ts";
export * from "./wiring.ts";
