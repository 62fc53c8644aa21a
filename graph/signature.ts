/**
 * Textual form of each node: its arguments, their kinds and their defaults. The parser, the printer, the JSON codec and
 * the check of options all read this table, to which nodes that a program defines add themselves.
 *
 * @module
 */
import {
  type ArgumentKind,
  declarationOf,
  declaredNames,
  holdsTensors,
  isOfKind,
  type NodeArgument,
  type NodeValues,
} from "./custom_node.ts";
import type {
  AvgPool2d,
  Custom,
  Fanout,
  Gate,
  MaxPool2d,
  Node,
  Nodes,
  Over,
  Soft,
  Split,
} from "./node.ts";

/** The value of an argument; null where a defaulted one is left out. */
export type Argument = number | boolean | string | null | readonly number[] | Nodes;

/** One argument of a node. */
export interface Parameter {
  /** The name by which it is written: "bias" in `bias=false`. */
  readonly name: string;
  /** The kind of value that it may have. */
  readonly kind: ArgumentKind;
  /** Value of an argument that is left out. @default the argument is required */
  readonly fallback?: Argument;
  /**
   * Whether JSON has it only where it is not the fallback: an argument that a later version added, without which files
   * stay as they were and can be read by older versions. @default false
   */
  readonly later?: true;
}

/** Textual form of a node of type N. */
export interface Signature<N extends Node> {
  /** Arguments of the node in the order in which they are printed. */
  readonly parameters: readonly Parameter[];
  /** The ways to give arguments by position, by how many there are. */
  readonly positional: readonly (readonly string[])[];
  /** The node of these arguments, all present. */
  readonly build: (values: Readonly<Record<string, Argument>>) => N;
  /** The arguments of a node, all present. */
  readonly read: (node: N) => Readonly<Record<string, Argument>>;
}

/** The nodes that are Sparrow's own. */
export type OwnTag = Exclude<Node["_tag"], "custom">;

type Signatures = { readonly [K in OwnTag]: Signature<Extract<Node, { _tag: K }>> };

const nullary = <N extends Node>(node: N): Signature<N> => ({
  parameters: [],
  positional: [[]],
  build: () => node,
  read: () => ({}),
});

const binary = <N extends Fanout | Split>(_tag: N["_tag"]): Signature<N> => ({
  parameters: [{ name: "first", kind: "graph" }, { name: "second", kind: "graph" }],
  positional: [["first", "second"]],
  build: ({ first, second }) => ({ _tag, first, second }) as N,
  read: ({ first, second }) => ({ first, second }),
});

const pool = <N extends MaxPool2d | AvgPool2d>(
  _tag: N["_tag"],
  more: readonly Parameter[] = [],
): Signature<N> => ({
  parameters: [
    { name: "size", kind: "count" },
    { name: "stride", kind: "count", fallback: null },
    ...more,
  ],
  positional: [["size"], ["size", "stride"]],
  build: (values) => ({ _tag, ...values }) as unknown as N,
  read: ({ _tag, ...values }) => values as unknown as Readonly<Record<string, Argument>>,
});

/** Arguments of a soft activation: `hardness=4, gate=hard_sigmoid`, or `hard` for none. */
const softness: readonly Parameter[] = [
  { name: "hardness", kind: "positive", fallback: 2 },
  { name: "gate", kind: "gate", fallback: "sigmoid" },
  { name: "hard", kind: "flag", fallback: false },
];

const softOf = ({ hardness, gate, hard }: Readonly<Record<string, Argument>>): Soft | null =>
  hard ? null : { hardness: hardness as number, gate: gate as Gate };

const showSoft = (soft: Soft | null) => ({
  hardness: soft?.hardness ?? 2,
  gate: soft?.gate ?? "sigmoid",
  hard: soft === null,
});

// ---- Sparrow's own nodes

/** The signature of every node of Sparrow's own. */
const signatures: Signatures = {
  linear: {
    parameters: [
      { name: "inputs", kind: "count", fallback: null },
      { name: "outputs", kind: "count" },
      { name: "bias", kind: "flag", fallback: true },
    ],
    positional: [["outputs"], ["inputs", "outputs"]],
    build: ({ inputs, outputs, bias }) => ({
      _tag: "linear",
      inputs: inputs as number | null,
      outputs: outputs as number,
      bias: bias as boolean,
    }),
    read: ({ inputs, outputs, bias }) => ({ inputs, outputs, bias }),
  },
  conv2d: {
    parameters: [
      { name: "inputs", kind: "count", fallback: null },
      { name: "outputs", kind: "count" },
      { name: "size", kind: "count" },
      { name: "stride", kind: "count", fallback: 1 },
      { name: "padding", kind: "whole", fallback: 0 },
      { name: "groups", kind: "count", fallback: 1, later: true },
      { name: "bias", kind: "flag", fallback: true },
    ],
    positional: [["outputs", "size"], ["inputs", "outputs", "size"]],
    build: ({ inputs, outputs, size, stride, padding, groups, bias }) => ({
      _tag: "conv2d",
      inputs: inputs as number | null,
      outputs: outputs as number,
      size: size as number,
      stride: stride as number,
      padding: padding as number,
      groups: groups as number,
      bias: bias as boolean,
    }),
    read: ({ _tag, ...values }) => values,
  },
  max_pool2d: pool<MaxPool2d>("max_pool2d", [{
    name: "padding",
    kind: "whole",
    fallback: 0,
    later: true,
  }]),
  avg_pool2d: pool<AvgPool2d>("avg_pool2d"),
  global_avg_pool2d: nullary({ _tag: "global_avg_pool2d" }),
  batch_norm: {
    parameters: [
      { name: "inputs", kind: "count", fallback: null },
      { name: "affine", kind: "flag", fallback: true },
      { name: "momentum", kind: "fraction", fallback: 0.1 },
      { name: "epsilon", kind: "positive", fallback: 1e-5 },
    ],
    positional: [["inputs"]],
    build: ({ inputs, affine, momentum, epsilon }) => ({
      _tag: "batch_norm",
      inputs: inputs as number | null,
      affine: affine as boolean,
      momentum: momentum as number,
      epsilon: epsilon as number,
    }),
    read: ({ _tag, ...values }) => values,
  },
  dropout: {
    parameters: [{ name: "rate", kind: "rate", fallback: 0.5 }],
    positional: [["rate"]],
    build: ({ rate }) => ({ _tag: "dropout", rate: rate as number }),
    read: ({ rate }) => ({ rate }),
  },
  relu: nullary({ _tag: "relu" }),
  leaky_relu: {
    parameters: [{ name: "slope", kind: "real", fallback: 0.01 }],
    positional: [["slope"]],
    build: ({ slope }) => ({ _tag: "leaky_relu", slope: slope as number }),
    read: ({ slope }) => ({ slope }),
  },
  clip: {
    parameters: [{ name: "min", kind: "real" }, { name: "max", kind: "real" }],
    positional: [["min", "max"]],
    build: ({ min, max }) => ({ _tag: "clip", min: min as number, max: max as number }),
    read: ({ min, max }) => ({ min, max }),
  },
  gelu: nullary({ _tag: "gelu" }),
  sigmoid: nullary({ _tag: "sigmoid" }),
  tanh: nullary({ _tag: "tanh" }),
  softmax: nullary({ _tag: "softmax" }),
  log_softmax: nullary({ _tag: "log_softmax" }),
  flatten: nullary({ _tag: "flatten" }),
  reshape: {
    parameters: [{ name: "shape", kind: "shape" }],
    positional: [["shape"]],
    build: ({ shape }) => ({ _tag: "reshape", shape: shape as readonly number[] }),
    read: ({ shape }) => ({ shape }),
  },
  kwta: {
    parameters: [
      { name: "sparsity", kind: "fraction" },
      ...softness,
      { name: "over", kind: "over", fallback: "sample" },
    ],
    positional: [["sparsity"]],
    build: (values) => ({
      _tag: "kwta",
      sparsity: values.sparsity as number,
      soft: softOf(values),
      over: values.over as Over,
    }),
    read: ({ sparsity, soft, over }) => ({ sparsity, ...showSoft(soft), over }),
  },
  learned_kwta: {
    parameters: [{ name: "shape", kind: "shape", fallback: null }, ...softness],
    positional: [["shape"]],
    build: (values) => ({
      _tag: "learned_kwta",
      shape: values.shape as readonly number[] | null,
      soft: softOf(values),
    }),
    read: ({ shape, soft }) => ({ shape, ...showSoft(soft) }),
  },
  predicted_kwta: {
    parameters: [
      { name: "max_sparsity", kind: "fraction" },
      { name: "min_sparsity", kind: "fraction", fallback: 0.001 },
      { name: "inputs", kind: "count", fallback: null },
      ...softness,
    ],
    positional: [["max_sparsity"]],
    build: (values) => ({
      _tag: "predicted_kwta",
      inputs: values.inputs as number | null,
      max_sparsity: values.max_sparsity as number,
      min_sparsity: values.min_sparsity as number,
      soft: softOf(values),
    }),
    read: ({ max_sparsity, min_sparsity, inputs, soft }) => ({
      max_sparsity,
      min_sparsity,
      inputs,
      ...showSoft(soft),
    }),
  },
  k_winners: {
    parameters: [
      { name: "sparsity", kind: "fraction" },
      { name: "inputs", kind: "count", fallback: null },
      { name: "boost", kind: "level", fallback: 1 },
      { name: "period", kind: "count", fallback: 1000 },
      { name: "inference_factor", kind: "positive", fallback: 1 },
      { name: "over", kind: "over", fallback: "sample" },
      { name: "break_ties", kind: "flag", fallback: false },
      { name: "relu", kind: "flag", fallback: false },
    ],
    positional: [["sparsity"]],
    build: (values) => ({
      _tag: "k_winners",
      sparsity: values.sparsity as number,
      inputs: values.inputs as number | null,
      boost: values.boost as number,
      period: values.period as number,
      inference_factor: values.inference_factor as number,
      over: values.over as Over,
      break_ties: values.break_ties as boolean,
      relu: values.relu as boolean,
    }),
    read: ({ _tag, ...values }) => values,
  },
  winner_take_all: nullary({ _tag: "winner_take_all" }),
  add: nullary({ _tag: "add" }),
  concat: nullary({ _tag: "concat" }),
  fanout: binary<Fanout>("fanout"),
  split: binary<Split>("split"),
  residual: {
    parameters: [{ name: "body", kind: "graph" }],
    positional: [["body"]],
    build: ({ body }) => ({ _tag: "residual", body: body as Nodes }),
    read: ({ body }) => ({ body }),
  },
  drop_connect: {
    parameters: [
      { name: "body", kind: "graph" },
      { name: "rate", kind: "rate", fallback: 0.5 },
      { name: "rescale", kind: "flag", fallback: true },
    ],
    positional: [["body"]],
    build: ({ body, rate, rescale }) => ({
      _tag: "drop_connect",
      body: body as Nodes,
      rate: rate as number,
      rescale: rescale as boolean,
    }),
    read: ({ body, rate, rescale }) => ({ body, rate, rescale }),
  },
};

// ---- Any node

/** Builds the signature of a node that a program has defined. */
function signatureOfCustom(name: string, parameters: readonly NodeArgument[]): Signature<Custom> {
  const sameKind = parameters.findIndex(({ kind }) => kind !== parameters[0].kind);
  const placed = parameters.slice(0, sameKind < 0 ? parameters.length : sameKind);
  const declaration = declarationOf(name);
  const weighty = declaration === undefined || holdsTensors(declaration);
  return {
    parameters: weighty
      ? [...parameters, { name: "input_shape", kind: "shape", fallback: null }]
      : parameters,
    positional: placed.length === 0
      ? [[]]
      : placed.map((_, i) => placed.slice(0, i + 1).map(({ name }) => name)),
    build: ({ input_shape = null, ...values }) => ({
      _tag: "custom",
      name,
      values: values as NodeValues,
      input: input_shape as readonly number[] | null,
    }),
    read: ({ values, input }) => weighty ? { ...values, input_shape: input } : values,
  };
}

/** The names of Sparrow's own nodes. */
export const ownNames = Object.keys(signatures) as readonly OwnTag[];

/** The names of all nodes, those that the program has defined last. */
export const nodeNames = (): readonly string[] => [...ownNames, ...declaredNames()];

/** Finds the signature of the node of a name, if there is one. */
export function signatureNamed(name: string): Signature<Node> | undefined {
  if (Object.hasOwn(signatures, name)) {
    return signatures[name as OwnTag] as unknown as Signature<Node>;
  }
  const declared = declarationOf(name);
  return declared === undefined
    ? undefined
    : signatureOfCustom(name, declared.arguments) as unknown as Signature<Node>;
}

/** The name that a node is written with. */
export const nameOfNode = (node: Node): string => node._tag === "custom" ? node.name : node._tag;

/** Returns the signature of a node; of one that nobody has defined, as if it had no arguments. */
export const signatureOf = (node: Node): Signature<Node> =>
  signatureNamed(nameOfNode(node)) ??
    signatureOfCustom(nameOfNode(node), []) as unknown as Signature<Node>;

/** Whether a parameter may have a value, its fallback included. */
export const allows = ({ kind, fallback }: Parameter, value: unknown): boolean =>
  (fallback !== undefined && value === fallback) || isOfKind(kind, value);
