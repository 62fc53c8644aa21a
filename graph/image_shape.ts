/**
 * The shapes of images [height, width, channels] under windows.
 *
 * @module
 */
import type { AvgPool2d, Conv2d, MaxPool2d } from "./node.ts";
import type { Shape } from "./types.ts";

/** A node with its inputs filled in and its output, or what it wants instead of the input. */
type Outcome<N> = string | readonly [N, Shape];

/**
 * How many windows there are along an axis: ⌊(length + 2·padding − size) / stride⌋ + 1.
 *
 * Source: torch.nn.Conv2d, with a dilation of 1.
 */
export const windows = (length: number, size: number, stride: number, padding: number): number =>
  Math.floor((length + 2 * padding - size) / stride) + 1;

/** What a convolution makes of an input. */
export function convolved(node: Conv2d, input: Shape): Outcome<Conv2d> {
  const { inputs, outputs, size, stride, padding } = node;
  const [height, width, channels] = input;
  const least = Math.max(1, size - 2 * padding);
  return input.length === 3 && (inputs === null || inputs === channels) &&
      Math.min(height, width) >= least
    ? [{ ...node, inputs: channels }, [
      windows(height, size, stride, padding),
      windows(width, size, stride, padding),
      outputs,
    ]]
    : `an image [height, width, ${inputs ?? "channels"}] of at least ${least} × ${least}`;
}

/** What pooling makes of an input. */
export function pooled<N extends MaxPool2d | AvgPool2d>(node: N, input: Shape): Outcome<N> {
  const { size } = node;
  const stride = node.stride ?? size;
  const [height, width, channels] = input;
  return input.length === 3 && Math.min(height, width) >= size
    ? [node, [windows(height, size, stride, 0), windows(width, size, stride, 0), channels]]
    : `an image [height, width, channels] of at least ${size} × ${size}`;
}
