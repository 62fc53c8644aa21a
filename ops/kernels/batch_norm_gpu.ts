/**
 * Batch norm on webgpu: one workgroup per channel for the sums, one invocation per value for the rest.
 *
 * @module
 */
import type { tf, WebGPUBackend } from "../tfjs.ts";
import { BATCH_NORM, BATCH_NORM_GRADIENT, type BatchNormAttributes } from "./batch_norm.ts";
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

/** WGSL that visits the samples of an invocation, so many in a pass. */
const overSamples = (visits: number, body: string): string =>
  strided(visits, "lane", "uniforms.samples", LANES, body);

/** Of a program that goes through the samples twice. */
const visitsOf = (samples: number): number => visitsPerPass(2 * samples / LANES);

/** x [samples, channels] → [2, channels]; two passes, so that nothing cancels. */
const moments = (visits: number): GpuProgram => ({
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

/** (dy, x, statistics) → [2, channels]: Σ dy · x̂, then Σ dy. */
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
    const statistics = perChannel(backend, moments(visitsOf(samples)), [x], channels, [
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
