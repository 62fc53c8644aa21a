// The nearest vectors of a query by inverted lists, two steps deep: the query goes to the nearest of a few
// coarse units, from each to its range of units, from the nearest of these to their lists of vectors. Coarse
// units, units and vectors are rows of 4-bit numbers, and one loop scores them all:
//
//   score(row) = scale · Σ query · (number − 7.5) + bias · factor
//
// A row is `stride` bytes, a multiple of 16, of which sixteen hold 32 numbers: the first sixteen in the low
// halves of the bytes, the others in the high ones. Its last 8 bytes are scale and bias as floats, where the
// query is 0. A query is 2 · `stride` signed bytes, its factor, and 7.5 times the sum of its bytes.

import { at } from "./vector";

/** Bytes of a row's scale and bias. */
const TAIL: usize = 8;

/** Bytes of a query past its numbers: its factor, and the number that is subtracted from its sums. */
const QUERY_TAIL: usize = 16;

/** Memory layout and sizes of a search. `list_search.ts` writes the fields. */
@unmanaged
class Plan {
  /** Bytes of a row. */
  stride: usize;
  /** Coarse units. */
  coarse: usize;
  coarseRows: usize;
  /** First unit and number of units of each coarse unit, two words each. */
  coarseRanges: usize;
  unitRows: usize;
  /** Start and length of each unit's list, two words each. */
  ranges: usize;
  /** The lists: indices of vectors. */
  entries: usize;
  rows: usize;
  /** A bit per vector, for those that a query meets: all 0. */
  bits: usize;
  /** Vectors. */
  count: usize;
  /** A bit per vector, 1 where it may be found; 0 for all. */
  allowed: usize;
  /** Coarse units whose units are scored, about. */
  coarseProbes: usize;
  /** Units whose lists are read, about. */
  probes: usize;
  /** Results per query. */
  kept: usize;
  /** Memory for the index of each row that a query meets. */
  met: usize;
  /** Memory for the score of each row that a query meets. */
  scores: usize;
  /** Memory for the index and score of each row chosen among them. */
  chosen: usize;
  /** Memory for one byte per row. */
  bytes: usize;
}

/** query · numbers of sixteen, in eight sums of two, each at most 2 · 127 · 15 = 3,810. */
// @ts-ignore: decorator
@inline
function dot(query: v128, numbers: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i16x8.relaxed_dot_i8x16_i7x16_s(query, numbers);
  const low = i16x8.extmul_low_i8x16_s(query, numbers), high = i16x8.extmul_high_i8x16_s(query, numbers);
  return i16x8.add(
    v128.shuffle<i16>(low, high, 0, 2, 4, 6, 8, 10, 12, 14),
    v128.shuffle<i16>(low, high, 1, 3, 5, 7, 9, 11, 13, 15),
  );
}

/** The score of a row from its four sums. */
// @ts-ignore: decorator
@inline
function scored(four: v128, row: usize, stride: usize, factor: f32, taken: f32): f32 {
  const two = i32x4.add(four, v128.shuffle<i32>(four, four, 2, 3, 0, 1));
  const sum = <f32> (i32x4.extract_lane(two, 0) + i32x4.extract_lane(two, 1)) - taken;
  const tail = row + stride - TAIL;
  return sum * load<f32>(tail) + load<f32>(tail, 4) * factor;
}

/** Scores two rows. */
// @ts-ignore: decorator
@inline
function scoreTwo(query: usize, a: usize, b: usize, stride: usize, scores: usize): void {
  let first = i32x4.splat(0), second = i32x4.splat(0);
  const half = i8x16.splat(15);
  for (let i: usize = 0; i < stride; i += 64) {
    // Eight sums of at most 3,810 are below 2^15.
    let one = i16x8.splat(0), two = i16x8.splat(0);
    const end = min(i + 64, stride);
    for (let j = i; j < end; j += 16) {
      const low = v128.load(query + (j << 1)), high = v128.load(query + (j << 1), 16);
      const ones = v128.load(a + j), twos = v128.load(b + j);
      one = i16x8.add(one, dot(low, v128.and(ones, half)));
      two = i16x8.add(two, dot(low, v128.and(twos, half)));
      one = i16x8.add(one, dot(high, v128.and(i16x8.shr_u(ones, 4), half)));
      two = i16x8.add(two, dot(high, v128.and(i16x8.shr_u(twos, 4), half)));
    }
    first = i32x4.add(first, i32x4.extadd_pairwise_i16x8_s(one));
    second = i32x4.add(second, i32x4.extadd_pairwise_i16x8_s(two));
  }
  const tail = query + (stride << 1);
  const factor = load<f32>(tail), taken = load<f32>(tail, 4);
  store<f32>(scores, scored(first, a, stride, factor, taken));
  store<f32>(scores, scored(second, b, stride, factor, taken), 4);
}

/** Scores `count` rows that stand one after the other; writes one score more where they are odd. */
function scoreRange(query: usize, rows: usize, stride: usize, count: usize, scores: usize): void {
  for (let i: usize = 0; i < count; i += 2) {
    const next = rows + (i + 1 < count ? stride : 0);
    scoreTwo(query, rows, next, stride, scores);
    rows += stride << 1, scores += 8;
  }
}

/** Rows that are fetched together before they are scored. */
const FETCHED: usize = 64;

/**
 * Scores the rows of some indices; reads one index more where they are odd. WebAssembly cannot prefetch, and rows from
 * all over the memory would be waited for one after the other. Hence a byte of each cache line is read first: those
 * loads wait together.
 */
function scoreSome(query: usize, rows: usize, stride: usize, ids: usize, count: usize, scores: usize): void {
  store<u32>(at(ids, <i32> count), 0);
  let touched: u32 = 0;
  for (let from: usize = 0; from < count; from += FETCHED) {
    const end = min(from + FETCHED, count);
    for (let i = from; i < end; i++) {
      const row = rows + <usize> load<u32>(at(ids, <i32> i)) * stride;
      for (let line: usize = 0; line < stride; line += 64) touched += <u32> load<u8>(row + line);
    }
    for (let i = from; i < end; i += 2) {
      const pair = at(ids, <i32> i);
      const a = rows + <usize> load<u32>(pair) * stride, b = rows + <usize> load<u32>(pair, 4) * stride;
      scoreTwo(query, a, b, stride, at(scores, <i32> i));
    }
  }
  // Kept, so that the loads are not left out.
  store<u32>(at(ids, <i32> count), touched);
}

/** Counts those of `count` bytes that are at least `least`. */
function atLeast(bytes: usize, count: usize, least: u8): usize {
  const limit = i8x16.splat(least);
  let sum: usize = 0;
  for (let i: usize = 0; i < count; i += 16) {
    sum += <usize> popcnt(i8x16.bitmask(i8x16.ge_u(v128.load(bytes + i), limit)));
  }
  return sum;
}

/**
 * Chooses about the `wanted` best of some scores: with the last of them all that are in the same of 255 bins.
 *
 * @param bytes Memory for a byte of each score.
 * @param chosen Places of the chosen rows.
 * @returns Number of chosen rows, at least `wanted` where there are as many.
 */
function choose(scores: usize, count: usize, wanted: usize, bytes: usize, chosen: usize): usize {
  if (count == 0) return 0;
  const end = count & ~3;
  let low = f32x4.splat(load<f32>(scores)), high = low;
  for (let i: usize = 0; i < end; i += 4) {
    const four = v128.load(scores + (i << 2));
    low = f32x4.pmin(low, four), high = f32x4.pmax(high, four);
  }
  for (let i = end; i < count; i++) {
    const four = f32x4.splat(load<f32>(at(scores, <i32> i)));
    low = f32x4.pmin(low, four), high = f32x4.pmax(high, four);
  }
  low = f32x4.pmin(low, v128.shuffle<f32>(low, low, 2, 3, 0, 1));
  high = f32x4.pmax(high, v128.shuffle<f32>(high, high, 2, 3, 0, 1));
  const least = min(f32x4.extract_lane(low, 0), f32x4.extract_lane(low, 1));
  const most = max(f32x4.extract_lane(high, 0), f32x4.extract_lane(high, 1));
  // Bytes from 1 on, so that the zeros that fill the last sixteen are below all.
  const scale = f32x4.splat(most > least ? 254 / (most - least) : 0), base = f32x4.splat(least);
  const one = i32x4.splat(1);
  const full = (count + 15) & ~15;
  for (let i = count; i < full; i++) store<f32>(at(scores, <i32> i), least);
  for (let i: usize = 0; i < full; i += 16) {
    const from = scores + (i << 2);
    const a = i32x4.add(one, i32x4.trunc_sat_f32x4_s(f32x4.mul(f32x4.sub(v128.load(from), base), scale)));
    const b = i32x4.add(one, i32x4.trunc_sat_f32x4_s(f32x4.mul(f32x4.sub(v128.load(from, 16), base), scale)));
    const c = i32x4.add(one, i32x4.trunc_sat_f32x4_s(f32x4.mul(f32x4.sub(v128.load(from, 32), base), scale)));
    const d = i32x4.add(one, i32x4.trunc_sat_f32x4_s(f32x4.mul(f32x4.sub(v128.load(from, 48), base), scale)));
    const ab = i16x8.narrow_i32x4_s(a, b), cd = i16x8.narrow_i32x4_s(c, d);
    v128.store(bytes + i, i8x16.narrow_i16x8_u(ab, cd));
  }
  for (let i = count; i < full; i++) store<u8>(bytes + i, 0);
  // The largest byte that enough of them reach.
  let from: u32 = 1;
  if (wanted < count) {
    for (let bit: u32 = 128; bit > 0; bit >>= 1) {
      const next = (from == 1 ? 0 : from) + bit;
      if (next > 1 && atLeast(bytes, full, <u8> next) >= wanted) from = next;
    }
  }
  const limit = i8x16.splat(<u8> from);
  let kept: usize = 0;
  for (let i: usize = 0; i < full; i += 16) {
    let mask = i8x16.bitmask(i8x16.ge_u(v128.load(bytes + i), limit));
    while (mask != 0) {
      store<u32>(at(chosen, <i32> kept), <u32> i + <u32> ctz(mask));
      mask &= mask - 1;
      kept++;
    }
  }
  return kept;
}

/** Keeps the k best of some, sorted; of equal scores the lower index is first. */
function best(ids: usize, scores: usize, count: usize, k: usize, indices: usize, values: usize): void {
  let kept: usize = 0;
  let last: f32 = -Infinity, lastId: u32 = u32.MAX_VALUE;
  for (let i: usize = 0; i < count; i++) {
    const value = load<f32>(at(scores, <i32> i));
    if (kept == k && value < last) continue;
    const id = load<u32>(at(ids, <i32> i));
    if (kept == k && value == last && id > lastId) continue;
    let place = kept < k ? kept++ : k - 1;
    while (place > 0) {
      const before = load<f32>(at(values, <i32> place - 1));
      if (before > value || (before == value && load<u32>(at(indices, <i32> place - 1)) < id)) break;
      store<f32>(at(values, <i32> place), before);
      store<u32>(at(indices, <i32> place), load<u32>(at(indices, <i32> place - 1)));
      place--;
    }
    store<f32>(at(values, <i32> place), value);
    store<u32>(at(indices, <i32> place), id);
    last = load<f32>(at(values, <i32> k - 1)), lastId = load<u32>(at(indices, <i32> k - 1));
  }
}

/** Keeps the best of the scored rows: first a few more in any order, then those sorted. */
function finish(plan: Plan, count: usize, k: usize, indices: usize, values: usize): void {
  const few = choose(plan.scores, count, k, plan.bytes, plan.chosen);
  for (let i: usize = 0; i < few; i++) {
    const place = load<u32>(at(plan.chosen, <i32> i));
    store<u32>(at(plan.met, <i32> i), load<u32>(at(plan.met, <i32> place)));
    store<f32>(at(plan.scores, <i32> i), load<f32>(at(plan.scores, <i32> place)));
  }
  best(plan.met, plan.scores, few, k, indices, values);
}

/** Scores the units near a query: all those of the nearest coarse units. Returns how many. */
function nearUnits(plan: Plan, query: usize): usize {
  const stride = plan.stride, scores = plan.scores;
  scoreRange(query, plan.coarseRows, stride, plan.coarse, scores);
  const chosen = choose(scores, plan.coarse, plan.coarseProbes, plan.bytes, plan.chosen);
  let n: usize = 0;
  for (let i: usize = 0; i < chosen; i++) {
    const range = plan.coarseRanges + (<usize> load<u32>(at(plan.chosen, <i32> i)) << 3);
    const first = <usize> load<u32>(range), length = <usize> load<u32>(range, 4);
    scoreRange(query, plan.unitRows + first * stride, stride, length, at(scores, <i32> n));
    for (let unit = first; unit < first + length; unit++) {
      store<u32>(at(plan.met, <i32> n), <u32> unit);
      n++;
    }
  }
  return n;
}

/**
 * Finds the units of `many` queries that score best, among those near them.
 *
 * @param units [many, k] indices, best first; −1 where fewer were near.
 * @param values [many, k] scores.
 */
export function winningUnits(planned: usize, queries: usize, many: usize, k: usize, units: usize, values: usize): void {
  const plan = changetype<Plan>(planned);
  for (let q: usize = 0; q < many; q++) {
    memory.fill(units, 0xff, k << 2);
    const n = nearUnits(plan, queries);
    best(plan.met, plan.scores, n, k, units, values);
    queries += (plan.stride << 1) + QUERY_TAIL, units += k << 2, values += k << 2;
  }
}

/** Whether the bit of an index is set. */
// @ts-ignore: decorator
@inline
function isSet(bits: usize, id: u32): bool {
  return <bool> (load<u8>(bits + <usize> (id >> 3)) >> <u8> (id & 7) & 1);
}

/**
 * Finds the vectors nearest to `many` queries through the lists of their units.
 *
 * @param indices [many, plan.kept], best first; −1 where fewer were found.
 * @param values [many, plan.kept] scores.
 * @returns Vectors that were scored.
 */
export function searchLists(planned: usize, queries: usize, many: usize, indices: usize, values: usize): f64 {
  const plan = changetype<Plan>(planned);
  const stride = plan.stride, kept = plan.kept, met = plan.met, bits = plan.bits, allowed = plan.allowed;
  const words = (plan.count + 63) >> 6;
  let read: f64 = 0;
  for (let q: usize = 0; q < many; q++) {
    memory.fill(indices, 0xff, kept << 2);
    const near = nearUnits(plan, queries);
    const units = choose(plan.scores, near, plan.probes, plan.bytes, plan.chosen);
    for (let i: usize = 0; i < units; i++) {
      const place = plan.chosen + (i << 2);
      store<u32>(place, load<u32>(at(met, <i32> load<u32>(place))));
    }
    for (let i: usize = 0; i < units; i++) {
      const range = plan.ranges + (<usize> load<u32>(at(plan.chosen, <i32> i)) << 3);
      let entry = at(plan.entries, <i32> load<u32>(range));
      const end = entry + (<usize> load<u32>(range, 4) << 2);
      for (; entry < end; entry += 4) {
        const id = load<u32>(entry), place = bits + <usize> (id >> 3);
        store<u8>(place, <u8> (<u32> load<u8>(place) | 1 << (id & 7)));
      }
    }
    let n: usize = 0;
    for (let word: usize = 0; word < words; word++) {
      let mask = load<u64>(bits + (word << 3));
      if (mask == 0) continue;
      store<u64>(bits + (word << 3), 0);
      if (allowed) mask &= load<u64>(allowed + (word << 3));
      while (mask != 0) {
        store<u32>(at(met, <i32> n), <u32> (word << 6) + <u32> ctz(mask));
        mask &= mask - 1;
        n++;
      }
    }
    read += <f64> n;
    scoreSome(queries, plan.rows, stride, met, n, plan.scores);
    finish(plan, n, kept, indices, values);
    queries += (stride << 1) + QUERY_TAIL, indices += kept << 2, values += kept << 2;
  }
  return read;
}

/** Finds the best of the first `count` rows for each of `many` queries, all that are allowed being scored. */
export function scanRows(planned: usize, queries: usize, many: usize, rows: usize, count: usize, indices: usize, values: usize): void {
  const plan = changetype<Plan>(planned);
  const stride = plan.stride, kept = plan.kept, met = plan.met, allowed = plan.allowed;
  for (let q: usize = 0; q < many; q++) {
    memory.fill(indices, 0xff, kept << 2);
    let n: usize = 0;
    for (let i: usize = 0; i < count; i++) {
      store<u32>(at(met, <i32> n), <u32> i);
      n += allowed ? <usize> isSet(allowed, <u32> i) : 1;
    }
    if (allowed) scoreSome(queries, rows, stride, met, n, plan.scores);
    else scoreRange(queries, rows, stride, count, plan.scores);
    finish(plan, n, kept, indices, values);
    queries += (stride << 1) + QUERY_TAIL, indices += kept << 2, values += kept << 2;
  }
}
