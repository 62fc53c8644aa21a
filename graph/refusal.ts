/**
 * What shape inference says where it refuses.
 *
 * @module
 */
import { type InvalidOption, invalidOption, type ShapeMismatch } from "./error.ts";
import type { Node } from "./node.ts";
import { showNode } from "./show.ts";
import { allows, kindInWords, nameOfNode, signatureOf } from "./signature.ts";
import { isPair, showSpace } from "./space.ts";
import type { Shape, Space } from "./types.ts";

/** The text of the first shape that is none, or null. */
export const badDimension = (space: Space): string | null =>
  isPair(space)
    ? badDimension(space.first) ?? badDimension(space.second)
    : (space as Shape).every((n) => Number.isSafeInteger(n) && n >= 1)
    ? null
    : showSpace(space);

/** The error of a node that does not take what it is given. */
export const mismatch = (
  node: Node,
  path: string,
  expected: string,
  actual: string,
): ShapeMismatch => ({
  _tag: "ShapeMismatch",
  node: showNode(node),
  path,
  expected,
  actual,
});

/** The error of the first argument of a node that is out of range, if any. */
export function badArgument(node: Node, path: string): InvalidOption | null {
  const { parameters, read } = signatureOf(node);
  const values = read(node);
  const bad = parameters.find((parameter) => !allows(parameter, values[parameter.name]));
  if (
    bad === undefined && node._tag === "predicted_kwta" && !(node.min_sparsity < node.max_sparsity)
  ) {
    return invalidOption(
      `min_sparsity of predicted_kwta at position ${path}`,
      node.min_sparsity,
      `a number below max_sparsity, ${node.max_sparsity}`,
    );
  }
  return bad === undefined ? null : invalidOption(
    `${bad.name} of ${nameOfNode(node)} at position ${path}`,
    values[bad.name],
    kindInWords[bad.kind],
  );
}
