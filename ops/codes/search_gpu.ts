/**
 * Search for nearest codes on webgpu. A workgroup compares a query with a chunk of the codes and keeps the k nearest of
 * the chunk; the host merges the results of the chunks.
 *
 * @module
 */
import { tf, type WebGPUBackend } from "../tfjs.ts";
import { int, type RawProgram, runRaw, TensorTooLarge } from "../kernels/gpu.ts";
import { E, type TE } from "../../graph/fp_ts.ts";
import {
  type BackendUnavailable,
  type GpuError,
  type InvalidOption,
  invalidOption,
} from "../../graph/error.ts";
import type { Backend } from "../backend.ts";
import { type BinaryEmbeddings, wordsPerCode } from "../embeddings.ts";
import type { Neighbours } from "../metrics/neighbours.ts";
import { checkSearch, type CodeIndex, type SearchOptions } from "./search.ts";
import { pickCodes } from "./codes.ts";

// ---- The kernel

/** Codes per workgroup; their keys take half of the memory that every device has. */
const CHUNK = 2048;

const LANES = 64;

/** Bits of a key that hold a code's place in its chunk; those above hold the distance. */
const PLACE_BITS = 11;

/** A key without a code. */
const NO_KEY = 0xffff_ffff;

/** Codes that an invocation compares at a time, with one load of the query for all of them. */
const TOGETHER = 8;

const each = (line: (i: number) => string): string =>
  Array.from({ length: TOGETHER }, (_, i) => line(i)).join("\n");

const program: RawProgram = {
  key: "sparrow_code_search",
  inputs: [{ name: "codes", type: "i32" }, { name: "queries", type: "i32" }],
  outputs: [{ name: "nearest", type: "i32" }],
  uniforms:
    "groups : i32, chunks : i32, count : i32, words : i32, k : i32, most : i32, overlap : i32",
  before: `
    const NO_KEY = ${NO_KEY}u;
    var<workgroup> keys : array<u32, ${CHUNK}>;
    var<workgroup> least : array<u32, ${LANES}>;
    fn keep(first : i32, place : i32, units : i32) {
      let distance = select(units, uniforms.most - units, uniforms.overlap == 1);
      let key = (u32(distance) << ${PLACE_BITS}u) | u32(place);
      keys[place] = select(NO_KEY, key, first + place < uniforms.count);
    }
    fn leastOf(lane : i32) -> u32 {
      var found = NO_KEY;
      for (var place = lane; place < ${CHUNK}; place = place + ${LANES}) {
        found = min(found, keys[place]);
      }
      return found;
    }`,
  lanes: LANES,
  main: `
    if (group >= uniforms.groups) { return; }
    let query = group / uniforms.chunks;
    let first = (group % uniforms.chunks) * ${CHUNK};
    for (var place = lane; place < ${CHUNK}; place = place + ${LANES * TOGETHER}) {
      ${each((i) => `let code${i} = (first + place + ${i * LANES}) * uniforms.words;`)}
      ${each((i) => `var distance${i} = 0;`)}
      for (var w = 0; w < uniforms.words; w = w + 1) {
        let a = queries[query * uniforms.words + w];
        if (uniforms.overlap == 1) {
          ${each((i) => `distance${i} += countOneBits(a & codes[code${i} + w]);`)}
        } else {
          ${each((i) => `distance${i} += countOneBits(a ^ codes[code${i} + w]);`)}
        }
      }
      ${each((i) => `keep(first, place + ${i * LANES}, distance${i});`)}
    }
    var mine = leastOf(lane);
    for (var n = 0; n < uniforms.k; n = n + 1) {
      least[lane] = mine;
      workgroupBarrier();
      for (var half = ${LANES / 2}; half > 0; half = half / 2) {
        if (lane < half) { least[lane] = min(least[lane], least[lane + half]); }
        workgroupBarrier();
      }
      let best = least[0];
      workgroupBarrier();
      if (lane == 0) { nearest[group * uniforms.k + n] = bitcast<i32>(best); }
      // Keys differ, but for those without a code: one lane has it.
      if (best == mine && best != NO_KEY) {
        keys[best & ${CHUNK - 1}u] = NO_KEY;
        mine = leastOf(lane);
      }
    }`,
};

/**
 * Keys of the nearest codes of each query and chunk.
 *
 * @param codes [count, words], int32.
 * @param queries [many, words], int32.
 * @param width Units of a code, below 2²⁰.
 * @param k At most the size of a chunk.
 * @param common Whether distances are width minus the units that both have, not the units that differ.
 * @returns [many, chunks, k], int32: distance · CHUNK + place, or {@linkcode NO_KEY}.
 */
function nearestKeys(
  backend: WebGPUBackend,
  codes: tf.TensorInfo,
  queries: tf.TensorInfo,
  width: number,
  k: number,
  common: boolean,
): tf.TensorInfo {
  const [count, words] = codes.shape;
  const chunks = Math.ceil(count / CHUNK);
  const groups = queries.shape[0] * chunks;
  const uniforms = [groups, chunks, count, words, k, width, Number(common)].map(int);
  const output = { shape: [queries.shape[0], chunks, k], dtype: "int32" } as const;
  return runRaw(backend, program, groups, [codes, queries], [output], uniforms)[0];
}

// ---- The search

/** Queries per program, which bounds the bytes that are read back: 10 MB with k = 10 among 60,000 codes. */
const BATCH = 8192;

/** The most units whose distance fits a key. */
const WIDEST = 2 ** 20;

/**
 * Finds the k nearest codes of each query on the GPU, exactly, as `search` does on the host: the same
 * indices, ties included.
 *
 * @param index Index of the codes to search.
 * @param queries Codes as wide as those of the index.
 * @param options Number of neighbours and the distance, as {@linkcode SearchOptions} describes them.
 * @param backend The one that `startBackend("webgpu")` gave. Codes are uploaded for the call.
 * @returns `InvalidOption` where k is out of range, here from 1 to 2,048, or a code has more than 2²⁰
 * units; `BackendUnavailable` where another backend is current, `GpuError` where the GPU has a fault.
 * @throws {RangeError} Where the widths differ.
 */
export const searchOnGpu = (
  index: CodeIndex,
  queries: BinaryEmbeddings,
  { k, distance = "hamming" }: Pick<SearchOptions, "k" | "distance">,
  backend: Backend,
): TE.TaskEither<InvalidOption | BackendUnavailable | GpuError, Neighbours> =>
async () => {
  const checked = checkSearch(index, queries, k);
  if (E.isLeft(checked)) return checked;
  if (k > CHUNK) return E.left(invalidOption("k", k, `at most ${CHUNK} on webgpu`));
  const { codes } = index;
  if (codes.width > WIDEST) {
    return E.left(invalidOption("width", codes.width, `at most ${WIDEST} units on webgpu`));
  }
  if (backend.name !== "webgpu" || tf.getBackend() !== "webgpu") {
    return E.left({
      _tag: "BackendUnavailable",
      backend: "webgpu",
      reason: `the current backend is ${tf.getBackend()}`,
      advice: 'Start it with startBackend("webgpu"), or use search',
    });
  }
  const gpu = tf.backend() as WebGPUBackend;
  const found = {
    k,
    indices: new Int32Array(queries.count * k),
    distances: new Float64Array(queries.count * k),
  };
  const common = distance === "overlap";
  let gallery: tf.Tensor | null = null;
  try {
    gallery = tensorOf(codes);
    for (let from = 0; from < queries.count; from += BATCH) {
      const many = Math.min(BATCH, queries.count - from);
      const asked = tensorOf(
        pickCodes(queries, Int32Array.from({ length: many }, (_, i) => from + i)),
      );
      try {
        const made = nearestKeys(gpu, gallery, asked, codes.width, k, common);
        const keys = tf.engine().makeTensorFromTensorInfo(made);
        merge(await keys.data<"int32">(), many, from, codes, common, found);
        keys.dispose();
      } finally {
        asked.dispose();
      }
    }
  } catch (cause) {
    if (!(cause instanceof TensorTooLarge)) throw cause;
    return E.left({ _tag: "GpuError", reason: cause.message });
  } finally {
    gallery?.dispose();
  }
  const fault = backend.fault();
  return fault === null ? E.right(found) : E.left(fault);
};

const tensorOf = ({ count, width, words }: BinaryEmbeddings): tf.Tensor2D =>
  tf.tensor2d(
    new Int32Array(words.buffer, words.byteOffset, words.length),
    [count, wordsPerCode(width)],
    "int32",
  );

/** The k nearest of all chunks: each has its own in order, and the lower chunk has the lower indices. */
function merge(
  keys: Int32Array,
  many: number,
  from: number,
  { count, width }: BinaryEmbeddings,
  common: boolean,
  { k, indices, distances }: Neighbours,
): void {
  const chunks = Math.ceil(count / CHUNK);
  const next = new Int32Array(chunks);
  for (let i = 0; i < many; i++) {
    next.fill(0);
    for (let n = 0; n < k; n++) {
      let [best, chunk] = [Infinity, 0];
      for (let c = 0; c < chunks; c++) {
        const key = next[c] < k ? keys[(i * chunks + c) * k + next[c]] >>> 0 : NO_KEY;
        if (key !== NO_KEY && Math.floor(key / CHUNK) < best) {
          [best, chunk] = [Math.floor(key / CHUNK), c];
        }
      }
      const place = (keys[(i * chunks + chunk) * k + next[chunk]++] >>> 0) % CHUNK;
      indices[(from + i) * k + n] = chunk * CHUNK + place;
      distances[(from + i) * k + n] = common ? best - width : best;
    }
  }
}
