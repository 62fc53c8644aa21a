/**
 * Vectors as rows of bytes in WebAssembly, in a memory of their own, and the search for the nearest through
 * inverted lists (`simd/assembly/lists.ts`). This file knows where things stand in memory; what the lists
 * hold is decided in `../codes/vector_index.ts`.
 *
 * @module
 */
import { type Simd, simdOn } from "./simd/module.ts";

/** The sizes that a memory is laid out for. */
export interface ListSizes {
  /** Numbers per vector. */
  readonly width: number;
  /** Coarse units. */
  readonly coarse: number;
  /** Units. */
  readonly units: number;
  /** Vectors, at most. */
  readonly rows: number;
  /** Entries of the lists from units to vectors, at most. */
  readonly entries: number;
}

/** Effort of a search: the number of units and lists that it reads. */
export interface ListEffort {
  /** Number of coarse units whose units are scored; a few more are where they tie. */
  readonly coarseProbes: number;
  /** Units whose lists are read, likewise. */
  readonly probes: number;
  /** Results per query. */
  readonly kept: number;
}

/** The rows that were found, in the order of the queries. */
export interface ListHits {
  /** Results per query, at most. */
  readonly kept: number;
  /** queries × kept indices of rows, the best first; −1 where fewer were found. */
  readonly indices: Int32Array;
  /** Scores of the hits in descending order: cosine similarities, less the part of the mean that all rows share. */
  readonly scores: Float32Array;
  /** Vectors that were scored. */
  readonly read: number;
}

/** Parts of the memory that hold rows. */
export type RowKind = "coarseRows" | "unitRows" | "rows";

/** A memory with rows and lists. */
export interface ListMemory {
  /** The sizes it was laid out for. */
  readonly sizes: ListSizes;
  /** Bytes of a row. */
  readonly stride: number;
  /** Bytes of the whole memory. */
  readonly bytes: number;
  /** Views of its parts; good for as long as the memory. */
  readonly part:
    & {
      readonly [
        /** Rows of bytes, with scale and bias at the end. */
        kind in RowKind
      ]: Int8Array;
    }
    & {
      /** First unit and number of units of each coarse unit. */
      readonly coarseRanges: Uint32Array;
      /** Start and length of each list of vectors. */
      readonly ranges: Uint32Array;
      /** The lists of vectors. */
      readonly entries: Uint32Array;
    };
  /** Sets the rows that a filtered search may find: a byte for each, 0 or 1. */
  readonly allow: (bytes: Uint8Array) => void;
  /**
   * Writes vectors as rows: each divided by its length, in 4 bits a number.
   *
   * @param from The first row.
   * @param mean Vector that is subtracted from each before, and belongs to every similarity of a query alike.
   * @param biases Number that is added to the score of each. @default 0
   */
  readonly writeRows: (
    kind: RowKind,
    from: number,
    vectors: Float32Array,
    mean: ArrayLike<number>,
    biases?: ArrayLike<number>,
  ) => void;
  /** Finds the k best units of each vector, among those near it; −1 where fewer are. */
  readonly winners: (vectors: Float32Array, k: number, coarseProbes: number) => Int32Array;
  /** Finds the nearest rows through the lists. */
  readonly search: (queries: Float32Array, effort: ListEffort, filtered: boolean) => ListHits;
  /** Finds the nearest of the first `count` rows, all of them scored. */
  readonly scan: (
    kind: RowKind,
    count: number,
    queries: Float32Array,
    kept: number,
    filtered: boolean,
  ) => ListHits;
}

/** Bytes of a row's scale and bias. */
const TAIL = 8;

/** Range of a row's numbers, in standard deviations: the one that preserves similarities best. */
const REACH = 2.5;

/** Bytes of a query past its numbers. */
const QUERY_TAIL = 16;

/** Queries per call of the kernel. */
const BLOCK = 256;

/** Bytes kept free at the beginning, so that no address is 0. */
const BEGINNING = 128;

/** Bytes of a row of `width` numbers: half a byte for each, scale and bias, to a multiple of 16. */
export function rowBytes(width: number): number {
  const whole = 16 * Math.floor(width / 32);
  const rest = Math.min(16, width % 32);
  return 16 * Math.ceil((whole + rest + TAIL) / 16);
}

/** Computes the bytes of a memory of some sizes, without the memory for results. */
export const listBytes = (sizes: ListSizes): number => layOut(sizes).end;

/** The addresses of a memory's parts, and its end. */
function layOut({ width, coarse, units, rows, entries }: ListSizes) {
  const stride = rowBytes(width);
  const most = Math.max(coarse, units, rows);
  let end = BEGINNING;
  const reserve = (bytes: number): number => {
    const at = end;
    // A little more than asked: kernels write one index too many before they see that it is none.
    end += 128 * Math.ceil((bytes + 64) / 128);
    return at;
  };
  const address = {
    plan: reserve(128),
    coarseRows: reserve(coarse * stride),
    unitRows: reserve(units * stride),
    rows: reserve(rows * stride),
    coarseRanges: reserve(8 * coarse),
    ranges: reserve(8 * units),
    entries: reserve(4 * entries),
    bits: reserve(Math.ceil(rows / 8)),
    allowed: reserve(Math.ceil(rows / 8)),
    met: reserve(4 * most),
    scores: reserve(4 * most),
    chosen: reserve(4 * most),
    bytes: reserve(most),
    queries: reserve(BLOCK * (2 * stride + QUERY_TAIL)),
  };
  return { address, end };
}

/**
 * Lays out a memory for lists; null where the engine has no SIMD.
 *
 * @param kernelsOn The kernels on a memory. @default those for this engine
 * @throws {RangeError} Where the engine has too little memory.
 */
export function listMemory(
  sizes: ListSizes,
  kernelsOn: (memory: WebAssembly.Memory) => Simd | null = simdOn,
): ListMemory | null {
  const { width, coarse, units, rows } = sizes;
  const stride = rowBytes(width);
  const { address, end } = layOut(sizes);
  const pages = (bytes: number) => Math.ceil(bytes / 65_536);
  const memory = new WebAssembly.Memory({ initial: pages(end), maximum: 65_536 });
  const simd = kernelsOn(memory);
  if (simd === null) return null;
  const words = (from: number, length: number) => new Uint32Array(memory.buffer, from, length);
  const bytesOf = (from: number, length: number) => new Int8Array(memory.buffer, from, length);
  const results = end;
  /** Reserves memory for results, which may move nothing: it is the last part. */
  const room = (bytes: number) => {
    const missing = results + bytes - memory.buffer.byteLength;
    if (missing > 0) memory.grow(pages(missing));
  };
  const setPlan = (filtered: boolean, { coarseProbes, probes, kept }: ListEffort) => {
    words(address.plan, 18).set([
      ...[stride, coarse, address.coarseRows, address.coarseRanges, address.unitRows],
      ...[address.ranges, address.entries, address.rows, address.bits, rows],
      ...[filtered ? address.allowed : 0, coarseProbes, probes, kept],
      ...[address.met, address.scores, address.chosen, address.bytes],
    ]);
  };
  /** Calls a kernel with blocks of queries, and gathers the results. */
  const inBlocks = (
    vectors: Float32Array,
    kept: number,
    call: (many: number, indices: number, values: number) => number | void,
  ): ListHits => {
    const count = vectors.length / width;
    room(8 * BLOCK * kept);
    const at = { indices: results, values: results + 4 * BLOCK * kept };
    const indices = new Int32Array(count * kept);
    const scores = new Float32Array(count * kept);
    let read = 0;
    for (let from = 0; from < count; from += BLOCK) {
      const many = Math.min(BLOCK, count - from);
      const block = vectors.subarray(from * width, (from + many) * width);
      const into = new Int8Array(memory.buffer, address.queries, many * (2 * stride + QUERY_TAIL));
      const factors = writeQueries(block, width, stride, into);
      read += call(many, at.indices, at.values) ?? 0;
      indices.set(new Int32Array(memory.buffer, at.indices, many * kept), from * kept);
      const values = new Float32Array(memory.buffer, at.values, many * kept);
      for (let i = 0; i < values.length; i++) {
        scores[from * kept + i] = values[i] / factors[Math.floor(i / kept)];
      }
    }
    return { kept, indices, scores, read };
  };
  const sized: Readonly<Record<RowKind, number>> = {
    coarseRows: coarse,
    unitRows: units,
    rows,
  };
  return {
    sizes,
    stride,
    get bytes() {
      return memory.buffer.byteLength;
    },
    // Views are made anew: they end where the memory grows.
    get part() {
      return {
        coarseRows: bytesOf(address.coarseRows, sized.coarseRows * stride),
        unitRows: bytesOf(address.unitRows, sized.unitRows * stride),
        rows: bytesOf(address.rows, sized.rows * stride),
        coarseRanges: words(address.coarseRanges, 2 * coarse),
        ranges: words(address.ranges, 2 * units),
        entries: words(address.entries, sizes.entries),
      };
    },
    allow: (bytes) => {
      const bits = new Uint8Array(memory.buffer, address.allowed, Math.ceil(rows / 8)).fill(0);
      bytes.forEach((byte, row) => bits[row >> 3] |= byte << (row & 7));
    },
    writeRows: (kind, from, vectors, mean, biases) => {
      const count = vectors.length / width;
      const into = new Uint8Array(memory.buffer, address[kind] + from * stride, count * stride);
      writeRows(vectors, width, stride, into, mean, biases);
    },
    winners: (vectors, k, coarseProbes) => {
      setPlan(false, { coarseProbes, probes: 0, kept: k });
      return inBlocks(vectors, k, (many, indices, values) => {
        simd.winningUnits(address.plan, address.queries, many, k, indices, values);
      }).indices;
    },
    search: (queries, effort, filtered) => {
      setPlan(filtered, effort);
      return inBlocks(
        queries,
        effort.kept,
        (many, indices, values) =>
          simd.searchLists(address.plan, address.queries, many, indices, values),
      );
    },
    scan: (kind, count, queries, kept, filtered) => {
      setPlan(filtered, { coarseProbes: 0, probes: 0, kept });
      return inBlocks(queries, kept, (many, indices, values) => {
        simd.scanRows(
          ...[address.plan, address.queries, many, address[kind], count] as const,
          ...[indices, values] as const,
        );
      });
    },
  };
}

/** Writes queries; returns the factor of each, by which its scores are larger than similarities. */
function writeQueries(
  vectors: Float32Array,
  width: number,
  stride: number,
  into: Int8Array,
): Float32Array {
  const tails = new DataView(into.buffer, into.byteOffset, into.byteLength);
  const factors = new Float32Array(vectors.length / width);
  into.fill(0);
  for (
    let from = 0, to = 0, q = 0;
    from < vectors.length;
    from += width, to += 2 * stride + QUERY_TAIL, q++
  ) {
    let [largest, squares, sum] = [0, 0, 0];
    for (let i = from; i < from + width; i++) {
      largest = Math.max(largest, Math.abs(vectors[i]));
      squares += vectors[i] * vectors[i];
    }
    const scale = largest > 0 ? 127 / largest : 0;
    for (let i = 0; i < width; i++) sum += into[to + i] = Math.round(vectors[from + i] * scale);
    factors[q] = largest > 0 ? Math.sqrt(squares) * scale : 1;
    tails.setFloat32(to + 2 * stride, factors[q], true);
    tails.setFloat32(to + 2 * stride + 4, 7.5 * sum, true);
  }
  return factors;
}

/**
 * Writes vectors as rows. A vector of length 1 is mean + scale · (numbers − 7.5), where the scale is such that
 * a vector has with itself the similarity that it should have.
 */
function writeRows(
  vectors: Float32Array,
  width: number,
  stride: number,
  into: Uint8Array,
  mean: ArrayLike<number>,
  biases?: ArrayLike<number>,
): void {
  into.fill(0);
  const tails = new DataView(into.buffer, into.byteOffset, into.byteLength);
  const rest = new Float64Array(width);
  for (let from = 0, to = 0, row = 0; from < vectors.length; from += width, to += stride, row++) {
    let length = 0;
    for (let i = from; i < from + width; i++) length += vectors[i] * vectors[i];
    const inverse = length > 0 ? 1 / Math.sqrt(length) : 0;
    let [sum, squares] = [0, 0];
    for (let i = 0; i < width; i++) {
      rest[i] = vectors[from + i] * inverse - mean[i];
      sum += rest[i];
      squares += rest[i] * rest[i];
    }
    const deviation = Math.sqrt(Math.max(0, squares / width - (sum / width) ** 2));
    const scale = deviation > 0 ? 7.5 / (REACH * deviation) : 0;
    let own = 0;
    for (let i = 0; i < width; i++) {
      const number = Math.min(15, Math.max(0, Math.floor(rest[i] * scale) + 8));
      own += (number - 7.5) * rest[i];
      into[to + 16 * (i >> 5) + (i & 15)] |= number << (i & 16 ? 4 : 0);
    }
    tails.setFloat32(to + stride - TAIL, own > 0 ? squares / own : 0, true);
    tails.setFloat32(to + stride - TAIL + 4, biases?.[row] ?? 0, true);
  }
}
