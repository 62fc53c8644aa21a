/**
 * The nearest codes of queries, by name.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import type { BinaryEmbeddings } from "../../ops/embeddings.ts";
import { type CodeDistance, codeIndex, search } from "../../ops/sdr/code_index.ts";
import { pickCodes } from "../../ops/sdr/codes.ts";
import { hamming, overlap } from "../../ops/sdr/similarity.ts";
import type { SavedCodes } from "../codes_file.ts";
import { originName, originOf } from "../encode/origins.ts";

/** One of a set's images, as a person knows it. */
export interface Named {
  /** Its index in the set. */
  readonly index: number;
  /** The path of its file, "mnist test 17", or "code 17" where its origin is not known. */
  readonly name: string;
  /** Its label's name; null for none. */
  readonly label: string | null;
}

/** A result of a search. */
export interface Result extends Named {
  /** Counted from 1. */
  readonly rank: number;
  /** Units in which the codes differ. */
  readonly distance: number;
  /** Units that both codes have. */
  readonly overlap: number;
}

/** A query with what was found. */
export interface Answer {
  /** The query. */
  readonly query: Named;
  /** The nearest first; of equals the one that comes first in the set. */
  readonly results: readonly Result[];
}

/** What to call one of a set's images. */
function named({ labels, origins }: SavedCodes, index: number): Named {
  const origin = origins === undefined ? null : originOf(origins, index);
  const label = labels?.[index] ?? -1;
  return {
    index,
    name: origin === null ? `code ${index}` : originName(origin),
    label: label < 0 ? null : origins?.classes[label] ?? String(label),
  };
}

/**
 * Searches a set for the nearest of each query.
 *
 * @param set What is searched; at least one code.
 * @param k Results per query.
 * @param distance What the nearest have least of: "hamming", or "overlap", of which they have most.
 * @returns The answers in the order of the queries; `InvalidOption` where the widths differ, a set has
 * no code, or k is not from 1 to the number of codes.
 */
export function nearest(
  set: SavedCodes,
  queries: SavedCodes,
  k: number,
  distance: CodeDistance,
): E.Either<InvalidOption, readonly Answer[]> {
  const wrong = misfit(set.codes, queries.codes, k);
  if (wrong !== null) return E.left(wrong);
  const found = search(codeIndex(set.codes), queries.codes, { k, distance });
  if (E.isLeft(found)) return found;
  const { indices } = found.right;
  const codes = pickCodes(set.codes, indices);
  const asked = pickCodes(queries.codes, indices.map((_, at) => Math.floor(at / k)));
  const [apart, common] = [hamming(codes, asked), overlap(codes, asked)];
  return E.right(Array.from({ length: queries.codes.count }, (_, i) => ({
    query: named(queries, i),
    results: Array.from({ length: k }, (_, rank) => {
      const at = i * k + rank;
      return {
        ...named(set, indices[at]),
        rank: rank + 1,
        distance: apart[at],
        overlap: common[at],
      };
    }),
  })));
}

/** What is wrong about codes and queries, or null. */
function misfit(
  codes: BinaryEmbeddings,
  queries: BinaryEmbeddings,
  k: number,
): InvalidOption | null {
  if (codes.count === 0) return invalidOption("CODES", "none", "at least one code");
  if (queries.count === 0) return invalidOption("QUERY", "none", "at least one code or image");
  if (queries.width !== codes.width) {
    return invalidOption(
      "QUERY",
      `codes of ${queries.width} units`,
      `codes of ${codes.width} units, as those that are searched: encode both with one model`,
    );
  }
  return Number.isInteger(k) && k >= 1 && k <= codes.count
    ? null
    : invalidOption("-k", k, `an integer from 1 to the number of codes, ${codes.count}`);
}
