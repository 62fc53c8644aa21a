/**
 * Order of search results: near-duplicates, then by the distance of codes, then by the values of units before the
 * competition, then by name.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { type CodeDistance, codeIndex, search } from "../../ops/codes/search.ts";
import { popcount, wordsPerCode } from "../../ops/embeddings.ts";
import type { SavedCodes } from "../files/codes.ts";
import { THUMBNAIL_BYTES, thumbnailIndex } from "./near_duplicates.ts";

/** A code as it stands among those that are ranked for a query. */
export interface Ranked {
  /** Index of the code in the set. */
  readonly index: number;
  /** Hamming distance. */
  readonly distance: number;
  /** Number of units that are set in both codes. */
  readonly overlap: number;
  /** Difference of a near-duplicate's thumbnail, in levels of grey; null where it is none. */
  readonly difference: number | null;
}

/** Options of {@linkcode rankingOf}. */
export interface RankingOptions {
  /**
   * Distance of the ranking. "hamming" and "overlap": by this distance of the codes, equal ones by the activations.
   * "values": by the activations alone, among the 100 nearest by Hamming distance.
   */
  readonly distance: CodeDistance | "values";
  /** Number of results per query that are requested first. */
  readonly k: number;
  /** Names a code of the set: the last that equal ones are ordered by. */
  readonly nameOf: (index: number) => string;
}

/** The rankings of a set's codes, one for each query. */
export interface Ranking {
  /** Ranks the nearest k of a query, k from 1 to the number of codes. */
  readonly first: (query: number, k: number) => readonly Ranked[];
  /** Lists the near-duplicates of a code of the set, without itself, the nearest first. */
  readonly copiesOf: (index: number) => readonly number[];
}

/** The nearest by code that are ranked by their activations alone. */
const CANDIDATES = 100;

/** Extra results that are searched beyond those requested, for ties with the last. */
const MORE = 32;

/** The most codes as near as the last that are searched for; beyond that all codes are compared, since a search sorts each that it keeps. */
const MOST = 500;

/**
 * Ranks the codes of a set for each query. Where the set or the queries have no activations, equal distances are in the
 * order of the set, and where one has no thumbnails there are no near-duplicates.
 *
 * @param set At least one code.
 * @param queries Codes as wide as those of the set.
 */
export function rankingOf(
  set: SavedCodes,
  queries: SavedCodes,
  { distance, k, nameOf }: RankingOptions,
): Ranking {
  const { codes: { count, width, words } } = set;
  const isFine = set.activations !== undefined && queries.activations !== undefined;
  const by = distance === "values" ? "hamming" : distance;
  const index = codeIndex(set.codes);
  // k is within its range, and the codes are of one width.
  const nearest = (of: typeof queries.codes, k: number) =>
    E.getOrElseW(() => ({ k, indices: new Int32Array(), distances: new Float64Array() }))(
      search(index, of, { k, distance: by }),
    );
  const wanted = (k: number) =>
    Math.min(count, !isFine ? k : MORE + (distance === "values" ? Math.max(k, CANDIDATES) : k));
  const all = nearest(queries.codes, wanted(k));
  const perCode = wordsPerCode(width);
  const asked = (query: number) =>
    queries.codes.words.subarray(query * perCode, (query + 1) * perCode);

  const compared = (query: Uint32Array, i: number, difference: number | null): Ranked => {
    let [apart, common] = [0, 0];
    for (let w = 0, at = i * perCode; w < perCode; w++, at++) {
      apart += popcount(query[w] ^ words[at]);
      common += popcount(query[w] & words[at]);
    }
    return { index: i, distance: apart, overlap: common, difference };
  };
  const farness = ({ distance, overlap }: Ranked) => by === "hamming" ? distance : -overlap;

  /** The k nearest by code, and, where activations order them, all that are as far as the last. */
  const byCode = (query: number, k: number): readonly Ranked[] => {
    const words = asked(query);
    const [from, to] = [query * all.k, (query + 1) * all.k];
    let [indices, distances] = [all.indices.subarray(from, to), all.distances.subarray(from, to)];
    while (indices.length < count && (indices.length < k || isTied(distances, k))) {
      if (indices.length >= k && indices.length > MOST) return within(words, distances[k - 1]);
      const wider = nearest(
        { ...queries.codes, count: 1, words },
        wanted(Math.max(k, 4 * indices.length)),
      );
      [indices, distances] = [wider.indices, wider.distances];
    }
    const end = isFine ? distances.findIndex((distance) => distance > distances[k - 1]) : k;
    return Array.from(
      end < 0 ? indices : indices.subarray(0, end),
      (i) => compared(words, i, null),
    );
  };

  /** Whether there may be more that are as far as the k-th. */
  const isTied = (distances: Float64Array, k: number): boolean =>
    isFine && distances.at(-1) === distances[k - 1];

  /** All codes that are as near as the last or nearer. */
  const within = (query: Uint32Array, last: number): readonly Ranked[] => {
    const found: Ranked[] = [];
    for (let i = 0, at = 0; i < count; i++, at += perCode) {
      let far = 0;
      if (by === "hamming") {
        for (let w = 0; w < perCode && far <= last; w++) far += popcount(query[w] ^ words[at + w]);
      } else for (let w = 0; w < perCode; w++) far -= popcount(query[w] & words[at + w]);
      if (far <= last) found.push(compared(query, i, null));
    }
    return found;
  };

  const thumbnails = set.thumbnails === undefined ? null : thumbnailIndex(set.thumbnails);
  const copies = (query: number) =>
    thumbnails === null || queries.thumbnails === undefined
      ? []
      : thumbnails.nearTo(thumbnailAt(queries.thumbnails, query));

  const first = (query: number, k: number): readonly Ranked[] => {
    const words = asked(query);
    const near = copies(query).map(({ index, difference }) => compared(words, index, difference));
    const among = new Set(near.map(({ index }) => index));
    const least = distance === "values" ? Math.max(k, CANDIDATES) : k;
    const others = byCode(query, Math.min(count, least + near.length))
      .filter(({ index }) => !among.has(index));
    if (!isFine) return [...near, ...others].slice(0, k);
    const cosine = cosines(queries.activations!, query, set.activations!, width);
    const valued = (ranked: readonly Ranked[]) =>
      ranked.map((one) => ({ one, value: cosine(one.index) }));
    const ordered = (
      ranked: readonly Ranked[],
      compare: (a: Valued, b: Valued) => number,
    ): readonly Ranked[] => valued(ranked).toSorted(compare).map(({ one }) => one);
    const byValue = (a: Valued, b: Valued) =>
      b.value - a.value || byName(nameOf(a.one.index), nameOf(b.one.index)) ||
      a.one.index - b.one.index;
    const byDistance = (a: Valued, b: Valued) => farness(a.one) - farness(b.one) || byValue(a, b);
    return [
      ...ordered(near, (a, b) => a.one.difference! - b.one.difference! || byDistance(a, b)),
      ...ordered(others, distance === "values" ? byValue : byDistance),
    ].slice(0, k);
  };

  const known = new Map<number, readonly number[]>();
  const copiesOf = (i: number): readonly number[] => {
    if (thumbnails === null) return [];
    const found = known.get(i) ?? thumbnails.nearTo(thumbnailAt(set.thumbnails!, i))
      .filter(({ index }) => index !== i)
      .toSorted((a, b) => a.difference - b.difference || byName(nameOf(a.index), nameOf(b.index)))
      .map(({ index }) => index);
    known.set(i, found);
    return found;
  };
  return { first, copiesOf };
}

/** A ranked code with the cosine of its activations to the query's. */
interface Valued {
  readonly one: Ranked;
  readonly value: number;
}

const thumbnailAt = (thumbnails: Uint8Array, i: number): Uint8Array =>
  thumbnails.subarray(i * THUMBNAIL_BYTES, (i + 1) * THUMBNAIL_BYTES);

const byName = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0;

/** The cosine of a query's activations and those of a code; 0 where one has none. */
function cosines(
  queries: Int8Array,
  query: number,
  set: Int8Array,
  width: number,
): (i: number) => number {
  const asked = queries.subarray(query * width, (query + 1) * width);
  return (i) => {
    let [dot, squares] = [0, 0];
    for (let unit = 0, at = i * width; unit < width; unit++, at++) {
      dot += asked[unit] * set[at];
      squares += set[at] * set[at];
    }
    // The query's own length is the same for all.
    return squares === 0 ? 0 : dot / Math.sqrt(squares);
  };
}

/** Several results as one: the best of them, and its near-duplicates. */
export interface Group {
  /** The best. */
  readonly head: Ranked;
  /** Indices of its near-duplicates that no group before it has, the nearest to it first. */
  readonly others: readonly number[];
}

/**
 * Ranks groups in place of single codes: the best code and its near-duplicates in the whole set, the best of the rest
 * and its near-duplicates, and so on. No code is in two groups.
 *
 * @param k Number of groups; there are fewer where the set has fewer.
 */
export function groupsOf(
  { first, copiesOf }: Ranking,
  query: number,
  k: number,
  count: number,
): readonly Group[] {
  for (let n = k;; n = Math.min(count, 4 * n)) {
    const taken = new Set<number>();
    const groups: Group[] = [];
    for (const head of first(query, n)) {
      if (groups.length === k) break;
      if (taken.has(head.index)) continue;
      taken.add(head.index);
      const others = copiesOf(head.index).filter((index) => !taken.has(index));
      others.forEach((index) => taken.add(index));
      groups.push({ head, others });
    }
    if (groups.length === k || n >= count) return groups;
  }
}
