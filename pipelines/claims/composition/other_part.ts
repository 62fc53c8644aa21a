/**
 * The class of a composite's other part, when the class of one is known.
 *
 * @module
 */
import type { BinaryEmbeddings } from "../../../ops/embeddings.ts";
import { checkLength } from "../../../ops/metrics/check.ts";
import { centroidDistances } from "../../../ops/metrics/nearest_centroid.ts";
import { codeSizes } from "../../../ops/sdr/similarity.ts";

/**
 * For each code the class whose centroid is nearest by the cosine, the known class left out; of equal
 * distances the lowest.
 *
 * @param known Per code the class that it is not, or −1 for none.
 * @param centroids Per class width numbers; at least two classes.
 * @returns One class per code; −1 for an empty code, which is equally far from all.
 * @throws {RangeError} Where there are not as many known classes as codes, or a width differs.
 */
export function otherClasses(
  codes: BinaryEmbeddings,
  known: ArrayLike<number>,
  centroids: readonly Float32Array[],
): Int32Array {
  checkLength("leave a class out", known.length, codes.count);
  const distances = centroidDistances(codes, centroids);
  const classes = centroids.length;
  return Int32Array.from(codeSizes(codes), (size, i) => {
    let best = -1;
    for (let c = 0; c < classes && size > 0; c++) {
      if (c === known[i]) continue;
      if (best < 0 || distances[i * classes + c] < distances[i * classes + best]) best = c;
    }
    return best;
  });
}
