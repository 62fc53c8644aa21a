/**
 * The one way to read a graph: an algebra says what each node means, `fold` does the rest.
 *
 * @module
 */
import type { DropConnect, Fanout, Leaf, Node, Nodes, Residual, Split } from "./node.ts";
import { type LeavesWith, nodeTraits } from "./traits.ts";

/** Meaning as a T of each node without sub-graphs. */
export type Leaves<T> = {
  readonly [K in Leaf["_tag"]]: (node: Extract<Leaf, { _tag: K }>, path: string) => T;
};

const leafTags = (Object.keys(nodeTraits) as Node["_tag"][]).filter((tag): tag is Leaf["_tag"] =>
  !nodeTraits[tag].branch
);

const meaningOf = <T>(tags: readonly string[], meaning: (leaf: Leaf, path: string) => T) =>
  Object.fromEntries(tags.map((tag) => [tag, meaning]));

/**
 * Gives all leaves one meaning, for an algebra that distinguishes few or none of them.
 *
 * @param meaning Function of a leaf and its path.
 */
export const leaves = <T>(meaning: (leaf: Leaf, path: string) => T): Leaves<T> =>
  meaningOf(leafTags, meaning) as Leaves<T>;

/**
 * One meaning for the leaves that have no weights of their own, or no state: the compiler asks for that of the
 * others.
 */
export const leavesWithout = <K extends "weights" | "state", T>(
  trait: K,
  meaning: (leaf: Leaf, path: string) => T,
): Omit<Leaves<T>, LeavesWith<K>> =>
  meaningOf(leafTags.filter((tag) => !nodeTraits[tag][trait]), meaning) as Omit<
    Leaves<T>,
    LeavesWith<K>
  >;

/**
 * Algebra of a fold: a function per kind of node, which gives its meaning as a T. A node that is added to the union
 * makes the compiler list every algebra that must learn it.
 *
 * `path` is where the node stands: "2", or "1.body.0" inside a branch.
 */
export interface Algebra<T> extends Leaves<T> {
  /** Combines parts that follow each other from input to output; the identity has none. */
  readonly sequence: (parts: readonly T[]) => T;
  /** Combines the meanings of f and g into that of f &&& g. */
  readonly fanout: (first: T, second: T, node: Fanout, path: string) => T;
  /** Combines the meanings of f and g into that of f *** g. */
  readonly split: (first: T, second: T, node: Split, path: string) => T;
  /** Returns the meaning of x ↦ x + f(x), from that of f. */
  readonly residual: (body: T, node: Residual, path: string) => T;
  /** Returns the meaning of f with some of its weights dropped, from that of f. */
  readonly drop_connect: (body: T, node: DropConnect, path: string) => T;
}

/**
 * Reads a graph by an algebra, from the leaves up.
 *
 * @param algebra Meaning of each kind of node.
 * @returns A function from graphs to their meaning.
 *
 * @example
 * ```ts
 * import { fold, leaves } from "./fold.ts";
 * import { graph } from "./parse.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const size = fold<number>({
 *   ...leaves(() => 1),
 *   fanout: (f, g) => 1 + f + g,
 *   split: (f, g) => 1 + f + g,
 *   residual: (body) => 1 + body,
 *   drop_connect: (body) => 1 + body,
 *   sequence: (parts) => parts.reduce((sum, part) => sum + part, 0),
 * });
 * assertEquals(size(graph`linear(8, 8) ▷ residual(linear(8, 8) ▷ relu)`), 4);
 * ```
 */
export const fold = <T>(algebra: Algebra<T>): (graph: Nodes) => T => (graph) =>
  foldAt(algebra, graph, "");

/**
 * Returns the meaning of each node of the graph itself, in order, where {@linkcode fold} joins them into one. It lets a
 * program observe the values between two nodes.
 *
 * @param algebra Meaning of each kind of node.
 */
export const foldEach = <T>(algebra: Algebra<T>): (graph: Nodes) => readonly T[] => (graph) =>
  partsAt(algebra, graph, "");

const foldAt = <T>(algebra: Algebra<T>, graph: Nodes, prefix: string): T =>
  algebra.sequence(partsAt(algebra, graph, prefix));

const partsAt = <T>(algebra: Algebra<T>, graph: Nodes, prefix: string): readonly T[] =>
  graph.nodes.map((node, i) => foldNode(algebra, node, `${prefix}${i}`));

function foldNode<T>(algebra: Algebra<T>, node: Node, path: string): T {
  switch (node._tag) {
    case "fanout":
    case "split": {
      const first = foldAt(algebra, node.first, `${path}.first.`);
      const second = foldAt(algebra, node.second, `${path}.second.`);
      return node._tag === "fanout"
        ? algebra.fanout(first, second, node, path)
        : algebra.split(first, second, node, path);
    }
    case "residual":
      return algebra.residual(foldAt(algebra, node.body, `${path}.body.`), node, path);
    case "drop_connect":
      return algebra.drop_connect(foldAt(algebra, node.body, `${path}.body.`), node, path);
    default:
      return (algebra[node._tag] as (leaf: Leaf, path: string) => T)(node, path);
  }
}
