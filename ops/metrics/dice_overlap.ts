/**
 * How much two sets of codes agree, pair by pair.
 *
 * Source: calc_overlap of dizcza/EmbedderSDR, experiment/kwta_inverse.py; L. R. Dice, "Measures of the
 * amount of ecologic association between species", 1945.
 *
 * @module
 */
import type { Embeddings } from "../embeddings.ts";
import { checkLength } from "./check.ts";
import { rowReader } from "./rows.ts";

/**
 * The mean over pairs of 2 a·b / (Σa + Σb): for codes, the bits in common over the mean number of bits.
 *
 * A pair without any bits has nothing to agree on and is left out; in the reference it makes the mean
 * NaN.
 *
 * @param a Codes, or numbers of at least 0…
 * @param b …and as many of the same width: pair i is the i-th of each.
 * @returns In [0, 1] for codes; null where no pair is left.
 * @throws {RangeError} Where the counts or the widths differ.
 */
export function meanDiceOverlap(a: Embeddings, b: Embeddings): number | null {
  checkLength("pair codes", b.count, a.count);
  checkLength("compare embeddings", b.width, a.width);
  const [left, right] = [rowReader(a), rowReader(b)];
  let [sum, pairs] = [0, 0];
  for (let i = 0; i < a.count; i++) {
    const [x, y] = [left(i), right(i)];
    let [common, bits] = [0, 0];
    for (let u = 0; u < a.width; u++) {
      common += x[u] * y[u];
      bits += x[u] + y[u];
    }
    if (bits === 0) continue;
    sum += 2 * common / bits;
    pairs++;
  }
  return pairs === 0 ? null : sum / pairs;
}
