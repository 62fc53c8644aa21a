/**
 * The nodes that look at images through windows, as functions.
 *
 * @module
 */
import type { Graph } from "./node.ts";

/** Options of {@linkcode conv2d}. */
export interface Conv2dOptions {
  /** Pixels from one window to the next, at least 1. @default 1 */
  readonly stride?: number;
  /** Rows and columns of zeros at each edge, at least 0. @default 0 */
  readonly padding?: number;
  /** Whether a bias is added. @default true */
  readonly bias?: boolean;
}

/**
 * A cross-correlation over images [height, width, inputs], as torch.nn.Conv2d computes it; channels
 * are the last axis here.
 *
 * Params: "weight" of shape [size, size, inputs, outputs] and "bias" of shape [outputs].
 *
 * @param inputs Channels, at least 1; null: what the node before gives.
 * @param outputs Channels, at least 1.
 * @param size Height and width of the kernel, at least 1.
 *
 * @example
 * ```ts
 * import { conv2d } from "./image_constructors.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(show(conv2d(3, 16, 5, { padding: 2 })), "conv2d(3, 16, 5, padding=2)");
 * assertEquals(show(conv2d(null, 16, 5)), "conv2d(16, 5)");
 * ```
 */
export const conv2d = <const I extends number | null, const O extends number>(
  inputs: I,
  outputs: O,
  size: number,
  { stride = 1, padding = 0, bias = true }: Conv2dOptions = {},
): Graph<
  readonly [number, number, I extends number ? I : number],
  readonly [number, number, O]
> => ({ nodes: [{ _tag: "conv2d", inputs, outputs, size, stride, padding, bias }] });

/**
 * The largest value of each window and channel of images [height, width, channels]; the gradient
 * goes to the first of equals, row by row.
 *
 * @param size Height and width of a window, at least 1.
 * @param stride Pixels from one window to the next; the size.
 */
export const maxPool2d = (
  size: number,
  stride?: number,
): Graph<readonly [number, number, number], readonly [number, number, number]> => ({
  nodes: [{ _tag: "max_pool2d", size, stride: stride ?? null }],
});

/**
 * The mean of each window and channel of images [height, width, channels].
 *
 * @param size Height and width of a window, at least 1.
 * @param stride Pixels from one window to the next; the size.
 */
export const avgPool2d = (
  size: number,
  stride?: number,
): Graph<readonly [number, number, number], readonly [number, number, number]> => ({
  nodes: [{ _tag: "avg_pool2d", size, stride: stride ?? null }],
});
