// Vertical counters: of 256 codes at once, two vectors for each bit of a counter. Columns are added by full
// adders, five operations per column and 128 codes. The order of the additions is Harley and Seal's, as
// positional population counts have it (Clausecker, Lemire and Schintke, arXiv:2412.16370).

/** Bytes of a column of 512 codes: four vectors. */
export const COLUMN: usize = 64;

/** Bytes of a bit of the counters: two vectors. */
export const PLANE: usize = 32;

/** Returns the low bit of a sum of three. */
// @ts-ignore: decorator
@inline
export function odd(a: v128, b: v128, c: v128): v128 {
  return v128.xor(a, v128.xor(b, c));
}

/** Returns the high bit of a sum of three. */
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

/** Sets all counters to a number; they have `top` + 1 planes. */
export function spread(value: i32, top: i32, counter: usize): void {
  for (let bit = 0; bit <= top; bit++, counter += PLANE) {
    const plane = i64x2.splat(-<i64> (value >> bit & 1));
    v128.store(counter, plane), v128.store(counter, plane, 16);
  }
}

/** Adds to counters of `top` + 1 planes others of `bits` planes, `stride` bytes apart; `sum` may be one of them. */
export function plus(
  counter: usize, others: usize, bits: i32, stride: usize, top: i32, sum: usize,
): void {
  let carryA = nothing(), carryB = carryA;
  for (let bit = 0; bit <= top; bit++) {
    const a = v128.load(counter), b = v128.load(counter, 16);
    let c = nothing(), d = c;
    if (bit < bits) c = v128.load(others), d = v128.load(others, 16);
    v128.store(sum, odd(a, c, carryA)), v128.store(sum, odd(b, d, carryB), 16);
    carryA = most(a, c, carryA), carryB = most(b, d, carryB);
    counter += PLANE, others += stride, sum += PLANE;
  }
}

/**
 * Adds to each of 256 counters how many of the columns in a list have the code. The list says how many
 * bytes from `codes` on each column is; their number is even.
 *
 * @param from Initial values of the counters, `height` + 1 planes, at least five; `sum` takes the final ones.
 */
// @ts-ignore: decorator
@inline
export function count(codes: usize, list: usize, end: usize, from: usize, height: i32, sum: usize): void {
  let onesA = v128.load(from), onesB = v128.load(from, 16);
  let twosA = v128.load(from, 32), twosB = v128.load(from, 48);
  let foursA = v128.load(from, 64), foursB = v128.load(from, 80);
  let eightsA = v128.load(from, 96), eightsB = v128.load(from, 112);
  let sixteensA = v128.load(from, 128), sixteensB = v128.load(from, 144);
  let twosPA: v128, twosPB: v128, twosRA: v128, twosRB: v128, foursPA: v128, foursPB: v128;
  let foursRA: v128, foursRB: v128, eightsPA: v128, eightsPB: v128, eightsRA: v128, eightsRB: v128;
  let a: v128, b: v128, two: u64, p: usize, r: usize;
  // The carries of every other sixteen columns wait for the next, so that few go through memory.
  let waitingA = nothing(), waitingB = nothing(), waits = false;
  let sixteenA: v128, sixteenB: v128;
  // Of the planes from the sixth on: where they are, and how far `sum` has its own.
  let high = from + 5 * PLANE;
  const above = <usize> (height - 4) * PLANE;
  let by = sum - from;
  for (; list + 64 <= end; list += 64) {
    two = load<u64>(list), p = codes + <usize> <u32> two, r = codes + <usize> (two >> 32);
    a = v128.load(p), b = v128.load(r);
    twosPA = most(onesA, a, b), onesA = odd(onesA, a, b);
    a = v128.load(p, 16), b = v128.load(r, 16);
    twosPB = most(onesB, a, b), onesB = odd(onesB, a, b);
    two = load<u64>(list, 8), p = codes + <usize> <u32> two, r = codes + <usize> (two >> 32);
    a = v128.load(p), b = v128.load(r);
    twosRA = most(onesA, a, b), onesA = odd(onesA, a, b);
    a = v128.load(p, 16), b = v128.load(r, 16);
    twosRB = most(onesB, a, b), onesB = odd(onesB, a, b);
    foursPA = most(twosA, twosPA, twosRA), twosA = odd(twosA, twosPA, twosRA);
    foursPB = most(twosB, twosPB, twosRB), twosB = odd(twosB, twosPB, twosRB);
    two = load<u64>(list, 16), p = codes + <usize> <u32> two, r = codes + <usize> (two >> 32);
    a = v128.load(p), b = v128.load(r);
    twosPA = most(onesA, a, b), onesA = odd(onesA, a, b);
    a = v128.load(p, 16), b = v128.load(r, 16);
    twosPB = most(onesB, a, b), onesB = odd(onesB, a, b);
    two = load<u64>(list, 24), p = codes + <usize> <u32> two, r = codes + <usize> (two >> 32);
    a = v128.load(p), b = v128.load(r);
    twosRA = most(onesA, a, b), onesA = odd(onesA, a, b);
    a = v128.load(p, 16), b = v128.load(r, 16);
    twosRB = most(onesB, a, b), onesB = odd(onesB, a, b);
    foursRA = most(twosA, twosPA, twosRA), twosA = odd(twosA, twosPA, twosRA);
    foursRB = most(twosB, twosPB, twosRB), twosB = odd(twosB, twosPB, twosRB);
    eightsPA = most(foursA, foursPA, foursRA), foursA = odd(foursA, foursPA, foursRA);
    eightsPB = most(foursB, foursPB, foursRB), foursB = odd(foursB, foursPB, foursRB);
    two = load<u64>(list, 32), p = codes + <usize> <u32> two, r = codes + <usize> (two >> 32);
    a = v128.load(p), b = v128.load(r);
    twosPA = most(onesA, a, b), onesA = odd(onesA, a, b);
    a = v128.load(p, 16), b = v128.load(r, 16);
    twosPB = most(onesB, a, b), onesB = odd(onesB, a, b);
    two = load<u64>(list, 40), p = codes + <usize> <u32> two, r = codes + <usize> (two >> 32);
    a = v128.load(p), b = v128.load(r);
    twosRA = most(onesA, a, b), onesA = odd(onesA, a, b);
    a = v128.load(p, 16), b = v128.load(r, 16);
    twosRB = most(onesB, a, b), onesB = odd(onesB, a, b);
    foursPA = most(twosA, twosPA, twosRA), twosA = odd(twosA, twosPA, twosRA);
    foursPB = most(twosB, twosPB, twosRB), twosB = odd(twosB, twosPB, twosRB);
    two = load<u64>(list, 48), p = codes + <usize> <u32> two, r = codes + <usize> (two >> 32);
    a = v128.load(p), b = v128.load(r);
    twosPA = most(onesA, a, b), onesA = odd(onesA, a, b);
    a = v128.load(p, 16), b = v128.load(r, 16);
    twosPB = most(onesB, a, b), onesB = odd(onesB, a, b);
    two = load<u64>(list, 56), p = codes + <usize> <u32> two, r = codes + <usize> (two >> 32);
    a = v128.load(p), b = v128.load(r);
    twosRA = most(onesA, a, b), onesA = odd(onesA, a, b);
    a = v128.load(p, 16), b = v128.load(r, 16);
    twosRB = most(onesB, a, b), onesB = odd(onesB, a, b);
    foursRA = most(twosA, twosPA, twosRA), twosA = odd(twosA, twosPA, twosRA);
    foursRB = most(twosB, twosPB, twosRB), twosB = odd(twosB, twosPB, twosRB);
    eightsRA = most(foursA, foursPA, foursRA), foursA = odd(foursA, foursPA, foursRA);
    eightsRB = most(foursB, foursPB, foursRB), foursB = odd(foursB, foursPB, foursRB);
    sixteenA = most(eightsA, eightsPA, eightsRA), eightsA = odd(eightsA, eightsPA, eightsRA);
    sixteenB = most(eightsB, eightsPB, eightsRB), eightsB = odd(eightsB, eightsPB, eightsRB);
    waits = !waits;
    if (waits) {
      waitingA = sixteenA, waitingB = sixteenB;
      continue;
    }
    let carryA = most(sixteensA, waitingA, sixteenA), carryB = most(sixteensB, waitingB, sixteenB);
    sixteensA = odd(sixteensA, waitingA, sixteenA), sixteensB = odd(sixteensB, waitingB, sixteenB);
    waitingA = nothing(), waitingB = nothing();
    for (let at = high; at < high + above; at += PLANE) {
      a = v128.load(at), b = v128.load(at, 16);
      v128.store(at + by, v128.xor(a, carryA)), v128.store(at + by, v128.xor(b, carryB), 16);
      carryA = v128.and(a, carryA), carryB = v128.and(b, carryB);
    }
    high = sum + 5 * PLANE, by = 0;
  }
  // Of the up to 14 that are left, eight, four and two at a time; their carries go in last.
  const left = end - list;
  eightsRA = nothing(), eightsRB = eightsRA, foursRA = eightsRA, foursRB = eightsRA;
  twosRA = eightsRA, twosRB = eightsRA;
  if (left & 32) {
    two = load<u64>(list), p = codes + <usize> <u32> two, r = codes + <usize> (two >> 32);
    a = v128.load(p), b = v128.load(r);
    twosPA = most(onesA, a, b), onesA = odd(onesA, a, b);
    a = v128.load(p, 16), b = v128.load(r, 16);
    twosPB = most(onesB, a, b), onesB = odd(onesB, a, b);
    two = load<u64>(list, 8), p = codes + <usize> <u32> two, r = codes + <usize> (two >> 32);
    a = v128.load(p), b = v128.load(r);
    twosRA = most(onesA, a, b), onesA = odd(onesA, a, b);
    a = v128.load(p, 16), b = v128.load(r, 16);
    twosRB = most(onesB, a, b), onesB = odd(onesB, a, b);
    foursPA = most(twosA, twosPA, twosRA), twosA = odd(twosA, twosPA, twosRA);
    foursPB = most(twosB, twosPB, twosRB), twosB = odd(twosB, twosPB, twosRB);
    two = load<u64>(list, 16), p = codes + <usize> <u32> two, r = codes + <usize> (two >> 32);
    a = v128.load(p), b = v128.load(r);
    twosPA = most(onesA, a, b), onesA = odd(onesA, a, b);
    a = v128.load(p, 16), b = v128.load(r, 16);
    twosPB = most(onesB, a, b), onesB = odd(onesB, a, b);
    two = load<u64>(list, 24), p = codes + <usize> <u32> two, r = codes + <usize> (two >> 32);
    a = v128.load(p), b = v128.load(r);
    twosRA = most(onesA, a, b), onesA = odd(onesA, a, b);
    a = v128.load(p, 16), b = v128.load(r, 16);
    twosRB = most(onesB, a, b), onesB = odd(onesB, a, b);
    foursRA = most(twosA, twosPA, twosRA), twosA = odd(twosA, twosPA, twosRA);
    foursRB = most(twosB, twosPB, twosRB), twosB = odd(twosB, twosPB, twosRB);
    eightsRA = most(foursA, foursPA, foursRA), foursA = odd(foursA, foursPA, foursRA);
    eightsRB = most(foursB, foursPB, foursRB), foursB = odd(foursB, foursPB, foursRB);
    list += 32;
    foursRA = nothing(), foursRB = foursRA, twosRA = foursRA, twosRB = foursRA;
  }
  if (left & 16) {
    two = load<u64>(list), p = codes + <usize> <u32> two, r = codes + <usize> (two >> 32);
    a = v128.load(p), b = v128.load(r);
    twosPA = most(onesA, a, b), onesA = odd(onesA, a, b);
    a = v128.load(p, 16), b = v128.load(r, 16);
    twosPB = most(onesB, a, b), onesB = odd(onesB, a, b);
    two = load<u64>(list, 8), p = codes + <usize> <u32> two, r = codes + <usize> (two >> 32);
    a = v128.load(p), b = v128.load(r);
    twosRA = most(onesA, a, b), onesA = odd(onesA, a, b);
    a = v128.load(p, 16), b = v128.load(r, 16);
    twosRB = most(onesB, a, b), onesB = odd(onesB, a, b);
    foursRA = most(twosA, twosPA, twosRA), twosA = odd(twosA, twosPA, twosRA);
    foursRB = most(twosB, twosPB, twosRB), twosB = odd(twosB, twosPB, twosRB);
    list += 16;
    twosRA = nothing(), twosRB = twosRA;
  }
  if (left & 8) {
    two = load<u64>(list), p = codes + <usize> <u32> two, r = codes + <usize> (two >> 32);
    a = v128.load(p), b = v128.load(r);
    twosRA = most(onesA, a, b), onesA = odd(onesA, a, b);
    a = v128.load(p, 16), b = v128.load(r, 16);
    twosRB = most(onesB, a, b), onesB = odd(onesB, a, b);
  }
  foursPA = v128.and(twosA, twosRA), twosA = v128.xor(twosA, twosRA);
  foursPB = v128.and(twosB, twosRB), twosB = v128.xor(twosB, twosRB);
  eightsPA = most(foursA, foursPA, foursRA), foursA = odd(foursA, foursPA, foursRA);
  eightsPB = most(foursB, foursPB, foursRB), foursB = odd(foursB, foursPB, foursRB);
  sixteenA = most(eightsA, eightsPA, eightsRA), eightsA = odd(eightsA, eightsPA, eightsRA);
  sixteenB = most(eightsB, eightsPB, eightsRB), eightsB = odd(eightsB, eightsPB, eightsRB);
  let carryA = most(sixteensA, waitingA, sixteenA), carryB = most(sixteensB, waitingB, sixteenB);
  sixteensA = odd(sixteensA, waitingA, sixteenA), sixteensB = odd(sixteensB, waitingB, sixteenB);
  v128.store(sum, onesA), v128.store(sum, onesB, 16);
  v128.store(sum, twosA, 32), v128.store(sum, twosB, 48);
  v128.store(sum, foursA, 64), v128.store(sum, foursB, 80);
  v128.store(sum, eightsA, 96), v128.store(sum, eightsB, 112);
  v128.store(sum, sixteensA, 128), v128.store(sum, sixteensB, 144);
  for (let at = high; at < high + above; at += PLANE) {
    a = v128.load(at), b = v128.load(at, 16);
    v128.store(at + by, v128.xor(a, carryA)), v128.store(at + by, v128.xor(b, carryB), 16);
    carryA = v128.and(a, carryA), carryB = v128.and(b, carryB);
  }
}
