/**
 * The vectors and codes that are searched among: word vectors of `../shared/embeddings`, the codes of an encoder that
 * is trained on MNIST for it, and codes that are drawn.
 *
 * @module
 */
import { seed } from "../../../graph/rng.ts";
import { orThrow } from "../../../graph/error.ts";
import type { BinaryEmbeddings, DenseEmbeddings } from "../../../ops/embeddings.ts";
import { wordsPerCode } from "../../../ops/embeddings.ts";
import { codeIndex, search } from "../../../ops/codes/search.ts";
import { codeSizes, symmetricDifference } from "../../../ops/codes/algebra.ts";
import { pickCodes } from "../../../ops/codes/codes.ts";
import { randomCodes } from "../../../ops/codes/noise.ts";
import { loadCodes } from "../../../pipelines/files/codes.ts";
import { denoFiles } from "../../../pipelines/files/files.ts";
import type { SearchSet } from "./searcher.ts";

/** Results per query. */
export const K = 10;

/** Size of the part of a set that is used. */
export interface SetSize {
  readonly base: number;
  readonly queries: number;
}

/**
 * The word vectors, with their true neighbours from the folder, or by comparing all where not all of the base is
 * taken.
 *
 * @param folder Folder of `glove100_base.f16.npy` and the two others.
 */
export async function wordVectors(
  folder: string,
  size: SetSize,
): Promise<SearchSet<DenseEmbeddings>> {
  const read = async (name: string, most: number): Promise<DenseEmbeddings> => {
    const { shape: [count, width], data } = await readNpy(`${folder}/${name}`);
    const kept = Math.min(count, most);
    const values = Float32Array.from(new Float16Array(data.buffer, data.byteOffset, kept * width));
    return unit({ kind: "dense", count: kept, width, values });
  };
  const base = await read("glove100_base.f16.npy", size.base);
  const queries = await read("glove100_queries.f16.npy", size.queries);
  const { shape: [count, most], data } = await readNpy(`${folder}/glove100_neighbours.i32.npy`);
  const whole = await readNpy(`${folder}/glove100_base.f16.npy`);
  const known = new Int32Array(data.buffer, data.byteOffset, count * most);
  const truth = base.count === whole.shape[0]
    ? Array.from({ length: queries.count }, (_, i) => known.subarray(most * i, most * i + K))
    : nearestByAll(base, queries);
  return { name: "embeddings", base, queries, recall: (indices, k) => shared(indices, k, truth) };
}

/** The part of the true neighbours that are among those found. */
function shared(indices: Int32Array, k: number, truth: readonly Int32Array[]): number {
  const right = truth.map((own, i) => {
    const found = new Set(indices.subarray(k * i, k * i + k));
    return own.reduce((sum, index) => sum + Number(found.has(index)), 0) / own.length;
  });
  return right.reduce((sum, part) => sum + part, 0) / truth.length;
}

/** The nearest by all products, in float64. */
function nearestByAll(base: DenseEmbeddings, queries: DenseEmbeddings): readonly Int32Array[] {
  const { width } = base;
  return Array.from({ length: queries.count }, (_, i) => {
    const near = Array.from({ length: base.count }, (_, j) => {
      let sum = 0;
      for (let d = 0; d < width; d++) {
        sum += queries.values[i * width + d] * base.values[j * width + d];
      }
      return sum;
    });
    const order = Int32Array.from(near, (_, j) => j).sort((a, b) => near[b] - near[a] || a - b);
    return order.slice(0, K);
  });
}

/** Vectors of length 1. */
function unit(vectors: DenseEmbeddings): DenseEmbeddings {
  const { count, width, values } = vectors;
  for (let i = 0; i < count; i++) {
    const row = values.subarray(i * width, (i + 1) * width);
    const length = Math.hypot(...row) || 1;
    row.forEach((value, d) => row[d] = value / length);
  }
  return vectors;
}

/** An array of NumPy's, of its bytes and its shape. */
async function readNpy(
  path: string,
): Promise<{ readonly shape: readonly number[]; readonly data: Uint8Array<ArrayBuffer> }> {
  const bytes = await Deno.readFile(path);
  const end = bytes.indexOf(10);
  const header = new TextDecoder().decode(bytes.subarray(10, end));
  const shape = /'shape': \(([\d, ]+)\)/.exec(header)?.[1].split(",").filter((n) =>
    n.trim() !== ""
  );
  if (shape === undefined || bytes[0] !== 0x93) {
    throw new Error(`Cannot read ${path}: it is no .npy`);
  }
  return { shape: shape.map(Number), data: bytes.slice(end + 1) };
}

/**
 * A set of codes. As near as the k-th of the true neighbours counts as found, for many are as near.
 *
 * @throws {Error} Where there are fewer than k codes.
 */
export function codeSet(
  name: string,
  base: BinaryEmbeddings,
  queries: BinaryEmbeddings,
): SearchSet<BinaryEmbeddings> {
  const { distances } = orThrow(search(codeIndex(base), queries, { k: K }));
  const recall = (indices: Int32Array, k: number): number => {
    let right = 0;
    for (let rank = 0; rank < k; rank++) {
      const found = Array.from({ length: queries.count }, (_, i) => indices[k * i + rank]);
      const apart = hammingOf(queries, base, found);
      apart.forEach((distance, i) => right += Number(distance <= distances[K * i + K - 1]));
    }
    return right / (queries.count * k);
  };
  return { name, base, queries, recall };
}

/** The distance of each query to the code that was found for it; Infinity where there is none. */
function hammingOf(
  queries: BinaryEmbeddings,
  base: BinaryEmbeddings,
  found: readonly number[],
): readonly number[] {
  const picked = pickCodes(base, found.map((index) => Math.max(index, 0)));
  const sizes = codeSizes(symmetricDifference(queries, picked));
  return found.map((index, i) => index < 0 ? Infinity : sizes[i]);
}

/** Draws codes of 512 units, `active` of them set. */
export function drawnCodes(
  active: number,
  { base, queries }: SetSize,
): SearchSet<BinaryEmbeddings> {
  const [some, rng] = orThrow(randomCodes(base, 512, active, seed(1)));
  return codeSet(`random-${active}`, some, orThrow(randomCodes(queries, 512, active, rng))[0]);
}

/**
 * The codes of MNIST's training images, and test images as queries, of an encoder that is trained for it.
 *
 * @param data The folder of MNIST.
 * @param folder For the run and the codes.
 * @param epochs Epochs of the training.
 */
export async function mnistCodes(
  data: string,
  folder: string,
  epochs: number,
  size: SetSize,
): Promise<SearchSet<BinaryEmbeddings>> {
  const run = `${folder}/mnist`;
  const shared = ["--data", data, "--backend", "wasm", "--quiet"];
  await sparrow(
    "mnist_kwta.ts",
    "--dataset",
    "mnist",
    "--epochs",
    String(epochs),
    "--out",
    run,
    ...shared,
  );
  const codes = async (split: string, first: number): Promise<BinaryEmbeddings> => {
    const out = `${folder}/${split}.npz`;
    const which = ["--split", split, "--first", String(first), "--out", out];
    await sparrow("encode.ts", `${run}/model.safetensors`, "mnist", ...which, ...shared);
    return orThrow(await loadCodes(out, denoFiles)()).codes;
  };
  return codeSet("mnist", await codes("train", size.base), await codes("test", size.queries));
}

/** Runs a program of the project. */
async function sparrow(program: string, ...args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-P=test", "--lock=tests/deno.lock", `pipelines/${program}`, ...args],
    cwd: new URL("../../../", import.meta.url).pathname,
    stdin: "null",
    stdout: "null",
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(`${program}: ${new TextDecoder().decode(stderr).trim()}`);
}

/** Query i alone. */
export const oneCode = (codes: BinaryEmbeddings, i: number): BinaryEmbeddings => {
  const perCode = wordsPerCode(codes.width);
  return { ...codes, count: 1, words: codes.words.slice(i * perCode, (i + 1) * perCode) };
};

/** Query i alone. */
export const oneVector = (vectors: DenseEmbeddings, i: number): DenseEmbeddings => {
  const { width } = vectors;
  return { ...vectors, count: 1, values: vectors.values.slice(i * width, (i + 1) * width) };
};
