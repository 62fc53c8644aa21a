/**
 * The smallest few of many distances.
 *
 * @module
 */

/**
 * Finds the k smallest distances, in rising order; equal ones in the order of their index.
 *
 * @param distances At least k numbers, the skipped one not counted.
 * @param skip An index to leave out, or −1.
 * @param k At least 1.
 * @param indices Takes the indices of the k smallest…
 * @param nearest …and their distances.
 */
export function selectNearest(
  distances: Float64Array,
  skip: number,
  k: number,
  indices: Int32Array,
  nearest: Float64Array,
): void {
  let found = 0;
  for (let j = 0; j < distances.length; j++) {
    const distance = distances[j];
    if (j === skip || (found === k && !(distance < nearest[k - 1]))) continue;
    // After the last that is not farther: so the lower index stays first.
    let [low, high] = [0, found];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (nearest[middle] <= distance) low = middle + 1;
      else high = middle;
    }
    const end = found === k ? k - 1 : found++;
    nearest.copyWithin(low + 1, low, end);
    indices.copyWithin(low + 1, low, end);
    nearest[low] = distance;
    indices[low] = j;
  }
}
