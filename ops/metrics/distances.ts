/**
 * Distances between embeddings, packed or not: the same to the bit. All of one set against all of
 * another, and how much two sets agree pair by pair.
 *
 * Source: compute_distance of dizcza/pytorch-mighty, mighty/utils/signal.py, and
 * torch.nn.functional.cosine_similarity for the clamp.
 *
 * @module
 */
import {
  activity,
  type BinaryEmbeddings,
  type Embeddings,
  popcount,
  wordsPerCode,
} from "../embeddings.ts";
import { checkLength, denseValues, eachBit, rowReader } from "./rows.ts";

/**
 * Distance between two embeddings a and b.
 *
 * - "cosine": 1 − a·b / (‖a‖ ‖b‖), in [0, 2]; each norm is at least 1e-8, so that a zero vector is at
 *   distance 1 from everything, itself included;
 * - "l1": Σ|a − b|;
 * - "l2": Σ(a − b)², squared, as in the reference;
 * - "overlap": −a·b; for codes minus the number of bits that both have set;
 * - "hamming": the number of units that differ.
 *
 * On binary codes "l1", "l2" and "hamming" are the same.
 */
export type EmbeddingDistance = "cosine" | "l1" | "l2" | "overlap" | "hamming";

/** Writes the distances from embedding i of one set to all of another. */
export type DistanceRow = (i: number, into: Float64Array) => void;

/**
 * The distances between two sets, a row at a time.
 *
 * @param from Set that rows belong to.
 * @param to Set that columns belong to, of the same width.
 * @param distance Distance between two embeddings.
 * @throws {RangeError} Where the widths differ.
 */
export function distanceRows(
  from: Embeddings,
  to: Embeddings,
  distance: EmbeddingDistance,
): DistanceRow {
  checkLength("compare embeddings", to.width, from.width);
  return from.kind === "binary" && to.kind === "binary"
    ? binaryRows(from, to, distance)
    : denseRows(from, to, distance);
}

/**
 * All distances between two sets.
 *
 * @param from Set that rows belong to.
 * @param to Set that columns belong to, of the same width.
 * @param distance Distance between two embeddings.
 * @returns from.count × to.count numbers, row-major.
 * @throws {RangeError} Where the widths differ.
 *
 * @example
 * ```ts
 * import { embeddingDistances } from "./distances.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const one = { kind: "binary", count: 1, width: 4, words: Uint32Array.of(0b0011) } as const;
 * const two = { kind: "binary", count: 2, width: 4, words: Uint32Array.of(0b0110, 0b0011) } as const;
 * assertEquals([...embeddingDistances(one, two, "hamming")], [2, 0]);
 * assertEquals([...embeddingDistances(one, two, "overlap")], [-1, -2]);
 * ```
 */
export function embeddingDistances(
  from: Embeddings,
  to: Embeddings,
  distance: EmbeddingDistance,
): Float64Array {
  const fill = distanceRows(from, to, distance);
  const all = new Float64Array(from.count * to.count);
  for (let i = 0; i < from.count; i++) {
    fill(i, all.subarray(i * to.count, (i + 1) * to.count));
  }
  return all;
}

/**
 * The mean over pairs of 2 a·b / (Σa + Σb): for codes, the bits in common over the mean number of bits.
 *
 * A pair without any bits has nothing to agree on and is left out; in the reference it makes the mean
 * NaN.
 *
 * Source: calc_overlap of dizcza/EmbedderSDR, experiment/kwta_inverse.py; L. R. Dice, "Measures of the
 * amount of ecologic association between species", 1945.
 *
 * @param a First codes of the pairs, or numbers of at least 0.
 * @param b Second codes, as many and as wide: pair i is the i-th of each.
 * @returns The mean overlap, in [0, 1] for codes; null where no pair is left.
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

function cosine(dot: number, aSquare: number, bSquare: number): number {
  return 1 - dot / (Math.max(Math.sqrt(aSquare), 1e-8) * Math.max(Math.sqrt(bSquare), 1e-8));
}

/** Largest fraction of active units at which postings are faster than words. */
const SPARSE = 1 / 8;

/** Counts bits; on zeros and ones the sums of denseRows are these very integers. */
function binaryRows(
  { words, width }: BinaryEmbeddings,
  to: BinaryEmbeddings,
  distance: EmbeddingDistance,
): DistanceRow {
  const perRow = wordsPerCode(width);
  const toBits = Int32Array.from(
    { length: to.count },
    (_, j) => bitsAt(to.words, j * perRow, perRow),
  );
  const isSparse = activity(to).mean <= SPARSE * width;
  const overlaps = isSparse ? postings(to) : overlapsInWords(to);
  return (i, into) => {
    const fromBits = bitsAt(words, i * perRow, perRow);
    overlaps(words, i * perRow, into);
    for (let j = 0; j < toBits.length; j++) {
      into[j] = distance === "overlap"
        ? 0 - into[j]
        : distance === "cosine"
        ? cosine(into[j], fromBits, toBits[j])
        : fromBits + toBits[j] - 2 * into[j];
    }
  };
}

/**
 * Counts overlaps with sparse codes, which it has by their units, as a search engine has pages by their words: of
 * the units of a query alone, each adds 1 to the codes that have
 * it. With a fraction s of units set that is s² · width · count additions a query; counting words takes
 * width / 32 · count steps, each several times as long.
 *
 * @returns A function that writes the overlaps of the code at a word of `words` with all codes.
 */
function postings(
  codes: BinaryEmbeddings,
): (words: Uint32Array, at: number, into: Float64Array) => void {
  const { count, width, words } = codes;
  const perRow = wordsPerCode(width);
  // Those that have unit u are members[ends[u − 1]] to members[ends[u] − 1].
  const ends = new Uint32Array(width);
  for (let j = 0; j < count; j++) eachBit(words, j * perRow, perRow, (u) => ends[u]++);
  for (let u = 1; u < width; u++) ends[u] += ends[u - 1];
  const members = new Uint32Array(width === 0 ? 0 : ends[width - 1]);
  const next = new Uint32Array(width);
  for (let u = 1; u < width; u++) next[u] = ends[u - 1];
  for (let j = 0; j < count; j++) {
    eachBit(words, j * perRow, perRow, (u) => members[next[u]++] = j);
  }
  const overlaps = new Uint32Array(count);
  return (query, at, into) => {
    overlaps.fill(0);
    eachBit(query, at, perRow, (u) => {
      const end = ends[u];
      for (let m = u === 0 ? 0 : ends[u - 1]; m < end; m++) overlaps[members[m]]++;
    });
    into.set(overlaps);
  };
}

const overlapsInWords =
  ({ count, width, words: b }: BinaryEmbeddings) =>
  (a: Uint32Array, at: number, into: Float64Array): void => {
    const perRow = wordsPerCode(width);
    for (let j = 0; j < count; j++) {
      let set = 0;
      for (let w = 0; w < perRow; w++) set += popcount(a[at + w] & b[j * perRow + w]);
      into[j] = set;
    }
  };

function bitsAt(words: Uint32Array, at: number, length: number): number {
  let set = 0;
  for (let w = at; w < at + length; w++) set += popcount(words[w]);
  return set;
}

/** A sum over the units of row a and the row of b that starts at `at`. */
type Pairwise = (a: Float32Array, b: Float32Array, at: number) => number;

const dot: Pairwise = (a, b, at) => {
  let sum = 0;
  for (let u = 0; u < a.length; u++) sum += a[u] * b[at + u];
  return sum;
};

const sums: Readonly<Record<Exclude<EmbeddingDistance, "cosine">, Pairwise>> = {
  l1: (a, b, at) => {
    let sum = 0;
    for (let u = 0; u < a.length; u++) sum += Math.abs(a[u] - b[at + u]);
    return sum;
  },
  l2: (a, b, at) => {
    let sum = 0;
    for (let u = 0; u < a.length; u++) sum += (a[u] - b[at + u]) ** 2;
    return sum;
  },
  // Not −dot, which is −0 where nothing overlaps.
  overlap: (a, b, at) => 0 - dot(a, b, at),
  hamming: (a, b, at) => {
    let sum = 0;
    for (let u = 0; u < a.length; u++) sum += a[u] === b[at + u] ? 0 : 1;
    return sum;
  },
};

function denseRows(from: Embeddings, to: Embeddings, distance: EmbeddingDistance): DistanceRow {
  const { count, width } = to;
  const read = rowReader(from);
  const values = denseValues(to);
  if (distance !== "cosine") {
    const sum = sums[distance];
    return (i, into) => {
      const row = read(i);
      for (let j = 0; j < count; j++) into[j] = sum(row, values, j * width);
    };
  }
  const squares = Float64Array.from({ length: count }, (_, j) => {
    const row = values.subarray(j * width, (j + 1) * width);
    return dot(row, row, 0);
  });
  return (i, into) => {
    const row = read(i);
    const square = dot(row, row, 0);
    for (let j = 0; j < count; j++) {
      into[j] = cosine(dot(row, values, j * width), square, squares[j]);
    }
  };
}
