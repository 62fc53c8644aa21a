/**
 * PyTorch's arrays in Sparrow's order of axes: channels last, outputs last.
 *
 * @module
 */
import type { float32 } from "../shared.ts";

type Plain = ReturnType<typeof float32>;

/** [n, channels, height, width] as [n, height, width, channels]; what has other axes as it is. */
export function channelsLast({ shape, data }: Plain): Plain {
  if (shape.length !== 4) return { shape, data };
  const [n, channels, height, width] = shape;
  const moved = Float32Array.from(data, (_, i) => {
    const c = i % channels;
    const x = Math.floor(i / channels) % width;
    const y = Math.floor(i / (channels * width)) % height;
    const at = Math.floor(i / (channels * width * height));
    return data[((at * channels + c) * height + y) * width + x];
  });
  return { shape: [n, height, width, channels], data: moved };
}

/** PyTorch's weights with the outputs last: [inputs, outputs], [size, size, inputs, outputs]. */
export function outputsLast({ shape, data }: Plain): Plain {
  if (shape.length === 1) return { shape, data };
  const [outputs, ...rest] = shape;
  const perOutput = data.length / outputs;
  const [inputs, height, width] = [rest[0], rest[1] ?? 1, rest[2] ?? 1];
  const moved = Float32Array.from(data, (_, i) => {
    const o = i % outputs;
    const c = Math.floor(i / outputs) % inputs;
    const pixel = Math.floor(i / (outputs * inputs));
    return data[o * perOutput + c * height * width + pixel];
  });
  return {
    shape: rest.length === 1 ? [inputs, outputs] : [height, width, inputs, outputs],
    data: moved,
  };
}

/**
 * PyTorch's weights of a linear layer on flattened images, [outputs, channels · height · width], as
 * [height · width · channels, outputs].
 */
export function onFlattened(
  { shape: [outputs, inputs], data }: Plain,
  [channels, height, width]: readonly number[],
): Plain {
  const rows = channelsLast({ shape: [outputs, channels, height, width], data }).data;
  return outputsLast({ shape: [outputs, inputs], data: rows });
}
