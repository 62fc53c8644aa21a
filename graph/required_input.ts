/**
 * The input that a graph tells by itself.
 *
 * @module
 */
import type { Nodes } from "./node.ts";
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
    switch (node._tag) {
      case "linear":
        return node.inputs === null ? null : [node.inputs];
      case "learned_kwta":
        return node.shape;
      case "relu":
      case "leaky_relu":
      case "gelu":
      case "softmax":
      case "log_softmax":
      case "winner_take_all":
      case "sigmoid":
      case "tanh":
      case "kwta":
      case "dropout":
        continue;
      case "custom":
        return node.input;
      case "fanout":
        return requiredInput(node.first) ?? requiredInput(node.second);
      case "split": {
        const first = requiredInput(node.first);
        const second = requiredInput(node.second);
        return first === null || second === null ? null : { first, second };
      }
      case "drop_connect":
        return requiredInput(node.body);
      case "residual": {
        const inner = requiredInput(node.body);
        if (inner !== null) return inner;
        continue;
      }
      case "conv2d":
      case "max_pool2d":
      case "avg_pool2d":
      case "batch_norm":
      case "predicted_kwta":
      case "k_winners":
      case "flatten":
      case "reshape":
      case "add":
      case "concat":
        return null;
    }
  }
  return null;
}
