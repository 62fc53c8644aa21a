/**
 * The search for nearest codes: `nearestNeighbours` with k = 10 among packed codes of 512 bits, all
 * compared, one thread. Codes are random, so that they need no training: 26 bits set, or half of them.
 *
 * In the time is all that `nearestNeighbours` does, its index of the gallery included, which it makes
 * anew at each call.
 *
 * @module
 */
import { draw, seed } from "../../../graph/rng.ts";
import { type BinaryEmbeddings, stride } from "../../../ops/embeddings.ts";
import { nearestNeighbours } from "../../../ops/metrics/neighbours.ts";
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
  const perRow = stride(WIDTH);
  const words = new Uint32Array(count * perRow);
  draw(seed(number), ({ integer }) => {
    for (let i = 0; i < count; i++) {
      for (let set = 0; set < bits;) {
        const unit = integer(0, WIDTH - 1);
        const [at, bit] = [i * perRow + (unit >>> 5), 1 << (unit & 31)];
        if ((words[at] & bit) !== 0) continue;
        words[at] |= bit;
        set++;
      }
    }
  });
  return { kind: "binary", count, width: WIDTH, words };
}
