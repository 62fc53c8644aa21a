// The nearest few of many packed codes, by vertical counters. A block is 512 codes, of which each unit has
// a column of 64 bytes, a bit per code. A query's columns are summed for 256 codes at a time, and those that
// queries of a group of three have in common are summed once.
//
// Distances are integers; of equal ones the lower index is first, because codes come in the order of their
// index and only what is nearer replaces.

import { COLUMN, count, nothing, PLANE, plus, spread } from "./counters";

/** Codes of a block. */
const BLOCK: usize = 512;

/** Bytes of counters: 32 planes. */
const COUNTERS: usize = 32 * PLANE;

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

/** Puts a code among the k nearest so far, which are sorted: those that are farther move on by one. */
function keep(distances: usize, indices: usize, k: i32, distance: i32, index: i32): void {
  let place = <usize> (k - 1) << 2;
  const asked = i32x4.splat(distance);
  while (place >= 16) {
    const four = v128.load(distances + place - 16);
    if (!i32x4.all_true(i32x4.gt_s(four, asked))) break;
    v128.store(distances + place - 12, four);
    v128.store(indices + place - 12, v128.load(indices + place - 16));
    place -= 16;
  }
  while (place > 0 && load<i32>(distances + place - 4) > distance) {
    store<i32>(distances + place, load<i32>(distances + place - 4));
    store<i32>(indices + place, load<i32>(indices + place - 4));
    place -= 4;
  }
  store<i32>(distances + place, distance);
  store<i32>(indices + place, index);
}

/**
 * Returns the initial value of the counters. With it they overflow into bit `top` if and only if a code is nearer than
 * the `worst` that is kept, or, `turned`, if it is not.
 */
function biasOf(worst: i32, top: i32, turned: bool): i32 {
  const full = 1 << top;
  if (worst == NONE) return turned ? 0 : full;
  return turned ? full - worst : full - 1 + worst;
}

/** Counts those of 256 codes that are in a plane. */
// @ts-ignore: decorator
@inline
function bitsOf(plane: usize): i32 {
  return <i32> (popcnt<i64>(load<i64>(plane)) + popcnt<i64>(load<i64>(plane, 8)) +
    popcnt<i64>(load<i64>(plane, 16)) + popcnt<i64>(load<i64>(plane, 24)));
}

/**
 * Leaves of a plane of hits the k nearest, with all that are as near as the last of them: bit by bit from
 * the highest, as radix selection does.
 */
function select(hits: usize, sum: usize, top: i32, flip: v128, k: i32, work: usize): void {
  const some = work, nearer = work + PLANE;
  v128.store(nearer, nothing()), v128.store(nearer, nothing(), 16);
  for (let plane = sum + <usize> top * PLANE; plane >= sum && k > 0; plane -= PLANE) {
    const a = v128.xor(v128.load(plane), flip), b = v128.xor(v128.load(plane, 16), flip);
    const c = v128.load(hits), d = v128.load(hits, 16);
    v128.store(some, v128.and(a, c)), v128.store(some, v128.and(b, d), 16);
    const found = bitsOf(some);
    if (found >= k) {
      v128.store(hits, v128.load(some)), v128.store(hits, v128.load(some, 16), 16);
    } else {
      k -= found;
      v128.store(hits, v128.andnot(c, a)), v128.store(hits, v128.andnot(d, b), 16);
      v128.store(nearer, v128.or(v128.load(nearer), v128.load(some)));
      v128.store(nearer, v128.or(v128.load(nearer, 16), v128.load(some, 16)), 16);
    }
  }
  v128.store(hits, v128.or(v128.load(hits), v128.load(nearer)));
  v128.store(hits, v128.or(v128.load(hits, 16), v128.load(nearer, 16)), 16);
}

/** Keeps those of 256 codes that are hit and nearer than the worst. */
function keepHits(
  hits: usize, sum: usize, top: i32, turned: bool, bias: i32, first: i32,
  distances: usize, indices: usize, k: i32,
): void {
  const last = distances + (<usize> (k - 1) << 2);
  for (let part: usize = 0; part < PLANE; part += 8, first += 64) {
    let mask = load<i64>(hits + part);
    while (mask != 0) {
      const bit = ctz<i64>(mask);
      mask &= mask - 1;
      let value = -bias;
      for (let plane = 0, at = sum + part; plane <= top; plane++, at += PLANE) {
        value += <i32> (load<u64>(at) >> bit & 1) << plane;
      }
      const distance = turned ? value : -value;
      if (distance < load<i32>(last)) keep(distances, indices, k, distance, first + <i32> bit);
    }
  }
}

/** The first `count` of 128 codes; all or none where it is out of range. */
function below(count: i32): v128 {
  const low = count >= 64 ? -1 : count <= 0 ? 0 : (<i64> 1 << count) - 1;
  const high = count >= 128 ? -1 : count <= 64 ? 0 : (<i64> 1 << (count - 64)) - 1;
  return i64x2.replace_lane(i64x2.splat(low), 1, high);
}

/** Whether any of 256 codes has a number of its own. */
function sized(base: usize, bits: i32): bool {
  let any = nothing();
  for (let bit = 0; bit < bits; bit++, base += COLUMN) {
    any = v128.or(any, v128.or(v128.load(base), v128.load(base, 16)));
  }
  return v128.any_true(any);
}

/** Adds 2^shift for each of a list's columns to 256 counters with the initial values `from`. */
// @ts-ignore: decorator
@inline
function tally(
  block: usize, list: usize, end: usize, from: usize, top: i32, shift: i32, sum: usize,
): void {
  if (shift) v128.store(sum, v128.load(from)), v128.store(sum, v128.load(from, 16), 16);
  const low = <usize> shift * PLANE;
  count(block, list, end, from + low, top - shift, sum + low);
}

/** The same, called. */
function tallyCommon(
  block: usize, list: usize, end: usize, from: usize, top: i32, shift: i32, sum: usize,
): void {
  tally(block, list, end, from, top, shift, sum);
}

/**
 * Finds the k nearest of `codes` codes for each of `many` queries.
 *
 * A query is a set of columns: how many bytes from its block on each is. Queries are taken by three, and
 * seven `lists`, from `starts[7g + i]` on, are the columns of a group that are in all three queries; in the
 * first two, the first and the last, the last two; in the first, the second, the third alone.
 *
 * Each code's value is a number that it has, in the `bits` columns that are `base` bytes from a block on,
 * and 2^shift for each of the query's columns; it is below 2^top. The largest values are the nearest, and
 * what is kept is minus the value; where `turned`, the smallest are, and the value is kept.
 *
 * @param blocks Blocks of `stride` bytes.
 * @param distances Distances [many, k], initially larger than any distance.
 * @param indices Indices [many, k].
 * @param work 13 KB.
 */
export function searchCodes(
  many: i32, lists: usize, starts: usize, blocks: usize, stride: usize, codes: i32,
  base: usize, bits: i32, top: i32, shift: i32, turned: i32,
  distances: usize, indices: usize, k: i32, work: usize,
): void {
  const zero = work, bias = zero + COUNTERS, begun = bias + COUNTERS, sum = begun + COUNTERS;
  // What queries have in common: for each half of a block four counters.
  const common = sum + COUNTERS, hits = common + 8 * COUNTERS;
  const flip = i64x2.splat(-(<i64> turned));
  spread(0, top, zero);
  // What the bias is spread of: often the same for the next query.
  let current = i32.MIN_VALUE;
  for (let first = 0, block = blocks; first < codes; first += <i32> BLOCK, block += stride) {
    const halves = codes - first > 256 ? 2 : 1;
    for (let q = 0, group = starts; q < many; q += 3, group += 28) {
      const s0 = lists + (<usize> load<u32>(group) << 2), s1 = lists + (<usize> load<u32>(group, 4) << 2);
      const s2 = lists + (<usize> load<u32>(group, 8) << 2), s3 = lists + (<usize> load<u32>(group, 12) << 2);
      const s4 = lists + (<usize> load<u32>(group, 16) << 2);
      const shared = s4 > s0;
      if (shared) {
        for (let h: usize = 0; h < <usize> halves; h++) {
          const half = block + h * PLANE, all = common + h * 4 * COUNTERS;
          tallyCommon(half, s0, s1, zero, top, shift, all);
          tallyCommon(half, s1, s2, all, top, shift, all + COUNTERS);
          tallyCommon(half, s2, s3, zero, top, shift, all + 2 * COUNTERS);
          tallyCommon(half, s3, s4, zero, top, shift, all + 3 * COUNTERS);
        }
      }
      for (let i = 0, own = group + 16; i < 3 && q + i < many; i++, own += 4) {
        const near = distances + (<usize> ((q + i) * k) << 2), places = indices + (<usize> ((q + i) * k) << 2);
        const last = near + (<usize> (k - 1) << 2);
        const list = lists + (<usize> load<u32>(own) << 2), stop = lists + (<usize> load<u32>(own, 4) << 2);
        let value = biasOf(load<i32>(last), top, turned != 0);
        if (value != current) spread(value, top, bias);
        current = value;
        for (let h: usize = 0; h < <usize> halves; h++) {
          const half = block + h * PLANE;
          let from = bias;
          if (bits > 0 && sized(half + base, bits)) {
            plus(from, half + base, bits, COLUMN, top, begun), from = begun;
          }
          if (shared) {
            const all = common + h * 4 * COUNTERS;
            plus(from, i < 2 ? all + COUNTERS : all, top + 1, PLANE, top, begun);
            if (i != 1) plus(begun, all + 2 * COUNTERS, top + 1, PLANE, top, begun);
            if (i != 0) plus(begun, all + 3 * COUNTERS, top + 1, PLANE, top, begun);
            from = begun;
          }
          tally(half, list, stop, from, top, shift, sum);
          const over = sum + <usize> top * PLANE;
          const at = first + (<i32> h << 8);
          let one = v128.xor(v128.load(over), flip), two = v128.xor(v128.load(over, 16), flip);
          if (!v128.any_true(v128.or(one, two))) continue;
          if (at + 256 > codes) {
            one = v128.and(one, below(codes - at)), two = v128.and(two, below(codes - at - 128));
          }
          v128.store(hits, one), v128.store(hits, two, 16);
          if (bitsOf(hits) > k) select(hits, sum, top, flip, k, hits + PLANE);
          keepHits(hits, sum, top, turned != 0, value, at, near, places, k);
          const next = biasOf(load<i32>(last), top, turned != 0);
          if (next != value) spread(next, top, bias);
          value = next, current = next;
        }
      }
    }
  }
}
