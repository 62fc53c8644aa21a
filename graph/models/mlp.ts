/**
 * Multilayer perceptrons.
 *
 * @module
 */
import { sequence } from "../compose.ts";
import { linear, relu } from "../constructors.ts";
import type { Graph } from "../node.ts";
import type { LastOf, Shape } from "../types.ts";
import { codeOf, type CodeOptions } from "./head.ts";

/** Options of {@linkcode mlp}. */
export interface MlpOptions {
  /** A kWTA over the last layer. @default none */
  readonly head?: CodeOptions;
}

/**
 * Linear layers with a relu between one and the next. The last gives logits, or with a head a code.
 *
 * Source: MLP of dizcza/pytorch-mighty, mighty/models/mlp.py; MLP_kWTA of dizcza/EmbedderSDR,
 * models/mlp_kwta.py. Both flatten their input; here `flatten ▷` does, where samples are no vectors.
 *
 * @param sizes The inputs, then the units of each layer: two or more, each at least 1. A single one
 * makes no layer.
 *
 * @example
 * ```ts
 * import { mlp } from "./mlp.ts";
 * import { show } from "../show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(show(mlp([784, 128, 10])), "linear(784, 128) ▷ relu ▷ linear(128, 10)");
 * assertEquals(
 *   show(mlp([784, 64, 512], { head: { sparsity: 0.05 } })),
 *   "linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)",
 * );
 * ```
 */
export const mlp = <const S extends Shape>(
  sizes: S,
  { head }: MlpOptions = {},
): Graph<readonly [S[0]], readonly [LastOf<S>]> => {
  const layers = sizes.slice(1).map((outputs, i) => linear(sizes[i], outputs));
  const { nodes } = sequence(
    ...layers.flatMap((layer, i) => i === 0 ? [layer] : [relu, layer]),
    codeOf(head),
  );
  return { nodes };
};
