/**
 * A trained trunk under a new head.
 *
 * @module
 */
import type { Graph, Nodes } from "./node.ts";
import type { ParamArrays } from "./params.ts";

/** A graph with weights, perhaps not all of them. */
export interface Trained {
  /** What the weights belong to. */
  readonly graph: Nodes;
  /** By path. */
  readonly params: ParamArrays;
}

/**
 * Keeps the first nodes of a graph with their weights and puts other nodes after them.
 *
 * @param trained The graph with its weights.
 * @param keep How many of its top-level nodes stay, from 0 to all of them.
 * @param head What comes after.
 * @returns The new graph, and the weights that stay; `createRun` draws the others at random, and
 * `freeze` keeps the old ones as they are.
 *
 * @example
 * ```ts
 * import { swapHead } from "./swap_head.ts";
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
