// The nearest few of many packed codes. Distances are integers; of equal ones the lower index is first,
// because codes come in the order of their index and only what is nearer replaces.

/** Puts a code among the k nearest so far, which are sorted; returns the distance to beat from now on. */
function keep(distances: usize, indices: usize, k: i32, distance: i32, index: i32): i32 {
  let place = k - 1;
  while (place > 0 && load<i32>(distances + (<usize> (place - 1) << 2)) > distance) {
    const to = <usize> place << 2;
    store<i32>(distances + to, load<i32>(distances + to - 4));
    store<i32>(indices + to, load<i32>(indices + to - 4));
    place--;
  }
  store<i32>(distances + (<usize> place << 2), distance);
  store<i32>(indices + (<usize> place << 2), index);
  return load<i32>(distances + (<usize> (k - 1) << 2));
}

/** Units in which a query and a code of `chunks` × 64 units differ, or, negative, that both have. */
// @ts-ignore: decorator
@inline
function compare(query: usize, code: usize, chunks: i32, shared: bool): i32 {
  let sum: i64 = 0;
  const end = query + (<usize> chunks << 3);
  while (query < end) {
    const a = load<i64>(query), b = load<i64>(code);
    sum += shared ? popcnt<i64>(a & b) : popcnt<i64>(a ^ b);
    query += 8;
    code += 8;
  }
  return shared ? -(<i32> sum) : <i32> sum;
}

/** The same of 512 units. */
// @ts-ignore: decorator
@inline
function compare512(
  a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64, h: i64,
  code: usize,
  shared: bool,
): i32 {
  if (shared) {
    return -(<i32> (popcnt<i64>(a & load<i64>(code)) + popcnt<i64>(b & load<i64>(code, 8)) +
      popcnt<i64>(c & load<i64>(code, 16)) + popcnt<i64>(d & load<i64>(code, 24)) +
      popcnt<i64>(e & load<i64>(code, 32)) + popcnt<i64>(f & load<i64>(code, 40)) +
      popcnt<i64>(g & load<i64>(code, 48)) + popcnt<i64>(h & load<i64>(code, 56))));
  }
  return <i32> (popcnt<i64>(a ^ load<i64>(code)) + popcnt<i64>(b ^ load<i64>(code, 8)) +
    popcnt<i64>(c ^ load<i64>(code, 16)) + popcnt<i64>(d ^ load<i64>(code, 24)) +
    popcnt<i64>(e ^ load<i64>(code, 32)) + popcnt<i64>(f ^ load<i64>(code, 40)) +
    popcnt<i64>(g ^ load<i64>(code, 48)) + popcnt<i64>(h ^ load<i64>(code, 56)));
}

// @ts-ignore: decorator
@inline
function scanBlock(
  query: usize, code: usize, from: i32, to: i32, chunks: i32,
  distances: usize, indices: usize, k: i32, shared: bool,
): void {
  let worst = load<i32>(distances + (<usize> (k - 1) << 2));
  if (chunks == 8) {
    const a = load<i64>(query), b = load<i64>(query, 8), c = load<i64>(query, 16);
    const d = load<i64>(query, 24), e = load<i64>(query, 32), f = load<i64>(query, 40);
    const g = load<i64>(query, 48), h = load<i64>(query, 56);
    for (let i = from; i < to; i++) {
      const distance = compare512(a, b, c, d, e, f, g, h, code, shared);
      if (distance < worst) worst = keep(distances, indices, k, distance, i);
      code += 64;
    }
    return;
  }
  for (let i = from; i < to; i++) {
    const distance = compare(query, code, chunks, shared);
    if (distance < worst) worst = keep(distances, indices, k, distance, i);
    code += <usize> chunks << 3;
  }
}

/**
 * Compares each of `many` queries with codes `from` to `to` − 1, rows of `chunks` 64-bit words, and keeps
 * the k nearest in distances and indices [many, k], which hold those of the codes before.
 */
export function scanCodes(
  queries: usize, many: i32, codes: usize, from: i32, to: i32, chunks: i32,
  distances: usize, indices: usize, k: i32, shared: i32,
): void {
  const row = <usize> chunks << 3;
  const first = codes + <usize> from * row;
  for (let q = 0; q < many; q++) {
    const at = <usize> (q * k) << 2;
    const query = queries + <usize> q * row;
    if (shared) {
      scanBlock(query, first, from, to, chunks, distances + at, indices + at, k, true);
    } else {
      scanBlock(query, first, from, to, chunks, distances + at, indices + at, k, false);
    }
  }
}

/**
 * The same by lists: `starts` [width + 1] says where in `members` (16 bits each) the list of each unit
 * begins, which holds the codes of this block that have it, counted from the block's first. A query is the
 * list of its units, `units` from `unitStarts[q]` on. Each unit adds `step` to its codes' scores, which
 * begin as `base` says; `score` is for `count` numbers of 16 bits, rounded up to a multiple of 8. The
 * largest scores are the nearest; what is kept is the score's negative.
 */
export function countLists(
  units: usize, unitStarts: usize, many: i32,
  members: usize, starts: usize, base: usize, score: usize, first: i32, count: i32, step: i32,
  distances: usize, indices: usize, k: i32,
): void {
  const bytes = <usize> ((count + 7) & ~7) << 1;
  for (let q = 0; q < many; q++) {
    memory.copy(score, base, bytes);
    const end = load<i32>(unitStarts + (<usize> (q + 1) << 2));
    for (let u = load<i32>(unitStarts + (<usize> q << 2)); u < end; u++) {
      const list = starts + (<usize> load<i32>(units + (<usize> u << 2)) << 2);
      let m = members + (<usize> load<u32>(list) << 1);
      const stop = members + (<usize> load<u32>(list, 4) << 1);
      for (; m + 8 <= stop; m += 8) {
        const s0 = score + (<usize> load<u16>(m) << 1), s1 = score + (<usize> load<u16>(m, 2) << 1);
        const s2 = score + (<usize> load<u16>(m, 4) << 1), s3 = score + (<usize> load<u16>(m, 6) << 1);
        store<u16>(s0, load<u16>(s0) + step);
        store<u16>(s1, load<u16>(s1) + step);
        store<u16>(s2, load<u16>(s2) + step);
        store<u16>(s3, load<u16>(s3) + step);
      }
      for (; m < stop; m += 2) {
        const s = score + (<usize> load<u16>(m) << 1);
        store<u16>(s, load<u16>(s) + step);
      }
    }
    const at = <usize> (q * k) << 2;
    let worst = load<i32>(distances + at + (<usize> (k - 1) << 2));
    // Before there are k, anything is kept: scores are below 2^15.
    let best = i16x8.splat(<i16> max(-worst, -1));
    for (let i = 0; i < count; i += 8) {
      const eight = v128.load(score + (<usize> i << 1));
      let mask = i16x8.bitmask(i16x8.gt_s(eight, best));
      if (mask == 0) continue;
      while (mask != 0) {
        const lane = ctz<i32>(mask);
        mask &= mask - 1;
        const distance = -(<i32> load<u16>(score + (<usize> (i + lane) << 1)));
        if (i + lane >= count || distance >= worst) continue;
        worst = keep(distances + at, indices + at, k, distance, first + i + lane);
      }
      best = i16x8.splat(<i16> max(-worst, -1));
    }
  }
}
