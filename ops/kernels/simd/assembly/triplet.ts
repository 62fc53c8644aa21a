// The triplet cosine loss with its gradient.
import { at, madd, sumOf } from "./vector";

export function squareOf(x: usize, n: i32): f32 {
  let sums = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const v = v128.load(at(x, i));
    sums = madd(v, v, sums);
  }
  let sum = sumOf(sums);
  for (; i < n; i++) sum += load<f32>(at(x, i)) * load<f32>(at(x, i));
  return sum;
}

/** a · (q·unitQ − p·unitP), in one pass. */
function gap(a: usize, p: usize, q: usize, n: i32, unitP: f32, unitQ: f32): f32 {
  const scaleP = f32x4.splat(unitP);
  const scaleQ = f32x4.splat(unitQ);
  let sums = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const difference = f32x4.sub(
      f32x4.mul(v128.load(at(q, i)), scaleQ),
      f32x4.mul(v128.load(at(p, i)), scaleP),
    );
    sums = madd(v128.load(at(a, i)), difference, sums);
  }
  let sum = sumOf(sums);
  for (; i < n; i++) {
    sum += load<f32>(at(a, i)) * (load<f32>(at(q, i)) * unitQ - load<f32>(at(p, i)) * unitP);
  }
  return sum;
}

/** y += x · scale. */
// @ts-ignore: decorator

function add(y: usize, x: usize, n: i32, scale: f32): void {
  const scales = f32x4.splat(scale);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    v128.store(at(y, i), madd(v128.load(at(x, i)), scales, v128.load(at(y, i))));
  }
  for (; i < n; i++) store<f32>(at(y, i), load<f32>(at(y, i)) + load<f32>(at(x, i)) * scale);
}

/**
 * Carries a gradient g with respect to the unit vector u = x / |x| back to x: (g − (g·u) u) / |x|, times
 * a scale. A clamped norm is a constant, so there it is g / epsilon.
 */
export function normalise(x: usize, g: usize, n: i32, inverse: f32, clamped: bool, scale: f32): void {
  const along: f32 = clamped ? 0.0 : dot(g, x, n) * inverse * inverse;
  const alongs = f32x4.splat(-along);
  const factor = inverse * scale;
  const factors = f32x4.splat(factor);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const free = madd(v128.load(at(x, i)), alongs, v128.load(at(g, i)));
    v128.store(at(g, i), f32x4.mul(free, factors));
  }
  for (; i < n; i++) {
    store<f32>(at(g, i), (load<f32>(at(g, i)) - along * load<f32>(at(x, i))) * factor);
  }
}

function dot(a: usize, b: usize, n: i32): f32 {
  let sums = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4) sums = madd(v128.load(at(a, i)), v128.load(at(b, i)), sums);
  let sum = sumOf(sums);
  for (; i < n; i++) sum += load<f32>(at(a, i)) * load<f32>(at(b, i));
  return sum;
}

/**
 * The mean over triplets (anchor, same, other) of max(0, margin + cos(a, other) − cos(a, same)), and its
 * gradient with respect to the codes [rows, n].
 *
 * @param triplets 3 · count integers.
 * @param epsilon The least norm.
 * @param loss One float.
 * @param work 8 · rows bytes.
 */
export function tripletCosine(
  codes: usize,
  rows: i32,
  n: i32,
  triplets: usize,
  count: i32,
  margin: f32,
  epsilon: f32,
  loss: usize,
  gradient: usize,
  work: usize,
): void {
  const inverse = work;
  const touched = at(work, rows);
  for (let row = 0; row < rows; row++) {
    const norm = max(sqrt<f32>(squareOf(at(codes, row * n), n)), epsilon);
    store<f32>(at(inverse, row), 1 / norm);
  }
  memory.fill(gradient, 0, <usize> (rows * n) << 2);
  memory.fill(touched, 0, <usize> rows << 2);
  let sum: f64 = 0;
  for (let t = 0; t < 3 * count; t += 3) {
    const a = load<i32>(at(triplets, t));
    const p = load<i32>(at(triplets, t + 1));
    const q = load<i32>(at(triplets, t + 2));
    const unitA = load<f32>(at(inverse, a));
    const unitP = load<f32>(at(inverse, p));
    const unitQ = load<f32>(at(inverse, q));
    const anchor = at(codes, a * n);
    const same = at(codes, p * n);
    const other = at(codes, q * n);
    const hinge = margin + unitA * gap(anchor, same, other, n, unitP, unitQ);
    // A NaN is neither above nor below: it goes into the sum and not into the gradient.
    if (!(hinge <= 0)) sum += hinge;
    if (!(hinge > 0)) continue;
    store<i32>(at(touched, a), 1);
    store<i32>(at(touched, p), 1);
    store<i32>(at(touched, q), 1);
    add(at(gradient, a * n), other, n, unitQ);
    add(at(gradient, a * n), same, n, -unitP);
    add(at(gradient, p * n), anchor, n, -unitA);
    add(at(gradient, q * n), anchor, n, unitA);
  }
  store<f32>(loss, <f32> (sum / <f64> count));
  const scale: f32 = 1 / <f32> count;
  const largest: f32 = 1 / epsilon;
  for (let row = 0; row < rows; row++) {
    if (load<i32>(at(touched, row)) == 0) continue;
    const unit = load<f32>(at(inverse, row));
    normalise(at(codes, row * n), at(gradient, row * n), n, unit, unit >= largest, scale);
  }
}
