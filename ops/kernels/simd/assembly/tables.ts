// The best few of many codes by sums of table entries, one per half byte of a code, looked up sixteen codes at a
// time (F. André, A.-M. Kermarrec, N. Le Scouarnec, "Cache locality is not enough: high-performance nearest neighbor
// search with product quantization fast scan", VLDB 2015).

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

/** An entry of a heap: larger for a larger sum, and for the lower of two indices. */
// @ts-ignore: decorator
@inline
function entryOf(sum: u32, index: i32): u64 {
  return (<u64> sum << 32) | <u64> ~<u32> index;
}

/** Puts an entry in the place of the least of a heap, which is the first. */
function replaceLeast(heap: usize, k: i32, entry: u64): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= k) break;
    let least = load<u64>(heap + (<usize> child << 3));
    if (child + 1 < k) {
      const right = load<u64>(heap + (<usize> (child + 1) << 3));
      if (right < least) {
        least = right;
        child++;
      }
    }
    if (entry <= least) break;
    store<u64>(heap + (<usize> at << 3), least);
    at = child;
  }
  store<u64>(heap + (<usize> at << 3), entry);
}

/** The least sum that a heap keeps. */
// @ts-ignore: decorator
@inline
function leastOf(heap: usize): u32 {
  return load<u32>(heap, 4);
}

/** Keeps those of eight codes, every second one from `first` on, whose sums exceed the least. */
function keepLarger(
  sums: v128, limit: v128, first: i32, codes: i32, heap: usize, k: i32, spare: usize,
): void {
  let mask = i16x8.bitmask(i16x8.gt_u(sums, limit));
  if (mask == 0) return;
  v128.store(spare, sums);
  while (mask != 0) {
    const lane = ctz<i32>(mask);
    mask &= mask - 1;
    const index = first + 2 * lane;
    const sum = <u32> load<u16>(spare + (<usize> lane << 1));
    if (index < codes && sum > leastOf(heap)) replaceLeast(heap, k, entryOf(sum, index));
  }
}

/**
 * Finds the k codes with the largest sums for each of `many` queries; a sum of 0 is never found.
 *
 * @param tables Tables of each query, 2 · bytes of sixteen bytes, each below 128: that of the lower half of a code's
 * first byte, of the higher half, of the second byte's lower half, and so on. All sums are below 2^16.
 * @param codes Blocks of sixteen codes of `bytes` bytes, as many as there are codes, the last filled up.
 * @param heaps [many, k] numbers of 64 bits, 0 at first: the sum in the higher half, the index turned over in the
 * lower, in no order.
 * @param spare 16 bytes.
 */
export function scanTables(
  many: i32, tables: usize, blocks: usize, codes: i32, bytes: i32,
  heaps: usize, k: i32, spare: usize,
): void {
  const stride = <usize> bytes << 4;
  const low = i8x16.splat(15);
  const all = (codes + BLOCK - 1) / BLOCK;
  for (let part = 0; part < all; part += PART) {
    const end = min(all, part + PART);
    for (let q = 0; q < many; q++) {
      const heap = heaps + (<usize> (q * k) << 3);
      const begin = tables + <usize> q * 2 * stride;
      let limit = i16x8.splat(<i16> leastOf(heap));
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
        keepLarger(even, limit, first, codes, heap, k, spare);
        keepLarger(odd, limit, first + 1, codes, heap, k, spare);
        if (other) {
          keepLarger(even2, limit, first + BLOCK, codes, heap, k, spare);
          keepLarger(odd2, limit, first + BLOCK + 1, codes, heap, k, spare);
        }
        limit = i16x8.splat(<i16> leastOf(heap));
      }
    }
  }
}
