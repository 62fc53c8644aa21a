/**
 * Nodes of one's own: their kernel beside their shape rule.
 *
 * @module
 */
import {
  declareNode,
  type GivenValues,
  type NodeArgument,
  type NodeDeclaration,
  type NodeValues,
  type ValuesOf,
} from "../graph/custom_node.ts";
import type { Custom, Graph } from "../graph/node.ts";
import { ownNames } from "../graph/signature.ts";
import type { Same, Shape } from "../graph/types.ts";
import { type Lowered, stateless } from "./lowered.ts";
import type { Params, tf } from "./tfjs.ts";

/**
 * What a node computes.
 *
 * @param x A batch [samples, …input].
 * @param values The node's arguments.
 * @param params Its weights, by the names that it gave them.
 * @returns A new tensor [samples, …output]. What else it makes, the caller disposes of.
 */
export type NodeKernel<P extends readonly NodeArgument[]> = (
  x: tf.Tensor,
  values: ValuesOf<P>,
  params: Params,
) => tf.Tensor;

/** A node as {@linkcode defineNode} takes it. */
export interface NodeDefinition<P extends readonly NodeArgument[]> extends NodeDeclaration<P> {
  /**
   * What it computes when evaluated. Made of tfjs ops it has their gradient; another is given by
   * `tf.customGrad`, or by a kernel of one's own with `tf.registerKernel` and `tf.registerGradient`.
   */
  readonly evaluate: NodeKernel<P>;
  /** What it computes in training. Left out, the same. */
  readonly train?: NodeKernel<P>;
}

type AnyKernel = (x: tf.Tensor, values: NodeValues, params: Params) => tf.Tensor;

const kernels = new Map<string, { readonly evaluate: AnyKernel; readonly train: AnyKernel }>();

/**
 * Defines a node beside Sparrow's own. From then on it can be written in graphs as functions and as text,
 * is printed, saved, loaded, drawn, counted, trained and evaluated as those are. A program that loads a
 * model with such a node must define it first.
 *
 * A node takes one tensor and gives one, draws nothing at random and remembers nothing but its weights.
 *
 * @param definition Its name, arguments, shape rule, weights and kernel.
 * @returns The node as a function of its arguments; it gives a graph of one node. Values out of range are
 * found by shape inference.
 * @throws {TypeError} When the name is taken or not well-formed, as a mistake in the program.
 *
 * @example
 * ```ts
 * import { defineNode } from "./custom_node.ts";
 * import { lower } from "./interpreter.ts";
 * import { startBackend } from "./backend.ts";
 * import { tf } from "./tfjs.ts";
 * import { graph } from "../graph/parse.ts";
 * import { show } from "../graph/show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const power = defineNode({
 *   name: "power",
 *   arguments: [{ name: "exponent", kind: "real", fallback: 2 }],
 *   evaluate: (x, { exponent }) => tf.pow(x, exponent),
 * });
 * assertEquals(show(power({ exponent: 3 })), "power(3)");
 *
 * await startBackend("cpu")();
 * const { evaluate } = lower(graph`relu ▷ power`);
 * const y = evaluate({ params: {}, plasticity: {} }, tf.tensor2d([[-1, 2]])) as tf.Tensor;
 * assertEquals(await y.array(), [[0, 4]]);
 * ```
 */
export function defineNode<const P extends readonly NodeArgument[] = readonly []>(
  definition: NodeDefinition<P> & { readonly shape?: undefined },
): NodeConstructor<P, Same>;
/** The same of a node with a shape rule: what it gives is left to shape inference. */
export function defineNode<const P extends readonly NodeArgument[] = readonly []>(
  definition: NodeDefinition<P>,
): NodeConstructor<P, unknown>;
export function defineNode<const P extends readonly NodeArgument[]>(
  definition: NodeDefinition<P>,
): NodeConstructor<P, unknown> {
  const { name, evaluate, train = evaluate } = definition;
  declareNode(definition, [...ownNames, "custom", "identity"]);
  kernels.set(name, { evaluate: evaluate as AnyKernel, train: train as AnyKernel });
  const fallbacks = Object.fromEntries(
    (definition.arguments ?? []).flatMap(({ name, fallback }) =>
      fallback === undefined ? [] : [[name, fallback]]
    ),
  );
  return (...given: readonly unknown[]) => {
    const values = { ...fallbacks, ...given[0] as NodeValues | undefined };
    return { nodes: [{ _tag: "custom", name, values, input: null }] };
  };
}

/** A defined node as a function of its arguments, which may be left out where each has a fallback. */
export type NodeConstructor<P extends readonly NodeArgument[], O> = (
  ...given: Record<never, never> extends GivenValues<P> ? [values?: GivenValues<P>]
    : [values: GivenValues<P>]
) => Graph<Shape, O>;

/** A node that a program has defined, lowered; on one that it has not, shape inference has refused. */
export function lowerCustom({ name, values }: Custom, path: string): Lowered {
  const own = (params: Params): Params =>
    Object.fromEntries(
      Object.entries(params).flatMap(([key, tensor]) =>
        key.startsWith(`${path}.`) ? [[key.slice(path.length + 1), tensor]] : []
      ),
    );
  const by = (which: "evaluate" | "train") => (params: Params, x: unknown) => {
    const kernel = kernels.get(name);
    if (kernel === undefined) {
      throw new TypeError(
        `Cannot lower ${name} at position ${path}: define it with defineNode first`,
      );
    }
    return kernel[which](x as tf.Tensor, values, own(params));
  };
  return stateless(by("train"), by("evaluate"));
}
