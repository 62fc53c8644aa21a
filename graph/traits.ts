/**
 * Properties of each kind of node for functions that read graphs: one table, exhaustive over the nodes, and predicates
 * that read it. A node that is added to the union of `node.ts` does not compile until it has a row here, and a row that
 * claims weights or state does not compile until `params.ts` or `plasticity.ts` says which.
 *
 * @module
 */
import type { Branch, Leaf, Node, Nodes } from "./node.ts";
import type { Shape, Space } from "./types.ts";

/** The properties of a kind of node that do not depend on its arguments. */
export interface NodeTraits {
  /** Whether the node has sub-graphs. */
  readonly branch: boolean;
  /** Whether the node is an activation function: a layer is observed at its activation. */
  readonly activation: boolean;
  /**
   * Whether the evaluated output is binary: "always"; "kept" where the input is; "no" where it is not used as a
   * code, though a relu, say, would keep bits as well.
   */
  readonly binary: "always" | "kept" | "no";
  /** Whether the units of a sample compete, and few of them win. */
  readonly competes: boolean;
  /** Whether synaptic scaling acts on the node. */
  readonly scalable: boolean;
  /** Whether the node itself has weights; those of sub-graphs do not count. */
  readonly weights: boolean;
  /** Whether the node has state beside weights that passes from one training step to the next. */
  readonly state: boolean;
  /**
   * Whether the output is a tensor of the node's own, and neither its input nor the output of a
   * sub-graph.
   */
  readonly ownOutput: boolean;
}

/** The properties of a kind of node without sub-graphs. */
export interface LeafTraits<L extends Leaf> extends NodeTraits {
  /** A leaf has no sub-graphs. */
  readonly branch: false;
  /**
   * The input shape that a node demands; "any" where it takes several and gives the shape that it got, so that
   * the next node decides; null where the arguments do not determine it.
   */
  readonly input: (node: L) => Shape | "any" | null;
  /** The argument that shape inference fills in, if there is one. */
  readonly inferred: (keyof L & ("inputs" | "shape" | "input")) | null;
}

/** The node of a tag. */
type Tagged<T extends Node["_tag"]> = Extract<Node, { readonly _tag: T }>;

/**
 * The tags of the leaves that have weights of their own, and of those that remember something beside weights. They
 * are written out, so that the type of the table is, and the npm package can declare it; the compiler compares
 * them with the rows.
 */
interface LeavesOf {
  readonly weights:
    | "linear"
    | "conv2d"
    | "batch_norm"
    | "learned_kwta"
    | "predicted_kwta"
    | "custom";
  readonly state: "batch_norm" | "k_winners" | "custom";
}

/** The tags of the leaves of which a trait holds. */
export type LeavesWith<K extends "weights" | "state"> = LeavesOf[K];

/** Whether a leaf is among those of which a trait holds. */
type Has<T, K extends "weights" | "state"> = T extends LeavesWith<K> ? true : false;

type Traits =
  & {
    readonly [T in Leaf["_tag"]]: LeafTraits<Tagged<T>> & {
      readonly weights: Has<T, "weights">;
      readonly state: Has<T, "state">;
    };
  }
  & { readonly [T in Branch["_tag"]]: NodeTraits & { readonly branch: true } };

const anyInput = () => "any" as const;
const unknownInput = () => null;

const plain = {
  branch: false,
  activation: false,
  binary: "no",
  competes: false,
  scalable: false,
  weights: false,
  state: false,
  ownOutput: true,
  input: unknownInput,
  inferred: null,
} as const;

const activation = { ...plain, activation: true, input: anyInput } as const;
const kwta = { ...activation, binary: "always", competes: true, scalable: true } as const;
const branch = { ...plain, branch: true, ownOutput: false } as const;

/** The traits of every node, by its tag. */
export const nodeTraits: Traits = {
  linear: {
    ...plain,
    weights: true,
    input: ({ inputs }) => inputs === null ? null : [inputs],
    inferred: "inputs",
  },
  conv2d: { ...plain, weights: true, inferred: "inputs" },
  max_pool2d: { ...plain, binary: "kept" },
  avg_pool2d: plain,
  global_avg_pool2d: plain,
  batch_norm: { ...plain, weights: true, state: true, inferred: "inputs" },
  dropout: { ...plain, ownOutput: false, input: anyInput },
  relu: activation,
  leaky_relu: activation,
  clip: activation,
  gelu: activation,
  sigmoid: activation,
  tanh: activation,
  softmax: activation,
  log_softmax: activation,
  flatten: { ...plain, binary: "kept" },
  reshape: { ...plain, binary: "kept" },
  kwta,
  learned_kwta: { ...kwta, weights: true, input: ({ shape }) => shape, inferred: "shape" },
  predicted_kwta: { ...kwta, weights: true, input: unknownInput, inferred: "inputs" },
  k_winners: {
    ...activation,
    competes: true,
    state: true,
    input: unknownInput,
    inferred: "inputs",
  },
  winner_take_all: { ...kwta, scalable: false },
  add: plain,
  concat: plain,
  custom: {
    ...plain,
    weights: true,
    state: true,
    input: ({ input }) => input,
    inferred: "input",
  },
  fanout: branch,
  split: branch,
  residual: { ...branch, ownOutput: true },
  drop_connect: branch,
};

/** The traits of a node. */
export const traitsOf = ({ _tag }: Node): NodeTraits => nodeTraits[_tag];

/** The traits of a leaf. */
export const leafTraitsOf = <L extends Leaf>({ _tag }: L): LeafTraits<L> =>
  nodeTraits[_tag] as unknown as LeafTraits<L>;

/**
 * Whether the units of the node of a name compete; of a name that is no node's, or a defined node's,
 * false.
 */
export const competesNamed = (name: string): boolean =>
  Object.hasOwn(nodeTraits, name) && nodeTraits[name as Node["_tag"]].competes;

/** Whether the output of a node is binary when evaluated: it is a kWTA of any kind. */
export const isBinaryNode = (node: Node): boolean => traitsOf(node).binary === "always";

/**
 * Whether the output of a graph is binary when evaluated: its last node is a kWTA, or only max pooling and
 * changes of shape follow one.
 *
 * @param graph Any graph.
 *
 * @example
 * ```ts
 * import { isBinary } from "./traits.ts";
 * import { graph } from "./parse.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(isBinary(graph`conv2d(8, 3) ▷ kwta(0.05) ▷ max_pool2d(2) ▷ flatten`), true);
 * assertEquals(isBinary(graph`kwta(0.05) ▷ linear(10)`), false);
 * ```
 */
export function isBinary({ nodes }: Nodes): boolean {
  const last = nodes.findLast((node) => traitsOf(node).binary !== "kept");
  return last !== undefined && isBinaryNode(last);
}

/**
 * The input that a graph's first nodes demand, or null where they take several.
 *
 * @param graph Any graph.
 *
 * @example
 * ```ts
 * import { requiredInput } from "./traits.ts";
 * import { graph } from "./parse.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(requiredInput(graph`relu ▷ linear(784, 64)`), [784]);
 * assertEquals(requiredInput(graph`flatten ▷ linear(784, 64)`), null);
 * ```
 */
export function requiredInput({ nodes }: Nodes): Space | null {
  for (const node of nodes) {
    const input = inputOf(node);
    if (input !== "any") return input;
  }
  return null;
}

/** The input that one node demands; "any" where the next node decides. */
function inputOf(node: Node): Space | "any" | null {
  switch (node._tag) {
    case "fanout":
      return requiredInput(node.first) ?? requiredInput(node.second);
    case "split": {
      const first = requiredInput(node.first);
      const second = requiredInput(node.second);
      return first === null || second === null ? null : { first, second };
    }
    case "drop_connect":
      return requiredInput(node.body);
    case "residual":
      return requiredInput(node.body) ?? "any";
    default:
      return inputOfLeaf(node);
  }
}

const inputOfLeaf = <L extends Leaf>(leaf: L) => leafTraitsOf(leaf).input(leaf);
