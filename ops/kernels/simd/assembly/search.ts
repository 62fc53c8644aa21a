// The nearest few of many packed codes, by vertical counters. A block is 512 codes, of which each unit has
// a column of 64 bytes, a bit per code. A query's columns are summed for 128 codes at a time.
//
// Distances are integers; of equal ones the lower index is first, because codes come in the order of their
// index and only what is nearer replaces.

import { begin, COLUMN, count, nothing, sizes, spread } from "./counters";

/** Codes of a block. */
const BLOCK: usize = 512;

/** Bytes for a counter: 32 vectors. */
const COUNTER: usize = 512;

/** A distance that is farther than any. */
const NONE: i32 = i32.MAX_VALUE;

/** Makes columns, 8 · bytes of them, of 512 codes, rows of `bytes` bytes. */
export function sliceCodes(rows: usize, bytes: i32, columns: usize): void {
  for (let i: usize = 0; i < BLOCK; i += 16) {
    for (let b: usize = 0; b < <usize> bytes; b++) {
      let from = rows + i * bytes + b;
      let byte = nothing();
      byte = v128.load_lane<u8>(from, byte, 0), from += bytes;
      byte = v128.load_lane<u8>(from, byte, 1), from += bytes;
      byte = v128.load_lane<u8>(from, byte, 2), from += bytes;
      byte = v128.load_lane<u8>(from, byte, 3), from += bytes;
      byte = v128.load_lane<u8>(from, byte, 4), from += bytes;
      byte = v128.load_lane<u8>(from, byte, 5), from += bytes;
      byte = v128.load_lane<u8>(from, byte, 6), from += bytes;
      byte = v128.load_lane<u8>(from, byte, 7), from += bytes;
      byte = v128.load_lane<u8>(from, byte, 8), from += bytes;
      byte = v128.load_lane<u8>(from, byte, 9), from += bytes;
      byte = v128.load_lane<u8>(from, byte, 10), from += bytes;
      byte = v128.load_lane<u8>(from, byte, 11), from += bytes;
      byte = v128.load_lane<u8>(from, byte, 12), from += bytes;
      byte = v128.load_lane<u8>(from, byte, 13), from += bytes;
      byte = v128.load_lane<u8>(from, byte, 14), from += bytes;
      byte = v128.load_lane<u8>(from, byte, 15);
      // The highest bit of each of the sixteen, then the next one.
      const to = columns + (b << 3) * COLUMN + (i >> 3);
      for (let bit = 7; bit >= 0; bit--) {
        store<u16>(to + <usize> bit * COLUMN, <u16> i8x16.bitmask(byte));
        byte = i8x16.shl(byte, 1);
      }
    }
  }
}

/** Puts a code among the k nearest so far, which are sorted. */
function keep(distances: usize, indices: usize, k: i32, distance: i32, index: i32): void {
  let place = k - 1;
  while (place > 0 && load<i32>(distances + (<usize> (place - 1) << 2)) > distance) {
    const to = <usize> place << 2;
    store<i32>(distances + to, load<i32>(distances + to - 4));
    store<i32>(indices + to, load<i32>(indices + to - 4));
    place--;
  }
  store<i32>(distances + (<usize> place << 2), distance);
  store<i32>(indices + (<usize> place << 2), index);
}

/**
 * What counters begin with, so that they overflow into bit `top` where, and only where, a code is nearer
 * than the `worst` that is kept, or, `turned`, where it is not.
 */
function biasOf(worst: i32, top: i32, turned: bool): i32 {
  const full = 1 << top;
  if (worst == NONE) return turned ? 0 : full;
  return turned ? full - worst : full - 1 + worst;
}

/** Keeps those of 128 codes that are nearer than the worst; returns whether any was. */
function keepHits(
  hits: v128, sum: usize, top: i32, turned: bool, first: i32, codes: i32,
  distances: usize, indices: usize, k: i32,
): bool {
  const last = distances + (<usize> (k - 1) << 2);
  // What the counters began with stays, whatever is kept meanwhile.
  const bias = biasOf(load<i32>(last), top, turned);
  let any = false;
  for (let half = 0; half < 2; half++) {
    let mask = half ? i64x2.extract_lane(hits, 1) : i64x2.extract_lane(hits, 0);
    while (mask != 0) {
      const bit = <i32> ctz<i64>(mask);
      mask &= mask - 1;
      const index = first + (half << 6) + bit;
      if (index >= codes) continue;
      let value = -bias;
      for (let plane = 0; plane <= top; plane++) {
        const word = load<u64>(sum + (<usize> plane << 4) + (<usize> half << 3));
        value += <i32> (word >> bit & 1) << plane;
      }
      const distance = turned ? value : -value;
      if (distance >= load<i32>(last)) continue;
      keep(distances, indices, k, distance, index);
      any = true;
    }
  }
  return any;
}

/**
 * Finds the k nearest of `codes` codes for each of `many` queries.
 *
 * A query is a list of columns, `lists` from `starts[q]` on: how many bytes from its block on each is.
 * Each code's value is a number that it has, in the `bits` columns that are `base` bytes from a block on,
 * and 2^shift for each of the query's columns. The largest values are the nearest, and what is kept is
 * minus the value; where `turned`, the smallest are, and the value is kept. `largest` is the largest number
 * in `base`.
 *
 * @param blocks Of `stride` bytes.
 * @param distances [many, k], larger than any distance, and…
 * @param indices …[many, k].
 * @param work 1,536 bytes.
 */
export function searchCodes(
  many: i32, lists: usize, starts: usize, blocks: usize, stride: usize, codes: i32,
  base: usize, bits: i32, largest: i32, shift: i32, turned: i32,
  distances: usize, indices: usize, k: i32, work: usize,
): void {
  const bias = work, begun = work + COUNTER, sum = begun + COUNTER;
  const flip = i64x2.splat(-(<i64> turned));
  for (let first = 0, block = blocks; first < codes; first += <i32> BLOCK, block += stride) {
    const vectors = min(4, (codes - first + 127) >> 7);
    for (let q = 0; q < many; q++) {
      const list = lists + (<usize> load<u32>(starts + (<usize> q << 2)) << 2);
      const end = lists + (<usize> load<u32>(starts + (<usize> (q + 1) << 2)) << 2);
      const highest = (<i32> ((end - list) >> 2) << shift) + largest;
      const top = max(4 + shift, 32 - clz<i32>(highest));
      const own = distances + (<usize> (q * k) << 2);
      const last = own + (<usize> (k - 1) << 2);
      spread(biasOf(load<i32>(last), top, turned != 0), top, bias);
      for (let vector = 0; vector < vectors; vector++) {
        const at = block + (<usize> vector << 4);
        let from = bias;
        if (bits > 0 && v128.any_true(sizes(at + base, bits))) {
          begin(bias, at + base, bits, top, begun);
          from = begun;
        }
        const low = <usize> shift << 4;
        const over = count(at, list, end, from + low, <usize> (top - shift), sum + low);
        const hits = v128.xor(over, flip);
        if (!v128.any_true(hits)) continue;
        if (shift) v128.store(sum, v128.load(from));
        const nearer = keepHits(
          hits, sum, top, turned != 0, first + (vector << 7), codes,
          own, indices + (<usize> (q * k) << 2), k,
        );
        if (nearer) spread(biasOf(load<i32>(last), top, turned != 0), top, bias);
      }
    }
  }
}
