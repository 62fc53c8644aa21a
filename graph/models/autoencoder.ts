/**
 * Autoencoders with a kWTA code in the middle.
 *
 * @module
 */
import { dropConnect, fanout, identity, sequence } from "../compose.ts";
import { dropout, linear, relu } from "../constructors.ts";
import type { Graph } from "../node.ts";
import type { LastOf, Pair, Shape } from "../types.ts";
import { codeOf, type CodeOptions } from "./head.ts";

/** Options of {@linkcode autoencoder}. */
export interface AutoencoderOptions {
  /** The kWTA of the code; without one, a relu. @default none */
  readonly head?: CodeOptions;
  /** Probability that an input of a layer is dropped in training, in [0, 1). @default 0.25 */
  readonly dropout?: number;
  /** Probability that a weight of the encoder is dropped in training, in [0, 1). @default 0.25 */
  readonly dropConnect?: number;
}

/**
 * Linear layers to a code, and one from the code back to the inputs' logits. It returns the pair of
 * both: (code, reconstruction).
 *
 * Layers before the code end in a relu; that of the code has no bias. As in the reference, the weights
 * that are not dropped do not grow to make up for it: the winners of a kWTA are the same at any scale.
 *
 * Source: AutoencoderLinearKWTA of dizcza/EmbedderSDR, models/autoencoder.py.
 *
 * @param sizes The inputs, then the units of each layer, the last of which is the code: two or more,
 * each at least 1.
 *
 * @example
 * ```ts
 * import { autoencoder } from "./autoencoder.ts";
 * import { show } from "../show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(
 *   show(autoencoder([784, 256], { head: { sparsity: 0.05 } })),
 *   "dropout(0.25) ▷ drop_connect(linear(784, 256, bias=false), rate=0.25, rescale=false) ▷ " +
 *     "kwta(0.05) ▷ fanout(identity, dropout(0.25) ▷ linear(256, 784))",
 * );
 * assertEquals(
 *   show(autoencoder([784, 256], { dropout: 0, dropConnect: 0 })),
 *   "linear(784, 256, bias=false) ▷ relu ▷ fanout(identity, linear(256, 784))",
 * );
 * ```
 */
export const autoencoder = <const S extends Shape>(
  sizes: S,
  { head, dropout: valueRate = 0.25, dropConnect: weightRate = 0.25 }: AutoencoderOptions = {},
): Graph<readonly [S[0]], Pair<readonly [LastOf<S>], readonly [S[0]]>> => {
  const dropped = valueRate === 0 ? identity : dropout(valueRate);
  const sparse = (layer: Graph): Graph =>
    weightRate === 0 ? layer : dropConnect(layer, { rate: weightRate, rescale: false });
  const last = sizes.length - 2;
  const layers = sizes.slice(1).map((outputs, i) =>
    sequence(
      dropped,
      sparse(linear(sizes[i], outputs, { bias: i < last })),
      i < last || head === undefined ? relu : codeOf(head),
    )
  );
  const decoder = sequence(dropped, linear(sizes[last + 1], sizes[0]));
  return { nodes: sequence(...layers, fanout(identity, decoder)).nodes };
};
