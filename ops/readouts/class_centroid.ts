/**
 * The read-out by the nearest class centroid.
 *
 * @module
 */
import { classMeans } from "../metrics/centroids.ts";
import { nearestCentroids } from "../metrics/nearest_centroid.ts";
import { checkLabelled, type LabelledCodes, type ReadOut } from "./read_out.ts";

/** A read-out that answers with the class whose mean code is nearest by the cosine. */
export function classCentroid(labelled: LabelledCodes): ReadOut {
  checkLabelled(labelled);
  const { codes, labels, classes } = labelled;
  const means = classMeans(codes, labels, classes);
  return { name: "centroid", predict: (queries) => nearestCentroids(queries, means) };
}
