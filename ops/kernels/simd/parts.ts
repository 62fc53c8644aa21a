/**
 * A kernel's call in parts, as it lies in memory that threads share.
 *
 * Threads take part after part until none is left, so that a thread that is late, or never comes, only
 * leaves more to the others: the result is the same bits.
 *
 * @module
 */

/** The most arguments of a kernel. */
const MOST_ARGUMENTS = 32;

/** Bytes of a block: 32 integers, then a call's arguments, then their growth from row to row. */
export const BLOCK_BYTES: number = 128 + 2 * 8 * MOST_ARGUMENTS;

/** The places of a block's integers. */
export const place = {
  /** The parts that nobody has taken yet, in the lowest bits; above them the number of the call. */
  state: 0,
  /** Parts that are done. */
  done: 1,
  /** Whether a part has failed. */
  failed: 2,
  /** Workers that are there. */
  alive: 3,
  /** Which kernel. */
  kernel: 8,
  /** How many arguments. */
  count: 9,
  /** Rows of all parts. */
  rows: 10,
  /** Rows of one part. */
  step: 11,
  /** How many parts. */
  parts: 12,
  /** Which argument is the number of rows. */
  rowsAt: 13,
  /** Which argument is the workspace; −1 for none. */
  workAt: 14,
  /** Bytes of one thread's workspace. */
  work: 15,
} as const;

/** The bits of `state` that count parts. */
export const LEFT_BITS = 10;

/** A kernel, of addresses and sizes. */
export type Kernel = (...args: number[]) => void;

/** What {@linkcode partTaker} has to know, as plain data. */
export interface BlockLayout {
  /** As {@linkcode place}. */
  readonly place: typeof place;
  /** As {@linkcode LEFT_BITS}. */
  readonly leftBits: number;
  /** The most arguments of a kernel. */
  readonly most: number;
}

/** The layout of a block. */
export const layout: BlockLayout = { place, leftBits: LEFT_BITS, most: MOST_ARGUMENTS };

/**
 * The function by which a thread does one part of the call that a block holds; it returns false where
 * none is left. It is sent to workers as text: it uses nothing from outside of itself.
 *
 * @param thread Which thread this is, from 0: it has the workspace of that number.
 */
export function partTaker(
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
