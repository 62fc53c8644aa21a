// Losses of all pairs of rows: unit rows, the contrast of a row's pairs, and the gradients of both.
import { normalise, squareOf } from "./triplet";
import { at, exp4, sumOf } from "./vector";

/** z = x / max(|x|, epsilon) row by row; `inverse` takes what each was multiplied by. */
export function unitRows(
  x: usize,
  rows: i32,
  n: i32,
  epsilon: f32,
  inverse: usize,
  z: usize,
): void {
  for (let row = 0; row < rows; row++) {
    const from = at(x, row * n);
    const to = at(z, row * n);
    const scale: f32 = 1 / max(sqrt<f32>(squareOf(from, n)), epsilon);
    store<f32>(at(inverse, row), scale);
    const scales = f32x4.splat(scale);
    let i = 0;
    for (; i + 4 <= n; i += 4) v128.store(at(to, i), f32x4.mul(v128.load(at(from, i)), scales));
    for (; i < n; i++) store<f32>(at(to, i), load<f32>(at(from, i)) * scale);
  }
}

/** The gradient of `unitRows`, in place. A clamped norm is a constant. */
export function unitSlopes(
  x: usize,
  rows: i32,
  n: i32,
  epsilon: f32,
  inverse: usize,
  gradient: usize,
): void {
  const largest: f32 = 1 / epsilon;
  for (let row = 0; row < rows; row++) {
    const scale = load<f32>(at(inverse, row));
    normalise(at(x, row * n), at(gradient, row * n), n, scale, scale >= largest, 1);
  }
}

/**
 * The supervised contrast of some rows with all `n`: of the similarities s of a row to all rows its gradient,
 * factor · (softmax over the others − 1 / positives at the positives) / temperature, in place.
 *
 * @param from The number of the first row.
 * @param labels n integers.
 * @param positives Per row of all n how many others have its label; a row without one has no gradient.
 * @param parts Two floats per row: the sum over its positives of s / temperature less the largest over the others, and
 * the sum over the others of e to that.
 */
export function contrastRows(
  rows: i32,
  from: i32,
  n: i32,
  labels: usize,
  positives: usize,
  temperature: f32,
  factor: f32,
  s: usize,
  parts: usize,
): void {
  const sharp = f32x4.splat(1 / temperature);
  for (let r = 0; r < rows; r++) {
    const own = from + r;
    const row = at(s, r * n);
    const count = load<i32>(at(positives, own));
    const label = load<i32>(at(labels, own));
    const alike = i32x4.splat(label);
    store<f32>(at(row, own), -Infinity);
    let largest = f32x4.splat(-Infinity);
    let j = 0;
    for (; j + 4 <= n; j += 4) largest = f32x4.max(largest, v128.load(at(row, j)));
    let most = max<f32>(
      max<f32>(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1)),
      max<f32>(f32x4.extract_lane(largest, 2), f32x4.extract_lane(largest, 3)),
    );
    for (; j < n; j++) most = max<f32>(most, load<f32>(at(row, j)));
    // A row that is alone.
    if (most == -Infinity) most = 0;
    const mosts = f32x4.splat(most);
    // Its own place counts for nothing.
    store<f32>(at(row, own), most);
    let sums = f32x4.splat(0), gains = sums;
    for (j = 0; j + 4 <= n; j += 4) {
      const gap = f32x4.mul(f32x4.sub(v128.load(at(row, j)), mosts), sharp);
      const e = exp4(gap);
      sums = f32x4.add(sums, e);
      const is = i32x4.eq(v128.load(at(labels, j)), alike);
      gains = f32x4.add(gains, v128.and(gap, is));
      v128.store(at(row, j), e);
    }
    let sum = sumOf(sums), gain = sumOf(gains);
    for (; j < n; j++) {
      const gap = f32x4.mul(f32x4.sub(v128.load_splat<f32>(at(row, j)), mosts), sharp);
      const e = f32x4.extract_lane(exp4(gap), 0);
      sum += e;
      if (load<i32>(at(labels, j)) == label) gain += f32x4.extract_lane(gap, 0);
      store<f32>(at(row, j), e);
    }
    sum -= load<f32>(at(row, own));
    store<f32>(at(parts, 2 * r), gain);
    store<f32>(at(parts, 2 * r + 1), sum);
    if (count == 0) {
      memory.fill(row, 0, <usize> n << 2);
      continue;
    }
    const scale = factor / temperature;
    const share = f32x4.splat(scale / sum);
    const part: f32 = scale / <f32> count;
    const parts4 = f32x4.splat(part);
    for (j = 0; j + 4 <= n; j += 4) {
      const is = i32x4.eq(v128.load(at(labels, j)), alike);
      const slope = f32x4.mul(v128.load(at(row, j)), share);
      v128.store(at(row, j), f32x4.sub(slope, v128.and(parts4, is)));
    }
    for (; j < n; j++) {
      const slope = load<f32>(at(row, j)) * (scale / sum);
      store<f32>(at(row, j), load<i32>(at(labels, j)) == label ? slope - part : slope);
    }
    store<f32>(at(row, own), 0);
  }
}

/** Side of the squares in which a matrix is transposed: what two of them read stays in the first cache. */
const SQUARE = 16;

/** A + Aᵀ in place, for A [n, n]. */
export function addTransposed(n: i32, a: usize): void {
  for (let i0 = 0; i0 < n; i0 += SQUARE) {
    for (let j0 = i0; j0 < n; j0 += SQUARE) {
      const rows = min(i0 + SQUARE, n);
      const columns = min(j0 + SQUARE, n);
      for (let i = i0; i < rows; i++) {
        for (let j = max(j0, i); j < columns; j++) {
          const over = at(a, i * n + j);
          const under = at(a, j * n + i);
          const sum = load<f32>(over) + load<f32>(under);
          store<f32>(over, sum);
          store<f32>(under, sum);
        }
      }
    }
  }
}
