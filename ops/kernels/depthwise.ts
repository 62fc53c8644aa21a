/**
 * Depthwise convolution: each channel of an image with filters of its own. tfjs computes it on every backend, but has
 * no gradient for it on wasm.
 *
 * @module
 */
import { windows } from "../../graph/shape.ts";
import { tf } from "../tfjs.ts";
import { type GpuProgram, int, registerGpuKernel, runElementwise } from "./gpu.ts";
import { registerHostKernel } from "./host.ts";
import { collectFromWindows } from "./im2col.ts";
import { columnSums } from "./mat_mul.ts";

/**
 * Kernel of depthwise convolution: (x [n, height, width, channels], weight [size, size, 1, outputs]) → [n, rows,
 * columns, outputs].
 */
const DEPTHWISE = "SparrowDepthwise";

/** Kernel of the input's gradient: (dy, weight) → dx. */
const INPUT_GRADIENT = "SparrowDepthwiseInputGradient";

/** Kernel of the weight's gradient: (x, dy) → rows [parts, size·size·outputs] that are to be summed. */
const FILTER_GRADIENT = "SparrowDepthwiseFilterGradient";

/** Attributes of the kernels. */
interface Attributes {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Channels of the output, a multiple of those of the input: each has as many, next to each other. */
  readonly outputs: number;
  /** Height and width of a window. */
  readonly size: number;
  readonly stride: number;
  /** Rows and columns of zeros at each edge. */
  readonly padding: number;
}

/**
 * A convolution with as many groups as there are channels.
 *
 * @param x [samples, height, width, channels].
 * @param weight [size, size, 1, outputs]; outputs i·m to (i + 1)·m − 1 are those of channel i, where m = outputs /
 * channels.
 * @returns [samples, rows, columns, outputs], rows = ⌊(height + 2·padding − size) / stride⌋ + 1.
 */
export function depthwise(
  x: tf.Tensor4D,
  weight: tf.Tensor4D,
  { stride, padding }: { readonly stride: number; readonly padding: number },
): tf.Tensor4D {
  const [, height, width, channels] = x.shape;
  const [size, , , outputs] = weight.shape;
  const attributes: Attributes = { height, width, channels, outputs, size, stride, padding };
  return tf.engine().runKernel(
    DEPTHWISE,
    { x, weight },
    attributes as unknown as tf.NamedAttrMap,
  );
}

const grid = (
  { height, width, size, stride, padding }: Attributes,
): readonly [rows: number, columns: number] => [
  windows(height, size, stride, padding),
  windows(width, size, stride, padding),
];

// ---- Forward, by tfjs's kernels

for (const backendName of ["webgpu", "wasm", "cpu"]) {
  tf.registerKernel({
    kernelName: DEPTHWISE,
    backendName,
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { x, weight } = inputs as tf.NamedTensorInfoMap;
      const { channels, outputs, size, stride, padding } = attrs as unknown as Attributes;
      return tf.getKernel("DepthwiseConv2dNative", backendName).kernelFunc({
        inputs: {
          x: x!,
          filter: { ...weight!, shape: [size, size, channels, outputs / channels] },
        },
        backend,
        attrs: {
          strides: [stride, stride],
          pad: [[0, 0], [padding, padding], [padding, padding], [0, 0]],
          dilations: [1, 1],
          dataFormat: "NHWC",
        } as unknown as tf.NamedAttrMap,
      });
    },
  });
}

// ---- Gradients on wasm and cpu

/**
 * Calls `visit` for each pixel of each window that is inside its image: where the pixel's channels begin in the
 * images, the window's in the output, and the filters' in the weight.
 */
function eachPixel(
  samples: number,
  attributes: Attributes,
  visit: (pixel: number, window: number, filter: number) => void,
): void {
  const { height, width, channels, outputs, size, stride, padding } = attributes;
  const [rows, columns] = grid(attributes);
  for (let n = 0, window = 0; n < samples; n++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, window += outputs) {
        for (let dy = 0; dy < size; dy++) {
          const y = row * stride + dy - padding;
          if (y < 0 || y >= height) continue;
          for (let dx = 0; dx < size; dx++) {
            const x = column * stride + dx - padding;
            if (x < 0 || x >= width) continue;
            const pixel = ((n * height + y) * width + x) * channels;
            visit(pixel, window, (dy * size + dx) * outputs);
          }
        }
      }
    }
  }
}

registerHostKernel<Attributes>({
  name: INPUT_GRADIENT,
  inputs: ["dy", "weight"],
  outputs: ([[n]], { height, width, channels }) => [
    { shape: [n, height, width, channels], dtype: "float32" },
  ],
  run: ([dy, weight], [x], [[n]], attributes) => {
    const { channels, outputs } = attributes;
    const each = outputs / channels;
    x.fill(0);
    eachPixel(n, attributes, (pixel, window, filter) => {
      // A loop within the loop takes three times as long.
      if (each === 1) {
        for (let c = 0; c < channels; c++) x[pixel + c] += dy[window + c] * weight[filter + c];
        return;
      }
      for (let c = 0, o = 0; c < channels; c++) {
        for (const end = o + each; o < end; o++) {
          x[pixel + c] += dy[window + o] * weight[filter + o];
        }
      }
    });
  },
});

registerHostKernel<Attributes>({
  name: FILTER_GRADIENT,
  inputs: ["x", "dy"],
  outputs: (_, { size, outputs }) => [{ shape: [1, size * size * outputs], dtype: "float32" }],
  run: ([x, dy], [gradient], [[n]], attributes) => {
    const { channels, outputs } = attributes;
    const each = outputs / channels;
    // There may be as many terms as pixels of a batch.
    const sums = new Float64Array(gradient.length);
    eachPixel(n, attributes, (pixel, window, filter) => {
      if (each === 1) {
        for (let c = 0; c < channels; c++) sums[filter + c] += x[pixel + c] * dy[window + c];
        return;
      }
      for (let c = 0, o = 0; c < channels; c++) {
        const value = x[pixel + c];
        for (const end = o + each; o < end; o++) sums[filter + o] += value * dy[window + o];
      }
    });
    gradient.set(sums);
  },
});

// ---- Gradients on webgpu

const uniforms = "height : i32, width : i32, channels : i32, outputs : i32, size : i32, " +
  "stride : i32, padding : i32, rows : i32, columns : i32";

const values = (attributes: Attributes) => {
  const { height, width, channels, outputs, size, stride, padding } = attributes;
  return [height, width, channels, outputs, size, stride, padding, ...grid(attributes)].map(int);
};

const inputGradient: GpuProgram = {
  key: "depthwise_input_gradient",
  variables: ["dy", "weight"],
  uniforms,
  main: collectFromWindows(`
        let each = uniforms.outputs / uniforms.channels;
        let at = window * uniforms.outputs + channel * each;
        let filters = (down * uniforms.size + right) * uniforms.outputs + channel * each;
        for (var o = 0; o < each; o = o + 1) {
          sum = sum + dy[at + o] * weight[filters + o];
        }`),
};

registerGpuKernel<Attributes>(
  INPUT_GRADIENT,
  ["dy", "weight"],
  (backend, [dy, weight], attributes) => {
    const { height, width, channels } = attributes;
    const shape = [dy.shape[0], height, width, channels];
    const output = { shape, dtype: "float32" } as const;
    return runElementwise(backend, inputGradient, [dy, weight], output, values(attributes));
  },
);

/** Windows that one invocation sums: lavapipe leaves loops after 65,535 passes. */
const MOST_WINDOWS = 8_192;

/** Part of the sum over windows, `tall` rows of them, for each place and channel of the filters. */
const filterGradient: GpuProgram = {
  key: "depthwise_filter_gradient",
  variables: ["x", "dy"],
  uniforms: `${uniforms}, tall : i32, parts : i32`,
  main: `
    let output = index % uniforms.outputs;
    let channel = output / (uniforms.outputs / uniforms.channels);
    var rest = index / uniforms.outputs;
    let right = rest % uniforms.size - uniforms.padding;
    rest = rest / uniforms.size;
    let down = rest % uniforms.size - uniforms.padding;
    rest = rest / uniforms.size;
    let n = rest / uniforms.parts;
    let begin = rest % uniforms.parts * uniforms.tall;
    let end = min(begin + uniforms.tall, uniforms.rows);
    var sum = 0.0;
    for (var row = begin; row < end; row = row + 1) {
      let py = row * uniforms.stride + down;
      if (py < 0 || py >= uniforms.height) { continue; }
      for (var column = 0; column < uniforms.columns; column = column + 1) {
        let px = column * uniforms.stride + right;
        if (px < 0 || px >= uniforms.width) { continue; }
        sum = sum + x[((n * uniforms.height + py) * uniforms.width + px) * uniforms.channels +
          channel] * dy[((n * uniforms.rows + row) * uniforms.columns + column) *
          uniforms.outputs + output];
      }
    }
    result[index] = sum;`,
};

registerGpuKernel<Attributes>(FILTER_GRADIENT, ["x", "dy"], (backend, [x, dy], attributes) => {
  const { size, outputs } = attributes;
  const [rows, columns] = grid(attributes);
  const tall = Math.max(1, Math.floor(MOST_WINDOWS / columns));
  const parts = Math.ceil(rows / tall);
  const output = { shape: [x.shape[0] * parts, size * size * outputs], dtype: "float32" } as const;
  const given = [...values(attributes), int(tall), int(parts)];
  return runElementwise(backend, filterGradient, [x, dy], output, given);
});

tf.registerGradient({
  kernelName: DEPTHWISE,
  inputsToSave: ["x", "weight"],
  gradFunc: (dy, [x, weight], attributes) => ({
    x: () => tf.engine().runKernel(INPUT_GRADIENT, { dy: dy as tf.Tensor, weight }, attributes),
    weight: () => {
      const parts: tf.Tensor2D = tf.engine().runKernel(
        FILTER_GRADIENT,
        { x, dy: dy as tf.Tensor },
        attributes,
      );
      return tf.reshape(parts.shape[0] === 1 ? parts : columnSums(parts), weight.shape);
    },
  }),
});
