/**
 * The mean and the (population) standard deviation of byte / 255, of every `channels`-th byte from
 * one on.
 */
export function moments(
  pixels: Uint8Array,
  channels = 1,
  channel = 0,
): { readonly mean: number; readonly std: number } {
  let [count, sum, squares] = [0, 0, 0];
  for (let i = channel; i < pixels.length; i += channels) {
    count++;
    sum += pixels[i];
    squares += pixels[i] ** 2;
  }
  const mean = sum / count;
  // Whole numbers below 2^53: nothing is lost.
  return { mean: mean / 255, std: Math.sqrt(squares / count - mean ** 2) / 255 };
}
