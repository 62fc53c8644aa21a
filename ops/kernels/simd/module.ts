/**
 * The SIMD kernels, at work on the memory of tfjs's wasm backend.
 *
 * @module
 */
import { plain, relaxed } from "./binary.ts";
import { type Kernel, makePool, type Parting } from "./pool.ts";
import { withSharedMemory } from "./shared_memory.ts";

/** Functions that `assembly/` exports. Addresses are bytes from the memory's beginning. */
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
  /** Counts the rows of X [m, k] that are mostly one number. */
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
  /** The rows from `from` on, `count` of them, of G = Xᵀ · D, of X [m, k] with plain rows and D [m, n]. */
  readonly plainTransposedTimes: (
    m: number,
    n: number,
    k: number,
    x: number,
    d: number,
    from: number,
    count: number,
    g: number,
    work: number,
  ) => void;
  /** The sums of the columns of a matrix [rows, n]. */
  readonly columnSums: (matrix: number, rows: number, n: number, sums: number) => void;
  /** The k-th and the (k+1)-th of each row; 1 above the threshold, else 0. */
  readonly hardKwta: (
    x: number,
    rows: number,
    n: number,
    k: number,
    edges: number,
    y: number,
    work: number,
  ) => void;
  /** Computes soft kWTA and the same edges, with the logistic function of hardness · (x − threshold). */
  readonly softKwta: (
    x: number,
    rows: number,
    n: number,
    k: number,
    hardness: number,
    edges: number,
    y: number,
    work: number,
  ) => void;
  /** The gradient of `softKwta`. */
  readonly softGradient: (
    dy: number,
    y: number,
    rows: number,
    n: number,
    hardness: number,
    edges: number,
    dx: number,
  ) => void;
  /** Rows of bytes, each replaced by an entry of its channel's table. */
  readonly expandBytes: (
    bytes: number,
    rows: number,
    size: number,
    channels: number,
    tables: number,
    y: number,
  ) => void;
  /** Rows of floats, in place: (y − mean) · factor, of which there is one for each place in a row. */
  readonly normaliseRows: (
    y: number,
    rows: number,
    size: number,
    means: number,
    factors: number,
  ) => void;
  /** Rows of zeros and ones as bits, 32 units per word. */
  readonly packBits: (x: number, rows: number, n: number, words: number) => void;
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
  /** Columns of 512 packed codes. */
  readonly sliceCodes: (rows: number, bytes: number, columns: number) => void;
  /** The k nearest codes of each query. */
  readonly searchCodes: (
    many: number,
    lists: number,
    starts: number,
    blocks: number,
    stride: number,
    codes: number,
    base: number,
    bits: number,
    top: number,
    shift: number,
    turned: number,
    distances: number,
    indices: number,
    k: number,
    work: number,
  ) => void;
  /** The k codes with the largest sums of table entries for each query. */
  readonly scanTables: (
    many: number,
    tables: number,
    blocks: number,
    codes: number,
    bytes: number,
    heaps: number,
    k: number,
    spare: number,
  ) => void;
  /** The best units of each query, among those in the lists of the nearest coarse units. */
  readonly winningUnits: (
    plan: number,
    queries: number,
    many: number,
    k: number,
    units: number,
    values: number,
  ) => void;
  /** The nearest vectors of each query through the lists of its units; returns the entries read. */
  readonly searchLists: (
    plan: number,
    queries: number,
    many: number,
    indices: number,
    values: number,
  ) => number;
  /** The best of `count` rows for each query, all of them scored. */
  readonly scanRows: (
    plan: number,
    queries: number,
    many: number,
    rows: number,
    count: number,
    indices: number,
    values: number,
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
  /** Number of threads that run the kernels. */
  readonly threads: number;
  /** Reserves bytes and returns their address, valid until the next call. */
  readonly workspace: (bytes: number) => number;
  /**
   * Calls a kernel in parts of its rows on all threads, where it is worth that.
   *
   * @param cost About how many multiplications it takes.
   */
  readonly inParts: <Name extends keyof Simd>(
    name: Name,
    args: Parameters<Simd[Name]>,
    parting: Parting,
    cost: number,
  ) => void;
}

/** The parts of Emscripten's module that are used. */
interface Emscripten {
  readonly asm?: { readonly memory?: WebAssembly.Memory };
  readonly _malloc?: (bytes: number) => number;
  readonly _free?: (address: number) => void;
}

/** Calls cheaper than this are done before a second thread is awake. */
const WORTH_THREADS = 300_000;

let wanted = 1;

/**
 * Sets the number of threads of the wasm backends that start from now on; initially 1. More than one needs shared
 * memory, which {@linkcode sharingMemory} provides.
 */
export const wantThreads = (threads: number): void => void (wanted = threads);

const known = new WeakMap<object, SimdBackend | null>();

/**
 * The kernels for a wasm backend.
 *
 * @param backend tfjs's; not by its type, so that the search for codes, which needs this file, loads no tfjs.
 * @returns null where the engine has no SIMD, or tfjs keeps its memory to itself: then the kernels in
 * JavaScript do it.
 */
export function simdOf(backend: object): SimdBackend | null {
  const found = known.get(backend);
  if (found !== undefined) return found;
  const made = start((backend as { readonly wasm?: Emscripten }).wasm ?? {});
  known.set(backend, made);
  return made;
}

function start({ asm, _malloc: allocate, _free: free }: Emscripten): SimdBackend | null {
  const memory = asm?.memory;
  if (memory === undefined || allocate === undefined || free === undefined) return null;
  const shared = !(memory.buffer instanceof ArrayBuffer);
  const module = compiled(shared);
  if (module === null) return null;
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  const kernels = names.map((name) => exports[name] as unknown as Kernel);
  const threads = shared ? wanted : 1;
  const pool = threads > 1 ? makePool(threads, module, memory, names, kernels) : null;
  let [address, size] = [0, 0];
  return {
    simd: exports as unknown as Simd,
    threads,
    workspace: (bytes) => {
      if (bytes > size) {
        if (size > 0) free(address);
        [address, size] = [allocate(bytes), bytes];
      }
      return address;
    },
    inParts: (name, args, parting, cost) => {
      const kernel = names.indexOf(name);
      if (pool === null || cost < WORTH_THREADS) kernels[kernel](...args);
      else pool.run(kernel, args, parting);
    },
  };
}

/**
 * The kernels on a memory; null where the engine has no SIMD.
 *
 * @param memory Memory that is not shared, and has a maximum.
 */
export function simdOn(memory: WebAssembly.Memory): Simd | null {
  const module = compiled(false);
  if (module === null) return null;
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Simd;
}

const modules = new Map<boolean, WebAssembly.Module | null>();

/** The module, for memory that is shared or not; null where the engine cannot have it. */
function compiled(shared: boolean): WebAssembly.Module | null {
  const found = modules.get(shared);
  if (found !== undefined) return found;
  const made = compile(shared);
  modules.set(shared, made);
  return made;
}

function compile(shared: boolean): WebAssembly.Module | null {
  const bytes = [relaxed, plain].map(fromBase64).find((bytes) => WebAssembly.validate(bytes));
  const binary = bytes === undefined || !shared ? bytes : withSharedMemory(bytes);
  return binary ? new WebAssembly.Module(binary) : null;
}

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
