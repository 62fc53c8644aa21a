/**
 * The convolutional encoder of EmbedderSDR.
 *
 * @module
 */
import { identity, sequence } from "../compose.ts";
import { batchNorm, conv2d, flatten, linear, maxPool2d, relu, reshape } from "../constructors.ts";
import type { Graph } from "../node.ts";
import type { Shape } from "../types.ts";
import { codeOf, type CodeOptions } from "./head.ts";

/** Options of {@linkcode embedderSdr}. */
export interface EmbedderSdrOptions {
  /** Maps (output channels) of the convolution, at least 1. @default 3 */
  readonly convChannels?: number;
  /** Units of the linear layer, at least 1. @default 128 */
  readonly units?: number;
  /** A kWTA over the units of the linear layer. @default none */
  readonly head?: CodeOptions;
}

/**
 * A 3 × 3 convolution with batch norm, relu and 3 × 3 max pooling, and one linear layer over its maps,
 * both without a bias. A head makes a code of it.
 *
 * Source: EmbedderSDR of dizcza/EmbedderSDR, models/embedder.py. It flattens channels first, Sparrow
 * channels last: its linear weights fit here once their rows are reordered.
 *
 * @param shape Of one image as the dataset has it: [height, width] or [height, width, channels], at
 * least 5 × 5. To the first, an axis for its one channel is added.
 *
 * @example
 * ```ts
 * import { embedderSdr } from "./embedder_sdr.ts";
 * import { show } from "../show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(
 *   show(embedderSdr([32, 32, 3], { head: { sparsity: 0.05 } })),
 *   "conv2d(3, 3, 3, bias=false) ▷ batch_norm ▷ relu ▷ max_pool2d(3) ▷ flatten ▷ " +
 *     "linear(128, bias=false) ▷ kwta(0.05)",
 * );
 * assertEquals(show(embedderSdr([28, 28])).startsWith("reshape([28, 28, 1]) ▷ conv2d(1, 3, 3"), true);
 * ```
 */
export const embedderSdr = <const S extends Shape>(
  shape: S,
  { convChannels = 3, units = 128, head }: EmbedderSdrOptions = {},
): Graph<S, readonly [number]> => {
  const [height, width, channels = 1] = shape;
  const { nodes } = sequence(
    shape.length === 2 ? reshape([height, width, channels]) : identity,
    conv2d(channels, convChannels, 3, { bias: false }),
    batchNorm(),
    relu,
    maxPool2d(3),
    flatten,
    linear(units, { bias: false }),
    codeOf(head),
  );
  return { nodes };
};
