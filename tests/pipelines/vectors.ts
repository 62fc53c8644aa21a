/**
 * Vectors for tests: five classes of normal ones in 20 dimensions.
 *
 * @module
 */
import { draw, type Rng, seed } from "../../graph/rng.ts";
import { type ArraySamples, fromArrays } from "../../pipelines/data/arrays.ts";
import type { Dataset } from "../../pipelines/data/dataset.ts";
import { right } from "./tiny.ts";

/** The classes and the dimension of the vectors. */
export const [CLASSES, DIMENSION] = [5, 20];

/** Draws standard normal numbers, by Box and Muller. */
const normals = (count: number, rng: Rng): readonly [Float32Array, Rng] =>
  draw(rng, ({ unit }) => {
    const values = new Float32Array(count + 1);
    for (let i = 0; i < count; i += 2) {
      const [radius, angle] = [Math.sqrt(-2 * Math.log(1 - unit())), 2 * Math.PI * unit()];
      values[i] = radius * Math.cos(angle);
      values[i + 1] = radius * Math.sin(angle);
    }
    return values.slice(0, count);
  });

/** Samples of the classes in turn: x_j = [j mod 5 = class] + a standard normal number. */
export function classVectors(
  count: number,
  rng: Rng,
): readonly [ArraySamples & { readonly values: Float32Array; readonly labels: Uint8Array }, Rng] {
  const [values, next] = normals(count * DIMENSION, rng);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % CLASSES);
  for (let i = 0; i < values.length; i++) {
    if (i % CLASSES === labels[Math.floor(i / DIMENSION)]) values[i] += 1;
  }
  return [{ values, labels }, next];
}

/** A dataset of such vectors, without labels where they are not wanted. */
export function vectors(
  { train, test, seed: from, labelled = true }: {
    readonly train: number;
    readonly test: number;
    readonly seed: number;
    readonly labelled?: boolean;
  },
): Dataset {
  const [known, rng] = classVectors(train, seed(from));
  const [asked] = classVectors(test, rng);
  const kept = ({ values, labels }: ArraySamples) => labelled ? { values, labels } : { values };
  return right(fromArrays({ train: kept(known), test: kept(asked), shape: [DIMENSION] }));
}

/**
 * The accuracy of the best classifier that there can be: the class with the largest sum of its coordinates, as the
 * classes are equally frequent and their vectors differ in the mean alone.
 */
export function bestAccuracy({ count, values, labels }: Dataset["test"]): number {
  let correct = 0;
  for (let i = 0; i < count; i++) {
    const sums = new Float64Array(CLASSES);
    for (let j = 0; j < DIMENSION; j++) sums[j % CLASSES] += values[i * DIMENSION + j];
    if (sums.indexOf(Math.max(...sums)) === labels![i]) correct++;
  }
  return correct / count;
}
