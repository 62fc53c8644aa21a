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

/**
 * Number that rounds: added to a float below 2^22, its last bit is worth 1, so that subtracting it again leaves the
 * nearest integer.
 */
const ROUNDER: f32 = 12582912.0;

/** e^x of each, to about two units in the last place; e^±87 beyond ±87, and of a NaN a NaN. */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  // In this order a NaN is kept, which `min` and `max` do as well, but take longer for it.
  const clamped = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-87)), f32x4.splat(87));
  // e^x = 2^n · e^r with r = x − n ln 2 in [−ln 2 / 2, ln 2 / 2]; ln 2 in two parts keeps r exact.
  const shifted = madd(clamped, f32x4.splat(1.44269504), f32x4.splat(ROUNDER));
  const n = f32x4.sub(shifted, f32x4.splat(ROUNDER));
  let r = madd(n, f32x4.splat(-0.693359375), clamped);
  r = madd(n, f32x4.splat(2.12194440e-4), r);
  // Taylor's series to the seventh power: the next term is below 2^−27 of the sum.
  let p = f32x4.splat(1.0 / 5040.0);
  p = madd(p, r, f32x4.splat(1.0 / 720.0));
  p = madd(p, r, f32x4.splat(1.0 / 120.0));
  p = madd(p, r, f32x4.splat(1.0 / 24.0));
  p = madd(p, r, f32x4.splat(1.0 / 6.0));
  p = madd(p, r, f32x4.splat(0.5));
  p = madd(p, r, f32x4.splat(1.0));
  p = madd(p, r, f32x4.splat(1.0));
  // The integer stands in the low bits of what was rounded: into the exponent with it.
  const power = i32x4.add(i32x4.shl(shifted, 23), i32x4.splat(127 << 23));
  return f32x4.mul(p, power);
}
