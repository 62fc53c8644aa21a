/**
 * A plain deep convolutional classifier of 32 × 32 images.
 *
 * @module
 */
import { sequence } from "../compose.ts";
import { batchNorm, conv2d, flatten, maxPool2d, relu } from "../constructors.ts";
import type { Graph } from "../node.ts";
import { type ClassifierOptions, endOf } from "./head.ts";

/** Options of {@linkcode vggLike}. */
export interface VggLikeOptions extends ClassifierOptions {
  /** Maps of the first two convolutions, at least 1. @default 128 */
  readonly width?: number;
}

/**
 * Seven 3 × 3 convolutions of 1, 1, 2, 2, 4, 4 and 8 times `width` maps, max pooling after every
 * second and after the last, then one linear layer. Each convolution is followed by batch norm without
 * weights and relu; the last has no padding, which leaves one location of a 32 × 32 image.
 *
 * Source: CIFAR10 of dizcza/EmbedderSDR, models/cifar/cifar.py, which it has from
 * aaron-xichen/pytorch-playground, cifar/model.py. Its own head on top of pretrained maps is
 * `{ units: 128, sparsity: 0.3, bias: false }`.
 *
 * @returns A graph of images [32, 32, channels]; whichever channels there are.
 *
 * @example
 * ```ts
 * import { vggLike } from "./vgg_like.ts";
 * import { cost } from "../cost.ts";
 * import { E, pipe } from "../fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const parameters = pipe(cost(vggLike(), [32, 32, 3]), E.map((cost) => cost.parameters));
 * assertEquals(parameters, E.right(9_306_250));
 * ```
 */
export const vggLike = (
  { width = 128, ...end }: VggLikeOptions = {},
): Graph<readonly [number, number, number], readonly [number]> => {
  const layer = (channels: number, padding = 1): Graph =>
    sequence(conv2d(null, channels, 3, { padding }), batchNorm(null, { affine: false }), relu);
  const pooled = [1, 2, 4].map((times) =>
    sequence(layer(times * width), layer(times * width), maxPool2d(2))
  );
  const { nodes } = sequence(...pooled, layer(8 * width, 0), maxPool2d(2), flatten, endOf(end));
  return { nodes };
};
