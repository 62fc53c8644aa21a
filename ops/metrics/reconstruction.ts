/**
 * Difference between a decoded signal and the original.
 *
 * Source: peak_to_signal_noise_ratio of dizcza/pytorch-mighty, mighty/utils/signal.py, and
 * Reconstruct.compute of dizcza/EmbedderSDR, trainer/autoencoder.py.
 *
 * @module
 */
import { checkLength } from "./rows.ts";

/**
 * The mean squared difference over all numbers; 0 for none.
 *
 * @param original Original signals.
 * @param estimated Decoded signals, as many numbers.
 * @throws {RangeError} Where the lengths differ.
 */
export function reconstructionError(
  original: ArrayLike<number>,
  estimated: ArrayLike<number>,
): number {
  checkLength("compare signals", estimated.length, original.length);
  let sum = 0;
  for (let i = 0; i < original.length; i++) sum += (original[i] - estimated[i]) ** 2;
  return sum / Math.max(1, original.length);
}

/**
 * The peak signal-to-noise ratio in decibels: the mean over rows of 10 log₁₀(range² / error), with the
 * range of the original row, its maximum less its minimum, and its mean squared error.
 *
 * Rows whose range is 0 are left out.
 *
 * @param original Original rows of width numbers, row-major.
 * @param estimated Decoded rows.
 * @param width Numbers per row, at least 1.
 * @returns null where no row is left, NaN in the reference. Infinity where a row is reproduced exactly.
 * @throws {RangeError} Where the lengths differ or a row is not whole.
 *
 * @example
 * ```ts
 * import { peakSignalToNoise } from "./reconstruction.ts";
 * import { assertAlmostEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertAlmostEquals(peakSignalToNoise([0, 1], [0.1, 0.9], 2), 20, 1e-9);
 * ```
 */
export function peakSignalToNoise(
  original: ArrayLike<number>,
  estimated: ArrayLike<number>,
  width: number,
): number | null {
  checkLength("compare signals", estimated.length, original.length);
  checkLength("compare rows", original.length, Math.floor(original.length / width) * width);
  let [sum, rows] = [0, 0];
  for (let at = 0; at < original.length; at += width) {
    let [low, high, error] = [Infinity, -Infinity, 0];
    for (let i = at; i < at + width; i++) {
      low = Math.min(low, original[i]);
      high = Math.max(high, original[i]);
      error += (original[i] - estimated[i]) ** 2;
    }
    if (high === low) continue;
    sum += 10 * Math.log10((high - low) ** 2 / (error / width));
    rows++;
  }
  return rows === 0 ? null : sum / rows;
}

/** Thresholds above which a signal is a set bit. */
export interface PixelThresholds {
  /** A pixel of the original is set above this: the data's mean, in the reference. */
  readonly original: number;
  /** A pixel of the estimate is set from this on. */
  readonly estimated: number;
}

/**
 * Counts the binary pixels that were reconstructed wrongly: a readable error for black-and-white images.
 *
 * @param original Original signals.
 * @param estimated Decoded signals, as many numbers.
 * @param thresholds Thresholds above which a pixel is set.
 * @returns A count from 0 to their number.
 * @throws {RangeError} Where the lengths differ.
 */
export function missedPixels(
  original: ArrayLike<number>,
  estimated: ArrayLike<number>,
  thresholds: PixelThresholds,
): number {
  checkLength("compare signals", estimated.length, original.length);
  let missed = 0;
  for (let i = 0; i < original.length; i++) {
    const [wanted, made] = [
      original[i] > thresholds.original,
      estimated[i] >= thresholds.estimated,
    ];
    if (wanted !== made) missed++;
  }
  return missed;
}
