/**
 * Threads that do parts of a kernel's call, in memory that they share.
 *
 * A call is divided into parts, and threads take part after part until none is left, so that a thread
 * that is late, or never comes, only leaves more to the others: the result is the same bits.
 *
 * @module
 */

// ---- A call in parts

/** The most arguments of a kernel. */
const MOST_ARGUMENTS = 32;

/** Bytes of a block: 32 integers, then a call's arguments, then their growth from row to row. */
const BLOCK_BYTES: number = 128 + 2 * 8 * MOST_ARGUMENTS;

/** The places of a block's integers. */
const place = {
  /** The parts that nobody has taken yet, in the lowest bits; above them the number of the call. */
  state: 0,
  /** Parts that are done. */
  done: 1,
  /** Whether a part has failed. */
  failed: 2,
  /** Workers that are there. */
  alive: 3,
  /** The number of the kernel. */
  kernel: 8,
  /** The number of its arguments. */
  count: 9,
  /** Rows of all parts. */
  rows: 10,
  /** Rows of one part. */
  step: 11,
  /** The number of parts. */
  parts: 12,
  /** Index of the argument that is the number of rows. */
  rowsAt: 13,
  /** Index of the argument that is the workspace; −1 for none. */
  workAt: 14,
  /** Bytes of one thread's workspace. */
  work: 15,
} as const;

/** The bits of `state` that count parts. */
const LEFT_BITS = 10;

/** A kernel, of addresses and sizes. */
export type Kernel = (...args: number[]) => void;

/** Constants that {@linkcode partTaker} reads, as plain data. */
export interface BlockLayout {
  /** The places of a block's integers: {@linkcode place}. */
  readonly place: typeof place;
  /** The bits of `state` that count parts: {@linkcode LEFT_BITS}. */
  readonly leftBits: number;
  /** The most arguments of a kernel. */
  readonly most: number;
}

/** The layout of a block. */
const layout: BlockLayout = { place, leftBits: LEFT_BITS, most: MOST_ARGUMENTS };

/**
 * The function by which a thread does one part of the call that a block holds; it returns false where
 * none is left. It is sent to workers as text: it uses nothing from outside of itself.
 *
 * @param thread Index of this thread, from 0, and of its workspace.
 */
function partTaker(
  block: SharedArrayBuffer,
  { place, leftBits, most }: BlockLayout,
  kernels: readonly Kernel[],
  thread: number,
): () => boolean {
  const words = new Int32Array(block, 0, 32);
  const base = new Float64Array(block, 128, most);
  const growth = new Float64Array(block, 128 + 8 * most, most);
  const mask = 2 ** leftBits - 1;
  return () => {
    let left: number;
    for (;;) {
      const state = Atomics.load(words, place.state);
      left = state & mask;
      if (left === 0) return false;
      // From then on the call stays: it is not done before this part is.
      if (Atomics.compareExchange(words, place.state, state, state - 1) === state) break;
    }
    const from = (words[place.parts] - left) * words[place.step];
    const args: number[] = [];
    for (let i = 0; i < words[place.count]; i++) args.push(base[i] + from * growth[i]);
    args[words[place.rowsAt]] = Math.min(words[place.step], words[place.rows] - from);
    if (words[place.workAt] >= 0) args[words[place.workAt]] += thread * words[place.work];
    try {
      kernels[words[place.kernel]](...args);
    } catch {
      words[place.failed] = 1;
    }
    Atomics.add(words, place.done, 1);
    return true;
  };
}

// ---- The pool

/** Division of a call by rows. */
export interface Parting {
  /** Index of the argument that is the number of rows. */
  readonly rowsAt: number;
  /** Growth of arguments from row to row, by their indices. */
  readonly growth: Readonly<Record<number, number>>;
  /** Index of the argument that is the workspace, and the bytes that a thread needs of it. */
  readonly work?: { readonly at: number; readonly bytes: number };
}

/** Threads that share a memory. */
export interface Pool {
  /**
   * Calls a kernel, on as many threads as there are at that moment.
   *
   * @param kernel Number of the kernel.
   * @param args Arguments of one call; the workspace is as many times as large as there are threads.
   */
  readonly run: (kernel: number, args: readonly number[], parting: Parting) => void;
}

/** Milliseconds after which a worker without work ends: nobody has to end it. */
const IDLE = 250;

/** Looks at the block before a worker sleeps; to be woken takes some 50 µs. */
const SPINS = 5_000;

/** Parts per thread: more than one, so that a late thread does not hold the others up. */
const PARTS_PER_THREAD = 2;

/** Milliseconds after which a part of a call that a thread has not finished is given up. */
const PATIENCE = 30_000;

/** The message with which a worker begins. */
interface Start {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly block: SharedArrayBuffer;
  readonly names: readonly string[];
  readonly layout: BlockLayout;
  readonly thread: number;
  readonly idle: number;
  readonly spins: number;
}

/** The worker's program; sent as text, as {@linkcode partTaker} is. */
function workOn({ module, memory, block, names, layout, thread, idle, spins }: Start): void {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const kernels = names.map((name) => exports[name] as unknown as Kernel);
  const take = partTaker(block, layout, kernels, thread);
  const words = new Int32Array(block, 0, 32);
  const { state, done, alive } = layout.place;
  Atomics.add(words, alive, 1);
  for (let looks = 0;;) {
    const seen = Atomics.load(words, state);
    if (take()) {
      Atomics.notify(words, done);
      looks = 0;
    } else if (looks < spins) looks++;
    else if (Atomics.wait(words, state, seen, idle) === "timed-out") break;
    else looks = 0;
  }
  Atomics.sub(words, alive, 1);
}

const program = (): string => `
  const partTaker = ${partTaker.toString()};
  const workOn = ${workOn.toString()};
  onmessage = ({ data }) => {
    try { workOn(data); } finally { close(); }
  };`;

/**
 * A pool. Its workers start with the first call, end when there has been nothing to do for a while, and
 * start again.
 *
 * @param threads At least 2, this one among them.
 * @param memory Shared.
 * @param names Names of the kernels, by number.
 */
export function makePool(
  threads: number,
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  names: readonly string[],
  kernels: readonly Kernel[],
): Pool {
  const block = new SharedArrayBuffer(BLOCK_BYTES);
  const words = new Int32Array(block, 0, 32);
  const base = new Float64Array(block, 128, layout.most);
  const growth = new Float64Array(block, 128 + 8 * layout.most, layout.most);
  const take = partTaker(block, layout, kernels, 0);
  let calls = 0;
  let startedAt = -Infinity;
  const start = () => {
    startedAt = performance.now();
    const url = URL.createObjectURL(new Blob([program()], { type: "application/javascript" }));
    for (let thread = 1; thread < threads; thread++) {
      const worker = new Worker(url, { type: "module" });
      // One that cannot start is one thread less.
      worker.onerror = (event) => event.preventDefault();
      const told: Start = {
        module,
        memory,
        block,
        names,
        layout,
        thread,
        idle: IDLE,
        spins: SPINS,
      };
      worker.postMessage(told);
    }
    setTimeout(() => URL.revokeObjectURL(url), 10 * IDLE);
  };
  const wait = (parts: number) => {
    const begun = performance.now();
    for (let looks = 0;; looks++) {
      const done = Atomics.load(words, place.done);
      if (done === parts) return;
      if (looks < SPINS) continue;
      Atomics.wait(words, place.done, done, 1);
      if (performance.now() - begun > PATIENCE) {
        throw new Error("A thread of the wasm backend has not finished its part of a kernel");
      }
    }
  };
  return {
    run: (kernel, args, { rowsAt, growth: grows, work }) => {
      const rows = args[rowsAt];
      const step = Math.max(
        1,
        Math.ceil(rows / Math.min(threads * PARTS_PER_THREAD, 2 ** LEFT_BITS - 1)),
      );
      const parts = Math.ceil(rows / step);
      args.forEach((value, i) => {
        base[i] = value;
        growth[i] = grows[i] ?? 0;
      });
      words[place.kernel] = kernel;
      words[place.count] = args.length;
      words[place.rows] = rows;
      words[place.step] = step;
      words[place.parts] = parts;
      words[place.rowsAt] = rowsAt;
      words[place.workAt] = work?.at ?? -1;
      words[place.work] = work?.bytes ?? 0;
      words[place.failed] = 0;
      Atomics.store(words, place.done, 0);
      calls = (calls + 1) % 2 ** (31 - LEFT_BITS);
      Atomics.store(words, place.state, calls * 2 ** LEFT_BITS + parts);
      const alive = Atomics.load(words, place.alive);
      if (alive > 0) Atomics.notify(words, place.state);
      // Those that are starting are not there yet.
      else if (performance.now() - startedAt > 2 * IDLE) start();
      while (take());
      wait(parts);
      // A worker may not know yet that the memory has grown: V8 tells its bulk operations late. The call
      // is the same again, and what is wrong with it is thrown here.
      if (words[place.failed] !== 0) kernels[kernel](...args);
    },
  };
}
