/**
 * Convolution and pooling on images [samples, height, width, channels].
 *
 * @module
 */
import { tf } from "./tfjs.ts";
import { grid, IM2COL, type WindowAttributes } from "./kernels/im2col.ts";
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
  const pixels = pixelsOf(x, size, stride);
  const pick = tf.customGrad((values, save) => {
    const all = values as tf.Tensor5D;
    const value = tf.max(all, 3, true);
    (save as tf.GradSaveFunc)([all, value]);
    const gradFunc = (dy: tf.Tensor, [all, value]: tf.Tensor[]) => {
      // Earlier pixels of a window weigh more, so that the first of equals alone has the most.
      const order = tf.reshape(
        tf.tensor1d(Float32Array.from({ length: size * size }, (_, i) => size * size - i)),
        [1, 1, 1, size * size, 1],
      );
      const weights = tf.mul(tf.cast(tf.equal(all, value), "float32"), order);
      const first = tf.equal(weights, tf.max(weights, 3, true));
      return tf.mul(dy, tf.cast(first, "float32"));
    };
    return { value, gradFunc };
  });
  const [samples, rows, columns, , channels] = pixels.shape;
  return tf.reshape(pick(pixels), [samples, rows, columns, channels]);
}

/**
 * The mean of each window and channel.
 *
 * @param x [samples, height, width, channels].
 * @returns [samples, rows, columns, channels], rows = ⌊(height − size) / stride⌋ + 1.
 */
export const avgPool2d = (x: tf.Tensor4D, size: number, stride: number): tf.Tensor4D =>
  tf.mean(pixelsOf(x, size, stride), 3);
