// k-winners-take-all of rows.
import { at, exp4, sumOf } from "./vector";

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

/** Lists the units above a guess, in rising order, with their images; returns their number. */
function above(x: usize, n: i32, guess: f32, units: usize, images: usize): i32 {
  const limit = f32x4.splat(guess);
  let count = 0;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    let mask = i32x4.bitmask(f32x4.gt(v128.load(at(x, i)), limit));
    while (mask != 0) {
      const unit = i + ctz<i32>(mask);
      store<i32>(at(units, count), unit);
      store<i32>(at(images, count), imageOf(value(x, unit)));
      count++;
      mask &= mask - 1;
    }
  }
  for (; i < n; i++) {
    if (!(value(x, i) > guess)) continue;
    store<i32>(at(units, count), i);
    store<i32>(at(images, count), imageOf(value(x, i)));
    count++;
  }
  return count;
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

/**
 * Writes, for each row, the places of the k-th and of the (k+1)-th largest value, in the order "larger
 * value first, lower index first among equals". What a row taught spares work in the next, and never
 * changes the result.
 *
 * @param edges 2 · rows integers.
 * @param work 8 · n + 16 bytes.
 */
function findEdges(x: usize, rows: i32, n: i32, k: i32, edges: usize, work: usize): void {
  const units = work;
  const images = at(work, n);
  let guess: f32 = -Infinity;
  for (let r = 0; r < rows; r++) {
    const row = at(x, r * n);
    let count = above(row, n, guess, units, images);
    if (count <= k) {
      count = n;
      for (let i = 0; i < n; i++) {
        store<i32>(at(units, i), i);
        store<i32>(at(images, i), imageOf(value(row, i)));
      }
    }
    // What pads the last four is below all.
    const end = at(images, (count + 3) & ~3);
    for (let p = at(images, count); p < end; p += 4) store<i32>(p, i32.MIN_VALUE);

    const kth = kthLargest(images, end, count, k);
    const larger = kth == i32.MAX_VALUE ? 0 : countFrom(images, end, kth + 1);
    const asLarge = countFrom(images, end, kth);
    const last = placeOf(images, kth, k - larger);
    const next = asLarge > k
      ? placeOf(images, kth, k - larger + 1)
      : placeOf(images, largestBelow(images, count, kth), 1);
    const lastUnit = entry(units, last);
    const nextUnit = entry(units, next);
    store<i32>(at(edges, 2 * r), lastUnit);
    store<i32>(at(edges, 2 * r + 1), nextUnit);
    // A little below, so that the next row's edge is likely to lie above it.
    const edge = value(row, nextUnit);
    guess = edge - max<f32>(8.0 * (value(row, lastUnit) - edge), abs<f32>(edge) / 4.0);
    if (guess != guess) guess = -Infinity;
  }
}

/** Midway between the two edges of a row. */
// @ts-ignore: decorator

function thresholdOf(row: usize, edges: usize, r: i32): f32 {
  return (value(row, entry(edges, 2 * r)) + value(row, entry(edges, 2 * r + 1))) / 2;
}

/** y = 1 where x is above the row's threshold, else 0. */
function hard(x: usize, rows: i32, n: i32, edges: usize, y: usize): void {
  const one = f32x4.splat(1);
  for (let r = 0; r < rows; r++) {
    const row = at(x, r * n);
    const to = at(y, r * n);
    const threshold = thresholdOf(row, edges, r);
    const limit = f32x4.splat(threshold);
    let i = 0;
    for (; i + 4 <= n; i += 4) {
      v128.store(at(to, i), v128.and(f32x4.gt(v128.load(at(row, i)), limit), one));
    }
    for (; i < n; i++) store<f32>(at(to, i), value(row, i) > threshold ? 1 : 0);
  }
}

/** y = 1 / (1 + exp(−hardness · (x − threshold))). */
function soft(x: usize, rows: i32, n: i32, hardness: f32, edges: usize, y: usize): void {
  for (let r = 0; r < rows; r++) {
    const row = at(x, r * n);
    const to = at(y, r * n);
    const threshold = f32x4.splat(thresholdOf(row, edges, r));
    let i = 0;
    for (; i + 4 <= n; i += 4) {
      v128.store(at(to, i), gate(v128.load(at(row, i)), threshold, hardness));
    }
    for (; i < n; i++) {
      const y4 = gate(v128.load_splat<f32>(at(row, i)), threshold, hardness);
      store<f32>(at(to, i), f32x4.extract_lane(y4, 0));
    }
  }
}

// @ts-ignore: decorator

function gate(x: v128, threshold: v128, hardness: f32): v128 {
  const one = f32x4.splat(1);
  const z = f32x4.mul(f32x4.splat(-hardness), f32x4.sub(x, threshold));
  return f32x4.div(one, f32x4.add(one, exp4(z)));
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

/** Computes hard kWTA: `findEdges`, then `hard`. */
export function hardKwta(
  x: usize,
  rows: i32,
  n: i32,
  k: i32,
  edges: usize,
  y: usize,
  work: usize,
): void {
  findEdges(x, rows, n, k, edges, work);
  hard(x, rows, n, edges, y);
}

/** Computes soft kWTA: `findEdges`, then `soft`. */
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
  findEdges(x, rows, n, k, edges, work);
  soft(x, rows, n, hardness, edges, y);
}
