/**
 * Convolution and pooling on images [samples, height, width, channels].
 *
 * @module
 */
import { tf } from "./tfjs.ts";
import { grid, IM2COL, type WindowAttributes } from "./kernels/im2col.ts";
import { MAX_POOL } from "./kernels/max_pool.ts";
import { linear } from "./linear.ts";

/** How windows lie on an image. */
export interface Windows {
  /** Height and width of a window, at least 1. */
  readonly size: number;
  /** Pixels from one to the next, at least 1. */
  readonly stride: number;
  /** Rows and columns of zeros at each edge, at least 0. */
  readonly padding: number;
}

/** Windows as rows [samples·rows·columns, size·size·channels], and how many there are. */
function windowsOf(x: tf.Tensor4D, { size, stride, padding }: Windows) {
  const [samples, height, width, channels] = x.shape;
  const attributes: WindowAttributes = { height, width, channels, size, stride, padding };
  const patches: tf.Tensor2D = tf.engine().runKernel(
    IM2COL,
    { x },
    attributes as unknown as tf.NamedAttrMap,
  );
  const [rows, columns] = grid(attributes);
  return { patches, samples, rows, columns, channels };
}

/**
 * A cross-correlation, as torch.nn.functional.conv2d computes it but for the order of the axes.
 *
 * @param x [samples, height, width, inputs].
 * @param weight [size, size, inputs, outputs].
 * @param bias [outputs], if any.
 * @returns [samples, rows, columns, outputs], rows = ⌊(height + 2·padding − size) / stride⌋ + 1.
 */
export function conv2d(
  x: tf.Tensor4D,
  weight: tf.Tensor4D,
  bias: tf.Tensor1D | undefined,
  { stride, padding }: Omit<Windows, "size">,
): tf.Tensor4D {
  const [size, , inputs, outputs] = weight.shape;
  const { patches, samples, rows, columns } = windowsOf(x, { size, stride, padding });
  const matrix = tf.reshape(weight, [size * size * inputs, outputs]) as tf.Tensor2D;
  return tf.reshape(linear(patches, matrix, bias), [samples, rows, columns, outputs]);
}

/** Windows as [samples, rows, columns, pixels, channels]. */
function pixelsOf(x: tf.Tensor4D, size: number, stride: number): tf.Tensor5D {
  const { patches, samples, rows, columns, channels } = windowsOf(x, { size, stride, padding: 0 });
  return tf.reshape(patches, [samples, rows, columns, size * size, channels]);
}

/**
 * The largest value of each window and channel. The gradient goes to the first of equals, row by
 * row, as in torch.nn.functional.max_pool2d.
 *
 * @param x [samples, height, width, channels].
 * @returns [samples, rows, columns, channels], rows = ⌊(height − size) / stride⌋ + 1.
 */
export function maxPool2d(x: tf.Tensor4D, size: number, stride: number): tf.Tensor4D {
  const [, height, width] = x.shape;
  const [y]: tf.Tensor4D[] = tf.engine().runKernel(MAX_POOL, { x }, {
    height,
    width,
    size,
    stride,
  });
  return y;
}

/**
 * The mean of each window and channel.
 *
 * @param x [samples, height, width, channels].
 * @returns [samples, rows, columns, channels], rows = ⌊(height − size) / stride⌋ + 1.
 */
export const avgPool2d = (x: tf.Tensor4D, size: number, stride: number): tf.Tensor4D =>
  tf.mean(pixelsOf(x, size, stride), 3);
