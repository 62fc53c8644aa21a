/**
 * The search for the 10 nearest among packed codes of 512 bits, one thread. Codes are random, so that they
 * need no training: 26 bits set, or half of them.
 *
 * Of `nearestNeighbours` all that it does is in the time, its index of the gallery included, which it makes
 * anew at each call. Of an index (`ops/sdr/`) the first search, which places the codes, is in the warm-up;
 * on webgpu the upload of the codes is in every call.
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import { describe, type SparrowError } from "../../../graph/error.ts";
import { seed } from "../../../graph/rng.ts";
import type { BinaryEmbeddings } from "../../../ops/embeddings.ts";
import { nearestNeighbours } from "../../../ops/metrics/neighbours.ts";
import { searchApproximately } from "../../../ops/sdr/approximate_search.ts";
import { codeIndex, search as searchIndex } from "../../../ops/sdr/code_index.ts";
import { searchOnGpu } from "../../../ops/sdr/code_index_gpu.ts";
import { randomCodes } from "../../../ops/sdr/noise.ts";
import type { Case } from "../measure.ts";
import type { Subject } from "../subject.ts";

const WIDTH = 512;
const K = 10;

/** Plain TypeScript, on any backend the same. */
export const search: Subject = {
  name: "search",
  where: "host",
  cases: ({ short }) => {
    const [galleries, queries] = short ? [[1_000], 10] : [[10_000, 60_000], 100];
    return galleries.flatMap((count) => [
      searchCase("overlap", 26, queries, count),
      searchCase("hamming", 26, queries, count),
      searchCase("hamming", WIDTH / 2, queries, count),
    ]);
  },
};

/** An index, by its methods, in WebAssembly whatever the backend. */
export const indexSearch: Subject = {
  name: "search of an index",
  where: "host",
  cases: ({ short }) => {
    const [count, queries] = short ? [1_000, 10] : [60_000, 1_000];
    const named = (name: string, bits: number, find: Find): Case => ({
      name: `${name}, ${queries} among ${count} of ${bits}/${WIDTH} bits`,
      work: { count: queries, what: "queries" },
      prepare: () => {
        const [index, asked] = [codeIndex(codes(count, bits, 1)), codes(queries, bits, 2)];
        return { call: () => succeed(find(index, asked)), dispose: () => {} };
      },
    });
    const exact = (method: "scan" | "lists"): Find => (index, asked) =>
      searchIndex(index, asked, { k: K, method });
    return [
      named("scan", WIDTH / 2, exact("scan")),
      named("scan", 26, exact("scan")),
      named("lists", 26, exact("lists")),
      named(
        "13 lists of 26",
        26,
        (index, asked) => searchApproximately(index, asked, { k: K, probes: 13 }),
      ),
    ];
  },
};

/** An index on the GPU. */
export const gpuSearch: Subject = {
  name: "search on webgpu",
  where: "device",
  cases: ({ backend, short }) => {
    if (backend.name !== "webgpu") return [];
    const [count, queries] = short ? [1_000, 10] : [60_000, 100];
    return [WIDTH / 2, 26].map((bits): Case => ({
      name: `${queries} among ${count} of ${bits}/${WIDTH} bits`,
      work: { count: queries, what: "queries" },
      prepare: () => {
        const [index, asked] = [codeIndex(codes(count, bits, 1)), codes(queries, bits, 2)];
        return {
          call: async () => succeed(await searchOnGpu(index, asked, { k: K }, backend)()),
          dispose: () => {},
        };
      },
    }));
  },
};

type Find = (
  index: ReturnType<typeof codeIndex>,
  queries: BinaryEmbeddings,
) => ReturnType<typeof searchIndex>;

/** A search that is refused would be quick. */
function succeed(found: E.Either<SparrowError, unknown>): void {
  if (E.isLeft(found)) throw new Error(describe(found.left));
}

function searchCase(
  distance: "overlap" | "hamming",
  bits: number,
  queries: number,
  count: number,
): Case {
  return {
    name: `${distance}, ${queries} among ${count} of ${bits}/${WIDTH} bits`,
    work: { count: queries, what: "queries" },
    prepare: () => {
      const gallery = codes(count, bits, 1);
      const asked = codes(queries, bits, 2);
      return {
        call: () => nearestNeighbours(asked, gallery, { k: K, distance }),
        dispose: () => {},
      };
    },
  };
}

/** Random codes with exactly so many bits set. */
function codes(count: number, bits: number, number: number): BinaryEmbeddings {
  const drawn = randomCodes(count, WIDTH, bits, seed(number));
  if (E.isLeft(drawn)) throw new Error(describe(drawn.left));
  return drawn.right[0];
}
