// Vertical counters: of 128 codes at once, as many vectors as a counter has bits. Columns are added by full
// adders, five operations per column and 128 codes. The order of the additions is Harley and Seal's, as
// positional population counts have it (Clausecker, Lemire and Schintke, arXiv:2412.16370).

/** Bytes of a column of 512 codes: four vectors. */
export const COLUMN: usize = 64;

/** The low bit of a sum of three… */
// @ts-ignore: decorator
@inline
export function odd(a: v128, b: v128, c: v128): v128 {
  return v128.xor(a, v128.xor(b, c));
}

/** …and its high bit. */
// @ts-ignore: decorator
@inline
export function most(a: v128, b: v128, c: v128): v128 {
  return v128.xor(v128.and(v128.xor(a, b), v128.xor(b, c)), b);
}

// @ts-ignore: decorator
@inline
export function nothing(): v128 {
  return i64x2.splat(0);
}

/** A number as a counter for all codes, of `top` + 1 vectors. */
export function spread(value: i32, top: i32, counter: usize): void {
  for (let bit = 0; bit <= top; bit++) {
    v128.store(counter + (<usize> bit << 4), i64x2.splat(-<i64> (value >> bit & 1)));
  }
}

/** Which of 128 codes have a number of their own. */
// @ts-ignore: decorator
@inline
export function sizes(base: usize, bits: i32): v128 {
  let any = nothing();
  for (let bit = 0; bit < bits; bit++) any = v128.or(any, v128.load(base + <usize> bit * COLUMN));
  return any;
}

/** Adds the columns of `base`, `bits` of them, to a counter of `top` + 1 vectors. */
export function begin(bias: usize, base: usize, bits: i32, top: i32, counter: usize): void {
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
export function count(codes: usize, list: usize, end: usize, from: usize, height: usize, sum: usize): v128 {
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
