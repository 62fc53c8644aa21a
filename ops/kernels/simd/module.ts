/**
 * The SIMD kernels, at work on the memory of tfjs's wasm backend.
 *
 * @module
 */
import type { tf } from "../../tfjs.ts";
import { plain, relaxed } from "./binary.ts";

/** What `assembly/` exports; addresses are bytes from the memory's beginning. */
export interface Simd {
  /** C [m, n] = A [m, k] · B [k, n] + bias. */
  readonly gemm: (
    m: number,
    n: number,
    k: number,
    a: number,
    aRow: number,
    aColumn: number,
    b: number,
    bRow: number,
    bColumn: number,
    bias: number,
    c: number,
    work: number,
  ) => void;
  /** How many rows of X [m, k] are mostly one number. */
  readonly plainRows: (m: number, k: number, x: number) => number;
  /** Y [m, n] = X [m, k] · W [k, n] + bias, quick where rows are plain. */
  readonly plainTimes: (
    m: number,
    n: number,
    k: number,
    x: number,
    w: number,
    bias: number,
    y: number,
    work: number,
  ) => void;
  /** G [k, n] = Xᵀ · D, of X [m, k] with plain rows and D [m, n]. */
  readonly plainTransposedTimes: (
    m: number,
    n: number,
    k: number,
    x: number,
    d: number,
    g: number,
    work: number,
  ) => void;
  /** The sums of the columns of a matrix [rows, n]. */
  readonly columnSums: (matrix: number, rows: number, n: number, sums: number) => void;
  /** The k-th and the (k+1)-th of each row. */
  readonly findEdges: (
    x: number,
    rows: number,
    n: number,
    k: number,
    edges: number,
    work: number,
  ) => void;
  /** 1 above the threshold, else 0. */
  readonly hard: (x: number, rows: number, n: number, edges: number, y: number) => void;
  /** The logistic function of hardness · (x − threshold). */
  readonly soft: (
    x: number,
    rows: number,
    n: number,
    hardness: number,
    edges: number,
    y: number,
  ) => void;
  /** The gradient of `soft`. */
  readonly softGradient: (
    dy: number,
    y: number,
    rows: number,
    n: number,
    hardness: number,
    edges: number,
    dx: number,
  ) => void;
  /** The triplet cosine loss and its gradient. */
  readonly tripletCosine: (
    codes: number,
    rows: number,
    n: number,
    triplets: number,
    count: number,
    margin: number,
    epsilon: number,
    loss: number,
    gradient: number,
    work: number,
  ) => void;
  /** One step of Adam. */
  readonly adam: (
    size: number,
    weight: number,
    gradient: number,
    first: number,
    second: number,
    nextWeight: number,
    nextFirst: number,
    nextSecond: number,
    decay: number,
    beta1: number,
    rest1: number,
    beta2: number,
    rest2: number,
    kept: number,
    rate: number,
    root: number,
    epsilon: number,
  ) => void;
}

/** The kernels of one backend, and memory of its own that they may use between calls. */
export interface SimdBackend {
  /** The kernels. */
  readonly simd: Simd;
  /** The address of so many bytes, good until the next call. */
  readonly workspace: (bytes: number) => number;
}

/** The parts of Emscripten's module that are used. */
interface Emscripten {
  readonly asm?: { readonly memory?: WebAssembly.Memory };
  readonly _malloc?: (bytes: number) => number;
  readonly _free?: (address: number) => void;
}

const known = new WeakMap<tf.KernelBackend, SimdBackend | null>();

/**
 * The kernels for a wasm backend.
 *
 * @returns null where the engine has no SIMD, or tfjs keeps its memory to itself: then the kernels in
 * JavaScript do it.
 */
export function simdOf(backend: tf.KernelBackend): SimdBackend | null {
  const found = known.get(backend);
  if (found !== undefined) return found;
  const made = start((backend as unknown as { readonly wasm?: Emscripten }).wasm ?? {});
  known.set(backend, made);
  return made;
}

function start({ asm, _malloc: allocate, _free: free }: Emscripten): SimdBackend | null {
  const memory = asm?.memory;
  if (memory === undefined || allocate === undefined || free === undefined) return null;
  const bytes = [relaxed, plain].map(fromBase64).find((bytes) => WebAssembly.validate(bytes));
  if (bytes === undefined) return null;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  let [address, size] = [0, 0];
  return {
    simd: exports as unknown as Simd,
    workspace: (bytes) => {
      if (bytes > size) {
        if (size > 0) free(address);
        [address, size] = [allocate(bytes), bytes];
      }
      return address;
    },
  };
}

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
