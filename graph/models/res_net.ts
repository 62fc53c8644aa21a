/**
 * Residual networks for 32 × 32 images.
 *
 * @module
 */
import { fanout, residual, sequence } from "../compose.ts";
import { add, avgPool2d, batchNorm, conv2d, flatten, relu } from "../constructors.ts";
import type { Graph } from "../node.ts";
import { type ClassifierOptions, endOf } from "./head.ts";

/** Options of {@linkcode resNet}. */
export interface ResNetOptions extends ClassifierOptions {
  /** Maps of the first stage, at least 1; the second has twice, the third four times as many. @default 16 */
  readonly width?: number;
}

/** A convolution without a bias, whose batch norm shifts anyway. */
const normalised = (channels: number, size: number, stride = 1): Graph =>
  sequence(
    conv2d(null, channels, size, { stride, padding: (size - 1) / 2, bias: false }),
    batchNorm(),
  );

/** The two convolutions that a block adds to its input. */
const body = (channels: number, stride = 1): Graph =>
  sequence(normalised(channels, 3, stride), relu, normalised(channels, 3));

const keeping = (channels: number): Graph => sequence(residual(body(channels)), relu);

/** A block that halves the image; a projection brings its input to the same shape. */
const halving = (channels: number): Graph =>
  sequence(fanout(body(channels, 2), normalised(channels, 1, 2)), add, relu);

/**
 * A residual network of 6n + 2 layers: a 3 × 3 convolution, three stages of n blocks of two, on
 * 32 × 32, 16 × 16 and 8 × 8 locations, the mean of each map and one linear layer.
 *
 * Where a stage begins with half the size and twice the maps, the shortcut is a projection, a 1 × 1
 * convolution of stride 2 with batch norm: the paper's option B, because no node pads channels with
 * zeros, as its option A does. At a width of 16 it has 2,752 weights that option A has not.
 *
 * Source: He et al. 2016, "Deep Residual Learning for Image Recognition", section 4.2.
 *
 * @param layers 6n + 2 with n of at least 1: 20, 32, 44, 56 and 110 are the paper's.
 * @returns A graph of images [32, 32, channels], whichever channels there are.
 * @throws {RangeError} When there are no such n blocks, as a mistake in the program.
 *
 * @example
 * ```ts
 * import { resNet } from "./res_net.ts";
 * import { cost } from "../cost.ts";
 * import { E, pipe } from "../fp_ts.ts";
 * import { show } from "../show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const parameters = pipe(cost(resNet(20), [32, 32, 3]), E.map((cost) => cost.parameters));
 * assertEquals(parameters, E.right(272_474));
 *
 * const encoder = resNet(20, { head: { units: 512, sparsity: 0.05 } });
 * assertEquals(show(encoder).endsWith("flatten ▷ linear(512) ▷ kwta(0.05)"), true);
 * ```
 */
export const resNet = (
  layers: number,
  { width = 16, ...end }: ResNetOptions = {},
): Graph<readonly [number, number, number], readonly [number]> => {
  const blocks = (layers - 2) / 6;
  if (!Number.isSafeInteger(blocks) || blocks < 1) {
    throw new RangeError(
      "Cannot make a residual network: expected 6n + 2 layers with n of at least 1, " +
        `current value is ${layers}`,
    );
  }
  const stage = (channels: number, first: Graph): Graph =>
    sequence(first, ...Array.from({ length: blocks - 1 }, () => keeping(channels)));
  const { nodes } = sequence(
    normalised(width, 3),
    relu,
    stage(width, keeping(width)),
    stage(2 * width, halving(2 * width)),
    stage(4 * width, halving(4 * width)),
    avgPool2d(8),
    flatten,
    endOf(end),
  );
  return { nodes };
};
