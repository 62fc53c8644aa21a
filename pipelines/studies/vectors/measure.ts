/**
 * Cost and quality of codes of float vectors: bytes per vector, recall of the exact neighbours, queries per second.
 *
 * @module
 */
import process from "node:process";
import { type InvalidOption, invalidOption, type SparrowError } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import { permutation, type Rng } from "../../../graph/rng.ts";
import { searchByVectors } from "../../../ops/codes/asymmetric.ts";
import { encodeVectors, type VectorCoder } from "../../../ops/codes/coders.ts";
import { codeIndex, search } from "../../../ops/codes/search.ts";
import { buildVectorIndex, indexBytes, searchVectors } from "../../../ops/codes/vector_index.ts";
import { recallAt, rerank } from "../../../ops/codes/vectors.ts";
import type { BinaryEmbeddings, DenseEmbeddings } from "../../../ops/embeddings.ts";
import type { Neighbours } from "../../../ops/metrics/neighbours.ts";

/** The form of a query when codes are searched: a code as well, or floats. */
export type QueryForm = "code" | "floats";

/** One way to search, measured. */
export interface Measurement {
  /** Name of the method. */
  readonly method: string;
  /** Whether a model was trained for it. */
  readonly trained: boolean;
  /** Bytes of a vector's code. */
  readonly bytes: number;
  /** Form of the query. */
  readonly query: QueryForm;
  /** Number of candidates that are reranked by their vectors; null where the order of the codes stays. */
  readonly candidates: number | null;
  /** Part of the nearest that is found first. */
  readonly recallAt1: number;
  /** Part of the ten nearest that is among the ten found. */
  readonly recallAt10: number;
  /** Queries per second of processor time on one thread, everything included that a query takes. */
  readonly queriesPerSecond: number;
}

/** A search among codes, prepared. */
export interface Searcher {
  /** Form of the query. */
  readonly query: QueryForm;
  /** Finds the nearest k. */
  readonly find: (queries: DenseEmbeddings, k: number) => E.Either<InvalidOption, Neighbours>;
}

/** Searchers for the codes of a coder, each of which compares all codes. */
const searchersOf = (
  coder: VectorCoder,
  codes: BinaryEmbeddings,
): readonly Searcher[] => {
  const index = codeIndex(codes);
  const distance = coder.kind === "linear" && coder.winners !== null ? "overlap" : "hamming";
  return [
    ...coder.kind === "product" ? [] : [
      {
        query: "code" as const,
        find: (queries: DenseEmbeddings, k: number) =>
          search(index, encodeVectors(coder, queries), { k, distance }),
      },
    ],
    {
      query: "floats" as const,
      find: (queries: DenseEmbeddings, k: number) => searchByVectors(coder, codes, queries, { k }),
    },
  ];
};

/** Vectors of length 1 with queries whose neighbours are known. */
export interface Judged {
  /** The vectors that are searched. */
  readonly base: DenseEmbeddings;
  /** The queries. */
  readonly queries: DenseEmbeddings;
  /** Exact neighbours of the queries, at least ten, or as many as there are vectors. */
  readonly truth: Neighbours;
}

/** Neighbours that recall is measured by. */
export const NEAREST = 10;

/** Seconds of a search that is not repeated. */
const SLOW = 2;

/** Queries of a first call, which prepares later ones. */
const FIRST = 8;

/** Processor time of this thread in seconds; where it cannot be had, the time. */
export function threadSeconds(): number {
  const { threadCpuUsage } = process as {
    readonly threadCpuUsage?: () => { readonly user: number; readonly system: number };
  };
  if (threadCpuUsage === undefined) return performance.now() / 1000;
  const { user, system } = threadCpuUsage.call(process);
  return (user + system) / 1e6;
}

/**
 * Measures the ways to search the codes of a coder, each without and with reranked candidates.
 *
 * @param candidates Number of candidates to rerank, at least ten, or all where there are fewer vectors.
 */
export function measureCoder(
  { name, trained = false }: { readonly name: string; readonly trained?: boolean },
  coder: VectorCoder,
  { base, queries, truth }: Judged,
  candidates: number,
): E.Either<InvalidOption, readonly Measurement[]> {
  const codes = encodeVectors(coder, base);
  const rows: Measurement[] = [];
  const ten = Math.min(NEAREST, base.count);
  const wide = Math.max(ten, Math.min(candidates, base.count));
  for (const { query, find } of searchersOf(coder, codes)) {
    const first = find(firstOf(queries, FIRST), wide);
    if (E.isLeft(first)) return first;
    const found = timed(() => find(queries, wide));
    if (E.isLeft(found)) return found;
    // The first ten of a slow search are those that it would find, and it would be as slow again.
    const plain = found.right.seconds > SLOW
      ? E.right({ ...found.right, value: firstOfEach(found.right.value, ten) })
      : timed(() => find(queries, ten));
    if (E.isLeft(plain)) return plain;
    const ranked = timed(() => rerank(base, queries, found.right.value, ten));
    if (E.isLeft(ranked)) return ranked;
    const both = found.right.seconds + ranked.right.seconds;
    for (
      const [{ value }, seconds, ranking] of [
        [plain.right, plain.right.seconds, null],
        [ranked.right, both, candidates],
      ] as const
    ) {
      rows.push({
        method: name,
        trained,
        bytes: Math.ceil(coder.width / 8),
        query,
        candidates: ranking,
        recallAt1: recallAt(1, firstOfEach(value, 1), truth),
        recallAt10: recallAt(ten, value, truth),
        queriesPerSecond: queries.count / seconds,
      });
    }
  }
  return E.right(rows);
}

/** Searches in an index of lists, measured; the vectors are kept beside it. */
export interface IndexMeasurement {
  /** Units whose lists a query reads. */
  readonly probes: number;
  /** Bytes of the index per vector, without the vectors. */
  readonly bytes: number;
  /** Part of the nearest that is found first. */
  readonly recallAt1: number;
  /** Part of the ten nearest that is among the ten found. */
  readonly recallAt10: number;
  /** Queries per second of processor time on one thread. */
  readonly queriesPerSecond: number;
}

/** Units whose lists are read; an index of few vectors has none, and compares all. */
const PROBES = [16, 32, 64, 128, 256, 512] as const;

/** Measures an index of lists for some numbers of lists that are read. */
export function measureIndex(
  { base, queries, truth }: Judged,
  rng: Rng,
): E.Either<SparrowError, readonly IndexMeasurement[]> {
  const built = buildVectorIndex(base, { rng });
  if (E.isLeft(built)) return built;
  const index = built.right;
  const ten = Math.min(NEAREST, base.count);
  const rows: IndexMeasurement[] = [];
  for (const probes of index.units === 0 ? PROBES.slice(0, 1) : PROBES) {
    const find = (queries: DenseEmbeddings) =>
      E.map(({ k, ids }: { readonly k: number; readonly ids: Float64Array }) => ({
        k,
        indices: Int32Array.from(ids),
      }))(searchVectors(index, queries, { k: ten, probes }));
    const first = find(firstOf(queries, FIRST));
    if (E.isLeft(first)) return first;
    const found = timed(() => find(queries));
    if (E.isLeft(found)) return found;
    const { value, seconds } = found.right;
    rows.push({
      probes,
      bytes: indexBytes(index) / base.count,
      recallAt1: recallAt(1, firstOfEach(value, 1), truth),
      recallAt10: recallAt(ten, value, truth),
      queriesPerSecond: queries.count / seconds,
    });
  }
  return E.right(rows);
}

/** A value with the processor time that it took, in seconds. */
interface Timed {
  readonly value: Pick<Neighbours, "k" | "indices">;
  readonly seconds: number;
}

function timed<Fault>(work: () => E.Either<Fault, Timed["value"]>): E.Either<Fault, Timed> {
  const begun = threadSeconds();
  const value = work();
  const seconds = Math.max(1e-6, threadSeconds() - begun);
  return E.map((value: Timed["value"]) => ({ value, seconds }))(value);
}

const firstOf = (
  { kind, count, width, values }: DenseEmbeddings,
  most: number,
): DenseEmbeddings => {
  const many = Math.min(count, most);
  return { kind, count: many, width, values: values.subarray(0, many * width) };
};

const firstOfEach = (
  { k, indices }: Pick<Neighbours, "k" | "indices">,
  kept: number,
): Pick<Neighbours, "k" | "indices"> => ({
  k: kept,
  indices: indices.filter((_, at) => at % k < kept),
});

/** Vectors of which some were taken out. */
export interface HeldOut {
  /** The vectors that are left, in their order. */
  readonly base: DenseEmbeddings;
  /** Vectors that were held out, as queries. */
  readonly queries: DenseEmbeddings;
}

/** The fewest vectors that some can be held out of. */
const FEWEST = 20;

/**
 * Holds out some vectors, drawn at random: at most `most`, and at most a tenth of all.
 *
 * @returns `InvalidOption` of FILE where there are fewer than 20 vectors.
 */
export function holdOut(
  vectors: DenseEmbeddings,
  most: number,
  rng: Rng,
): E.Either<InvalidOption, HeldOut> {
  const { kind, count, width, values } = vectors;
  if (count < FEWEST) {
    const expected = `at least ${FEWEST}, of which some are held out`;
    return E.left(invalidOption("FILE", `${count} vectors`, expected));
  }
  const [order] = permutation(count, rng);
  const many = Math.min(most, Math.floor(count / 10));
  const pick = (rows: Uint32Array): DenseEmbeddings => {
    const picked = new Float32Array(rows.length * width);
    rows.forEach((row, i) =>
      picked.set(values.subarray(row * width, (row + 1) * width), i * width)
    );
    return { kind, count: rows.length, width, values: picked };
  };
  return E.right({
    base: pick(order.slice(many).sort()),
    queries: pick(order.subarray(0, many)),
  });
}

/** Requirements of the search to recommend. */
export interface Wish {
  /** The most bytes of a code. */
  readonly bytes: number;
  /** The least recall of the ten nearest. */
  readonly recall: number;
}

/** A factor between speeds that is no difference. */
const ALIKE = 1.25;

/**
 * Chooses among measurements: of those within the bytes that have the recall the fastest, and of those nearly as fast
 * the one that finds most; where none has the recall, the one that finds most.
 *
 * @param rows At least one within the bytes.
 */
export function recommend(rows: readonly Measurement[], { bytes, recall }: Wish): Measurement {
  const within = rows.filter((row) => row.bytes <= bytes);
  const good = within.filter((row) => row.recallAt10 >= recall);
  const fastest = Math.max(...good.map((row) => row.queriesPerSecond));
  const fast = good.filter((row) => ALIKE * row.queriesPerSecond >= fastest);
  return (fast.length > 0 ? fast : within).reduce((a, b) => b.recallAt10 > a.recallAt10 ? b : a);
}
