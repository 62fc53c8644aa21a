// What the kernels share: four floats at a time.

/** Bytes of a float. */
export const FLOAT: usize = 4;

/** The address of element i of an array of floats. */
// @ts-ignore: decorator

export function at(array: usize, i: i32): usize {
  return array + (<usize> i << 2);
}

/** a·b + c: with one rounding where the module is built for relaxed SIMD, else with two. */
// @ts-ignore: decorator

export function madd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** The sum of the four. */
// @ts-ignore: decorator

export function sumOf(v: v128): f32 {
  const halves = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(halves, 0) + f32x4.extract_lane(halves, 1);
}

// ---- The exponential function

// Its constants, by their places in memory: V8 builds a constant of four floats anew at each use, and keeps one that is
// loaded.
export const LEAST = 0;
export const GREATEST = 1;
export const LOG2E = 2;
export const ROUNDER = 3;
export const LN2_HIGH = 4;
export const LN2_LOW = 5;
export const P7 = 6;
export const P6 = 7;
export const P5 = 8;
export const P4 = 9;
export const P3 = 10;
export const P2 = 11;
export const ONE = 12;
export const BIAS = 13;

/** Writes the constants of `exponential`, 56 bytes. */
export function storeConstants(to: usize): void {
  store<f32>(at(to, LEAST), -87);
  store<f32>(at(to, GREATEST), 87);
  store<f32>(at(to, LOG2E), 1.44269504);
  // Added to a float below 2^22, its last bit is worth 1: what is taken away again is the nearest integer.
  store<f32>(at(to, ROUNDER), 12582912.0);
  // ln 2 in two parts keeps the rest exact.
  store<f32>(at(to, LN2_HIGH), -0.693359375);
  store<f32>(at(to, LN2_LOW), 2.12194440e-4);
  // Taylor's series to the seventh power: the next term is below 2^−27 of the sum.
  store<f32>(at(to, P7), 1.0 / 5040.0);
  store<f32>(at(to, P6), 1.0 / 720.0);
  store<f32>(at(to, P5), 1.0 / 120.0);
  store<f32>(at(to, P4), 1.0 / 24.0);
  store<f32>(at(to, P3), 1.0 / 6.0);
  store<f32>(at(to, P2), 0.5);
  store<f32>(at(to, ONE), 1);
  store<i32>(at(to, BIAS), 127 << 23);
}

/** One of the constants, four times. */
// @ts-ignore: decorator
@inline
export function constant(constants: usize, place: i32): v128 {
  return v128.load_splat<f32>(at(constants, place));
}

/** e^x of each, to about two units in the last place; e^±87 beyond ±87, and of a NaN a NaN. */
// @ts-ignore: decorator
@inline
export function exponential(
  x: v128,
  least: v128,
  greatest: v128,
  log2e: v128,
  rounder: v128,
  ln2High: v128,
  ln2Low: v128,
  p7: v128,
  p6: v128,
  p5: v128,
  p4: v128,
  p3: v128,
  p2: v128,
  one: v128,
  bias: v128,
): v128 {
  // In this order a NaN is kept, which `min` and `max` do as well, but take longer for it.
  const clamped = f32x4.pmin(f32x4.pmax(x, least), greatest);
  // e^x = 2^n · e^r with r = x − n ln 2 in [−ln 2 / 2, ln 2 / 2].
  const shifted = madd(clamped, log2e, rounder);
  const n = f32x4.sub(shifted, rounder);
  const r = madd(n, ln2Low, madd(n, ln2High, clamped));
  let p = madd(p7, r, p6);
  p = madd(p, r, p5);
  p = madd(p, r, p4);
  p = madd(p, r, p3);
  p = madd(p, r, p2);
  p = madd(p, r, one);
  p = madd(p, r, one);
  // The integer stands in the low bits of what was rounded: into the exponent with it.
  return f32x4.mul(p, i32x4.add(i32x4.shl(shifted, 23), bias));
}

/** The same by constants in the code, where it is not worth more. */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  return exponential(
    x,
    f32x4.splat(-87),
    f32x4.splat(87),
    f32x4.splat(1.44269504),
    f32x4.splat(12582912.0),
    f32x4.splat(-0.693359375),
    f32x4.splat(2.12194440e-4),
    f32x4.splat(1.0 / 5040.0),
    f32x4.splat(1.0 / 720.0),
    f32x4.splat(1.0 / 120.0),
    f32x4.splat(1.0 / 24.0),
    f32x4.splat(1.0 / 6.0),
    f32x4.splat(0.5),
    f32x4.splat(1),
    i32x4.splat(127 << 23),
  );
}
