/**
 * Windows of images as rows of a matrix, and back. This turns a convolution into a product of matrices, the fast path
 * of every backend.
 *
 * @module
 */
import { windows } from "../../graph/shape.ts";
import { tf } from "../tfjs.ts";
import { type GpuProgram, int, registerGpuKernel, runElementwise } from "./gpu.ts";
import { registerHostKernel } from "./host.ts";

/**
 * x [n, height, width, channels] → [n·rows·columns, size·size·channels]: one row per window, zeros
 * where it hangs over the edge.
 */
export const IM2COL = "SparrowIm2Col";

/** The transpose of {@linkcode IM2COL}: each pixel is the sum of its places in the windows. */
const COL2IM = "SparrowCol2Im";

/** Attributes of both kernels. */
export interface WindowAttributes {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Height and width of a window. */
  readonly size: number;
  readonly stride: number;
  /** Rows and columns of zeros at each edge. */
  readonly padding: number;
}

/** Windows down and across. */
export const grid = (
  { height, width, size, stride, padding }: WindowAttributes,
): readonly [rows: number, columns: number] => [
  windows(height, size, stride, padding),
  windows(width, size, stride, padding),
];

const patchSize = ({ size, channels }: WindowAttributes): number => size * size * channels;

registerHostKernel<WindowAttributes>({
  name: IM2COL,
  inputs: ["x"],
  outputs: ([[n]], attributes) => {
    const [rows, columns] = grid(attributes);
    return [{ shape: [n * rows * columns, patchSize(attributes)], dtype: "float32" }];
  },
  run: ([x], [patches], _, attributes) => {
    if (attributes.padding > 0) patches.fill(0);
    eachRun(x.length, attributes, (from, at, length) => {
      for (let i = 0; i < length; i++) patches[at + i] = x[from + i];
    });
  },
});

registerHostKernel<WindowAttributes>({
  name: COL2IM,
  inputs: ["patches"],
  outputs: ([[count]], attributes) => {
    const [rows, columns] = grid(attributes);
    const { height, width, channels } = attributes;
    return [{ shape: [count / (rows * columns), height, width, channels], dtype: "float32" }];
  },
  run: ([patches], [x], _, attributes) => {
    x.fill(0);
    eachRun(x.length, attributes, (from, at, length) => {
      for (let i = 0; i < length; i++) x[from + i] += patches[at + i];
    });
  },
});

/**
 * Calls `visit` for each row of each window, less what hangs over the edge: where it begins in the
 * images and in the matrix, and how many numbers it has. They lie side by side in both.
 */
function eachRun(
  total: number,
  attributes: WindowAttributes,
  visit: (from: number, at: number, length: number) => void,
): void {
  const { height, width, channels, size, stride, padding } = attributes;
  const [rows, columns] = grid(attributes);
  const image = height * width * channels;
  let at = 0;
  for (let base = 0; base < total; base += image) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const left = column * stride - padding;
        const begin = Math.max(0, -left);
        const end = Math.min(size, width - left);
        for (let dy = 0; dy < size; dy++, at += size * channels) {
          const y = row * stride + dy - padding;
          if (y < 0 || y >= height || end <= begin) continue;
          const from = base + (y * width + left + begin) * channels;
          visit(from, at + begin * channels, (end - begin) * channels);
        }
      }
    }
  }
}

/** The uniforms of programs over the windows of an image. */
export const windowUniforms =
  "height : i32, width : i32, channels : i32, size : i32, stride : i32, " +
  "padding : i32, rows : i32, columns : i32";

const im2col: GpuProgram = {
  key: "im2col",
  variables: ["x"],
  uniforms: windowUniforms,
  main: `
    let channel = index % uniforms.channels;
    var rest = index / uniforms.channels;
    let dx = rest % uniforms.size;
    rest = rest / uniforms.size;
    let dy = rest % uniforms.size;
    rest = rest / uniforms.size;
    let column = rest % uniforms.columns;
    rest = rest / uniforms.columns;
    let row = rest % uniforms.rows;
    let n = rest / uniforms.rows;
    let py = row * uniforms.stride + dy - uniforms.padding;
    let px = column * uniforms.stride + dx - uniforms.padding;
    var value = 0.0;
    if (py >= 0 && py < uniforms.height && px >= 0 && px < uniforms.width) {
      value = x[((n * uniforms.height + py) * uniforms.width + px) * uniforms.channels + channel];
    }
    result[index] = value;`,
};

/**
 * Writes the WGSL of a program in which each pixel of a batch sums the values of the windows that contain it:
 * no two invocations write one place. The uniforms are `windowUniforms`, or those and more.
 *
 * @param add Adds to `sum` for one window: `window` is its index in the batch, `down` and `right` are the pixel's row
 * and column in it, `channel` is the pixel's channel, `index` its place in the result.
 */
export const collectFromWindows = (add: string): string => `
    let channel = index % uniforms.channels;
    var rest = index / uniforms.channels;
    let px = rest % uniforms.width + uniforms.padding;
    rest = rest / uniforms.width;
    let py = rest % uniforms.height + uniforms.padding;
    let n = rest / uniforms.height;
    var sum = 0.0;
    for (var down = 0; down < uniforms.size; down = down + 1) {
      let top = py - down;
      if (top < 0 || top % uniforms.stride != 0 || top / uniforms.stride >= uniforms.rows) {
        continue;
      }
      for (var right = 0; right < uniforms.size; right = right + 1) {
        let left = px - right;
        if (left < 0 || left % uniforms.stride != 0 ||
          left / uniforms.stride >= uniforms.columns) { continue; }
        let window = (n * uniforms.rows + top / uniforms.stride) * uniforms.columns +
          left / uniforms.stride;
        ${add}
      }
    }
    result[index] = sum;`;

const col2im: GpuProgram = {
  key: "col2im",
  variables: ["patches"],
  uniforms: windowUniforms,
  main: collectFromWindows(`
        sum = sum + patches[((window * uniforms.size + down) * uniforms.size + right) *
          uniforms.channels + channel];`),
};

const values = (attributes: WindowAttributes) => {
  const { height, width, channels, size, stride, padding } = attributes;
  return [height, width, channels, size, stride, padding, ...grid(attributes)].map(int);
};

registerGpuKernel<WindowAttributes>(IM2COL, ["x"], (backend, [x], attributes) => {
  const [rows, columns] = grid(attributes);
  const shape = [x.shape[0] * rows * columns, patchSize(attributes)];
  const output = { shape, dtype: "float32" } as const;
  return runElementwise(backend, im2col, [x], output, values(attributes));
});

registerGpuKernel<WindowAttributes>(COL2IM, ["patches"], (backend, [patches], attributes) => {
  const [rows, columns] = grid(attributes);
  const { height, width, channels } = attributes;
  const shape = [patches.shape[0] / (rows * columns), height, width, channels];
  const output = { shape, dtype: "float32" } as const;
  return runElementwise(backend, col2im, [patches], output, values(attributes));
});

tf.registerGradient({
  kernelName: IM2COL,
  gradFunc: (dy, _, attributes) => ({
    x: () => tf.engine().runKernel(COL2IM, { patches: dy as tf.Tensor }, attributes),
  }),
});

tf.registerGradient({
  kernelName: COL2IM,
  gradFunc: (dy, _, attributes) => ({
    patches: () => tf.engine().runKernel(IM2COL, { x: dy as tf.Tensor }, attributes),
  }),
});
