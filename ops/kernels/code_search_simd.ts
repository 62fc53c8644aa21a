/**
 * The search for nearest codes in WebAssembly, on a memory of its own that holds the codes.
 *
 * @module
 */
import { type BinaryEmbeddings, stride } from "../embeddings.ts";
import { eachBit } from "../metrics/rows.ts";
import { BLOCK, type PostingLists, postingLists } from "../sdr/posting_lists.ts";
import { codeSizes } from "../sdr/similarity.ts";
import { type Simd, simdOn } from "./simd/module.ts";

/** The nearest of each query, as the kernels leave them. */
export interface FoundCodes {
  /** queries × k, rising; `2³¹ − 1` where there are fewer codes. */
  readonly distances: Int32Array;
  /** queries × k: which codes. */
  readonly indices: Int32Array;
}

/** "hamming": units that differ; "overlap": minus the units that both have. */
export type CodeDistance = "hamming" | "overlap";

/** A set of codes in memory. */
export interface CodeSearch {
  /** Compares all words; queries are as wide as the codes. */
  readonly scan: (queries: BinaryEmbeddings, k: number, distance: CodeDistance) => FoundCodes;
  /**
   * Counts by lists.
   *
   * @param units The queries' units, one list after the other…
   * @param unitStarts …and where each begins, and the last ends.
   * @returns Minus each code's score: its overlap; for "hamming" twice that, less its size, plus the
   * largest size, so that a query's size alone is missing to the distance.
   */
  readonly count: (
    units: Uint32Array,
    unitStarts: Uint32Array,
    k: number,
    distance: CodeDistance,
  ) => FoundCodes;
}

/** Codes that a query is compared with before the next one is: 32 kB of 512 units. */
const SCANNED = 512;

/** Kept free at the beginning, so that no address is 0. */
const BEGINNING = 1024;

const known = new WeakMap<BinaryEmbeddings, CodeSearch | null>();

/** The search among a set of codes; null where the engine has no SIMD. */
export function codeSearchOf(codes: BinaryEmbeddings): CodeSearch | null {
  const found = known.get(codes);
  if (found !== undefined) return found;
  const made = start(codes);
  known.set(codes, made);
  return made;
}

function start(codes: BinaryEmbeddings): CodeSearch | null {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536 });
  const simd = simdOn(memory);
  if (simd === null) return null;
  let end = BEGINNING;
  const reserve = (bytes: number): number => {
    const at = end;
    end += Math.ceil(bytes / 16) * 16;
    const missing = end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65_536));
    return at;
  };
  // What stays is written once; what a call needs comes after it, and is given back.
  const scratch = <A>(use: () => A): A => {
    const kept = end;
    try {
      return use();
    } finally {
      end = kept;
    }
  };
  const put = (array: Uint16Array | Uint32Array): number => {
    const at = reserve(array.byteLength);
    new Uint8Array(memory.buffer, at).set(
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
    );
    return at;
  };
  const found = (many: number, k: number, run: (distances: number, indices: number) => void) => {
    const [distances, indices] = [reserve(4 * many * k), reserve(4 * many * k)];
    new Int32Array(memory.buffer, distances, many * k).fill(2 ** 31 - 1);
    run(distances, indices);
    return {
      distances: new Int32Array(memory.buffer, distances, many * k).slice(),
      indices: new Int32Array(memory.buffer, indices, many * k).slice(),
    };
  };
  let [placed, listed]: [number | null, Listed | null] = [null, null];
  return {
    scan: (queries, k, distance) => {
      const at = placed ??= put(padded(codes));
      const chunks = Math.ceil(stride(codes.width) / 2);
      return scratch(() => {
        const asked = put(padded(queries));
        return found(queries.count, k, (distances, indices) => {
          for (let from = 0; from < codes.count; from += SCANNED) {
            const to = Math.min(codes.count, from + SCANNED);
            const shared = Number(distance === "overlap");
            simd.scanCodes(
              ...[
                asked,
                queries.count,
                at,
                from,
                to,
                chunks,
                distances,
                indices,
                k,
                shared,
              ] as const,
            );
          }
        });
      });
    },
    count: (units, unitStarts, k, distance) => {
      const lists = listed ??= placeLists(codes, put);
      const many = unitStarts.length - 1;
      return scratch(() => {
        const [asked, from, score] = [put(units), put(unitStarts), reserve(2 * BLOCK)];
        return found(
          many,
          k,
          (distances, indices) =>
            countBlocks(simd, codes, lists, distance, {
              asked,
              from,
              score,
              many,
              distances,
              indices,
              k,
            }),
        );
      });
    },
  };
}

/** Where the lists are. */
interface Listed {
  readonly members: number;
  readonly starts: number;
  /** Numbers that scores begin with, by distance; BLOCK zeros after the last. */
  readonly base: Readonly<Record<CodeDistance, number>>;
}

function placeLists(codes: BinaryEmbeddings, put: (array: Uint16Array | Uint32Array) => number) {
  const { members, starts }: PostingLists = postingLists(codes);
  const sizes = codeSizes(codes);
  const most = largest(sizes);
  const base = new Uint16Array(codes.count + BLOCK);
  for (let i = 0; i < codes.count; i++) base[i] = most - sizes[i];
  return {
    members: put(members),
    starts: put(starts),
    base: { hamming: put(base), overlap: put(new Uint16Array(BLOCK)) },
  };
}

function countBlocks(
  simd: Simd,
  { count, width }: BinaryEmbeddings,
  { members, starts, base }: Listed,
  distance: CodeDistance,
  call: {
    readonly asked: number;
    readonly from: number;
    readonly score: number;
    readonly many: number;
    readonly distances: number;
    readonly indices: number;
    readonly k: number;
  },
): void {
  const { asked, from, score, many, distances, indices, k } = call;
  for (let first = 0; first < count; first += BLOCK) {
    const lists = starts + 4 * (first / BLOCK) * (width + 1);
    const begins = distance === "hamming" ? base.hamming + 2 * first : base.overlap;
    const [size, step] = [Math.min(BLOCK, count - first), distance === "hamming" ? 2 : 1];
    simd.countLists(
      ...[asked, from, many, members, lists, begins, score, first, size, step] as const,
      ...[distances, indices, k] as const,
    );
  }
}

/** The units of all queries, one list after the other. */
export function unitsOf(
  { count, width, words }: BinaryEmbeddings,
): { readonly units: Uint32Array; readonly unitStarts: Uint32Array } {
  const perCode = stride(width);
  const unitStarts = new Uint32Array(count + 1);
  const units: number[] = [];
  for (let i = 0; i < count; i++) {
    eachBit(words, i * perCode, perCode, (unit) => units.push(unit));
    unitStarts[i + 1] = units.length;
  }
  return { units: Uint32Array.from(units), unitStarts };
}

/** The largest of some numbers; 0 for none. */
export const largest = (sizes: Uint32Array): number =>
  sizes.reduce((most, size) => Math.max(most, size), 0);

/** Rows of 64-bit words: an odd number of words per code gets one of zeros. */
function padded({ count, width, words }: BinaryEmbeddings): Uint32Array {
  const perCode = stride(width);
  if (perCode % 2 === 0) return words;
  const rows = new Uint32Array(count * (perCode + 1));
  for (let i = 0; i < count; i++) {
    rows.set(words.subarray(i * perCode, (i + 1) * perCode), i * (perCode + 1));
  }
  return rows;
}
