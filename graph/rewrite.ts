/**
 * Graphs from graphs: leaves replaced one by one, the encoder cut out of an autoencoder, and a trained
 * trunk put under a new head.
 *
 * @module
 */
import type { Graph, Kwta, Leaf, Nodes } from "./node.ts";
import { type Algebra, fold, leaves } from "./fold.ts";
import type { ParamArrays } from "./params.ts";

/**
 * Replaces every leaf of a graph by the result of `change`, and keeps branches.
 *
 * @param change Function from a leaf to the one in its place; the same one to leave it.
 *
 * @example
 * ```ts
 * import { mapLeaves } from "./rewrite.ts";
 * import { graph } from "./parse.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const smooth = mapLeaves((leaf) => leaf._tag === "relu" ? { _tag: "tanh" } : leaf);
 * assertEquals(show(smooth(graph`relu ▷ residual(relu)`)), "tanh ▷ residual(tanh)");
 * ```
 */
export function mapLeaves(change: (leaf: Leaf) => Leaf): (graph: Nodes) => Graph {
  const algebra: Algebra<Graph> = {
    ...leaves((leaf): Graph => ({ nodes: [change(leaf)] })),
    fanout: (first, second) => ({ nodes: [{ _tag: "fanout", first, second }] }),
    split: (first, second) => ({ nodes: [{ _tag: "split", first, second }] }),
    residual: (body) => ({ nodes: [{ _tag: "residual", body }] }),
    drop_connect: (body, node) => ({ nodes: [{ ...node, body }] }),
    sequence: (parts) => ({ nodes: parts.flatMap(({ nodes }) => nodes) }),
  };
  return fold(algebra);
}

/**
 * Replaces every kWTA of a graph.
 *
 * @param change Function that returns the new node in place of a kWTA.
 *
 * @example
 * ```ts
 * import { mapKwta } from "./rewrite.ts";
 * import { graph } from "./parse.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const harden = mapKwta((kwta) => ({ ...kwta, soft: null }));
 * assertEquals(show(harden(graph`relu ▷ kwta(0.05)`)), "relu ▷ kwta(0.05, hard)");
 * ```
 */
export const mapKwta = (change: (kwta: Kwta) => Kwta): (graph: Nodes) => Graph =>
  mapLeaves((leaf) => leaf._tag === "kwta" ? change(leaf) : leaf);

/**
 * Finds every kWTA of a graph, in order of evaluation, those in branches included.
 *
 * @param graph Any graph.
 *
 * @example
 * ```ts
 * import { findKwta } from "./rewrite.ts";
 * import { graph } from "./parse.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const found = findKwta(graph`kwta(0.1) ▷ residual(kwta(0.2))`);
 * assertEquals(found.map(({ sparsity }) => sparsity), [0.1, 0.2]);
 * ```
 */
export function findKwta(graph: Nodes): readonly Kwta[] {
  const found: Kwta[] = [];
  mapKwta((kwta) => {
    found.push(kwta);
    return kwta;
  })(graph);
  return found;
}

/**
 * Makes every kWTA of a graph hard, in training too, as inference needs it. Learned and predicted
 * ones are hardened as well, and keep what they have learned.
 *
 * @example
 * ```ts
 * import { harden } from "./rewrite.ts";
 * import { graph } from "./parse.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(show(harden(graph`relu ▷ kwta(0.05)`)), "relu ▷ kwta(0.05, hard)");
 * ```
 */
export const harden: (graph: Nodes) => Graph = mapLeaves((leaf) =>
  "soft" in leaf ? { ...leaf, soft: null } : leaf
);

/**
 * Replaces every leaf of one kind in a graph: every relu by a kWTA, for example.
 *
 * @param tag Kind of the leaves to replace.
 * @param replacement Graph in their place; it should keep shapes as they do.
 *
 * @example
 * ```ts
 * import { replaceActivation } from "./rewrite.ts";
 * import { graph } from "./parse.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const all = replaceActivation("relu", {
 *   _tag: "kwta",
 *   sparsity: 0.2,
 *   soft: null,
 *   over: "sample",
 * });
 * assertEquals(show(all(graph`linear(8, 8) ▷ relu`)), "linear(8, 8) ▷ kwta(0.2, hard)");
 * ```
 */
export const replaceActivation = (tag: Leaf["_tag"], replacement: Leaf): (graph: Nodes) => Graph =>
  mapLeaves((leaf) => leaf._tag === tag ? replacement : leaf);

/**
 * Returns the encoder of a graph: of an autoencoder, which ends in `fanout(identity, decoder)`, the nodes before that;
 * of any other graph the whole. The paths of its weights are those in the graph.
 *
 * @param graph Any graph.
 *
 * @example
 * ```ts
 * import { encoderOf } from "./rewrite.ts";
 * import { graph } from "./parse.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const whole = graph`linear(784, 256) ▷ kwta(0.05) ▷ fanout(identity, linear(256, 784))`;
 * assertEquals(show(encoderOf(whole)), "linear(784, 256) ▷ kwta(0.05)");
 * ```
 */
export function encoderOf({ nodes }: Nodes): Graph {
  const last = nodes.at(-1);
  return last?._tag === "fanout" && last.first.nodes.length === 0
    ? { nodes: nodes.slice(0, -1) }
    : { nodes };
}

/** A graph with weights, perhaps not all of them. */
export interface Trained {
  /** The graph that the weights belong to. */
  readonly graph: Nodes;
  /** The weights by path. */
  readonly params: ParamArrays;
}

/**
 * Keeps the first nodes of a graph with their weights and puts other nodes after them.
 *
 * @param trained The graph with its weights.
 * @param keep Number of top-level nodes that stay, from 0 to all of them.
 * @param head Graph that follows them.
 * @returns The new graph, and the weights that stay; `createRun` draws the others at random, and
 * `freeze` keeps the old ones as they are.
 *
 * @example
 * ```ts
 * import { swapHead } from "./rewrite.ts";
 * import { initialParams } from "./params.ts";
 * import { graph } from "./parse.ts";
 * import { seed } from "./rng.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const classifier = graph`linear(784, 64) ▷ relu ▷ linear(64, 10)`;
 * const [params] = initialParams(classifier, seed(26));
 * const encoder = swapHead({ graph: classifier, params }, 2, graph`linear(64, 512) ▷ kwta(0.05)`);
 * assertEquals(show(encoder.graph), "linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)");
 * assertEquals(Object.keys(encoder.params), ["0.weight", "0.bias"]);
 * ```
 */
export function swapHead(
  { graph, params }: Trained,
  keep: number,
  head: Nodes,
): { readonly graph: Graph; readonly params: ParamArrays } {
  const trunk = graph.nodes.slice(0, keep);
  const kept = Object.entries(params).filter(([path]) => Number.parseInt(path) < trunk.length);
  return { graph: { nodes: [...trunk, ...head.nodes] }, params: Object.fromEntries(kept) };
}
