/**
 * Max pooling as one kernel with its gradient: tfjs has none for the gradient on wasm.
 *
 * @module
 */
import { windows } from "../../graph/shape.ts";
import { tf } from "../tfjs.ts";
import { type GpuProgram, int, registerGpuKernel, runElementwise } from "./gpu.ts";
import { registerHostKernel } from "./host.ts";
import { collectFromWindows, windowUniforms } from "./im2col.ts";

/**
 * x [n, height, width, channels] → [y, places]: the largest value of each window and channel, and the
 * place in its image, counted from 0, that has it; of equals the first, row by row.
 */
export const MAX_POOL = "SparrowMaxPool";

/** The gradient of {@linkcode MAX_POOL}: (dy, places) → dx. */
const MAX_POOL_GRADIENT = "SparrowMaxPoolGradient";

/** Attributes of both kernels. */
export interface PoolAttributes {
  readonly height: number;
  readonly width: number;
  /** Height and width of a window. */
  readonly size: number;
  readonly stride: number;
  /** Rows and columns at each edge that windows hang over by, below `size`. */
  readonly padding: number;
}

const grid = (
  { height, width, size, stride, padding }: PoolAttributes,
): readonly [number, number] => [
  windows(height, size, stride, padding),
  windows(width, size, stride, padding),
];

/** Returns the start of a window along an axis, and its length, after the part outside the image is cut off. */
const inside = (from: number, size: number, length: number): readonly [number, number] => {
  const begin = Math.max(from, 0);
  return [begin, Math.min(from + size, length) - begin];
};

registerHostKernel<PoolAttributes>({
  name: MAX_POOL,
  inputs: ["x"],
  outputs: ([[n, , , channels]], attributes) => {
    const shape = [n, ...grid(attributes), channels];
    return [{ shape, dtype: "float32" }, { shape, dtype: "int32" }];
  },
  run: ([x], [y, places], [[n, , , channels]], attributes) => {
    const { height, width, size, stride, padding } = attributes;
    const [rows, columns] = grid(attributes);
    for (let image = 0, out = 0; image < n; image++) {
      const base = image * height * width * channels;
      for (let row = 0; row < rows; row++) {
        const [top, down] = inside(row * stride - padding, size, height);
        for (let column = 0; column < columns; column++, out += channels) {
          const [left, across] = inside(column * stride - padding, size, width);
          const corner = (top * width + left) * channels;
          for (let c = 0; c < channels; c++) {
            y[out + c] = x[base + corner + c];
            places[out + c] = corner + c;
          }
          for (let dy = 0; dy < down; dy++) {
            for (let dx = 0; dx < across; dx++) {
              const at = corner + (dy * width + dx) * channels;
              for (let c = 0; c < channels; c++) {
                const value = x[base + at + c];
                // A NaN wins, so that it is not hidden.
                if (value > y[out + c] || value !== value) {
                  y[out + c] = value;
                  places[out + c] = at + c;
                }
              }
            }
          }
        }
      }
    }
  },
});

registerHostKernel<PoolAttributes>({
  name: MAX_POOL_GRADIENT,
  inputs: ["dy", "places"],
  outputs: ([[n, , , channels]], { height, width }) => [
    { shape: [n, height, width, channels], dtype: "float32" },
  ],
  run: ([dy, places], [dx], [[n, rows, columns, channels]], { height, width }) => {
    dx.fill(0);
    const [image, pooled] = [height * width * channels, rows * columns * channels];
    for (let k = 0, i = 0; k < n; k++) {
      for (const end = i + pooled; i < end; i++) dx[k * image + places[i]] += dy[i];
    }
  },
});

/** Finds the place; the values are then looked up. */
const findPlaces: GpuProgram = {
  key: "max_pool_places",
  variables: ["x"],
  uniforms: windowUniforms,
  main: `
    let channel = index % uniforms.channels;
    var rest = index / uniforms.channels;
    let column = rest % uniforms.columns;
    rest = rest / uniforms.columns;
    let row = rest % uniforms.rows;
    let base = (rest / uniforms.rows) * uniforms.height * uniforms.width * uniforms.channels;
    let down = row * uniforms.stride - uniforms.padding;
    let right = column * uniforms.stride - uniforms.padding;
    let top = max(down, 0);
    let left = max(right, 0);
    let bottom = min(down + uniforms.size, uniforms.height);
    let end = min(right + uniforms.size, uniforms.width);
    var place = (top * uniforms.width + left) * uniforms.channels + channel;
    let corner = place;
    var best = x[base + place];
    for (var dy = 0; dy < bottom - top; dy = dy + 1) {
      for (var dx = 0; dx < end - left; dx = dx + 1) {
        let at = corner + (dy * uniforms.width + dx) * uniforms.channels;
        let value = x[base + at];
        if (value > best || value != value) { best = value; place = at; }
      }
    }
    result[index] = place;`,
};

const lookUp: GpuProgram = {
  key: "max_pool_values",
  variables: ["x", "places"],
  uniforms: "image : i32, pooled : i32",
  main: `result[index] = x[index / uniforms.pooled * uniforms.image + places[index]];`,
};

const collect: GpuProgram = {
  key: "max_pool_gradient",
  variables: ["dy", "places"],
  uniforms: windowUniforms,
  main: collectFromWindows(`
        let at = window * uniforms.channels + channel;
        let place = index % (uniforms.height * uniforms.width * uniforms.channels);
        if (places[at] == place) { sum = sum + dy[at]; }`),
};

const values = (attributes: PoolAttributes, channels: number) => {
  const { height, width, size, stride, padding } = attributes;
  return [height, width, channels, size, stride, padding, ...grid(attributes)].map(int);
};

registerGpuKernel<PoolAttributes>(MAX_POOL, ["x"], (backend, [x], attributes) => {
  const [n, height, width, channels] = x.shape;
  const [rows, columns] = grid(attributes);
  const shape = [n, rows, columns, channels];
  const given = values(attributes, channels);
  const places = runElementwise(backend, findPlaces, [x], { shape, dtype: "int32" }, given);
  const output = { shape, dtype: "float32" } as const;
  const y = runElementwise(backend, lookUp, [x, places], output, [
    int(height * width * channels),
    int(rows * columns * channels),
  ]);
  return [y, places];
});

registerGpuKernel<PoolAttributes>(
  MAX_POOL_GRADIENT,
  ["dy", "places"],
  (backend, [dy, places], attributes) => {
    const [n, , , channels] = dy.shape;
    const { height, width } = attributes;
    const output = { shape: [n, height, width, channels], dtype: "float32" } as const;
    return runElementwise(backend, collect, [dy, places], output, values(attributes, channels));
  },
);

tf.registerGradient({
  kernelName: MAX_POOL,
  outputsToSave: [false, true],
  gradFunc: (dy, [places], attributes) => ({
    x: () =>
      tf.engine().runKernel(
        MAX_POOL_GRADIENT,
        { dy: (dy as tf.Tensor[])[0], places },
        attributes,
      ),
  }),
});
