/**
 * The search for the 10 nearest among packed codes of 512 bits, one thread. Codes are drawn, so that they
 * need no training: 26 bits set, or half of them; or 26 with some units used far more often than others,
 * as a trained encoder has them.
 *
 * Plain TypeScript makes its lists of the gallery at each call, and that is in the time. Of an index
 * (`ops/sdr/`) the first search, which places the codes, is in the warm-up; on webgpu the upload of the
 * codes is in every call.
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import { describe, type SparrowError } from "../../../graph/error.ts";
import { draw, seed } from "../../../graph/rng.ts";
import type { BinaryEmbeddings } from "../../../ops/embeddings.ts";
import { nearestByRows } from "../../../ops/metrics/neighbours.ts";
import { codeIndex, search as searchIndex } from "../../../ops/codes/search.ts";
import { searchOnGpu } from "../../../ops/codes/search_gpu.ts";
import { fromIndices } from "../../../ops/codes/codes.ts";
import { randomCodes } from "../../../ops/codes/noise.ts";
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

/** An index, in WebAssembly whatever the backend. */
export const indexSearch: Subject = {
  name: "search of an index",
  where: "host",
  cases: ({ short }) => {
    const [count, queries] = short ? [1_000, 10] : [60_000, 1_000];
    const named = (name: string, drawCodes: DrawCodes): Case => ({
      name: `${name}, ${queries} among ${count}`,
      work: { count: queries, what: "queries" },
      prepare: () => {
        const [index, asked] = [codeIndex(drawCodes(count, 1)), drawCodes(queries, 2)];
        return { call: () => succeed(searchIndex(index, asked, { k: K })), dispose: () => {} };
      },
    });
    const evenly = (bits: number): DrawCodes => (many, number) => codes(many, bits, number);
    return [
      named(`${WIDTH / 2} of ${WIDTH} bits`, evenly(WIDTH / 2)),
      named(`26 of ${WIDTH} bits`, evenly(26)),
      named(`26 of ${WIDTH} bits, unequally used`, unequalCodes),
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

/** Draws `count` codes, with a number as the seed. */
type DrawCodes = (count: number, number: number) => BinaryEmbeddings;

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
        call: () => nearestByRows(asked, gallery, K, distance, false),
        dispose: () => {},
      };
    },
  };
}

/** Draws random codes with exactly `bits` bits set. */
function codes(count: number, bits: number, number: number): BinaryEmbeddings {
  const drawn = randomCodes(count, WIDTH, bits, seed(number));
  if (E.isLeft(drawn)) throw new Error(describe(drawn.left));
  return drawn.right[0];
}

/** Codes of 26 bits that fall on the first units most: half of them on the first 48. */
const unequalCodes: DrawCodes = (count, number) => {
  const [lists] = draw(seed(number), ({ unit }) =>
    Array.from({ length: count }, () => {
      const units = new Set<number>();
      while (units.size < 26) units.add(Math.floor(WIDTH * unit() ** 3.4));
      return [...units];
    }));
  const made = fromIndices(lists, WIDTH);
  if (E.isLeft(made)) throw new Error(describe(made.left));
  return made.right;
};
