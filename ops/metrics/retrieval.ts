/**
 * Retrieval scores: whether the neighbours of embeddings are of the same class.
 *
 * Source: K. Musgrave, S. Belongie, S.-N. Lim, "A Metric Learning Reality Check", ECCV 2020:
 * MAP@R beside recall@1, which cannot tell good spaces apart.
 *
 * @module
 */
import type { Embeddings } from "../embeddings.ts";
import { checkLength } from "./rows.ts";
import { distanceRows, type EmbeddingDistance } from "./distances.ts";
import { selectNearest } from "./neighbours.ts";

/** Embeddings with their classes. */
export interface LabelledEmbeddings {
  /** The embeddings. */
  readonly embeddings: Embeddings;
  /** One class per embedding. */
  readonly labels: ArrayLike<number>;
}

/** Means over the queries that have something to retrieve; each in [0, 1]. */
export interface RetrievalScores {
  /** The fraction of queries whose nearest item is of their class. */
  readonly precisionAt1: number;
  /** The fraction of the R nearest items that are of the query's class. */
  readonly rPrecision: number;
  /** MAP@R, as {@linkcode retrievalScores} defines it. */
  readonly meanAveragePrecision: number;
  /** Number of queries with at least one other sample of their class. */
  readonly queries: number;
}

/**
 * Precision at 1, R-precision and MAP@R.
 *
 * With R the number of items of the query's class, P(i) the fraction of them among the i nearest items
 * and rel(i) 1 where the i-th is one of them, else 0:
 *
 *     MAP@R = mean over queries of (1/R) Σ_{i=1..R} P(i) · rel(i)
 *
 * Items at equal distances come in the order of their index: shuffle a gallery that is sorted by class.
 *
 * @param queries Embeddings with labels.
 * @param distance Distance between two embeddings. @default "cosine"
 * @param gallery Where to retrieve from; by default the queries themselves, each without itself.
 * @returns null where no query has an item of its class.
 * @throws {RangeError} Where labels are missing or the widths differ.
 *
 * @example
 * ```ts
 * import { retrievalScores } from "./retrieval.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const values = Float32Array.of(0, 1, 3, 7);
 * const embeddings = { kind: "dense", count: 4, width: 1, values } as const;
 * const scores = retrievalScores({ embeddings, labels: [0, 0, 1, 1] }, "l1");
 * assertEquals(scores?.meanAveragePrecision, 0.75);
 * ```
 */
export function retrievalScores(
  queries: LabelledEmbeddings,
  distance: EmbeddingDistance = "cosine",
  gallery: LabelledEmbeddings | null = null,
): RetrievalScores | null {
  const items = gallery ?? queries;
  for (const { embeddings, labels } of [queries, items]) {
    checkLength("retrieve by class", labels.length, embeddings.count);
  }
  const sizes = new Map<number, number>();
  for (let j = 0; j < items.labels.length; j++) {
    sizes.set(items.labels[j], (sizes.get(items.labels[j]) ?? 0) + 1);
  }
  const largest = Array.from(sizes.values()).reduce((a, b) => Math.max(a, b), 1);
  const [indices, nearest] = [new Int32Array(largest), new Float64Array(largest)];
  const row = new Float64Array(items.embeddings.count);
  const fill = distanceRows(queries.embeddings, items.embeddings, distance);

  let [counted, first, fraction, average] = [0, 0, 0, 0];
  for (let i = 0; i < queries.embeddings.count; i++) {
    const label = queries.labels[i];
    const relevant = (sizes.get(label) ?? 0) - (gallery === null ? 1 : 0);
    if (relevant === 0) continue;
    fill(i, row);
    selectNearest(row, gallery === null ? i : -1, relevant, indices, nearest);
    counted++;
    let [hits, precisions] = [0, 0];
    for (let rank = 1; rank <= relevant; rank++) {
      if (items.labels[indices[rank - 1]] !== label) continue;
      hits++;
      precisions += hits / rank;
      if (rank === 1) first++;
    }
    fraction += hits / relevant;
    average += precisions / relevant;
  }
  return counted === 0 ? null : {
    precisionAt1: first / counted,
    rPrecision: fraction / counted,
    meanAveragePrecision: average / counted,
    queries: counted,
  };
}

/**
 * The average precision of one query, as expected where equally far items come in random order.
 *
 * With R relevant items, rel(i) 1 where the i-th of a ranking is one of them, else 0, and P(i) the
 * fraction of relevant ones among its first i:
 *
 *     AP = (1/R) Σ_{i=1..most} P(i) · rel(i)
 *
 * All items are ranked by default; with most = R it is the AP@R that `retrievalScores` averages, and
 * R · AP with most = 1 is the precision at 1. Codes have few distances, each of many items: an order of
 * theirs says nothing, so that the mean over all orders is taken, in closed form. Of t items at one
 * distance r are relevant, and n items with h relevant ones are nearer: the j-th of the t is relevant
 * with probability r/t, and then (j − 1)(r − 1)/(t − 1) of the tied before it are on average.
 *
 * Source: F. McSherry, M. Najork, "Computing Information Retrieval Performance Measures Efficiently in
 * the Presence of Tied Scores", ECIR 2008.
 *
 * @param all The distances of all items, rising.
 * @param relevant Distances of the relevant ones, rising: a part of `all`, at least one.
 * @param most Number of ranks that count, at least 1. @default all
 * @returns The precision, in [0, 1].
 *
 * @example
 * ```ts
 * import { averagePrecision } from "./retrieval.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const distances = Float64Array.of(1, 2, 3, 4);
 * assertEquals(averagePrecision(distances, Float64Array.of(1, 4)), (1 / 1 + 2 / 4) / 2);
 * // Half of the orders of two equally far items have the relevant one first.
 * assertEquals(averagePrecision(Float64Array.of(5, 5), Float64Array.of(5)), (1 / 1 + 1 / 2) / 2);
 * ```
 */
export function averagePrecision(
  all: Float64Array,
  relevant: Float64Array,
  most: number = all.length,
): number {
  let [sum, ranked, hits] = [0, 0, 0];
  while (hits < relevant.length && ranked < most) {
    const distance = all[ranked];
    const tied = tiedFrom(all, ranked, distance);
    const found = tiedFrom(relevant, hits, distance);
    const before = tied > 1 ? (found - 1) / (tied - 1) : 0;
    const last = found === 0 ? 0 : Math.min(tied, most - ranked);
    for (let j = 1; j <= last; j++) {
      sum += (found / tied) * (hits + 1 + (j - 1) * before) / (ranked + j);
    }
    ranked += tied;
    hits += found;
  }
  return sum / relevant.length;
}

function tiedFrom(rising: Float64Array, from: number, value: number): number {
  let end = from;
  while (end < rising.length && rising[end] === value) end++;
  return end - from;
}
