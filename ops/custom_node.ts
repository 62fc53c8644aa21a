/**
 * Nodes that a program defines: their kernel beside their shape rule.
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
import type { Lowered, Value } from "./lowered.ts";
import { type Params, tf } from "./tfjs.ts";

/**
 * Computes the output of a node.
 *
 * @param x A batch [samples, …input].
 * @param values The node's arguments.
 * @param params Weights of the node, by the names that it gave them.
 * @param state State of the node, by the names that it gave it.
 * @returns A new tensor [samples, …output]. What else it makes, the caller disposes of.
 */
export type NodeKernel<P extends readonly NodeArgument[]> = (
  x: tf.Tensor,
  values: ValuesOf<P>,
  params: Params,
  state: Params,
) => tf.Tensor;

/** Result of a node's training step that changes its state. */
export interface NodeStep {
  /** A new tensor [samples, …output]. */
  readonly output: tf.Tensor;
  /** New tensors for those parts of the state that change, by name. @default none */
  readonly state?: Params;
  /** Tensors that the node shows to the loss, by name: `exposed` of `Internals`. @default none */
  readonly exposed?: Params;
}

/** Computes the output of a node in training: a {@linkcode NodeKernel} that may change the node's state as well. */
export type NodeTraining<P extends readonly NodeArgument[]> = (
  ...given: Parameters<NodeKernel<P>>
) => tf.Tensor | NodeStep;

/** A node as {@linkcode defineNode} takes it. */
export interface NodeDefinition<P extends readonly NodeArgument[]> extends NodeDeclaration<P> {
  /**
   * Computes the node's output in evaluation. Made of tfjs ops it has their gradient; another gradient is given by
   * `tf.customGrad`, or by your own kernel with `tf.registerKernel` and `tf.registerGradient`.
   */
  readonly evaluate: NodeKernel<P>;
  /** Computes the node's output in training, and its next state. @default `evaluate`, with the state unchanged */
  readonly train?: NodeTraining<P>;
}

type AnyCall = (x: tf.Tensor, values: NodeValues, params: Params, state: Params) => unknown;

/** The functions of a defined node, whose values the compiler does not check. */
interface AnyKernel {
  readonly evaluate: AnyCall;
  readonly train: AnyCall;
}

const kernels = new Map<string, AnyKernel>();

/**
 * Defines a node beside Sparrow's own. From then on it can be written in graphs as functions and as text,
 * is printed, saved, loaded, drawn, counted, trained and evaluated as those are. A program that loads a
 * model with such a node must define it first.
 *
 * A node takes one tensor and gives one, draws nothing at random, and remembers its weights and the state that it
 * declares: tensors that its training kernel replaces, which a run, its checkpoints and model files hold under the
 * node's path as they do running statistics.
 *
 * @param definition Name, arguments, shape rule, weights, state and kernel of the node.
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
 *
 * @example Each unit less its mean over all batches so far.
 * ```ts
 * import { defineNode } from "./custom_node.ts";
 * import { tf } from "./tfjs.ts";
 * import { initialPlasticity } from "../graph/plasticity.ts";
 * import { inferShapes } from "../graph/shape.ts";
 * import { orThrow } from "../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const centre = defineNode({
 *   name: "centre",
 *   state: (input) => [{ name: "mean", shape: input }, { name: "batches", shape: [] }],
 *   evaluate: (x, _values, _params, { mean }) => tf.sub(x, mean),
 *   train: (x, _values, _params, { mean, batches }) => {
 *     const step = tf.div(tf.sub(tf.mean(x, 0), mean), tf.add(batches, 1));
 *     return {
 *       output: tf.sub(x, mean),
 *       state: { mean: tf.add(mean, step), batches: tf.add(batches, 1) },
 *     };
 *   },
 * });
 * const { graph } = orThrow(inferShapes(centre(), [8]));
 * assertEquals(Object.keys(initialPlasticity(graph)), ["0.mean", "0.batches"]);
 * ```
 */
export function defineNode<const P extends readonly NodeArgument[] = readonly []>(
  definition: NodeDefinition<P> & { readonly shape?: undefined },
): NodeConstructor<P, Same>;
/**
 * Defines a node with a shape rule; its output is left to shape inference.
 *
 * @param definition Name, arguments and functions of the node.
 */
export function defineNode<const P extends readonly NodeArgument[] = readonly []>(
  definition: NodeDefinition<P>,
): NodeConstructor<P, unknown>;
export function defineNode<const P extends readonly NodeArgument[]>(
  definition: NodeDefinition<P>,
): NodeConstructor<P, unknown> {
  const { name, evaluate, train = evaluate } = definition;
  declareNode(definition, [...ownNames, "custom", "identity"]);
  kernels.set(name, { evaluate: evaluate as AnyCall, train: train as AnyCall });
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
  const kernel = (): AnyKernel => {
    const found = kernels.get(name);
    if (found !== undefined) return found;
    throw new TypeError(
      `Cannot lower ${name} at position ${path}: define it with defineNode first`,
    );
  };
  return {
    evaluate: ({ params, plasticity }, x) =>
      kernel().evaluate(x as tf.Tensor, values, own(path, params), own(path, plasticity)) as Value,
    train: (params, signal) => {
      const state = own(path, signal.plasticity);
      const left = kernel().train(signal.value as tf.Tensor, values, own(path, params), state) as
        | tf.Tensor
        | NodeStep;
      if (left instanceof tf.Tensor) return { ...signal, value: left };
      const unknown = Object.keys(left.state ?? {}).find((key) => state[key] === undefined);
      if (unknown !== undefined) {
        throw new TypeError(
          `Cannot train ${name} at position ${path}: it has a new "${unknown}", ` +
            "which its state does not declare",
        );
      }
      return {
        ...signal,
        value: left.output,
        plasticity: { ...signal.plasticity, ...placed(path, left.state ?? {}) },
        exposed: { ...signal.exposed, ...placed(path, left.exposed ?? {}) },
      };
    },
  };
}

/** The tensors of the node at a path, by the node's own names. */
const own = (path: string, tensors: Params): Params =>
  Object.fromEntries(
    Object.entries(tensors).flatMap(([key, tensor]) =>
      key.startsWith(`${path}.`) ? [[key.slice(path.length + 1), tensor]] : []
    ),
  );

/** The tensors of a node by their paths. */
const placed = (path: string, tensors: Params): Params =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [`${path}.${name}`, tensor]),
  );
