// k-winners-take-all of rows.
import { at, exp4, sumOf } from "./vector";

// @ts-ignore: decorator

function value(x: usize, i: i32): f32 {
  return load<f32>(at(x, i));
}

// @ts-ignore: decorator

function entry(list: usize, i: i32): i32 {
  return load<i32>(at(list, i));
}

/** Whether unit i comes after unit j: of equal values the later one does. */
// @ts-ignore: decorator

function isWorse(x: usize, i: i32, j: i32): bool {
  const a = value(x, i);
  const b = value(x, j);
  return a < b || (a == b && i > j);
}

function sink(x: usize, heap: usize, from: i32, size: i32): void {
  const moved = entry(heap, from);
  let place = from;
  while (true) {
    let child = 2 * place + 1;
    if (child >= size) break;
    if (child + 1 < size && isWorse(x, entry(heap, child + 1), entry(heap, child))) child++;
    if (!isWorse(x, entry(heap, child), moved)) break;
    store<i32>(at(heap, place), entry(heap, child));
    place = child;
  }
  store<i32>(at(heap, place), moved);
}

/** Fills a heap, worst at the root, with the best of the candidates (in rising order). */
function best(x: usize, candidates: usize, count: i32, heap: usize, size: i32): void {
  memory.copy(heap, candidates, <usize> size << 2);
  for (let i = (size >> 1) - 1; i >= 0; i--) sink(x, heap, i, size);
  let worst = value(x, entry(heap, 0));
  for (let i = size; i < count; i++) {
    const candidate = entry(candidates, i);
    if (value(x, candidate) > worst) {
      store<i32>(heap, candidate);
      sink(x, heap, 0, size);
      worst = value(x, entry(heap, 0));
    }
  }
}

/** Lists the units above a guess, in rising order; returns how many. */
function above(x: usize, n: i32, guess: f32, candidates: usize): i32 {
  const limit = f32x4.splat(guess);
  let count = 0;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    let mask = i32x4.bitmask(f32x4.gt(v128.load(at(x, i)), limit));
    while (mask != 0) {
      store<i32>(at(candidates, count++), i + ctz<i32>(mask));
      mask &= mask - 1;
    }
  }
  for (; i < n; i++) if (value(x, i) > guess) store<i32>(at(candidates, count++), i);
  return count;
}

/**
 * Writes, for each row, the places of the k-th and of the (k+1)-th largest value, in the order "larger
 * value first, lower index first among equals". What a row taught spares work in the next, and never
 * changes the result.
 *
 * @param edges 2 · rows integers.
 * @param work 4 · (n + k + 1) bytes.
 */
export function findEdges(x: usize, rows: i32, n: i32, k: i32, edges: usize, work: usize): void {
  const size = k + 1;
  const heap = work;
  const candidates = at(work, size);
  let guess: f32 = -Infinity;
  for (let r = 0; r < rows; r++) {
    const row = at(x, r * n);
    let count = above(row, n, guess, candidates);
    if (count < size) {
      for (let i = 0; i < n; i++) store<i32>(at(candidates, i), i);
      count = n;
    }
    best(row, candidates, count, heap, size);
    // The second worst is a child of the root.
    const right = size > 2 && isWorse(row, entry(heap, 2), entry(heap, 1));
    const last = entry(heap, right ? 2 : 1);
    const next = entry(heap, 0);
    store<i32>(at(edges, 2 * r), last);
    store<i32>(at(edges, 2 * r + 1), next);
    // A little below, so that the next row's edge is likely to lie above it.
    const edge = value(row, next);
    guess = edge - max<f32>(8.0 * (value(row, last) - edge), abs<f32>(edge) / 4.0);
    if (guess != guess) guess = -Infinity;
  }
}

/** Midway between the two edges of a row. */
// @ts-ignore: decorator

function thresholdOf(row: usize, edges: usize, r: i32): f32 {
  return (value(row, entry(edges, 2 * r)) + value(row, entry(edges, 2 * r + 1))) / 2;
}

/** y = 1 where x is above the row's threshold, else 0. */
export function hard(x: usize, rows: i32, n: i32, edges: usize, y: usize): void {
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
export function soft(x: usize, rows: i32, n: i32, hardness: f32, edges: usize, y: usize): void {
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
