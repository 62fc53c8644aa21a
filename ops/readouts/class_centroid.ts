/**
 * The read-out by the nearest class centroid.
 *
 * @module
 */
import { classMeans } from "../metrics/centroids.ts";
import { nearestCentroids } from "../metrics/nearest_centroid.ts";
import { checkLabelled, type ReadOut, type TaughtCodes } from "./read_out.ts";

/** A read-out that answers with the class whose mean code is nearest by the cosine. */
export function classCentroid(labelled: TaughtCodes): ReadOut {
  checkLabelled(labelled);
  const { codes, labels, classes } = labelled;
  const means = classMeans(codes, labels, classes);
  return { name: "centroid", predict: (queries) => nearestCentroids(queries, means) };
}
