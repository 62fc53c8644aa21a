/**
 * The normalisation that a set of images has of its own.
 *
 * @module
 */
import type { DataSplit, Normalisation } from "./dataset.ts";

/**
 * The mean and the (population) standard deviation of byte / 255 in each channel.
 *
 * @param pixels A multiple of `channels` bytes, channels last; at least one of each.
 * @param channels At least 1.
 * @returns One mean and one deviation per channel; the deviation is 1 where all bytes are the same,
 * because numbers are divided by it.
 *
 * @example
 * ```ts
 * import { normalisationOf } from "./moments.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const pixels = Uint8Array.of(0, 51, 255, 51);
 * assertEquals(normalisationOf({ pixels }, 2), { mean: [0.5, 0.2], std: [0.5, 1] });
 * ```
 */
export function normalisationOf(
  { pixels }: Pick<DataSplit, "pixels">,
  channels: number,
): Normalisation {
  const counts = new Float64Array(256 * channels);
  for (let i = 0; i < pixels.length; i += channels) {
    for (let channel = 0; channel < channels; channel++) {
      counts[256 * channel + pixels[i + channel]]++;
    }
  }
  const n = pixels.length / channels;
  const moments = Array.from({ length: channels }, (_, channel) => {
    const histogram = counts.subarray(256 * channel, 256 * (channel + 1));
    const mean = histogram.reduce((sum, times, byte) => sum + times * byte, 0) / n / 255;
    const variance = histogram.reduce(
      (sum, times, byte) => sum + times * (byte / 255 - mean) ** 2,
      0,
    ) / n;
    const constant = histogram.some((times) => times === n);
    return { mean, std: constant ? 1 : Math.sqrt(variance) };
  });
  return { mean: moments.map(({ mean }) => mean), std: moments.map(({ std }) => std) };
}
