/**
 * The shape rule of nodes that a program has defined.
 *
 * @module
 */
import { declarationOf } from "./custom_node.ts";
import { type InvalidOption, invalidOption } from "./error.ts";
import type { Custom } from "./node.ts";
import { badDimension } from "./refusal.ts";
import { sameSpace } from "./space.ts";
import type { Shape } from "./types.ts";

/** The error of a node that nobody has defined, if it is one. */
export const undeclared = ({ name }: Custom, path: string): InvalidOption | null =>
  declarationOf(name) === undefined
    ? invalidOption(
      `node at position ${path}`,
      name,
      "the name of a node that defineNode has defined",
    )
    : null;

/** The node with its input filled in where it has weights, and its output; or what was expected, in words. */
export function declared(node: Custom, input: Shape): string | readonly [Custom, Shape] {
  const declaration = declarationOf(node.name);
  if (declaration === undefined) return "a node that is defined";
  if (node.input !== null && !sameSpace(node.input, input)) {
    return `an input of shape [${node.input.join(", ")}]`;
  }
  const output = declaration.shape(input, node.values);
  if (typeof output === "string") return output;
  const bad = badDimension(output);
  return bad === null
    ? [declaration.params === null ? node : { ...node, input }, output]
    : `an output of integers of at least 1, where its own shape rule says ${bad}`;
}
