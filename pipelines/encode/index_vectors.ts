/**
 * Indexes of vectors that are read in blocks, of a file that may be larger than memory.
 *
 * @module
 */
import {
  type InvalidOption,
  invalidOption,
  orThrow,
  type SparrowError,
} from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { draw, seed } from "../../graph/rng.ts";
import {
  addVectors,
  buildVectorIndex,
  storeOf,
  usualUnits,
  type VectorIndex,
  type VectorIndexOptions,
} from "../../ops/codes/vector_index.ts";
import { makeRoom } from "../../ops/codes/vector_store.ts";
import type { DenseEmbeddings } from "../../ops/embeddings.ts";
import { blocksOf, rowsPerBlock, type VectorSource } from "../data/vectors/source.ts";
import { vectorsOf, writeIndex } from "../files/vector_index.ts";

/** Options of {@linkcode indexVectors}. */
export interface IndexVectorsOptions extends VectorIndexOptions {
  /**
   * Bytes of vectors that the index begins as, and that units are trained on: all where there are fewer, else rows in
   * a row from random places. Memory takes about five times as many.
   *
   * @default 2^28
   */
  readonly sampleBytes?: number;
  /** Observer called after every block, with the vectors that are in the index. @default none */
  readonly progress?: (done: number) => void;
  /** Ends the work. @default none */
  readonly signal?: AbortSignal;
}

/** An index that was written. */
export interface WrittenIndex extends VectorIndex {
  /** Vectors that the units were trained on. */
  readonly sample: number;
}

/** Number of places of a file that a sample of rows is read from. */
const PLACES = 256;

/**
 * Builds an index of a source's vectors and writes it to a file, whole or not at all. The vectors are never in memory
 * all at once: units are trained on a sample, then the others are added block by block, and go into the file.
 *
 * @param path The file, for `loadVectorIndex`.
 * @param source Source of the vectors.
 * @param options Options, as {@linkcode IndexVectorsOptions} describes them.
 * @returns A description of the file; errors of the source and of `buildVectorIndex`; `FileUnavailable`; `Interrupted`.
 *
 * @example
 * ```ts
 * import { indexVectors } from "./index_vectors.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { searchVectors } from "../../ops/codes/vector_index.ts";
 * import { vectorsInMemory } from "../data/vectors/source.ts";
 * import { loadVectorIndex } from "../files/vector_index.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const path = `${await Deno.makeTempDir()}/index.safetensors`;
 * const source = orThrow(vectorsInMemory("three", [[1, 0], [0, 1], [1, 1]]));
 * await orThrow(indexVectors(path, source, { ids: [10, 11, 12] }));
 * const index = await orThrow(loadVectorIndex(path));
 * const query = { kind: "dense", count: 1, width: 2, values: Float32Array.of(2, 2) } as const;
 * assertEquals([...orThrow(searchVectors(index, query, { k: 1 })).ids], [12]);
 * ```
 */
export const indexVectors = (
  path: string,
  source: VectorSource,
  { sampleBytes = 2 ** 28, progress = () => {}, signal, ids, ...options }: IndexVectorsOptions = {},
): TE.TaskEither<SparrowError, WrittenIndex> => {
  const { count, width } = source;
  const most = Math.max(1, Math.min(count, Math.floor(sampleBytes / (4 * width))));
  const pieces = piecesOf(count, most, options.rng ?? seed(0));
  const sample = pieces.reduce((sum, [, rows]) => sum + rows, 0);
  const idOf = (row: number) => ids === undefined ? row : ids[row];
  const units = options.units ??
    (sample === count
      ? undefined
      : Math.min(usualUnits(count), 2 ** Math.floor(Math.log2(Math.max(1, sample / 2)))));
  let written: VectorIndex | null = null;

  const begin = async () => {
    const first = await readPieces(source, pieces);
    const names = Float64Array.from(
      pieces.flatMap(([from, rows]) => Array.from({ length: rows }, (_, i) => idOf(from + i))),
    );
    written = orThrow(buildVectorIndex(first, { ...options, units, ids: names }));
    const store = orThrow(storeOf(written));
    const tooLarge = makeRoom(store, count - sample, 0);
    return tooLarge === null ? store : orThrow(E.left<InvalidOption, never>(tooLarge));
  };

  async function* vectors(): AsyncGenerator<Float32Array> {
    const store = orThrow(storeOf(written!));
    yield* vectorsOf(store, Uint32Array.from({ length: sample }, (_, slot) => slot));
    if (sample === count) return;
    // From here on, vectors are in the file as soon as they are in the index.
    const inFile = () => {
      store.stored = { count: store.slots, read: () => E.right(undefined), close: () => {} };
    };
    store.values = new Float32Array(0);
    inFile();
    for await (const block of blocksOf(source, 4 * rowsPerBlock(width))) {
      const rest = withoutPieces(orThrow(block), pieces, width);
      if (rest.rows.length > 0) {
        const more: DenseEmbeddings = {
          kind: "dense",
          count: rest.rows.length,
          width,
          values: rest.values,
        };
        written = orThrow(addVectors(written!, more, rest.rows.map(idOf)));
        yield rest.values;
        inFile();
      }
      progress(store.slots);
      if (signal?.aborted) orThrow(E.left<SparrowError, never>(interrupted));
    }
  }

  if (ids !== undefined && ids.length !== count) {
    return TE.left(invalidOption("ids", `${ids.length} ids`, `one for each of ${count} vectors`));
  }
  return pipe(writeIndex(path, begin, vectors), TE.map(() => ({ ...written!, sample })));
};

const interrupted = { _tag: "Interrupted", epoch: 0, step: 0 } as const;

/** Consecutive rows: the first, and their number. */
type Piece = readonly [from: number, rows: number];

/** Chooses pieces of `most` rows together from random places; all rows where `most` is all. */
function piecesOf(count: number, most: number, rng: ReturnType<typeof seed>): readonly Piece[] {
  if (most >= count) return [[0, count]];
  const rows = Math.max(1, Math.floor(most / PLACES));
  const places = Math.floor(count / rows);
  const wanted = Math.floor(most / rows);
  const [chosen] = draw(rng, (dice) => {
    // The first of a shuffle of all places, of which only those that were moved are kept.
    const moved = new Map<number, number>();
    return Array.from({ length: wanted }, (_, i) => {
      const other = dice.integer(i, places - 1);
      const place = moved.get(other) ?? other;
      moved.set(other, moved.get(i) ?? i);
      return place;
    });
  });
  return chosen.sort((a, b) => a - b).map((place) => [place * rows, rows]);
}

async function readPieces(
  source: VectorSource,
  pieces: readonly Piece[],
): Promise<DenseEmbeddings> {
  const { width } = source;
  const count = pieces.reduce((sum, [, rows]) => sum + rows, 0);
  const values = new Float32Array(count * width);
  const atOnce = 4 * rowsPerBlock(width);
  let to = 0;
  for (const [first, rows] of pieces) {
    for (let from = first; from < first + rows; from += atOnce) {
      const read = await orThrow(source.read(from, Math.min(atOnce, first + rows - from)));
      values.set(read, to);
      to += read.length;
    }
  }
  return { kind: "dense", count, width, values };
}

/** The rows of a block that are in no piece, which are sorted, and their vectors. */
function withoutPieces(
  { from, count, values }: {
    readonly from: number;
    readonly count: number;
    readonly values: Float32Array;
  },
  pieces: readonly Piece[],
  width: number,
): { readonly rows: readonly number[]; readonly values: Float32Array<ArrayBuffer> } {
  const rows: number[] = [];
  const rest = new Float32Array(values.length);
  let piece = pieces.findIndex(([first, many]) => first + many > from);
  if (piece < 0) piece = pieces.length;
  for (let row = from; row < from + count; row++) {
    while (piece < pieces.length && pieces[piece][0] + pieces[piece][1] <= row) piece++;
    if (piece < pieces.length && row >= pieces[piece][0]) continue;
    rest.set(values.subarray((row - from) * width, (row - from + 1) * width), rows.length * width);
    rows.push(row);
  }
  return { rows, values: rest.slice(0, rows.length * width) };
}
