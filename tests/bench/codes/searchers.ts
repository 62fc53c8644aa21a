/**
 * The rows of the tables: Sparrow's searchers, and the indexes of its peers.
 *
 * A searcher of Sparrow's is a function from vectors, or codes, to `{ bytes, search(queries, k, setting) }`: add it to
 * `sparrowVectors` or `sparrowCodes`. What it does to its queries, coding and re-ranking, belongs into `search`.
 *
 * @module
 */
import { orThrow } from "../../../graph/error.ts";
import type { BinaryEmbeddings, DenseEmbeddings } from "../../../ops/embeddings.ts";
import { codeIndex, search } from "../../../ops/codes/search.ts";
import {
  buildVectorIndex,
  indexBytes,
  searchVectors,
  type VectorIndexOptions,
} from "../../../ops/codes/vector_index.ts";
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

/** An index of lists, and how units were trained for it. */
const lists = (name: string, options: VectorIndexOptions): Searcher<DenseEmbeddings> =>
  local<DenseEmbeddings>(
    { name, knob: "probes", settings: [16, 32, 64, 128, 192, 256, 384, 512], slow: false },
    (base) => {
      const index = orThrow(buildVectorIndex(base, options));
      return {
        // As floats the vectors are kept too, for the best candidates.
        bytes: indexBytes(index) + base.values.byteLength,
        search: (queries, k, probes) =>
          Int32Array.from(orThrow(searchVectors(index, queries, { k, probes })).ids),
      };
    },
    oneVector,
  );

/** Sparrow's searchers of vectors. */
export const sparrowVectors: readonly Searcher<DenseEmbeddings>[] = [
  lists("Sparrow, lists", {}),
  lists("Sparrow, lists without homeostasis", { balance: 0 }),
  lists("Sparrow, lists of untrained units", { balance: 0, passes: 0 }),
];

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
