/**
 * The part of an autoencoder that makes the latent.
 *
 * @module
 */
import type { Graph, Nodes } from "./node.ts";

/**
 * The encoder of a graph: where it ends in `fanout(identity, decoder)`, what comes before that; else
 * the whole. The paths of its weights are those in the whole.
 *
 * @example
 * ```ts
 * import { encoderOf } from "./encoder.ts";
 * import { graph } from "./parse.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const whole = graph`linear(784, 256) ▷ kwta(0.05) ▷ fanout(identity, linear(256, 784))`;
 * assertEquals(show(encoderOf(whole)), "linear(784, 256) ▷ kwta(0.05)");
 * ```
 */
export function encoderOf({ nodes }: Nodes): Graph {
  const last = nodes.at(-1);
  return last?._tag === "fanout" && last.first.nodes.length === 0
    ? { nodes: nodes.slice(0, -1) }
    : { nodes };
}
