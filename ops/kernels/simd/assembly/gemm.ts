// The product of two matrices, either of them transposed, with a bias.
import { at, madd } from "./vector";

/** Columns of the product that are made at a time. */
const PANEL = 8;

/**
 * Packs a panel of eight columns of B row after row; columns past the end are zeros.
 *
 * @param rowStep Floats from a row to the next.
 * @param columnStep Floats from a column to the next: 1 for a plain matrix, the width for a transposed one.
 */
function pack(b: usize, rowStep: i32, columnStep: i32, rows: i32, columns: i32, to: usize): void {
  if (columns == PANEL && columnStep == 1) {
    for (let p = 0; p < rows; p++) {
      const from = at(b, p * rowStep);
      const into = at(to, p * PANEL);
      v128.store(into, v128.load(from));
      v128.store(into, v128.load(from, 16), 16);
    }
    return;
  }
  let p = 0;
  if (columns == PANEL && rowStep == 1) {
    for (; p + 4 <= rows; p += 4) {
      transpose4(at(b, p), columnStep, at(to, p * PANEL));
      transpose4(at(b, p + 4 * columnStep), columnStep, at(to, p * PANEL + 4));
    }
  }
  for (; p < rows; p++) {
    for (let j = 0; j < PANEL; j++) {
      const value = j < columns ? load<f32>(at(b, p * rowStep + j * columnStep)) : 0;
      store<f32>(at(to, p * PANEL + j), value);
    }
  }
}

/** Four columns of four floats as four half rows of a panel. */
// @ts-ignore: decorator

function transpose4(from: usize, step: i32, to: usize): void {
  const a = v128.load(from);
  const b = v128.load(at(from, step));
  const c = v128.load(at(from, 2 * step));
  const d = v128.load(at(from, 3 * step));
  const abLow = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const cdLow = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f64>(abLow, cdLow, 0, 2));
  v128.store(to, v128.shuffle<f64>(abLow, cdLow, 1, 3), 32);
  v128.store(to, v128.shuffle<f64>(abHigh, cdHigh, 0, 2), 64);
  v128.store(to, v128.shuffle<f64>(abHigh, cdHigh, 1, 3), 96);
}

/** Stores the first columns of eight floats. */
// @ts-ignore: decorator

function put(to: usize, low: v128, high: v128, columns: i32, spare: usize): void {
  if (columns == PANEL) {
    v128.store(to, low);
    v128.store(to, high, 16);
    return;
  }
  v128.store(spare, low);
  v128.store(spare, high, 16);
  memory.copy(to, spare, <usize> columns << 2);
}

/**
 * C [m, n] = A [m, k] · B [k, n] + bias, row-major.
 *
 * @param aRow Floats from a row of A to the next, `aColumn` from a column to the next; so for B.
 * @param bias n floats, or 0 for none.
 * @param work (k + 1) · 32 bytes and 32 more.
 */
export function gemm(
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  aRow: i32,
  aColumn: i32,
  b: usize,
  bRow: i32,
  bColumn: i32,
  bias: usize,
  c: usize,
  work: usize,
): void {
  const spare = work;
  const panel = work + 32;
  const end = at(panel, k * PANEL);
  const row = <usize> aRow << 2;
  const column = <usize> aColumn << 2;
  for (let j = 0; j < n; j += PANEL) {
    const columns = min(n - j, PANEL);
    pack(at(b, j * bColumn), bRow, bColumn, k, columns, panel);
    v128.store(spare, f32x4.splat(0));
    v128.store(spare, f32x4.splat(0), 16);
    if (bias) memory.copy(spare, at(bias, j), <usize> columns << 2);
    const low = v128.load(spare);
    const high = v128.load(spare, 16);
    let i = 0;
    // Six rows by eight columns: twelve sums, two parts of B and one of A fill the registers.
    for (; i + 6 <= m; i += 6) {
      let c00 = low, c01 = high, c10 = low, c11 = high, c20 = low, c21 = high;
      let c30 = low, c31 = high, c40 = low, c41 = high, c50 = low, c51 = high;
      let upper = a + row * <usize> i;
      let lower = upper + 3 * row;
      for (let p = panel; p < end; p += 32) {
        const b0 = v128.load(p);
        const b1 = v128.load(p, 16);
        let x = v128.load_splat<f32>(upper);
        c00 = madd(x, b0, c00);
        c01 = madd(x, b1, c01);
        x = v128.load_splat<f32>(upper + row);
        c10 = madd(x, b0, c10);
        c11 = madd(x, b1, c11);
        x = v128.load_splat<f32>(upper + 2 * row);
        c20 = madd(x, b0, c20);
        c21 = madd(x, b1, c21);
        x = v128.load_splat<f32>(lower);
        c30 = madd(x, b0, c30);
        c31 = madd(x, b1, c31);
        x = v128.load_splat<f32>(lower + row);
        c40 = madd(x, b0, c40);
        c41 = madd(x, b1, c41);
        x = v128.load_splat<f32>(lower + 2 * row);
        c50 = madd(x, b0, c50);
        c51 = madd(x, b1, c51);
        upper += column;
        lower += column;
      }
      put(at(c, i * n + j), c00, c01, columns, spare);
      put(at(c, (i + 1) * n + j), c10, c11, columns, spare);
      put(at(c, (i + 2) * n + j), c20, c21, columns, spare);
      put(at(c, (i + 3) * n + j), c30, c31, columns, spare);
      put(at(c, (i + 4) * n + j), c40, c41, columns, spare);
      put(at(c, (i + 5) * n + j), c50, c51, columns, spare);
    }
    for (; i < m; i++) {
      let c0 = low, c1 = high;
      let x = a + row * <usize> i;
      for (let p = panel; p < end; p += 32) {
        const value = v128.load_splat<f32>(x);
        c0 = madd(value, v128.load(p), c0);
        c1 = madd(value, v128.load(p, 16), c1);
        x += column;
      }
      put(at(c, i * n + j), c0, c1, columns, spare);
    }
  }
}
