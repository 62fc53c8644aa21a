// Functions of each element, with their gradients. The numbers of the kinds are those of
// `ops/plan/pointwise.ts`.
import { at, exp4, madd } from "./vector";

const RELU = 0;
const LEAKY_RELU = 1;
const CLIP = 2;
const SIGMOID = 3;
const TANH = 4;

/** f(x), of the kind that the caller writes as a constant. */
// @ts-ignore: decorator
@inline
function value(kind: i32, x: v128, a: v128, b: v128): v128 {
  const one = f32x4.splat(1);
  if (kind == RELU) return f32x4.max(x, f32x4.splat(0));
  if (kind == LEAKY_RELU) return v128.bitselect(f32x4.mul(x, a), x, f32x4.lt(x, f32x4.splat(0)));
  if (kind == CLIP) return f32x4.min(f32x4.max(x, a), b);
  if (kind == SIGMOID) return f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x))));
  const two = f32x4.splat(2);
  const far = f32x4.sub(one, f32x4.div(two, f32x4.add(one, exp4(f32x4.mul(two, x)))));
  // Near 0 the difference has few digits: a polynomial, of Moshier's Cephes (tanhf).
  const z = f32x4.mul(x, x);
  let p = madd(f32x4.splat(-5.70498872745e-3), z, f32x4.splat(2.06390887954e-2));
  p = madd(p, z, f32x4.splat(-5.37397155531e-2));
  p = madd(p, z, f32x4.splat(1.33314422036e-1));
  p = madd(p, z, f32x4.splat(-3.33332819422e-1));
  const near = madd(f32x4.mul(p, z), x, x);
  return v128.bitselect(near, far, f32x4.lt(f32x4.abs(x), f32x4.splat(0.625)));
}

/** dy · f′, computed from f(x), of CLIP from x. */
// @ts-ignore: decorator
@inline
function slope(kind: i32, dy: v128, seen: v128, a: v128, b: v128): v128 {
  const one = f32x4.splat(1);
  if (kind == RELU) return v128.and(dy, f32x4.gt(seen, f32x4.splat(0)));
  if (kind == LEAKY_RELU) {
    return v128.bitselect(dy, f32x4.mul(dy, a), f32x4.gt(seen, f32x4.splat(0)));
  }
  if (kind == CLIP) return v128.and(dy, v128.and(f32x4.ge(seen, a), f32x4.le(seen, b)));
  if (kind == SIGMOID) return f32x4.mul(dy, f32x4.mul(seen, f32x4.sub(one, seen)));
  return f32x4.mul(f32x4.sub(one, f32x4.mul(seen, seen)), dy);
}

// @ts-ignore: decorator
@inline
function values(kind: i32, size: i32, x: usize, a: f32, b: f32, y: usize): void {
  const a4 = f32x4.splat(a);
  const b4 = f32x4.splat(b);
  let i = 0;
  for (; i + 4 <= size; i += 4) v128.store(at(y, i), value(kind, v128.load(at(x, i)), a4, b4));
  for (; i < size; i++) {
    const last = value(kind, v128.load_splat<f32>(at(x, i)), a4, b4);
    store<f32>(at(y, i), f32x4.extract_lane(last, 0));
  }
}

// @ts-ignore: decorator
@inline
function slopes(kind: i32, size: i32, dy: usize, seen: usize, a: f32, b: f32, dx: usize): void {
  const a4 = f32x4.splat(a);
  const b4 = f32x4.splat(b);
  let i = 0;
  for (; i + 4 <= size; i += 4) {
    v128.store(at(dx, i), slope(kind, v128.load(at(dy, i)), v128.load(at(seen, i)), a4, b4));
  }
  for (; i < size; i++) {
    const dy4 = v128.load_splat<f32>(at(dy, i));
    const last = slope(kind, dy4, v128.load_splat<f32>(at(seen, i)), a4, b4);
    store<f32>(at(dx, i), f32x4.extract_lane(last, 0));
  }
}

/** y = f(x), element by element; y may be x. `a` and `b` are the slope of LEAKY_RELU, the ends of CLIP. */
export function activate(size: i32, kind: i32, x: usize, a: f32, b: f32, y: usize): void {
  if (kind == RELU) values(RELU, size, x, a, b, y);
  else if (kind == LEAKY_RELU) values(LEAKY_RELU, size, x, a, b, y);
  else if (kind == CLIP) values(CLIP, size, x, a, b, y);
  else if (kind == SIGMOID) values(SIGMOID, size, x, a, b, y);
  else values(TANH, size, x, a, b, y);
}

/** dx = dy · f′(x); dx may be dy. `seen` is y, of CLIP x. */
export function activateGradient(
  size: i32,
  kind: i32,
  dy: usize,
  seen: usize,
  a: f32,
  b: f32,
  dx: usize,
): void {
  if (kind == RELU) slopes(RELU, size, dy, seen, a, b, dx);
  else if (kind == LEAKY_RELU) slopes(LEAKY_RELU, size, dy, seen, a, b, dx);
  else if (kind == CLIP) slopes(CLIP, size, dy, seen, a, b, dx);
  else if (kind == SIGMOID) slopes(SIGMOID, size, dy, seen, a, b, dx);
  else slopes(TANH, size, dy, seen, a, b, dx);
}

/** y = a + b, element by element; y may be either. */
export function addAll(size: i32, a: usize, b: usize, y: usize): void {
  let i = 0;
  for (; i + 4 <= size; i += 4) {
    v128.store(at(y, i), f32x4.add(v128.load(at(a, i)), v128.load(at(b, i))));
  }
  for (; i < size; i++) store<f32>(at(y, i), load<f32>(at(a, i)) + load<f32>(at(b, i)));
}

/** y = a · b, element by element; y may be either. */
export function multiplyAll(size: i32, a: usize, b: usize, y: usize): void {
  let i = 0;
  for (; i + 4 <= size; i += 4) {
    v128.store(at(y, i), f32x4.mul(v128.load(at(a, i)), v128.load(at(b, i))));
  }
  for (; i < size; i++) store<f32>(at(y, i), load<f32>(at(a, i)) * load<f32>(at(b, i)));
}
