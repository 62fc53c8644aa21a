/**
 * Batch norm on wasm and cpu.
 *
 * @module
 */
import { BATCH_NORM, BATCH_NORM_GRADIENT, type BatchNormAttributes } from "./batch_norm.ts";
import { registerHostKernel, type View } from "./host.ts";

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
