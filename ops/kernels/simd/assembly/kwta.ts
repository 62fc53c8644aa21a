// k-winners-take-all of rows.
import {
  at, BIAS, constant, exp4, exponential, GREATEST, LEAST, LN2_HIGH, LN2_LOW, LOG2E, madd, ONE, P2, P3, P4, P5, P6, P7,
  ROUNDER, storeConstants, sumOf,
} from "./vector";

// @ts-ignore: decorator
@inline
function value(x: usize, i: i32): f32 {
  return load<f32>(at(x, i));
}

// @ts-ignore: decorator
@inline
function entry(list: usize, i: i32): i32 {
  return load<i32>(at(list, i));
}

/** An integer that orders as the float does; −0 and 0 are one. */
// @ts-ignore: decorator
@inline
function imageOf(x: f32): i32 {
  const bits = reinterpret<i32>(x + 0);
  return bits ^ ((bits >> 31) & 0x7fffffff);
}

/** Counts the images, padded to a multiple of four, that are at least a limit. */
// @ts-ignore: decorator
@inline
function countFrom(images: usize, end: usize, limit: i32): i32 {
  const limits = i32x4.splat(limit);
  let counts = i32x4.splat(0);
  // A comparison that holds is −1.
  for (let p = images; p < end; p += 16) counts = i32x4.sub(counts, i32x4.ge_s(v128.load(p), limits));
  return i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1) +
    i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3);
}

/**
 * The k-th largest image: its bits from the highest to the lowest, each set where k images at least
 * are as large with it. Bits that all images have in common need no count.
 */
function kthLargest(images: usize, end: usize, count: i32, k: i32): i32 {
  let all = ~0;
  let any = 0;
  for (let i = 0; i < count; i++) {
    all &= entry(images, i);
    any |= entry(images, i);
  }
  const differing = all ^ any;
  if (differing == 0) return all;
  // With the sign turned over, larger is larger bit by bit.
  const turned = <i32>0x80000000;
  const highest = 31 - clz<i32>(differing);
  let found = highest == 31 ? 0 : (all ^ turned) & (~0 << (highest + 1));
  for (let bit = highest; bit >= 0; bit--) {
    const trial = found | (1 << bit);
    if (countFrom(images, end, trial ^ turned) >= k) found = trial;
  }
  return found ^ turned;
}

/** The largest image below a limit that some image is below. */
function largestBelow(images: usize, count: i32, limit: i32): i32 {
  let largest = i32.MIN_VALUE;
  for (let i = 0; i < count; i++) {
    const image = entry(images, i);
    if (image < limit) largest = max(largest, image);
  }
  return largest;
}

/** The place in a list of the nth image that equals another, n counted from 1. */
function placeOf(images: usize, image: i32, nth: i32): i32 {
  let i = -1;
  while (nth > 0) if (entry(images, ++i) == image) nth--;
  return i;
}

// ---- The edges by counting

/** Counts the values of a row that are above a limit. */
function countAbove(row: usize, n: i32, limit: f32): i32 {
  const limits = f32x4.splat(limit);
  let a = i32x4.splat(0), b = a, c = a, d = a;
  let i = 0;
  // A comparison that holds is −1.
  for (; i + 16 <= n; i += 16) {
    const p = at(row, i);
    a = i32x4.sub(a, f32x4.gt(v128.load(p), limits));
    b = i32x4.sub(b, f32x4.gt(v128.load(p, 16), limits));
    c = i32x4.sub(c, f32x4.gt(v128.load(p, 32), limits));
    d = i32x4.sub(d, f32x4.gt(v128.load(p, 48), limits));
  }
  for (; i + 4 <= n; i += 4) a = i32x4.sub(a, f32x4.gt(v128.load(at(row, i)), limits));
  const all = i32x4.add(i32x4.add(a, b), i32x4.add(c, d));
  let count = i32x4.extract_lane(all, 0) + i32x4.extract_lane(all, 1) +
    i32x4.extract_lane(all, 2) + i32x4.extract_lane(all, 3);
  for (; i < n; i++) if (value(row, i) > limit) count++;
  return count;
}

/** Height of the last threshold, in deviations above its row's mean: the next one is sought there first. */
let height: f32 = 1.6;

/** The most counts, after which a row is left to the search bit by bit. */
const MOST_COUNTS = 24;

/**
 * Finds a number that exactly k of a row are above, by interpolation between numbers that more and that fewer are
 * above; NaN where none is found, as in a row whose k-th and next are equal, or with something that is not finite.
 */
function between(row: usize, n: i32, k: i32): f32 {
  let sums = f32x4.splat(0), squares = sums;
  let largest = v128.load_splat<f32>(row);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const x = v128.load(at(row, i));
    sums = f32x4.add(sums, x);
    squares = madd(x, x, squares);
    largest = f32x4.max(largest, x);
  }
  let sum = sumOf(sums), square = sumOf(squares);
  let above = max<f32>(
    max<f32>(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1)),
    max<f32>(f32x4.extract_lane(largest, 2), f32x4.extract_lane(largest, 3)),
  );
  for (; i < n; i++) {
    const x = value(row, i);
    sum += x;
    square += x * x;
    above = max<f32>(above, x);
  }
  const mean = sum / <f32> n;
  const deviation = sqrt<f32>(max<f32>(square / <f32> n - mean * mean, 0));
  let below: f32 = -Infinity, fewest = 0, most = n;
  let limit = mean + height * deviation;
  for (let tries = 0; tries < MOST_COUNTS; tries++) {
    const count = countAbove(row, n, limit);
    if (count == k) {
      height = (limit - mean) / deviation;
      return limit;
    }
    if (count > k) {
      below = limit;
      most = count;
    } else {
      above = limit;
      fewest = count;
    }
    if (below == -Infinity) limit = above - deviation * (<f32> tries + 1) / 2;
    else {
      let part: f32 = <f32> (most - k) / <f32> (most - fewest);
      if (tries > 3 && (tries & 1)) part = 0.5;
      limit = below + (above - below) * min<f32>(max<f32>(part, 0.1), 0.9);
    }
    // So it is with NaN, too.
    if (!(limit > below && limit < above)) break;
  }
  return NaN;
}

/** The largest of four. */
// @ts-ignore: decorator
@inline
function largestOf(x: v128): f32 {
  return max<f32>(
    max<f32>(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 1)),
    max<f32>(f32x4.extract_lane(x, 2), f32x4.extract_lane(x, 3)),
  );
}

/** The places of the least value above a limit, of equals the last, and of the largest at most that, the first. */
function edgesAt(row: usize, n: i32, limit: f32, edges: usize): void {
  const limits = f32x4.splat(limit);
  const infinite = f32x4.splat(-Infinity);
  // Of −x the largest is of x the least.
  let least = infinite, most = infinite;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const x = v128.load(at(row, i));
    const above = f32x4.gt(x, limits);
    least = f32x4.pmax(least, v128.bitselect(f32x4.neg(x), infinite, above));
    most = f32x4.pmax(most, v128.bitselect(infinite, x, above));
  }
  let last = -largestOf(least), next = largestOf(most);
  for (; i < n; i++) {
    const x = value(row, i);
    if (x > limit) last = min<f32>(last, x);
    else next = max<f32>(next, x);
  }
  const lasts = f32x4.splat(last), nexts = f32x4.splat(next);
  let lastUnit = 0, nextUnit = -1;
  for (i = 0; i + 4 <= n; i += 4) {
    const x = v128.load(at(row, i));
    const isLast = f32x4.eq(x, lasts), isNext = f32x4.eq(x, nexts);
    if (!v128.any_true(v128.or(isLast, isNext))) continue;
    const there = i32x4.bitmask(isLast);
    if (there) lastUnit = i + 31 - clz<i32>(there);
    if (nextUnit < 0 && v128.any_true(isNext)) nextUnit = i + ctz<i32>(i32x4.bitmask(isNext));
  }
  for (; i < n; i++) {
    if (value(row, i) == last) lastUnit = i;
    if (nextUnit < 0 && value(row, i) == next) nextUnit = i;
  }
  store<i32>(edges, lastUnit);
  store<i32>(edges, nextUnit, 4);
}

// ---- The edges

/** The same bit by bit, for any row. */
function searchEdges(row: usize, n: i32, k: i32, edges: usize, work: usize): void {
  const units = work;
  const images = at(work, n);
  for (let i = 0; i < n; i++) {
    store<i32>(at(units, i), i);
    store<i32>(at(images, i), imageOf(value(row, i)));
  }
  // What pads the last four is below all.
  const end = at(images, (n + 3) & ~3);
  for (let p = at(images, n); p < end; p += 4) store<i32>(p, i32.MIN_VALUE);
  const kth = kthLargest(images, end, n, k);
  const larger = kth == i32.MAX_VALUE ? 0 : countFrom(images, end, kth + 1);
  const asLarge = countFrom(images, end, kth);
  const last = placeOf(images, kth, k - larger);
  const next = asLarge > k
    ? placeOf(images, kth, k - larger + 1)
    : placeOf(images, largestBelow(images, n, kth), 1);
  store<i32>(edges, last);
  store<i32>(edges, next, 4);
}

/**
 * Writes the places of the k-th and of the (k+1)-th largest value of a row, in the order "larger value first, lower
 * index first among equals"; returns what is midway between the two.
 *
 * @param edges Two integers.
 * @param work 8 · n + 16 bytes.
 */
function findEdges(row: usize, n: i32, k: i32, edges: usize, work: usize): f32 {
  const limit = between(row, n, k);
  if (limit == limit) edgesAt(row, n, limit, edges);
  else searchEdges(row, n, k, edges, work);
  return (value(row, entry(edges, 0)) + value(row, entry(edges, 1))) / 2;
}

/** y = 1 where x is above the threshold, else 0. */
// @ts-ignore: decorator
@inline
function hard(row: usize, n: i32, threshold: f32, to: usize): void {
  const one = f32x4.splat(1);
  const limit = f32x4.splat(threshold);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    v128.store(at(to, i), v128.and(f32x4.gt(v128.load(at(row, i)), limit), one));
  }
  for (; i < n; i++) store<f32>(at(to, i), value(row, i) > threshold ? 1 : 0);
}

/** y = 1 / (1 + exp(−hardness · (x − threshold))), by the constants of `exp4` in memory. */
// @ts-ignore: decorator
@inline
function soft(row: usize, n: i32, threshold: f32, hardness: f32, to: usize, constants: usize): void {
  const least = constant(constants, LEAST), greatest = constant(constants, GREATEST);
  const log2e = constant(constants, LOG2E), rounder = constant(constants, ROUNDER);
  const ln2High = constant(constants, LN2_HIGH), ln2Low = constant(constants, LN2_LOW);
  const p7 = constant(constants, P7), p6 = constant(constants, P6), p5 = constant(constants, P5);
  const p4 = constant(constants, P4), p3 = constant(constants, P3), p2 = constant(constants, P2);
  const one = constant(constants, ONE), bias = constant(constants, BIAS);
  const slope = f32x4.splat(-hardness);
  const middle = f32x4.splat(threshold);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const z = f32x4.mul(slope, f32x4.sub(v128.load(at(row, i)), middle));
    const e = exponential(
      z, least, greatest, log2e, rounder, ln2High, ln2Low, p7, p6, p5, p4, p3, p2, one, bias,
    );
    v128.store(at(to, i), f32x4.div(one, f32x4.add(one, e)));
  }
  for (; i < n; i++) {
    const z = f32x4.mul(slope, f32x4.sub(v128.load_splat<f32>(at(row, i)), middle));
    store<f32>(at(to, i), f32x4.extract_lane(f32x4.div(one, f32x4.add(one, exp4(z))), 0));
  }
}

/**
 * dx_i = h · y_i (1 − y_i) · dy_i, of which half the sum is taken from each of the row's two edges,
 * since the threshold moves with both.
 */
export function softGradient(
  dy: usize,
  y: usize,
  rows: i32,
  n: i32,
  hardness: f32,
  edges: usize,
  dx: usize,
): void {
  const one = f32x4.splat(1);
  const h = f32x4.splat(hardness);
  for (let r = 0; r < rows; r++) {
    const from = at(y, r * n);
    const slope = at(dy, r * n);
    const to = at(dx, r * n);
    let sums = f32x4.splat(0);
    let i = 0;
    for (; i + 4 <= n; i += 4) {
      const y4 = v128.load(at(from, i));
      const a = f32x4.mul(
        f32x4.mul(f32x4.mul(h, y4), f32x4.sub(one, y4)),
        v128.load(at(slope, i)),
      );
      v128.store(at(to, i), a);
      sums = f32x4.add(sums, a);
    }
    let sum = sumOf(sums);
    for (; i < n; i++) {
      const y1 = value(from, i);
      const a = hardness * y1 * (1 - y1) * value(slope, i);
      store<f32>(at(to, i), a);
      sum += a;
    }
    const last = at(to, entry(edges, 2 * r));
    store<f32>(last, load<f32>(last) - sum / 2);
    const next = at(to, entry(edges, 2 * r + 1));
    store<f32>(next, load<f32>(next) - sum / 2);
  }
}

/** Computes hard kWTA: `findEdges`, then `hard`, row by row. */
export function hardKwta(
  x: usize,
  rows: i32,
  n: i32,
  k: i32,
  edges: usize,
  y: usize,
  work: usize,
): void {
  for (let r = 0; r < rows; r++) {
    const row = at(x, r * n);
    hard(row, n, findEdges(row, n, k, at(edges, 2 * r), work), at(y, r * n));
  }
}

/** Computes soft kWTA: `findEdges`, then `soft`, row by row. */
export function softKwta(
  x: usize,
  rows: i32,
  n: i32,
  k: i32,
  hardness: f32,
  edges: usize,
  y: usize,
  work: usize,
): void {
  const constants = at(work, 2 * n + 4);
  storeConstants(constants);
  for (let r = 0; r < rows; r++) {
    const row = at(x, r * n);
    const threshold = findEdges(row, n, k, at(edges, 2 * r), work);
    soft(row, n, threshold, hardness, at(y, r * n), constants);
  }
}
