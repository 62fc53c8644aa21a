/**
 * The input shape that a graph itself determines.
 *
 * @module
 */
import type { Leaf, Node, Nodes } from "./node.ts";
import { leafTraitsOf } from "./traits.ts";
import type { Space } from "./types.ts";

/**
 * The input that a graph's first nodes demand, or null where they take several.
 *
 * @example
 * ```ts
 * import { requiredInput } from "./required_input.ts";
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
