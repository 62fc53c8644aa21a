// Products with a matrix most of whose rows are mostly one and the same number: images on a plain ground,
// codes. With c that number, x·W = (x − c)·W + c·(column sums of W), and so for Xᵀ·D.
import { gemm } from "./gemm";
import { at, madd } from "./vector";

/** Finds the most frequent number of a row, if any: the one at two of three places, else the first. */
// @ts-ignore: decorator

function groundOf(row: usize, k: i32): f32 {
  const middle = load<f32>(at(row, k >> 1));
  const last = load<f32>(at(row, k - 1));
  return middle == last ? middle : load<f32>(row);
}

/** Counts those of k floats that differ from c. */
function differing(row: usize, k: i32, c: f32): i32 {
  const ground = f32x4.splat(c);
  let equal = 0;
  let i = 0;
  for (; i + 4 <= k; i += 4) {
    equal += popcnt<i32>(i32x4.bitmask(f32x4.eq(v128.load(at(row, i)), ground)));
  }
  for (; i < k; i++) if (load<f32>(at(row, i)) == c) equal++;
  return k - equal;
}

/** Whether a row is worth a list: at least half of it is one number. */
// @ts-ignore: decorator

function isPlain(row: usize, k: i32): bool {
  return 2 * differing(row, k, groundOf(row, k)) <= k;
}

/** Counts the rows of X [m, k] that are worth a list. */
export function plainRows(m: i32, k: i32, x: usize): i32 {
  let count = 0;
  for (let i = 0; i < m; i++) if (isPlain(at(x, i * k), k)) count++;
  return count;
}

/** The places of a row that differ from c: writes place and x − c side by side, returns the end. */
function list(row: usize, k: i32, c: f32, to: usize): usize {
  const ground = f32x4.splat(c);
  let i = 0;
  for (; i + 4 <= k; i += 4) {
    let mask = i32x4.bitmask(f32x4.ne(v128.load(at(row, i)), ground));
    while (mask != 0) {
      const place = i + ctz<i32>(mask);
      store<i32>(to, place);
      store<f32>(to, load<f32>(at(row, place)) - c, 4);
      to += 8;
      mask &= mask - 1;
    }
  }
  for (; i < k; i++) {
    const value = load<f32>(at(row, i));
    if (value == c) continue;
    store<i32>(to, i);
    store<f32>(to, value - c, 4);
    to += 8;
  }
  return to;
}

/** to [n] += row · c. */
// @ts-ignore: decorator

function addScaled(to: usize, row: usize, n: i32, c: f32): void {
  const scale = f32x4.splat(c);
  let j = 0;
  for (; j + 4 <= n; j += 4) {
    v128.store(at(to, j), madd(v128.load(at(row, j)), scale, v128.load(at(to, j))));
  }
  for (; j < n; j++) store<f32>(at(to, j), load<f32>(at(to, j)) + load<f32>(at(row, j)) * c);
}

/** sums [n]: the column sums of a matrix [rows, n]. */
export function columnSums(matrix: usize, rows: i32, n: i32, sums: usize): void {
  memory.fill(sums, 0, <usize> n << 2);
  for (let row = 0; row < rows; row++) addScaled(sums, at(matrix, row * n), n, 1);
}

/** y [n] += Σ value · (row of W at place), over a list. */
function addListed(y: usize, n: i32, w: usize, from: usize, end: usize): void {
  let j = 0;
  for (; j + 32 <= n; j += 32) {
    const to = at(y, j);
    let s0 = v128.load(to), s1 = v128.load(to, 16), s2 = v128.load(to, 32), s3 = v128.load(to, 48);
    let s4 = v128.load(to, 64), s5 = v128.load(to, 80), s6 = v128.load(to, 96);
    let s7 = v128.load(to, 112);
    for (let p = from; p < end; p += 8) {
      const weights = at(w, load<i32>(p) * n + j);
      const value = v128.load_splat<f32>(p, 4);
      s0 = madd(value, v128.load(weights), s0);
      s1 = madd(value, v128.load(weights, 16), s1);
      s2 = madd(value, v128.load(weights, 32), s2);
      s3 = madd(value, v128.load(weights, 48), s3);
      s4 = madd(value, v128.load(weights, 64), s4);
      s5 = madd(value, v128.load(weights, 80), s5);
      s6 = madd(value, v128.load(weights, 96), s6);
      s7 = madd(value, v128.load(weights, 112), s7);
    }
    v128.store(to, s0);
    v128.store(to, s1, 16);
    v128.store(to, s2, 32);
    v128.store(to, s3, 48);
    v128.store(to, s4, 64);
    v128.store(to, s5, 80);
    v128.store(to, s6, 96);
    v128.store(to, s7, 112);
  }
  for (; j + 4 <= n; j += 4) {
    let sum = v128.load(at(y, j));
    for (let p = from; p < end; p += 8) {
      sum = madd(v128.load_splat<f32>(p, 4), v128.load(at(w, load<i32>(p) * n + j)), sum);
    }
    v128.store(at(y, j), sum);
  }
  for (; j < n; j++) {
    let sum = load<f32>(at(y, j));
    for (let p = from; p < end; p += 8) {
      sum += load<f32>(p, 4) * load<f32>(at(w, load<i32>(p) * n + j));
    }
    store<f32>(at(y, j), sum);
  }
}

/**
 * Y [m, n] = X [m, k] · W [k, n] + bias. Plain rows go by their lists, others through `gemm`: which is
 * decided row by row, so that a sample's result does not depend on the batch that it is in.
 *
 * @param bias n floats, or 0 for none.
 * @param work 32·k + 4·n + 64 bytes.
 */
export function plainTimes(
  m: i32,
  n: i32,
  k: i32,
  x: usize,
  w: usize,
  bias: usize,
  y: usize,
  work: usize,
): void {
  const sums = work;
  const rest = at(work, n);
  columnSums(w, k, n, sums);
  let i = 0;
  while (i < m) {
    const from = i;
    while (i < m && !isPlain(at(x, i * k), k)) i++;
    if (i > from) {
      gemm(i - from, n, k, at(x, from * k), k, 1, w, n, 1, bias, at(y, from * n), rest);
    }
    if (i == m) return;
    const row = at(x, i * k);
    const c = groundOf(row, k);
    const to = at(y, i * n);
    if (bias) memory.copy(to, bias, <usize> n << 2);
    else memory.fill(to, 0, <usize> n << 2);
    addScaled(to, sums, n, c);
    addListed(to, n, w, rest, list(row, k, c, rest));
    i++;
  }
}

/** Adds value · d to the rows of G at the places of a list: (rows of G at the places) [n] += value · d. */
function spread(g: usize, n: i32, d: usize, from: usize, end: usize): void {
  let j = 0;
  for (; j + 16 <= n; j += 16) {
    const slope = at(d, j);
    const d0 = v128.load(slope), d1 = v128.load(slope, 16);
    const d2 = v128.load(slope, 32), d3 = v128.load(slope, 48);
    for (let p = from; p < end; p += 8) {
      const to = at(g, load<i32>(p) * n + j);
      const value = v128.load_splat<f32>(p, 4);
      v128.store(to, madd(value, d0, v128.load(to)));
      v128.store(to, madd(value, d1, v128.load(to, 16)), 16);
      v128.store(to, madd(value, d2, v128.load(to, 32)), 32);
      v128.store(to, madd(value, d3, v128.load(to, 48)), 48);
    }
  }
  for (; j < n; j++) {
    const slope = load<f32>(at(d, j));
    for (let p = from; p < end; p += 8) {
      const to = at(g, load<i32>(p) * n + j);
      store<f32>(to, load<f32>(to) + load<f32>(p, 4) * slope);
    }
  }
}

/**
 * Rows of G [k, n] = Xᵀ · D for X [m, k], most of whose rows are plain, and D [m, n]: `count` of them,
 * from row `from` on.
 *
 * @param g The first of these rows.
 * @param work 8·k + 4·n bytes.
 */
export function plainTransposedTimes(
  m: i32,
  n: i32,
  k: i32,
  x: usize,
  d: usize,
  from: i32,
  count: i32,
  g: usize,
  work: usize,
): void {
  const base = work;
  const places = at(work, n);
  memory.fill(base, 0, <usize> n << 2);
  for (let i = 0; i < m; i++) addScaled(base, at(d, i * n), n, groundOf(at(x, i * k), k));
  for (let p = 0; p < count; p++) memory.copy(at(g, p * n), base, <usize> n << 2);
  for (let i = 0; i < m; i++) {
    const row = at(x, i * k);
    const end = list(at(row, from), count, groundOf(row, k), places);
    spread(g, n, at(d, i * n), places, end);
  }
}
