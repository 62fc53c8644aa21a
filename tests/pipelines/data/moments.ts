/** The mean and the (population) standard deviation of byte / 255. */
export function moments(pixels: Uint8Array): { readonly mean: number; readonly std: number } {
  const counts = new Float64Array(256);
  for (const byte of pixels) counts[byte]++;
  const mean = counts.reduce((sum, n, byte) => sum + n * byte / 255, 0) / pixels.length;
  const variance = counts.reduce((sum, n, byte) => sum + n * (byte / 255 - mean) ** 2, 0) /
    pixels.length;
  return { mean, std: Math.sqrt(variance) };
}
