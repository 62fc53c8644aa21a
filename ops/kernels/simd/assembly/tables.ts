// The best few of many codes by sums of table entries, one per half byte of a code, looked up sixteen codes at a
// time (F. André, A.-M. Kermarrec, N. Le Scouarnec, "Cache locality is not enough: high-performance nearest neighbor
// search with product quantization fast scan", VLDB 2015).

import { keep } from "./search";

/** Codes of a block: of each byte of a code sixteen stand side by side. */
const BLOCK: i32 = 16;

/** Blocks that all queries are compared with before the next: they fit the second cache. */
const PART: i32 = 128;

/** Entries of a table, by index: each index is below 16. */
// @ts-ignore: decorator
@inline
function entries(table: v128, index: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? i8x16.relaxed_swizzle(table, index) : i8x16.swizzle(table, index);
}

/** Keeps those of eight codes, the first of them `first`, each `step` after the other, that exceed the least sum. */
// @ts-ignore: decorator
@inline
function keepLarger(
  sums: v128, limit: v128, first: i32, codes: i32, distances: usize, indices: usize, k: i32, spare: usize,
): bool {
  let mask = i16x8.bitmask(i16x8.gt_u(sums, limit));
  if (mask == 0) return false;
  v128.store(spare, sums);
  const last = distances + (<usize> (k - 1) << 2);
  let any = false;
  while (mask != 0) {
    const lane = ctz<i32>(mask);
    mask &= mask - 1;
    const index = first + 2 * lane;
    const distance = -<i32> load<u16>(spare + (<usize> lane << 1));
    if (index >= codes || distance >= load<i32>(last)) continue;
    keep(distances, indices, k, distance, index);
    any = true;
  }
  return any;
}

/** The least sum that is kept, as sixteen bits; 0 as long as fewer than k are. */
// @ts-ignore: decorator
@inline
function limitOf(distances: usize, k: i32): v128 {
  const worst = load<i32>(distances + (<usize> (k - 1) << 2));
  return i16x8.splat(<i16> (worst > 0 ? 0 : -worst));
}

/**
 * Finds the k codes with the largest sums for each of `many` queries; a sum of 0 is never found.
 *
 * @param tables Of each query 2 · bytes tables of sixteen bytes, each below 128: that of the lower half of a code's
 * first byte, of the higher half, of the second byte's lower half, and so on. All sums are below 2^16.
 * @param codes Blocks of sixteen codes of `bytes` bytes, as many as there are codes, the last filled up.
 * @param distances [many, k], above 0 at first: minus the sums, rising.
 * @param spare 16 bytes.
 */
export function scanTables(
  many: i32, tables: usize, blocks: usize, codes: i32, bytes: i32,
  distances: usize, indices: usize, k: i32, spare: usize,
): void {
  const stride = <usize> bytes << 4;
  const low = i8x16.splat(15);
  const all = (codes + BLOCK - 1) / BLOCK;
  for (let part = 0; part < all; part += PART) {
    const end = min(all, part + PART);
    for (let q = 0; q < many; q++) {
      const own = distances + (<usize> (q * k) << 2);
      const places = indices + (<usize> (q * k) << 2);
      const begin = tables + <usize> q * 2 * stride;
      let limit = limitOf(own, k);
      for (let block = part; block < end; block += 2) {
        let at = blocks + <usize> block * stride;
        const other = block + 1 < end ? stride : 0;
        let sum = i16x8.splat(0), odd = i16x8.splat(0);
        let sum2 = i16x8.splat(0), odd2 = i16x8.splat(0);
        for (let table = begin, last = begin + 2 * stride; table < last; table += 32, at += 16) {
          const lower = v128.load(table);
          const higher = v128.load(table, 16);
          const code = v128.load(at);
          const code2 = v128.load(at + other);
          const found = i8x16.add(
            entries(lower, v128.and(code, low)), entries(higher, i8x16.shr_u(code, 4)),
          );
          const found2 = i8x16.add(
            entries(lower, v128.and(code2, low)), entries(higher, i8x16.shr_u(code2, 4)),
          );
          // Bytes two by two: the sum of the pair's numbers, and that of its second bytes alone.
          sum = i16x8.add(sum, found);
          odd = i16x8.add(odd, i16x8.shr_u(found, 8));
          sum2 = i16x8.add(sum2, found2);
          odd2 = i16x8.add(odd2, i16x8.shr_u(found2, 8));
        }
        const even = i16x8.sub(sum, i16x8.shl(odd, 8));
        const even2 = i16x8.sub(sum2, i16x8.shl(odd2, 8));
        const above = v128.or(
          v128.or(i16x8.gt_u(even, limit), i16x8.gt_u(odd, limit)),
          v128.or(i16x8.gt_u(even2, limit), i16x8.gt_u(odd2, limit)),
        );
        if (!v128.any_true(above)) continue;
        const first = block * BLOCK;
        let any = keepLarger(even, limit, first, codes, own, places, k, spare);
        any = keepLarger(odd, limit, first + 1, codes, own, places, k, spare) || any;
        if (other) {
          any = keepLarger(even2, limit, first + BLOCK, codes, own, places, k, spare) || any;
          any = keepLarger(odd2, limit, first + BLOCK + 1, codes, own, places, k, spare) || any;
        }
        if (any) limit = limitOf(own, k);
      }
    }
  }
}
