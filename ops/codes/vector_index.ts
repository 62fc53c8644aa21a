/**
 * An index of float vectors, for the nearest by cosine. Each vector is coded by the few units that answer to
 * it most, of many for which the vectors have competed (`units.ts`): a k-winners code. The index is inverted:
 * it lists for each unit the vectors that have it. A query reads the lists of the units that answer to it,
 * scores what it meets there by 4 bits a number, and compares the best of these as floats.
 *
 * Where there are too few vectors for lists to pay, or few of them are allowed, all are scored instead.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import {
  type CorruptFile,
  type FileUnavailable,
  type InvalidOption,
  invalidOption,
} from "../../graph/error.ts";
import { type Rng, seed } from "../../graph/rng.ts";
import type { DenseEmbeddings } from "../embeddings.ts";
import { type ListHits, type ListMemory, listMemory } from "../kernels/list_search.ts";
import { coarseProbesFor, trainUnits } from "./units.ts";
import {
  checkBytes,
  codesOf,
  inverseLengths,
  largestId,
  layLists,
  lengthenLists,
  makeRoom,
  makeRoomForValues,
  readVectors,
  shortenLists,
  SLACK,
  slotsOf,
  storedIn,
  type VectorStore,
} from "./vector_store.ts";

/** Options of {@linkcode buildVectorIndex}. */
export interface VectorIndexOptions {
  /**
   * Number of units that vectors compete for; 0 for an index without lists, which scores all vectors.
   * @default the power of two nearest to a sixth of the vectors, and 0 for fewer than 4,000 vectors
   */
  readonly units?: number;
  /** Units of each vector's code. @default 4, or all where there are fewer */
  readonly winners?: number;
  /** Strength of homeostasis, which keeps lists of about one length: from 0, none, to 1. @default 0.25 */
  readonly balance?: number;
  /** Number of passes in which the vectors compete for units before they are coded. @default 2 */
  readonly passes?: number;
  /** Random numbers that choose the vectors which the units begin as. @default seed(0) */
  readonly rng?: Rng;
  /** The vectors' names: different integers from 0 to 2^53 − 1. @default their places: 0, 1, 2, … */
  readonly ids?: ArrayLike<number>;
}

/** Options of {@linkcode searchVectors}. */
export interface SearchVectorsOptions {
  /** Results per query, from 1 to the number of vectors. */
  readonly k: number;
  /** Units whose lists are read: more find more, and take longer. @default 128 */
  readonly probes?: number;
  /** Vectors that are compared with the query as floats, at least k. @default 2 · k + 10 */
  readonly candidates?: number;
  /**
   * Vectors that may be found: those of some ids, all but those, or a bit per id, id i being bit i mod 32 of word ⌊i /
   * 32⌋. Ids that are not in the index are ignored.
   *
   * @default all
   */
  readonly allowed?: AllowedVectors;
  /** Whether to compare all vectors as floats: exact, and slow. @default false */
  readonly exact?: boolean;
}

/** A filter of the vectors that may be found. */
export type AllowedVectors =
  | Uint32Array
  | { readonly only: ArrayLike<number> }
  | { readonly except: ArrayLike<number> };

/** The nearest vectors of each query. */
export interface FoundVectors {
  /** Results per query. */
  readonly k: number;
  /** queries × k ids, the most similar first; −1 where fewer were found. */
  readonly ids: Float64Array;
  /** Cosine similarities to the query; −Infinity where fewer were found. */
  readonly similarities: Float64Array;
}

/**
 * An index of float vectors for the search of nearest neighbours by cosine. {@linkcode addVectors} and {@linkcode
 * removeVectors} change it in place: they return the index as it is then, and the one that they were given is refused
 * from then on.
 */
export interface VectorIndex {
  /** Numbers per vector. */
  readonly width: number;
  /** Vectors that can be found. */
  readonly count: number;
  /** Units; 0 where there are no lists. */
  readonly units: number;
  /** Units of each vector's code. */
  readonly winners: number;
}

/** Number of vectors below which scoring all is faster than reading lists. */
const FEW = 4000;

/** Default number of units. */
export const usualUnits = (count: number): number =>
  count < FEW ? 0 : 2 ** Math.round(Math.log2(count / 6));

/**
 * Builds an index of vectors.
 *
 * @param vectors At least one, all of finite numbers. They are copied. A vector of zeros has similarity 0 to
 * all others.
 * @param options Options, as {@linkcode VectorIndexOptions} describes them.
 * @returns `InvalidOption` where a number is not finite, an option out of its range, or an id not an integer
 * of at least 0 or there twice.
 *
 * @example
 * ```ts
 * import { buildVectorIndex, searchVectors } from "./vector_index.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const values = Float32Array.of(1, 0, 0, 1, 1, 1);
 * const index = orThrow(buildVectorIndex({ kind: "dense", count: 3, width: 2, values }));
 * const query = { kind: "dense", count: 1, width: 2, values: Float32Array.of(3, 1) } as const;
 * const { ids } = orThrow(searchVectors(index, query, { k: 2 }));
 * assertEquals([...ids], [0, 2]);
 * ```
 */
export function buildVectorIndex(
  vectors: DenseEmbeddings,
  options: VectorIndexOptions = {},
): E.Either<InvalidOption, VectorIndex> {
  const { count, width } = vectors;
  const {
    units = usualUnits(count),
    winners = Math.max(1, Math.min(4, units)),
    balance = 0.25,
    passes = 2,
    rng = seed(0),
    ids = placesFrom(0, count),
  } = options;
  const bad = (count < 1 ? invalidOption("vectors", count, "at least one vector") : null) ??
    checkVectors(vectors, width) ??
    checkInteger("units", units, 0, count) ??
    checkInteger("winners", winners, 1, Math.max(1, units)) ??
    checkInteger("passes", passes, 0, 1000) ??
    (balance >= 0 && balance <= 1 ? null : invalidOption("balance", balance, "from 0 to 1")) ??
    checkIds(ids, count, () => false);
  if (bad !== null) return E.left(bad);
  const inverse = inverseLengths(vectors.values, width);
  const mean = meanOf(vectors.values, inverse, width);
  const coarse = units === 0 ? 0 : 2 ** Math.round(Math.log2(2 * Math.sqrt(units)));
  const sizes = {
    width,
    coarse: Math.min(coarse, units),
    units,
    rows: count,
    entries: units === 0 ? 0 : count * winners,
  };
  const tooLarge = checkBytes(sizes);
  if (tooLarge !== null) return E.left(tooLarge);
  const memory = listMemory(sizes);
  if (memory !== null && units > 0) {
    trainUnits(memory, { values: vectors.values, inverse, mean, balance, passes, rng });
  }
  const codes = codesOf(memory, vectors.values, winners);
  // Rows of one unit stand together, so that a list's vectors are near each other in memory.
  const order = Uint32Array.from(ids, (_, i) => i);
  if (codes.length > 0) order.sort((a, b) => codes[a * winners] - codes[b * winners] || a - b);
  const inOrder = <Numbers extends Float32Array | Float64Array | Int32Array>(
    from: Numbers,
    size: number,
    into: Numbers,
  ): Numbers => {
    order.forEach((row, slot) =>
      into.set(from.subarray(row * size, (row + 1) * size), slot * size)
    );
    return into;
  };
  const store: VectorStore = {
    width,
    winners,
    mean,
    memory,
    stored: null,
    values: inOrder(vectors.values, width, new Float32Array(count * width)),
    inverse: inOrder(inverse, 1, new Float32Array(count)),
    ids: inOrder(Float64Array.from(ids), 1, new Float64Array(count)),
    codes: codes.length === 0 ? codes : inOrder(codes, winners, new Int32Array(codes.length)),
    alive: new Uint8Array(count).fill(1),
    slots: count,
    count,
    capacities: new Uint32Array(units),
    end: 0,
    known: null,
  };
  memory?.writeRows("rows", 0, store.values, mean);
  layLists(store, { share: 0, more: 0 });
  return E.right(indexOf(store));
}

/** The store of each index that was not changed since. */
const stores = new WeakMap<VectorIndex, VectorStore>();

/** Makes the index that a store is now; for files too. */
export function indexOf(store: VectorStore): VectorIndex {
  const { width, count, winners } = store;
  const index = { width, count, winners, units: store.memory?.sizes.units ?? 0 };
  stores.set(index, store);
  return index;
}

/** The store of an index, for files and tests; `InvalidOption` where the index was changed since. */
export function storeOf(index: VectorIndex): E.Either<InvalidOption, VectorStore> {
  const store = stores.get(index);
  return store !== undefined ? E.right(store) : E.left(
    invalidOption("index", "one that was changed since", "the index that the change returned"),
  );
}

/**
 * Counts the bytes of an index in memory, without the vectors as floats: rows of 4 bits a number, units, lists, and the
 * memory that searches use.
 *
 * @param index Index in memory.
 */
export const indexBytes = (index: VectorIndex): number => stores.get(index)?.memory?.bytes ?? 0;

/**
 * Finds the nearest vectors of each query by cosine.
 *
 * @param index Index of the vectors to search.
 * @param queries Vectors as wide as those of the index, all of finite numbers. To a query of zeros all have similarity
 * 0.
 * @param options Options, as {@linkcode SearchVectorsOptions} describes them.
 * @returns `InvalidOption` where a width differs, a number is not finite, an option is out of its range, or
 * the index was changed since; of an index that has left its vectors in a file, `FileUnavailable` and `CorruptFile`
 * where they cannot be read there.
 */
export function searchVectors(
  index: VectorIndex,
  queries: DenseEmbeddings,
  options: SearchVectorsOptions,
): E.Either<InvalidOption | FileUnavailable | CorruptFile, FoundVectors> {
  const { k, probes = 128, candidates = 2 * k + 10, allowed, exact = false } = options;
  const current = storeOf(index);
  if (E.isLeft(current)) return current;
  const store = current.right;
  const bad = checkVectors(queries, store.width, "queries") ??
    checkInteger("k", k, 1, store.count) ??
    checkInteger("probes", probes, 1, Infinity) ??
    checkInteger("candidates", candidates, k, Infinity);
  if (bad !== null) return E.left(bad);
  const filter = filterOf(store, allowed);
  const hits = exact || store.memory === null || filter.count <= Math.max(candidates, EXACT)
    ? { every: filter.slots() }
    : searchRows(store.memory, queries.values, store, filter, { probes, candidates });
  return rerank(store, queries, k, hits);
}

/** Number of vectors up to which all are compared as floats, which is quicker than a search. */
const EXACT = 100;

/** The slots that may be found. */
interface Filter {
  /** Number of vectors that the filter allows. */
  readonly count: number;
  /** A byte per slot, 1 where it may be found; null where all may. */
  readonly bytes: Uint8Array | null;
  /** Slots of the allowed vectors, in ascending order. */
  readonly slots: () => Uint32Array;
}

function filterOf(store: VectorStore, allowed?: AllowedVectors): Filter {
  const { alive, slots, count } = store;
  const all = () => Uint32Array.from({ length: slots }, (_, slot) => slot);
  if (allowed === undefined && count === slots) return { count, bytes: null, slots: all };
  const bytes = allowed !== undefined && "only" in allowed
    ? new Uint8Array(slots)
    : alive.slice(0, slots);
  if (allowed instanceof Uint32Array) {
    for (let slot = 0; slot < slots; slot++) {
      const id = store.ids[slot];
      const word = Math.floor(id / 32);
      bytes[slot] &= word < allowed.length ? allowed[word] >>> (id % 32) & 1 : 0;
    }
  } else if (allowed !== undefined) {
    const known = slotsOf(store);
    const [ids, byte] = "only" in allowed ? [allowed.only, 1] : [allowed.except, 0];
    for (let i = 0; i < ids.length; i++) {
      const slot = known.slotOf(ids[i]);
      if (slot >= 0) bytes[slot] = byte;
    }
  }
  const left = bytes.reduce((sum, byte) => sum + byte, 0);
  return { count: left, bytes, slots: () => all().filter((slot) => bytes[slot] === 1) };
}

/** Nanoseconds that a row takes where all are scored, and one that lists lead to, with its entries. */
const COST = { scanned: 9, met: 20 } as const;

/** Searches the rows, through the lists where that is quicker. */
function searchRows(
  memory: ListMemory,
  queries: Float32Array,
  { slots }: VectorStore,
  { count, bytes }: Filter,
  { probes, candidates: kept }: { readonly probes: number; readonly candidates: number },
): ListHits {
  const { units, entries } = memory.sizes;
  if (bytes !== null) memory.allow(bytes);
  // Of few that are allowed, few are met: so many more lists are read.
  const wanted = Math.min(units, Math.ceil(probes * slots / count));
  const met = units === 0 ? Infinity : wanted * entries / units;
  if (met * COST.met > slots * COST.scanned) {
    return memory.scan("rows", slots, queries, kept, bytes !== null);
  }
  const effort = { coarseProbes: coarseProbesFor(memory, wanted), probes: wanted, kept };
  return memory.search(queries, effort, bytes !== null);
}

/** Candidates whose vectors are read from a file at once, at most. */
const READ_AT_ONCE = 1024;

/** Compares candidates as floats. */
function rerank(
  store: VectorStore,
  queries: DenseEmbeddings,
  k: number,
  hits: ListHits | { readonly every: Uint32Array },
): E.Either<FileUnavailable | CorruptFile, FoundVectors> {
  const { values, inverse, ids, width, stored } = store;
  const found = {
    k,
    ids: new Float64Array(queries.count * k).fill(-1),
    similarities: new Float64Array(queries.count * k).fill(-Infinity),
  };
  const lengths = inverseLengths(queries.values, width);
  const slots = "every" in hits ? hits.every : hits.indices;
  const perQuery = "every" in hits ? slots.length : hits.kept;
  const read = new Float32Array(stored === null ? 0 : Math.min(perQuery, READ_AT_ONCE) * width);
  for (let q = 0; q < queries.count; q++) {
    const from = "every" in hits ? 0 : q * perQuery;
    const at = q * k;
    let kept = 0;
    for (let c = from; c < from + perQuery; c++) {
      const slot = slots[c];
      if (slot < 0) break;
      const inBlock = stored === null ? 0 : (c - from) % READ_AT_ONCE;
      if (stored !== null && inBlock === 0) {
        const block = slots.subarray(c, Math.min(c + READ_AT_ONCE, from + perQuery));
        const failed = readVectors(store, block, read);
        if (failed !== null) return E.left(failed);
      }
      const similarity = (stored === null
        ? dotOf(queries.values, q * width, values, slot * width, width)
        : dotOf(queries.values, q * width, read, inBlock * width, width)) *
        inverse[slot] * lengths[q];
      const id = ids[slot];
      if (kept === k && !isBefore(similarity, id, found, at + k - 1)) {
        continue;
      }
      let place = at + (kept < k ? kept++ : k - 1);
      for (; place > at && isBefore(similarity, id, found, place - 1); place--) {
        found.ids[place] = found.ids[place - 1];
        found.similarities[place] = found.similarities[place - 1];
      }
      found.ids[place] = id;
      found.similarities[place] = similarity;
    }
  }
  return E.right(found);
}

/** Whether a vector comes before one that was found: it is more similar, or as similar with a lower id. */
const isBefore = (similarity: number, id: number, found: FoundVectors, place: number): boolean =>
  similarity > found.similarities[place] ||
  (similarity === found.similarities[place] && id < found.ids[place]);

/** The dot product of two vectors, in four sums that a processor adds at once. */
function dotOf(
  a: Float32Array,
  aFrom: number,
  b: Float32Array,
  bFrom: number,
  width: number,
): number {
  const whole = width & ~3;
  let [first, second, third, fourth] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    first += a[aFrom + i] * b[bFrom + i];
    second += a[aFrom + i + 1] * b[bFrom + i + 1];
    third += a[aFrom + i + 2] * b[bFrom + i + 2];
    fourth += a[aFrom + i + 3] * b[bFrom + i + 3];
  }
  for (let i = whole; i < width; i++) first += a[aFrom + i] * b[bFrom + i];
  return (first + second) + (third + fourth);
}

// ---- Adding and removing

/**
 * Adds vectors to an index: they get codes from the units as they are, and go into their lists. Units are not
 * trained again, so that what is quite unlike the vectors which the index was built of takes longer to find.
 *
 * @param index Index to extend, which is refused from then on.
 * @param vectors Vectors to add, as wide as those of the index.
 * @param ids Ids of the vectors, none of which the index has. @default the integers from the largest id + 1 on
 * @returns The index with them; the one that was given is refused from then on. `InvalidOption` as by
 * {@linkcode buildVectorIndex}; then nothing has changed.
 *
 * @example
 * ```ts
 * import { addVectors, buildVectorIndex, removeVectors, searchVectors } from "./vector_index.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const vectors = (...values: number[]) =>
 *   ({ kind: "dense", count: values.length / 2, width: 2, values: Float32Array.from(values) }) as const;
 * const one = orThrow(buildVectorIndex(vectors(1, 0)));
 * const two = orThrow(addVectors(one, vectors(0, 1), [7]));
 * assertEquals(orThrow(searchVectors(two, vectors(0, 2), { k: 1 })).ids[0], 7);
 * assertEquals(orThrow(removeVectors(two, [7])).count, 1);
 * ```
 */
export function addVectors(
  index: VectorIndex,
  vectors: DenseEmbeddings,
  ids?: ArrayLike<number>,
): E.Either<InvalidOption, VectorIndex> {
  const current = storeOf(index);
  if (E.isLeft(current)) return current;
  const store = current.right;
  const { width, winners, mean } = store;
  const bad = checkVectors(vectors, width);
  if (bad !== null) return E.left(bad);
  const known = slotsOf(store);
  const names = Float64Array.from(ids ?? placesFrom(largestId(store) + 1, vectors.count));
  const badIds = checkIds(names, vectors.count, (id) => known.slotOf(id) >= 0);
  if (badIds !== null) return E.left(badIds);
  const tooLarge = makeRoom(store, vectors.count);
  if (tooLarge !== null) return E.left(tooLarge);
  makeRoomForValues(store, vectors.count);
  const { memory, slots } = store;
  store.values.set(vectors.values, (slots - storedIn(store)) * width);
  store.inverse.set(inverseLengths(vectors.values, width), slots);
  store.ids.set(names, slots);
  store.alive.fill(1, slots, slots + vectors.count);
  const codes = codesOf(memory, vectors.values, winners);
  if (codes.length > 0) store.codes.set(codes, slots * winners);
  memory?.writeRows("rows", slots, vectors.values, mean);
  for (let i = 0; i < vectors.count; i++) known.enter(slots + i);
  store.slots += vectors.count;
  store.count += vectors.count;
  stores.delete(index);
  if (!lengthenLists(store, slots)) layLists(store, SLACK);
  return E.right(indexOf(store));
}

/**
 * Removes vectors from an index.
 *
 * @param index Index to reduce, which is refused from then on.
 * @param ids Ids of the vectors to remove.
 * @returns The index without them; the one that was given is refused from then on. `InvalidOption` where an
 * id is not there; then nothing has changed.
 */
export function removeVectors(
  index: VectorIndex,
  ids: ArrayLike<number>,
): E.Either<InvalidOption, VectorIndex> {
  const current = storeOf(index);
  if (E.isLeft(current)) return current;
  const store = current.right;
  const known = slotsOf(store);
  const gone = Array.from(ids);
  const missing = gone.find((id) => known.slotOf(id) < 0);
  if (missing !== undefined) {
    return E.left(invalidOption("ids", missing, "the id of a vector of the index"));
  }
  for (const slot of new Set(gone.map(known.slotOf))) {
    known.leave(slot);
    store.alive[slot] = 0;
    store.count--;
    shortenLists(store, slot);
  }
  stores.delete(index);
  return E.right(indexOf(store));
}

// ---- Checks

const placesFrom = (first: number, count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => first + i);

function checkInteger(
  option: string,
  value: number,
  least: number,
  most: number,
): InvalidOption | null {
  if (Number.isInteger(value) && value >= least && value <= most) return null;
  const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
  return invalidOption(option, value, `an integer ${range}`);
}

function checkVectors(
  { count, width, values }: DenseEmbeddings,
  expected: number,
  option = "vectors",
): InvalidOption | null {
  if (width !== expected || width < 1) {
    return invalidOption(option, `${width} numbers each`, `${Math.max(1, expected)} numbers each`);
  }
  if (values.length !== count * width) {
    return invalidOption(option, `${values.length} numbers`, `${count} × ${width} numbers`);
  }
  const at = values.findIndex((value) => !Number.isFinite(value));
  return at < 0 ? null : invalidOption(
    option,
    `${values[at]} at ${at % width} of vector ${Math.floor(at / width)}`,
    "finite numbers",
  );
}

function checkIds(
  ids: ArrayLike<number>,
  count: number,
  taken: (id: number) => boolean,
): InvalidOption | null {
  if (ids.length !== count) {
    return invalidOption("ids", `${ids.length} ids`, `one for each of ${count} vectors`);
  }
  const seen = new Set<number>();
  for (let i = 0; i < count; i++) {
    const id = ids[i];
    if (!Number.isSafeInteger(id) || id < 0) {
      return invalidOption("ids", `${id} of vector ${i}`, "integers from 0 to 2^53 − 1");
    }
    if (seen.has(id) || taken(id)) {
      return invalidOption("ids", `${id} of vector ${i}, which is taken`, "different ids");
    }
    seen.add(id);
  }
  return null;
}

/** Mean of vectors at length 1. */
function meanOf(values: Float32Array, inverse: Float32Array, width: number): Float32Array {
  const sums = new Float64Array(width);
  inverse.forEach((scale, i) => {
    for (let j = 0; j < width; j++) sums[j] += values[i * width + j] * scale;
  });
  return Float32Array.from(sums, (sum) => sum / inverse.length);
}
