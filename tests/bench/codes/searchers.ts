/**
 * The rows of the tables: Sparrow's searchers, and the indexes of its peers.
 *
 * A searcher of Sparrow's is a function from vectors, or codes, to `{ bytes, search(queries, k, setting) }`: add it to
 * `sparrowVectors` or `sparrowCodes`. What it does to its queries, coding and re-ranking, belongs into `search`.
 *
 * @module
 */
import { orThrow } from "../../../graph/error.ts";
import { draw, seed } from "../../../graph/rng.ts";
import type { BinaryEmbeddings, DenseEmbeddings } from "../../../ops/embeddings.ts";
import { packRows, wordsPerCode } from "../../../ops/embeddings.ts";
import { codeIndex, search } from "../../../ops/codes/search.ts";
import type { Peer } from "./peer.ts";
import { local, type Rows, type Searcher } from "./searcher.ts";
import { oneCode, oneVector } from "./sets.ts";

/** Sparrow's searchers of codes. */
export const sparrowCodes: readonly Searcher<BinaryEmbeddings>[] = [
  local<BinaryEmbeddings>(
    { name: "Sparrow, exact", knob: null, settings: [0], slow: false },
    (base) => {
      // The first search places the codes, of which the engine remembers where it has done so.
      const index = codeIndex({ ...base });
      orThrow(search(index, oneCode(base, 0), { k: 1 }));
      return {
        bytes: Math.ceil(base.count / 512) * 512 * base.width / 8,
        search: (queries, k) => orThrow(search(index, queries, { k })).indices,
      };
    },
    oneCode,
  ),
];

/** Sparrow's searchers of vectors. */
export const sparrowVectors: readonly Searcher<DenseEmbeddings>[] = [
  local<DenseEmbeddings>(
    {
      name: "Sparrow, 512 signs, re-ranked",
      knob: "candidates",
      settings: [30, 100, 300, 1000],
      slow: false,
    },
    (base) => {
      const directions = gaussian(512 * base.width);
      const codes = signs(base, directions);
      const index = codeIndex(codes);
      orThrow(search(index, oneCode(codes, 0), { k: 1 }));
      return {
        bytes: codes.words.byteLength + base.values.byteLength,
        search: (queries, k, candidates) => {
          const many = Math.min(candidates, base.count);
          const { indices } = orThrow(search(index, signs(queries, directions), { k: many }));
          return rerank(base, queries, indices, many, k);
        },
      };
    },
    oneVector,
  ),
];

function gaussian(count: number): Float32Array {
  // Box and Muller.
  return draw(
    seed(5),
    ({ unit }) =>
      Float32Array.from(
        { length: count },
        () => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit()),
      ),
  )[0];
}

/** On which side of each hyperplane the vectors are. */
function signs(
  { count, width, values }: DenseEmbeddings,
  directions: Float32Array,
): BinaryEmbeddings {
  const units = directions.length / width;
  const words = new Uint32Array(count * wordsPerCode(units));
  const row = new Float32Array(units);
  for (let i = 0; i < count; i++) {
    for (let u = 0; u < units; u++) {
      let sum = 0;
      for (let d = 0; d < width; d++) sum += values[i * width + d] * directions[u * width + d];
      row[u] = sum;
    }
    packRows(row, units, words, i * wordsPerCode(units));
  }
  return { kind: "binary", count, width: units, words };
}

/** The k candidates with the largest products. */
function rerank(
  base: DenseEmbeddings,
  queries: DenseEmbeddings,
  indices: Int32Array,
  many: number,
  k: number,
): Int32Array {
  const { width } = base;
  const found = new Int32Array(queries.count * k);
  const keys = new Float64Array(many);
  for (let i = 0; i < queries.count; i++) {
    for (let c = 0; c < many; c++) {
      let sum = 0;
      const at = indices[i * many + c] * width;
      for (let d = 0; d < width; d++) sum += queries.values[i * width + d] * base.values[at + d];
      keys[c] = sum;
    }
    const order = Array.from(keys, (_, c) => c).sort((a, b) => keys[b] - keys[a]);
    for (let r = 0; r < k; r++) found[i * k + r] = indices[i * many + order[r]];
  }
  return found;
}

/** An index of a peer's as a row. */
const ofPeer = <Data extends Rows>(
  peer: Peer,
  name: string,
  index: string,
  { knob = null, settings = [0], slow = false }: Partial<
    Pick<Searcher<Data>, "knob" | "settings" | "slow">
  > = {},
): Searcher<Data> => ({ name, knob, settings, slow, build: () => peer.build(index) });

const ef = { knob: "ef", settings: [16, 32, 64, 128, 256, 512], slow: true } as const;
const nprobe = { knob: "nprobe", settings: [4, 8, 16, 32, 64, 128, 256] } as const;

/** FAISS's indexes of vectors; what Sparrow is compared with is the better of HNSW32 and IVF1024. */
export const faissVectors = (peer: Peer): readonly Searcher<DenseEmbeddings>[] => [
  ofPeer(peer, "FAISS flat", "Flat"),
  ofPeer(peer, "FAISS HNSW32", "HNSW32", ef),
  ofPeer(peer, "FAISS IVF1024", "IVF1024,Flat", nprobe),
  ofPeer(peer, "FAISS IVF1024,PQ50", "IVF1024,PQ50", { ...nprobe, slow: true }),
  ofPeer(peer, "FAISS IVF1024,PQ50x4fs, re-ranked", "IVF1024,PQ50x4fs,RFlat", nprobe),
];

/** FAISS's indexes of codes. */
export const faissCodes = (peer: Peer): readonly Searcher<BinaryEmbeddings>[] => [
  ofPeer(peer, "FAISS binary flat", "flat"),
  ofPeer(peer, "FAISS binary HNSW32", "HNSW32", ef),
];

/** usearch's index of vectors. */
export const usearchVectors = (peer: Peer): readonly Searcher<DenseEmbeddings>[] => [
  ofPeer(peer, "usearch HNSW", "HNSW", ef),
];

/** Rows whose curves Sparrow's are compared with, by the data. */
export const yardsticks = {
  dense: ["FAISS HNSW32", "FAISS IVF1024"],
  binary: ["FAISS binary flat"],
} as const;

/** Recalls at which curves are compared, by the data. */
export const recalls = { dense: [0.9, 0.95, 0.985], binary: [1] } as const;
