/**
 * How each node is written: its arguments, their kinds and their defaults. The parser, the printer,
 * the JSON codec and the check of options all read this.
 *
 * @module
 */
import { declarationOf, declaredNames, type NodeArgument, type NodeValues } from "./custom_node.ts";
import { isOfKind } from "./kind.ts";
import type { Custom, Node } from "./node.ts";
import { type OwnTag, type Parameter, type Signature, signatures } from "./own_signatures.ts";

export { type ArgumentKind, isOfKind, kindInWords } from "./kind.ts";
export type { Argument, Parameter, Signature } from "./own_signatures.ts";

/** How a node that a program has defined is written. */
function signatureOfCustom(name: string, parameters: readonly NodeArgument[]): Signature<Custom> {
  const sameKind = parameters.findIndex(({ kind }) => kind !== parameters[0].kind);
  const placed = parameters.slice(0, sameKind < 0 ? parameters.length : sameKind);
  const weighty = declarationOf(name)?.params !== null;
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

/** How the node of a name is written, if there is one. */
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

/** How a node is written; of one that nobody has defined, as if it had no arguments. */
export const signatureOf = (node: Node): Signature<Node> =>
  signatureNamed(nameOfNode(node)) ??
    signatureOfCustom(nameOfNode(node), []) as unknown as Signature<Node>;

/** Whether a parameter may have a value, its fallback included. */
export const allows = ({ kind, fallback }: Parameter, value: unknown): boolean =>
  (fallback !== undefined && value === fallback) || isOfKind(kind, value);
