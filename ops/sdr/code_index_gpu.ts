/**
 * The search for nearest codes on webgpu.
 *
 * @module
 */
import { E, type TE } from "../../graph/fp_ts.ts";
import {
  type BackendUnavailable,
  type GpuError,
  type InvalidOption,
  invalidOption,
} from "../../graph/error.ts";
import type { Backend } from "../backend.ts";
import { type BinaryEmbeddings, wordsPerCode } from "../embeddings.ts";
import { CHUNK, nearestKeys, NO_KEY } from "../kernels/code_search_gpu.ts";
import { TensorTooLarge } from "../kernels/gpu_limits.ts";
import type { Neighbours } from "../metrics/neighbours.ts";
import { tf, type WebGPUBackend } from "../tfjs.ts";
import { checkSearch, type CodeIndex, type SearchOptions } from "./code_index.ts";
import { pickCodes } from "./codes.ts";

/** Queries per program, so that what is read back stays small: 10 MB with k = 10 among 60,000 codes. */
const BATCH = 8192;

/** The most units whose distance fits a key. */
const WIDEST = 2 ** 20;

/**
 * Finds the k nearest codes of each query on the GPU, exactly, as `search` does on the host: the same
 * indices, ties included.
 *
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
