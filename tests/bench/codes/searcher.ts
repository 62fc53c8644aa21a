/**
 * Interface of searchers for the nearest vectors or codes, and their measurements.
 *
 * @module
 */
import process from "node:process";
import type { BinaryEmbeddings, DenseEmbeddings } from "../../../ops/embeddings.ts";

/** Vectors or codes. */
export type Rows = BinaryEmbeddings | DenseEmbeddings;

/** Vectors or codes to search among, and queries. */
export interface SearchSet<Data extends Rows> {
  /** Name of the set, which `--filter` matches. */
  readonly name: string;
  /** Vectors or codes that are searched; vectors are of length 1. */
  readonly base: Data;
  /** Queries, of the same width. */
  readonly queries: Data;
  /**
   * The part of what was found that is right.
   *
   * @param indices queries × k.
   */
  readonly recall: (indices: Int32Array, k: number) => number;
}

/** A row of the tables before it is measured. */
export interface Searcher<Data extends Rows> {
  /** Name of the searcher: "HNSW32". */
  readonly name: string;
  /** Name of the searcher's setting: "ef", "nprobe", "candidates"; null where there is only one setting. */
  readonly knob: string | null;
  /** The settings that are measured, rising. */
  readonly settings: readonly number[];
  /** Whether its index takes so long that `--quick` leaves it out. */
  readonly slow: boolean;
  /** Builds an index of the set's base. */
  readonly build: (set: SearchSet<Data>) => Promise<Built>;
}

/** An index, ready to search for the nearest of the set's queries. */
export interface Built {
  /** CPU seconds that it took to build. */
  readonly seconds: number;
  /** Bytes of the index, the vectors or codes that it holds included. */
  readonly bytes: number;
  /** Finds the k nearest of all queries, in one call. */
  readonly search: (setting: number, k: number) => Promise<Timed>;
  /** Finds the k nearest of the first `many` queries, one per call; wall seconds of each. */
  readonly each: (setting: number, k: number, many: number) => Promise<readonly number[]>;
}

/** Results of a search, and the CPU seconds that it took. */
export interface Timed {
  /** queries × k; negative where there is none. */
  readonly indices: Int32Array;
  readonly seconds: number;
}

/** An index of this process: what a searcher of Sparrow's has to write. */
export interface LocalIndex<Data extends Rows> {
  /** Bytes of the index, the vectors or codes that it holds included. */
  readonly bytes: number;
  /** The indices of the k nearest of each query, queries × k; the coding of the queries is part of it. */
  readonly search: (queries: Data, k: number, setting: number) => Int32Array;
}

/** Makes a searcher of a function that builds an index in this process. */
export const local = <Data extends Rows>(
  row: Omit<Searcher<Data>, "build">,
  build: (base: Data) => LocalIndex<Data>,
  one: (queries: Data, i: number) => Data,
): Searcher<Data> => ({
  ...row,
  build: ({ base, queries }) => {
    const begun = cpuSeconds();
    const { bytes, search } = build(base);
    const seconds = cpuSeconds() - begun;
    return Promise.resolve({
      seconds,
      bytes,
      search: (setting, k) => {
        const begun = cpuSeconds();
        const indices = search(queries, k, setting);
        return Promise.resolve({ indices, seconds: cpuSeconds() - begun });
      },
      each: (setting, k, many) =>
        Promise.resolve(Array.from({ length: many }, (_, i) => {
          const query = one(queries, i);
          const begun = performance.now();
          search(query, k, setting);
          return (performance.now() - begun) / 1000;
        })),
    });
  },
});

/** CPU seconds of this process so far, all its threads together, as Python's `time.process_time` counts them. */
export const cpuSeconds: () => number = clock();

/**
 * The C library's clock where there is one: what the runtime itself says (`getrusage`) comes in steps of 10 ms on
 * some kernels.
 */
function clock(): () => number {
  const usage = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  };
  if (Deno.build.os !== "linux") return usage;
  try {
    const { symbols } = Deno.dlopen("libc.so.6", {
      clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
    });
    const time = new BigInt64Array(2);
    const PROCESS = 2;
    return () => {
      symbols.clock_gettime(PROCESS, time);
      return Number(time[0]) + Number(time[1]) / 1e9;
    };
  } catch {
    return usage;
  }
}
