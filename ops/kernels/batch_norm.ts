/**
 * Batch norm and its gradient as kernels on all backends. Tensors have the shape [rows, channels].
 *
 * On webgpu there is one workgroup per channel for the sums, and one invocation per value for the rest.
 *
 * @module
 */
import { tf, type WebGPUBackend } from "../tfjs.ts";
import { registerHostKernel } from "./host.ts";
import type { View } from "./select_edges.ts";
import {
  float,
  type GpuProgram,
  int,
  LANES,
  registerGpuKernel,
  runElementwise,
  runPerRow,
  strided,
  visitsPerPass,
  workgroupSum,
} from "./gpu.ts";

/**
 * Kernel of batch norm: (x, weight, bias) → [(x − mean) / √(variance + epsilon) · weight + bias, statistics], the
 * statistics [2, channels]: means, then biased variances.
 */
export const BATCH_NORM = "SparrowBatchNorm";

/**
 * The gradient of {@linkcode BATCH_NORM}: (dy, x, weight, statistics) → [dx, sums], the sums
 * [2, channels]: the gradients of the weight, then of the bias.
 *
 * With x̂ the normalised values, dx = weight / √(variance + epsilon) · (dy − mean(dy) −
 * x̂ · mean(dy · x̂)).
 */
export const BATCH_NORM_GRADIENT = "SparrowBatchNormGradient";

/** Attributes of the batch norm kernels. */
export interface BatchNormAttributes {
  /** Number added to the variance. */
  readonly epsilon: number;
}

tf.registerGradient({
  kernelName: BATCH_NORM,
  inputsToSave: ["x", "weight"],
  outputsToSave: [false, true],
  gradFunc: (dy, saved, attributes) => {
    const [x, weight, statistics] = saved;
    // At once, and not when a gradient is asked for: the tape tidies up after each of them.
    const [dx, sums]: tf.Tensor[] = tf.engine().runKernel(
      BATCH_NORM_GRADIENT,
      { dy: (dy as tf.Tensor[])[0], x, weight, statistics },
      attributes,
    );
    const row = (i: number) => tf.reshape(tf.slice(sums, [i, 0], [1, -1]), [-1]);
    return { x: () => dx, weight: () => row(0), bias: () => row(1) };
  },
});

// ---- wasm and cpu

/** Means, then biased variances, of the columns: two passes, so that nothing cancels. */
function moments(x: View, rows: number, channels: number, statistics: View): void {
  const sums = new Float64Array(channels);
  for (let row = 0, i = 0; row < rows; row++) {
    for (let c = 0; c < channels; c++, i++) sums[c] += x[i];
  }
  const means = sums.map((sum) => sum / rows);
  sums.fill(0);
  for (let row = 0, i = 0; row < rows; row++) {
    for (let c = 0; c < channels; c++, i++) {
      const centred = x[i] - means[c];
      sums[c] += centred * centred;
    }
  }
  for (let c = 0; c < channels; c++) {
    statistics[c] = means[c];
    statistics[channels + c] = sums[c] / rows;
  }
}

registerHostKernel<BatchNormAttributes>({
  name: BATCH_NORM,
  inputs: ["x", "weight", "bias"],
  outputs: ([shape]) => [
    { shape, dtype: "float32" },
    { shape: [2, shape[1]], dtype: "float32" },
  ],
  run: ([x, weight, bias], [y, statistics], [[rows, channels]], { epsilon }) => {
    moments(x, rows, channels, statistics);
    const scale = new Float64Array(channels);
    const shift = new Float64Array(channels);
    for (let c = 0; c < channels; c++) {
      scale[c] = weight[c] / Math.sqrt(statistics[channels + c] + epsilon);
      shift[c] = bias[c] - statistics[c] * scale[c];
    }
    for (let row = 0, i = 0; row < rows; row++) {
      for (let c = 0; c < channels; c++, i++) y[i] = x[i] * scale[c] + shift[c];
    }
  },
});

registerHostKernel<BatchNormAttributes>({
  name: BATCH_NORM_GRADIENT,
  inputs: ["dy", "x", "weight", "statistics"],
  outputs: ([, shape]) => [
    { shape, dtype: "float32" },
    { shape: [2, shape[1]], dtype: "float32" },
  ],
  run: ([dy, x, weight, statistics], [dx, sums], [, [rows, channels]], { epsilon }) => {
    const deviation = new Float64Array(channels);
    for (let c = 0; c < channels; c++) {
      deviation[c] = Math.sqrt(statistics[channels + c] + epsilon);
    }
    const products = new Float64Array(channels);
    const plain = new Float64Array(channels);
    for (let row = 0, i = 0; row < rows; row++) {
      for (let c = 0; c < channels; c++, i++) {
        products[c] += dy[i] * (x[i] - statistics[c]);
        plain[c] += dy[i];
      }
    }
    // dx = scale · dy + slope · x + offset, channel by channel.
    const [scale, slope, offset] = [0, 1, 2].map(() => new Float64Array(channels));
    for (let c = 0; c < channels; c++) {
      products[c] /= deviation[c];
      sums[c] = products[c];
      sums[channels + c] = plain[c];
      scale[c] = weight[c] / deviation[c];
      slope[c] = -scale[c] * products[c] / (rows * deviation[c]);
      offset[c] = -scale[c] * plain[c] / rows - slope[c] * statistics[c];
    }
    for (let row = 0, i = 0; row < rows; row++) {
      for (let c = 0; c < channels; c++, i++) {
        dx[i] = scale[c] * dy[i] + slope[c] * x[i] + offset[c];
      }
    }
  },
});

// ---- webgpu

/** Writes the WGSL loop over the samples of an invocation, `visits` in a pass. */
const overSamples = (visits: number, body: string): string =>
  strided(visits, "lane", "uniforms.samples", LANES, body);

/** Returns the number of samples that a program with two loops over them visits in a pass. */
const visitsOf = (samples: number): number => visitsPerPass(2 * samples / LANES);

/** x [samples, channels] → [2, channels]; two passes, so that nothing cancels. */
const momentsProgram = (visits: number): GpuProgram => ({
  key: `batch_norm_moments_${visits}`,
  variables: ["x"],
  uniforms: "samples : i32",
  before: workgroupSum,
  main: `
    let channels = uniforms.rows;
    var mine = 0.0;
    ${overSamples(visits, "mine = mine + x[i * channels + row];")}
    let mean = total(lane, mine) / f32(uniforms.samples);
    mine = 0.0;
    ${
    overSamples(
      visits,
      `
      let centred = x[i * channels + row] - mean;
      mine = mine + centred * centred;`,
    )
  }
    let variance = total(lane, mine) / f32(uniforms.samples);
    if (lane == 0) {
      result[row] = mean;
      result[channels + row] = variance;
    }`,
});

const normalise: GpuProgram = {
  key: "batch_norm",
  variables: ["x", "weight", "bias", "statistics"],
  uniforms: "channels : i32, epsilon : f32",
  main: `
    let c = index % uniforms.channels;
    let deviation = sqrt(statistics[uniforms.channels + c] + uniforms.epsilon);
    result[index] = (x[index] - statistics[c]) / deviation * weight[c] + bias[c];`,
};

/** Program of the gradient's sums: (dy, x, statistics) → [2, channels]: Σ dy · x̂, then Σ dy. */
const sums = (visits: number): GpuProgram => ({
  key: `batch_norm_sums_${visits}`,
  variables: ["dy", "x", "statistics"],
  uniforms: "samples : i32, epsilon : f32",
  before: workgroupSum,
  main: `
    let channels = uniforms.rows;
    let mean = statistics[row];
    let deviation = sqrt(statistics[channels + row] + uniforms.epsilon);
    var product = 0.0;
    var plain = 0.0;
    ${
    overSamples(
      visits,
      `
      let at = i * channels + row;
      product = product + dy[at] * (x[at] - mean) / deviation;
      plain = plain + dy[at];`,
    )
  }
    let products = total(lane, product);
    let plains = total(lane, plain);
    if (lane == 0) {
      result[row] = products;
      result[channels + row] = plains;
    }`,
});

const gradient: GpuProgram = {
  key: "batch_norm_gradient",
  variables: ["dy", "x", "weight", "statistics", "sums"],
  uniforms: "channels : i32, samples : f32, epsilon : f32",
  main: `
    let c = index % uniforms.channels;
    let deviation = sqrt(statistics[uniforms.channels + c] + uniforms.epsilon);
    let normal = (x[index] - statistics[c]) / deviation;
    let centred = dy[index] - (sums[uniforms.channels + c] + normal * sums[c]) / uniforms.samples;
    result[index] = weight[c] / deviation * centred;`,
};

const like = ({ shape }: tf.TensorInfo) => ({ shape, dtype: "float32" }) as const;

/** A program with one workgroup per channel that makes [2, channels]. */
const perChannel = (
  backend: WebGPUBackend,
  program: GpuProgram,
  inputs: readonly tf.TensorInfo[],
  channels: number,
  uniforms: Parameters<typeof runPerRow>[5],
): tf.TensorInfo =>
  runPerRow(
    backend,
    program,
    inputs,
    channels,
    { shape: [2, channels], dtype: "float32" },
    uniforms,
  );

registerGpuKernel<BatchNormAttributes>(
  BATCH_NORM,
  ["x", "weight", "bias"],
  (backend, [x, weight, bias], { epsilon }) => {
    const [samples, channels] = x.shape;
    const statistics = perChannel(backend, momentsProgram(visitsOf(samples)), [x], channels, [
      int(samples),
    ]);
    const inputs = [x, weight, bias, statistics];
    return [
      runElementwise(backend, normalise, inputs, like(x), [int(channels), float(epsilon)]),
      statistics,
    ];
  },
);

registerGpuKernel<BatchNormAttributes>(
  BATCH_NORM_GRADIENT,
  ["dy", "x", "weight", "statistics"],
  (backend, [dy, x, weight, statistics], { epsilon }) => {
    const [samples, channels] = x.shape;
    const uniforms = [int(samples), float(epsilon)];
    const summed = perChannel(
      backend,
      sums(visitsOf(samples)),
      [dy, x, statistics],
      channels,
      uniforms,
    );
    const inputs = [dy, x, weight, statistics, summed];
    return [
      runElementwise(backend, gradient, inputs, like(x), [
        int(channels),
        float(samples),
        float(epsilon),
      ]),
      summed,
    ];
  },
);
