/**
 * Nodes that a program has defined beside Sparrow's own: their arguments, output shapes, weights and state.
 * `ops/custom_node.ts` has the functions that compute them.
 *
 * @module
 */
import type { Gate, Over } from "./node.ts";
import type { Shape } from "./types.ts";

// ---- Arguments of nodes

/** The kinds of value that an argument of a node may have. */
export type ArgumentKind =
  | "count"
  | "whole"
  | "real"
  | "fraction"
  | "positive"
  | "level"
  | "rate"
  | "flag"
  | "gate"
  | "over"
  | "shape"
  | "graph";

/** The words for the values that a kind allows. */
export const kindInWords: Readonly<Record<ArgumentKind, string>> = {
  count: "an integer of at least 1",
  whole: "an integer of at least 0",
  real: "a finite number",
  fraction: "a number above 0 and at most 1",
  positive: "a number above 0",
  level: "a number of at least 0",
  rate: "a number of at least 0 and below 1",
  flag: "true or false",
  gate: "sigmoid or hard_sigmoid",
  over: "sample, channel or location",
  shape: "a shape such as [28, 28, 1]",
  graph: "a graph",
};

/** Whether a value is of a kind. */
export function isOfKind(kind: ArgumentKind, value: unknown): boolean {
  switch (kind) {
    case "count":
      return Number.isSafeInteger(value) && (value as number) >= 1;
    case "whole":
      return Number.isSafeInteger(value) && (value as number) >= 0;
    case "real":
      return Number.isFinite(value);
    case "shape":
      return Array.isArray(value) && value.length > 0 &&
        Array.from(value).every((n) => isOfKind("count", n));
    case "fraction":
      return typeof value === "number" && value > 0 && value <= 1;
    case "positive":
      return typeof value === "number" && value > 0 && value < Infinity;
    case "level":
      return typeof value === "number" && value >= 0 && value < Infinity;
    case "rate":
      return typeof value === "number" && value >= 0 && value < 1;
    case "flag":
      return typeof value === "boolean";
    case "gate":
      return value === "sigmoid" || value === "hard_sigmoid";
    case "over":
      return value === "sample" || value === "channel" || value === "location";
    case "graph":
      return typeof value === "object" && value !== null && "nodes" in value;
  }
}

/** The value of an argument of a defined node. */
export type NodeValue = number | boolean | string | Shape;

/** The values of a defined node's arguments, by name. */
export type NodeValues = Readonly<Record<string, NodeValue>>;

/** One argument of a defined node. */
export interface NodeArgument {
  /** Small letters, digits and underscores, a letter first. */
  readonly name: string;
  /** The kind of value that it may have. */
  readonly kind: Exclude<ArgumentKind, "graph">;
  /** Value of an argument that is left out. @default the argument is required */
  readonly fallback?: NodeValue;
}

/** The type of a value of a kind. */
export type ValueOf<K> = K extends "flag" ? boolean
  : K extends "gate" ? Gate
  : K extends "over" ? Over
  : K extends "shape" ? Shape
  : number;

/** All arguments of a defined node, by name. */
export type ValuesOf<P extends readonly NodeArgument[]> = {
  readonly [Q in P[number] as Q["name"]]: ValueOf<Q["kind"]>;
};

/**
 * The arguments as they are given: those with a fallback may be left out. Of a node without arguments
 * there are none to give, where `{}` as a type would take any.
 */
export type GivenValues<P extends readonly NodeArgument[]> = P extends readonly []
  ? Readonly<Record<string, never>>
  :
    & {
      readonly [
        Q in P[number] as Q extends { readonly fallback: NodeValue } ? never : Q["name"]
      ]: ValueOf<Q["kind"]>;
    }
    & {
      readonly [
        Q in P[number] as Q extends { readonly fallback: NodeValue } ? Q["name"] : never
      ]?: ValueOf<Q["kind"]>;
    };

// ---- Declarations

/** A weight of a defined node. */
export interface NodeParam {
  /** Name by which the node finds the weight, "gain"; in the params it is "2.gain". */
  readonly name: string;
  /** Dimensions of the weight. */
  readonly shape: Shape;
  /** The initial values are uniform in mean ± bound. @default 0 */
  readonly mean?: number;
  /** Largest distance of an initial value from the mean, at least 0. Where it is 0, all values are the mean. */
  readonly bound: number;
}

/** A tensor that a defined node remembers beside its weights: no gradient changes it, training steps do. */
export interface NodeState {
  /** Name by which the node finds the state, "threshold"; in the plasticity of a run it is "2.threshold". */
  readonly name: string;
  /** Dimensions of the state; [] for a scalar. */
  readonly shape: Shape;
  /** The initial value of every element. @default 0 */
  readonly value?: number;
}

/** Declaration of a node that a program defines: its arguments, shapes, weights and cost. */
export interface NodeDeclaration<P extends readonly NodeArgument[] = readonly NodeArgument[]> {
  /** The name by which it is written in a graph: small letters, digits and underscores, a letter first. */
  readonly name: string;
  /** Arguments of the node. The first ones, as many as are of one kind, may be given by position. @default [] */
  readonly arguments?: P;
  /**
   * Computes the shape of the output for one input tensor, batch axis left out; a string, what input was expected,
   * where it does not fit.
   *
   * @default the input's shape
   */
  readonly shape?: (input: Shape, values: ValuesOf<P>) => Shape | string;
  /** Lists the weights for an input of a shape. @default none */
  readonly params?: (input: Shape, values: ValuesOf<P>) => readonly NodeParam[];
  /**
   * Declares the state of the node for an input of a given shape: values beside its weights, saved and loaded with
   * them.
   *
   * @default none
   */
  readonly state?: (input: Shape, values: ValuesOf<P>) => readonly NodeState[];
  /** Counts the operations for one sample. @default one per element of the output */
  readonly flops?: (input: Shape, values: ValuesOf<P>) => number;
}

/** A declaration whose arguments the compiler does not check. */
export interface AnyNodeDeclaration {
  /** The name by which it is written in a graph. */
  readonly name: string;
  /** Arguments of the node. */
  readonly arguments: readonly NodeArgument[];
  /** The shape of the output, or what input was expected, in words. */
  readonly shape: (input: Shape, values: NodeValues) => Shape | string;
  /** The weights; null: none, whatever the input. */
  readonly params: ((input: Shape, values: NodeValues) => readonly NodeParam[]) | null;
  /** State of the node by name; null for none, whatever the input. */
  readonly state: ((input: Shape, values: NodeValues) => readonly NodeState[]) | null;
  /** Operations for one sample; null: one per element of the output. */
  readonly flops: ((input: Shape, values: NodeValues) => number) | null;
}

// Mutable, because a name in a text or a file has to be found without being handed along.
const declarations = new Map<string, AnyNodeDeclaration>();

/** Finds the node that a program has defined under a name, if any. */
export const declarationOf = (name: string): AnyNodeDeclaration | undefined =>
  declarations.get(name);

/** Whether a node has weights or a state, whose shapes the shape of its input determines. */
export const holdsTensors = (
  { params, state }: Pick<AnyNodeDeclaration, "params" | "state">,
): boolean => params !== null || state !== null;

/** The names of all nodes that a program has defined. */
export const declaredNames = (): readonly string[] => [...declarations.keys()];

/**
 * Makes a node known to every reader of graphs.
 *
 * @param declaration Name, arguments and shape rule of the node.
 * @param taken Names of other nodes, which this one must not have.
 * @throws {TypeError} When a name is taken or not well-formed, as a mistake in the program.
 */
export function declareNode<const P extends readonly NodeArgument[]>(
  declaration: NodeDeclaration<P>,
  taken: readonly string[],
): void {
  const { name, arguments: own = [], shape, params, state, flops } = declaration;
  const names = own.map((argument) => argument.name);
  const wrong = [name, ...names].find((text) => !/^[a-z][a-z0-9_]*$/.test(text));
  const fault = wrong !== undefined
    ? `expected a name of small letters, digits and underscores, current value is "${wrong}"`
    : taken.includes(name) || declarations.has(name)
    ? "a node of that name exists; choose another"
    : new Set(names).size < names.length
    ? `two of its arguments have one name, among ${names.join(", ")}`
    : names.some((text) => text === "node" || text === "input_shape")
    ? "its arguments must not be called node or input_shape, which every node has"
    : null;
  if (fault !== null) throw new TypeError(`Cannot define the node ${name}: ${fault}`);
  declarations.set(name, {
    name,
    arguments: own,
    // The values are checked against the arguments before any of these is called.
    shape: (shape as AnyNodeDeclaration["shape"] | undefined) ?? ((input) => input),
    params: (params as AnyNodeDeclaration["params"] | undefined) ?? null,
    state: (state as AnyNodeDeclaration["state"] | undefined) ?? null,
    flops: (flops as AnyNodeDeclaration["flops"] | undefined) ?? null,
  });
}
