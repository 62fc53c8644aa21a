/**
 * Networks whose operators refer to each other's outputs by name, as a graph: the part between a branching and its
 * merge becomes a residual or a fanout.
 *
 * @module
 */
import type { Leaf, Node, Nodes } from "../../graph/node.ts";

/** One operator, applied to the outputs of others. */
export interface Step {
  /** Number of the operator in the file. */
  readonly operator: number;
  /** The steps whose outputs it takes: one, or two that it merges; none at the network's input. */
  readonly from: readonly Step[];
  /** Nodes that compute its output from its input, or from its merged inputs, in order. */
  readonly nodes: readonly Leaf[];
  /** The last step that all paths from the network's input to this one share; null at the input. */
  readonly dominator: Step | null;
  /** Steps from dominator to dominator to the network's input. */
  readonly depth: number;
}

/** Step that returns the network's input. */
export const inputStep: Step = { operator: -1, from: [], nodes: [], dominator: null, depth: 0 };

/** Makes the step of an operator that takes one output. */
export const stepAfter = (from: Step, operator: number, nodes: readonly Leaf[]): Step => ({
  operator,
  from: [from],
  nodes,
  dominator: from,
  depth: from.depth + 1,
});

/** Makes the step of an operator that merges two outputs. */
export function mergeOf(
  first: Step,
  second: Step,
  operator: number,
  node: Extract<Leaf, { _tag: "add" | "concat" }>,
): Step {
  // The nearest common ancestor in the tree of dominators.
  let [a, b] = [first, second];
  while (a !== b) {
    if (a.depth < b.depth) b = b.dominator!;
    else a = a.dominator!;
  }
  return { operator, from: [first, second], nodes: [node], dominator: a, depth: a.depth + 1 };
}

/** An operator that stands in two branches: they cross, which no graph says. */
export interface Crossing {
  /** Index of the operator in the file. */
  readonly operator: number;
}

/** Branches in branches beyond which a graph can be neither written nor read. */
const DEEPEST = 64;

/**
 * Returns the graph from the network's input to a step; or the operator that is in two branches; or null where
 * branches stand too deep in branches.
 */
export function graphTo(end: Step): Nodes | Crossing | null {
  // A bias that is added makes two steps of one operator; merges are told apart by themselves, for one operator can
  // be several.
  const placed = new Set<number | Step>();
  let problem: Crossing | null | undefined;
  /** The nodes from a step, which is above it in the tree of dominators, to another. */
  const between = (start: Step, end: Step, depth: number): Nodes => {
    const parts: (readonly Node[])[] = [];
    if (depth > DEEPEST) problem = null;
    for (let at = end; at !== start && problem === undefined; at = at.dominator!) {
      const key = at.from.length === 1 ? at.operator : at;
      if (placed.has(key)) problem = { operator: at.operator };
      placed.add(key);
      if (at.from.length === 1) {
        parts.push(at.nodes);
        continue;
      }
      const [first, second] = at.from;
      const shared = at.dominator!;
      parts.push(
        at.nodes[0]._tag === "add" && (first === shared || second === shared)
          ? [{
            _tag: "residual",
            body: between(shared, first === shared ? second : first, depth + 1),
          }]
          : [
            {
              _tag: "fanout",
              first: between(shared, first, depth + 1),
              second: between(shared, second, depth + 1),
            },
            ...at.nodes,
          ],
      );
    }
    return { nodes: parts.reverse().flat() };
  };
  const graph = between(inputStep, end, 0);
  return problem === undefined ? graph : problem;
}
