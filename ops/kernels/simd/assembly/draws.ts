// Random numbers, the very ones that `graph/rng.ts` draws: of xoroshiro128+ (Blackman & Vigna), with pure-rand's integers
// without bias.
import { at } from "./vector";

/** The generator's state, as pure-rand keeps it. */
let s01: i32 = 0;
let s00: i32 = 0;
let s11: i32 = 0;
let s10: i32 = 0;

function readState(state: usize): void {
  s01 = load<i32>(state);
  s00 = load<i32>(state, 4);
  s11 = load<i32>(state, 8);
  s10 = load<i32>(state, 12);
}

function writeState(state: usize): void {
  store<i32>(state, s01);
  store<i32>(state, s00, 4);
  store<i32>(state, s11, 8);
  store<i32>(state, s10, 12);
}

/** The next 32 bits: the lower half of the sum of the two halves of the state. */
// @ts-ignore: decorator
@inline
function next(): i32 {
  const low = s00, high = s01;
  const drawn = low + s10;
  const a0 = s10 ^ low;
  const a1 = s11 ^ high;
  s00 = low << 24 ^ (high >>> 8) ^ a0 ^ a0 << 16;
  s01 = high << 24 ^ (low >>> 8) ^ a1 ^ (a1 << 16 | (a0 >>> 16));
  s10 = a1 << 5 ^ (a0 >>> 27);
  s11 = a0 << 5 ^ (a1 >>> 27);
  return drawn;
}

/** A uniform integer below a number: of 2^32 values those beyond its last whole multiple are drawn again. */
// @ts-ignore: decorator
@inline
function below(many: u32, allowed: u64): i32 {
  let drawn: u32;
  do drawn = <u32> next() ^ 0x80000000; while (<u64> drawn >= allowed);
  return <i32> (drawn % many);
}

/**
 * Draws triplets of rows, and keeps the valid ones: anchor and positive are two rows of one class, the negative is of
 * another.
 *
 * @param labels One integer per row.
 * @param state The generator's, four integers, which are replaced.
 * @param to 3 · draws integers.
 * @returns How many it keeps.
 */
export function drawTriplets(labels: usize, rows: i32, draws: i32, state: usize, to: usize): i32 {
  if (rows == 0) return 0;
  const many = <u32> rows;
  const whole: u64 = 1 << 32;
  const allowed: u64 = many > 2 ? whole / many * many : whole;
  readState(state);
  let kept = 0;
  for (let i = 0; i < draws; i++) {
    const a = below(many, allowed);
    const p = below(many, allowed);
    const q = below(many, allowed);
    const label = load<i32>(at(labels, a));
    if (a == p || label != load<i32>(at(labels, p)) || label == load<i32>(at(labels, q))) continue;
    store<i32>(to, a);
    store<i32>(to, p, 4);
    store<i32>(to, q, 8);
    to += 12;
    kept++;
  }
  writeState(state);
  return kept;
}

/**
 * Fills an array with independent values, each 0 with a probability and else another.
 *
 * @param limit The probability times 2^32.
 * @param state The generator's, four integers, which are replaced.
 */
export function drawMask(size: i32, limit: f64, kept: f32, state: usize, to: usize): void {
  const zeros = <u64> limit;
  readState(state);
  for (let i = 0; i < size; i++) store<f32>(at(to, i), <u64> <u32> next() < zeros ? 0 : kept);
  writeState(state);
}
