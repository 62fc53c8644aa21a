// Rows of zeros and ones as bits.
import { at } from "./vector";

/** Four flags, the first in the lowest bit: whether each of four floats is above 0. */
// @ts-ignore: decorator
@inline
function four(p: usize, offset: usize): i32 {
  return i32x4.bitmask(f32x4.gt(v128.load(p + offset), f32x4.splat(0)));
}

/**
 * Packs each row into words, unit u into bit u mod 32 of word ⌊u / 32⌋: 1 where x is above 0.
 *
 * @param words rows · ⌈n / 32⌉ integers.
 */
export function packBits(x: usize, rows: i32, n: i32, words: usize): void {
  let to = words;
  for (let r = 0; r < rows; r++) {
    let from = at(x, r * n);
    let rest = n;
    for (; rest >= 32; rest -= 32) {
      const low = four(from, 0) | (four(from, 16) << 4) | (four(from, 32) << 8) | (four(from, 48) << 12);
      const high = four(from, 64) | (four(from, 80) << 4) | (four(from, 96) << 8) | (four(from, 112) << 12);
      store<i32>(to, low | (high << 16));
      from += 128;
      to += 4;
    }
    if (rest == 0) continue;
    let word = 0;
    for (let i = 0; i < rest; i++) if (load<f32>(at(from, i)) > 0) word |= 1 << i;
    store<i32>(to, word);
    to += 4;
  }
}
