/**
 * The read-out by the nearest stored codes.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { codeIndex, search } from "../sdr/code_index.ts";
import { codeSizes } from "../sdr/similarity.ts";
import { checkLabelled, type LabelledCodes, largest, type ReadOut } from "./read_out.ts";

/** Of so many by overlap the nearest by the cosine are taken. */
const CANDIDATES = 30;

/**
 * A read-out that stores every code and lets the k nearest vote. They are those of the 30 with the
 * largest overlap that are nearest by the cosine, overlap / √(size · size), each voting with its cosine;
 * overlap alone would favour large codes.
 *
 * @param k Votes, from 1 to 30; as many as there are codes at most count.
 * @returns `InvalidOption` for a k out of range.
 *
 * @example
 * ```ts
 * import { nearestCodes } from "./nearest_codes.ts";
 * import { fromIndices } from "../sdr/codes.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const codes = fromIndices([[0, 1], [0, 1, 2, 3, 4, 5, 6, 7], [30, 31]], 32);
 * const query = fromIndices([[0, 1]], 32);
 * if (E.isLeft(codes) || E.isLeft(query)) throw new Error("units out of range");
 * const read = nearestCodes({ codes: codes.right, labels: [2, 1, 0], classes: 3 }, 1);
 * assertEquals(E.isRight(read) && [...read.right.predict(query.right)], [2]);
 * ```
 */
export function nearestCodes(
  labelled: LabelledCodes,
  k = 3,
): E.Either<InvalidOption, ReadOut> {
  if (!Number.isInteger(k) || k < 1 || k > CANDIDATES) {
    return E.left(invalidOption("k", k, `an integer from 1 to ${CANDIDATES}`));
  }
  checkLabelled(labelled);
  const { codes, labels, classes } = labelled;
  const index = codeIndex(codes);
  const sizes = codeSizes(codes);
  const wanted = Math.min(CANDIDATES, codes.count);
  return E.right({
    name: "nearest",
    predict: (queries) => {
      const found = search(index, queries, { k: wanted, distance: "overlap" });
      // Unreachable: from 1 to the number of codes.
      if (E.isLeft(found)) throw new RangeError(found.left.expected);
      const { indices, distances } = found.right;
      const own = codeSizes(queries);
      return Int32Array.from({ length: queries.count }, (_, q) => {
        const near = Array.from({ length: wanted }, (_, at) => {
          const code = indices[q * wanted + at];
          const length = Math.sqrt(Math.max(1, own[q] * sizes[code]));
          return { label: labels[code], cosine: -distances[q * wanted + at] / length };
        }).sort((a, b) => b.cosine - a.cosine).slice(0, k);
        const votes = new Float64Array(classes);
        for (const { label, cosine } of near) votes[label] += cosine;
        return largest(votes);
      });
    },
  });
}
