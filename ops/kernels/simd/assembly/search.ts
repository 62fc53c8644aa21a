// The nearest few of many packed codes, by vertical counters. A block is 512 codes, of which each unit has
// a column of 64 bytes, a bit per code. A query's columns are summed for 128 codes at a time by full
// adders, so that a counter is as many vectors as it has bits: five operations per column and 128 codes.
// The order of the additions is Harley and Seal's, as positional population counts have it (Clausecker,
// Lemire and Schintke, arXiv:2412.16370).
//
// Distances are integers; of equal ones the lower index is first, because codes come in the order of their
// index and only what is nearer replaces.

/** Bytes of a column: four vectors. */
const COLUMN: usize = 64;

/** Codes of a block. */
const BLOCK: usize = 512;

/** Bytes for a counter: 32 vectors. */
const COUNTER: usize = 512;

/** A distance that is farther than any. */
const NONE: i32 = i32.MAX_VALUE;

/** The low bit of a sum of three… */
// @ts-ignore: decorator
@inline
function odd(a: v128, b: v128, c: v128): v128 {
  return v128.xor(a, v128.xor(b, c));
}

/** …and its high bit. */
// @ts-ignore: decorator
@inline
function most(a: v128, b: v128, c: v128): v128 {
  return v128.xor(v128.and(v128.xor(a, b), v128.xor(b, c)), b);
}

// @ts-ignore: decorator
@inline
function nothing(): v128 {
  return i64x2.splat(0);
}

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

/** A number as a counter for all codes, of `top` + 1 vectors. */
function spread(value: i32, top: i32, counter: usize): void {
  for (let bit = 0; bit <= top; bit++) {
    v128.store(counter + (<usize> bit << 4), i64x2.splat(-<i64> (value >> bit & 1)));
  }
}

/** Which of 128 codes have a number of their own. */
// @ts-ignore: decorator
@inline
function sizes(base: usize, bits: i32): v128 {
  let any = nothing();
  for (let bit = 0; bit < bits; bit++) any = v128.or(any, v128.load(base + <usize> bit * COLUMN));
  return any;
}

/** Adds the columns of `base`, `bits` of them, to a counter of `top` + 1 vectors. */
function begin(bias: usize, base: usize, bits: i32, top: i32, counter: usize): void {
  let carry = nothing();
  for (let bit = 0; bit <= top; bit++) {
    const a = v128.load(bias + (<usize> bit << 4));
    const b = bit < bits ? v128.load(base + <usize> bit * COLUMN) : nothing();
    v128.store(counter + (<usize> bit << 4), odd(a, b, carry));
    carry = most(a, b, carry);
  }
}

/**
 * Adds to each of 128 counters how many of the columns in a list have the code. The list says how many
 * bytes from `codes` on each column is.
 *
 * @param from What the counters begin with, `height` + 1 vectors, of which the low five…
 * @param sum …and the rest of them, are left here.
 * @returns The highest vector.
 */
// @ts-ignore: decorator
@inline
function count(codes: usize, list: usize, end: usize, from: usize, height: usize, sum: usize): v128 {
  let ones = v128.load(from), twos = v128.load(from, 16);
  let fours = v128.load(from, 32), eights = v128.load(from, 48), sixteens = v128.load(from, 64);
  let twosA: v128, twosB: v128, foursA: v128, foursB: v128, eightsA: v128, eightsB: v128;
  let a: v128, b: v128;
  // The carry of every other sixteen columns waits for the next, so that few go through memory.
  let waiting = nothing(), waits = false;
  let high = from + 80;
  const highest = height << 4;
  for (; list + 64 <= end; list += 64) {
    a = v128.load(codes + load<u32>(list)), b = v128.load(codes + load<u32>(list, 4));
    twosA = most(ones, a, b), ones = odd(ones, a, b);
    a = v128.load(codes + load<u32>(list, 8)), b = v128.load(codes + load<u32>(list, 12));
    twosB = most(ones, a, b), ones = odd(ones, a, b);
    foursA = most(twos, twosA, twosB), twos = odd(twos, twosA, twosB);
    a = v128.load(codes + load<u32>(list, 16)), b = v128.load(codes + load<u32>(list, 20));
    twosA = most(ones, a, b), ones = odd(ones, a, b);
    a = v128.load(codes + load<u32>(list, 24)), b = v128.load(codes + load<u32>(list, 28));
    twosB = most(ones, a, b), ones = odd(ones, a, b);
    foursB = most(twos, twosA, twosB), twos = odd(twos, twosA, twosB);
    eightsA = most(fours, foursA, foursB), fours = odd(fours, foursA, foursB);
    a = v128.load(codes + load<u32>(list, 32)), b = v128.load(codes + load<u32>(list, 36));
    twosA = most(ones, a, b), ones = odd(ones, a, b);
    a = v128.load(codes + load<u32>(list, 40)), b = v128.load(codes + load<u32>(list, 44));
    twosB = most(ones, a, b), ones = odd(ones, a, b);
    foursA = most(twos, twosA, twosB), twos = odd(twos, twosA, twosB);
    a = v128.load(codes + load<u32>(list, 48)), b = v128.load(codes + load<u32>(list, 52));
    twosA = most(ones, a, b), ones = odd(ones, a, b);
    a = v128.load(codes + load<u32>(list, 56)), b = v128.load(codes + load<u32>(list, 60));
    twosB = most(ones, a, b), ones = odd(ones, a, b);
    foursB = most(twos, twosA, twosB), twos = odd(twos, twosA, twosB);
    eightsB = most(fours, foursA, foursB), fours = odd(fours, foursA, foursB);
    const sixteen = most(eights, eightsA, eightsB);
    eights = odd(eights, eightsA, eightsB);
    waits = !waits;
    if (waits) {
      waiting = sixteen;
      continue;
    }
    let carry = most(sixteens, waiting, sixteen);
    sixteens = odd(sixteens, waiting, sixteen);
    waiting = nothing();
    for (let bit: usize = 80; bit <= highest; bit += 16) {
      const vector = v128.load(high + bit - 80);
      v128.store(sum + bit, v128.xor(vector, carry));
      carry = v128.and(vector, carry);
    }
    high = sum + 80;
  }
  // Of the up to 15 that are left, eight, four, two and one at a time; their carries go in last.
  const left = end - list;
  eightsB = nothing(), foursB = nothing(), twosB = nothing();
  if (left & 32) {
    a = v128.load(codes + load<u32>(list)), b = v128.load(codes + load<u32>(list, 4));
    twosA = most(ones, a, b), ones = odd(ones, a, b);
    a = v128.load(codes + load<u32>(list, 8)), b = v128.load(codes + load<u32>(list, 12));
    twosB = most(ones, a, b), ones = odd(ones, a, b);
    foursA = most(twos, twosA, twosB), twos = odd(twos, twosA, twosB);
    a = v128.load(codes + load<u32>(list, 16)), b = v128.load(codes + load<u32>(list, 20));
    twosA = most(ones, a, b), ones = odd(ones, a, b);
    a = v128.load(codes + load<u32>(list, 24)), b = v128.load(codes + load<u32>(list, 28));
    twosB = most(ones, a, b), ones = odd(ones, a, b);
    foursB = most(twos, twosA, twosB), twos = odd(twos, twosA, twosB);
    eightsB = most(fours, foursA, foursB), fours = odd(fours, foursA, foursB);
    list += 32;
    foursB = nothing(), twosB = nothing();
  }
  if (left & 16) {
    a = v128.load(codes + load<u32>(list)), b = v128.load(codes + load<u32>(list, 4));
    twosA = most(ones, a, b), ones = odd(ones, a, b);
    a = v128.load(codes + load<u32>(list, 8)), b = v128.load(codes + load<u32>(list, 12));
    twosB = most(ones, a, b), ones = odd(ones, a, b);
    foursB = most(twos, twosA, twosB), twos = odd(twos, twosA, twosB);
    list += 16;
    twosB = nothing();
  }
  if (left & 8) {
    a = v128.load(codes + load<u32>(list)), b = v128.load(codes + load<u32>(list, 4));
    twosB = most(ones, a, b), ones = odd(ones, a, b);
    list += 8;
  }
  a = (left & 4) ? v128.load(codes + load<u32>(list)) : nothing();
  twosA = v128.and(ones, a), ones = v128.xor(ones, a);
  foursA = most(twos, twosA, twosB), twos = odd(twos, twosA, twosB);
  eightsA = most(fours, foursA, foursB), fours = odd(fours, foursA, foursB);
  const sixteen = most(eights, eightsA, eightsB);
  eights = odd(eights, eightsA, eightsB);
  let carry = most(sixteens, waiting, sixteen);
  sixteens = odd(sixteens, waiting, sixteen);
  v128.store(sum, ones), v128.store(sum, twos, 16), v128.store(sum, fours, 32);
  v128.store(sum, eights, 48), v128.store(sum, sixteens, 64);
  let vector = sixteens;
  for (let bit: usize = 80; bit <= highest; bit += 16) {
    const old = v128.load(high + bit - 80);
    vector = v128.xor(old, carry);
    v128.store(sum + bit, vector);
    carry = v128.and(old, carry);
  }
  return vector;
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
