/**
 * Storage of an index of vectors: the vectors, their codes, and the lists of each unit's vectors in WebAssembly's
 * memory, all of which grow. Programs use it through `vector_index.ts`.
 *
 * @module
 */
import {
  type CorruptFile,
  type FileUnavailable,
  type InvalidOption,
  invalidOption,
} from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import { listBytes, type ListMemory, listMemory, type ListSizes } from "../kernels/list_search.ts";
import { type IdTable, idTable } from "./id_table.ts";
import { coarseProbesFor } from "./units.ts";

/** Vectors that are not in memory but in a file. */
export interface StoredVectors {
  /** Number of vectors; they lie in the first slots. */
  readonly count: number;
  /** Reads vectors into `into` until it is full, from that of a slot on. */
  readonly read: (
    slot: number,
    into: Float32Array,
  ) => E.Either<CorruptFile | FileUnavailable, void>;
  /** Ends the reading: the file is closed. */
  readonly close: () => void;
}

/** The contents of an index, for files and tests. Slots are the places of vectors in the store. */
export interface VectorStore {
  /** Numbers per vector. */
  readonly width: number;
  /** Units of each vector's code. */
  readonly winners: number;
  /** Mean of the vectors at length 1, when the units were trained. */
  readonly mean: Float32Array;
  /** Rows and lists; null where the engine has no SIMD, and all vectors are compared. */
  memory: ListMemory | null;
  /** The vectors of the first slots, where they are not in memory; null where all are. */
  stored: StoredVectors | null;
  /** Vectors of the other slots, row-major, with spare capacity. */
  values: Float32Array;
  /** 1 / length by slot; 0 for a vector of zeros. */
  inverse: Float32Array;
  /** Id by slot. */
  ids: Float64Array;
  /** The winning units by slot. */
  codes: Int32Array;
  /** A byte per slot, 1 where the vector was not removed. */
  alive: Uint8Array;
  /** Slots in use. */
  slots: number;
  /** Vectors that were not removed. */
  count: number;
  /** Capacity of each list, in entries. */
  capacities: Uint32Array;
  /** Entries before the first free one. */
  end: number;
  /** Slots by id, of vectors that were not removed; null until they are needed. */
  known: IdTable | null;
}

/** Spare entries of a list, beyond which all lists are laid out again: a share of its length, and some more. */
export const SLACK = { share: 0.25, more: 4 } as const;

/** The slots by id. */
export function slotsOf(store: VectorStore): IdTable {
  if (store.known !== null) return store.known;
  const known = idTable((slot) => store.ids[slot], store.slots);
  for (let slot = 0; slot < store.slots; slot++) if (store.alive[slot] === 1) known.enter(slot);
  store.known = known;
  return known;
}

/** The largest id; −1 where there is none. */
export function largestId({ ids, alive, slots }: VectorStore): number {
  let most = -1;
  for (let slot = 0; slot < slots; slot++) if (alive[slot] === 1) most = Math.max(most, ids[slot]);
  return most;
}

/** Slots whose vectors stand in a file. */
export const storedIn = ({ stored }: VectorStore): number => stored?.count ?? 0;

/**
 * Reads the vectors of some slots, wherever they are; those that follow each other at once.
 *
 * @param slots The first that is negative ends them.
 * @returns The error, if any.
 */
export function readVectors(
  { stored, values, width }: VectorStore,
  slots: Uint32Array | Int32Array,
  into: Float32Array,
): CorruptFile | FileUnavailable | null {
  const inFile = stored?.count ?? 0;
  for (let from = 0, to = 1; from < slots.length && slots[from] >= 0; from = to++) {
    const slot = slots[from];
    const end = slot < inFile ? inFile : Infinity;
    while (to < slots.length && slots[to] === slot + to - from && slots[to] < end) to++;
    const rows = into.subarray(from * width, to * width);
    if (slot < inFile) {
      const read = stored!.read(slot, rows);
      if (E.isLeft(read)) return read.left;
    } else {
      const at = (slot - inFile) * width;
      rows.set(values.subarray(at, at + rows.length));
    }
  }
  return null;
}

/** Codes of vectors; none where there are no lists. */
export function codesOf(
  memory: ListMemory | null,
  values: Float32Array,
  winners: number,
): Int32Array {
  if (memory === null || memory.sizes.units === 0) return new Int32Array(0);
  return memory.winners(values, winners, coarseProbesFor(memory, winners));
}

/** Lays out all lists, each with a share of spare entries and some more. */
export function layLists(
  store: VectorStore,
  { share, more }: { readonly share: number; readonly more: number },
): void {
  const { memory, codes, alive, slots, winners, capacities } = store;
  if (memory === null || memory.sizes.units === 0) return;
  const lengths = new Uint32Array(capacities.length);
  for (let i = 0; i < slots * winners; i++) {
    if (codes[i] >= 0 && alive[Math.floor(i / winners)] === 1) lengths[codes[i]]++;
  }
  const { ranges, entries } = memory.part;
  store.end = 0;
  lengths.forEach((length, unit) => {
    capacities[unit] = Math.ceil(length * (1 + share)) + more;
    ranges[2 * unit] = store.end;
    ranges[2 * unit + 1] = 0;
    store.end += capacities[unit];
  });
  for (let slot = 0; slot < slots; slot++) {
    if (alive[slot] === 0) continue;
    for (let i = slot * winners; i < (slot + 1) * winners; i++) {
      if (codes[i] >= 0) entries[ranges[2 * codes[i]] + ranges[2 * codes[i] + 1]++] = slot;
    }
  }
}

/** Puts the slots from `first` on into their lists; returns false where one has no spare entries for them. */
export function lengthenLists(
  { memory, codes, slots, winners, capacities }: VectorStore,
  first: number,
): boolean {
  if (memory === null || memory.sizes.units === 0) return true;
  const { ranges, entries } = memory.part;
  for (let i = first * winners; i < slots * winners; i++) {
    const unit = codes[i];
    if (unit < 0) continue;
    if (ranges[2 * unit + 1] === capacities[unit]) return false;
    entries[ranges[2 * unit] + ranges[2 * unit + 1]++] = Math.floor(i / winners);
  }
  return true;
}

/** Takes a slot out of its lists. */
export function shortenLists({ memory, codes, winners }: VectorStore, slot: number): void {
  if (memory === null || memory.sizes.units === 0) return;
  const { ranges, entries } = memory.part;
  for (const unit of codes.subarray(slot * winners, (slot + 1) * winners)) {
    if (unit < 0) continue;
    const start = ranges[2 * unit];
    const last = start + --ranges[2 * unit + 1];
    entries[entries.indexOf(slot, start)] = entries[last];
  }
}

/** Reserves memory for more vectors: for half as many again as are needed, where there is not enough. */
export function makeRoomForValues(store: VectorStore, more: number): void {
  const needed = store.slots + more - storedIn(store);
  if (needed * store.width <= store.values.length) return;
  store.values = grown(store.values, new Float32Array(Math.ceil(1.5 * needed) * store.width));
}

/**
 * Reserves memory for more slots, besides their vectors.
 *
 * @default 0.5
 * @param spare Spare capacity, as a share of what is needed.
 */
export function makeRoom(store: VectorStore, more: number, spare = 0.5): InvalidOption | null {
  const { memory, winners } = store;
  const needed = store.slots + more;
  const lists = memory !== null && memory.sizes.units > 0;
  const withSpare = (number: number) => Math.ceil((1 + spare) * number);
  if (needed > store.ids.length) {
    const room = withSpare(needed);
    store.inverse = grown(store.inverse, new Float32Array(room));
    store.ids = grown(store.ids, new Float64Array(room));
    store.alive = grown(store.alive, new Uint8Array(room));
    store.codes = grown(store.codes, new Int32Array(lists ? room * winners : 0));
  }
  if (memory === null) return null;
  // Enough for all lists to be laid anew with their slack.
  const entries = lists
    ? Math.ceil(needed * winners * (1 + SLACK.share)) + memory.sizes.units * (SLACK.more + 1)
    : 0;
  if (needed <= memory.sizes.rows && entries <= memory.sizes.entries) return null;
  const sizes = {
    ...memory.sizes,
    rows: Math.max(memory.sizes.rows, withSpare(needed)),
    entries: Math.max(memory.sizes.entries, withSpare(entries)),
  };
  const tooLarge = checkBytes(sizes);
  if (tooLarge !== null) return tooLarge;
  const larger = listMemory(sizes)!;
  const [from, to] = [memory.part, larger.part];
  to.coarseRows.set(from.coarseRows);
  to.unitRows.set(from.unitRows);
  to.rows.set(from.rows);
  to.coarseRanges.set(from.coarseRanges);
  to.ranges.set(from.ranges);
  to.entries.set(from.entries);
  store.memory = larger;
  return null;
}

function grown<Numbers extends Float32Array | Float64Array | Int32Array | Uint8Array>(
  from: Numbers,
  into: Numbers,
): Numbers {
  into.set(from);
  return into;
}

/** Refuses sizes for which one memory is too small. */
export function checkBytes(sizes: ListSizes): InvalidOption | null {
  const bytes = listBytes(sizes);
  return bytes <= 2 ** 32 ? null : invalidOption(
    "vectors",
    `${sizes.rows} vectors, for which an index needs ${Math.ceil(bytes / 2 ** 20)} MB`,
    "an index of at most 4096 MB: share them out among several",
  );
}

/** 1 / length of each vector; 0 for one of zeros. */
export function inverseLengths(values: Float32Array, width: number): Float32Array {
  return Float32Array.from({ length: values.length / width }, (_, i) => {
    let squares = 0;
    for (let j = i * width; j < (i + 1) * width; j++) squares += values[j] * values[j];
    return squares > 0 ? 1 / Math.sqrt(squares) : 0;
  });
}
