// Values of samples as the numbers that a model takes: bytes, and floats.
import { at } from "./vector";

/**
 * Replaces every byte by an entry of its channel's table.
 *
 * @param size Bytes per row, a multiple of the channels; byte i of a row is of channel i mod channels.
 * @param tables channels · 256 floats.
 * @param y rows · size floats.
 */
export function expandBytes(
  bytes: usize,
  rows: i32,
  size: i32,
  channels: i32,
  tables: usize,
  y: usize,
): void {
  const count = rows * size;
  let i = 0;
  if (channels == 1) {
    // Most of a drawn digit is paper.
    const zeros = v128.load32_splat(tables);
    for (; i + 16 <= count; i += 16) {
      const to = at(y, i);
      if (v128.any_true(v128.load(bytes + i))) {
        for (let j = 0; j < 16; j++) {
          store<f32>(at(to, j), load<f32>(at(tables, load<u8>(bytes + i + j))));
        }
      } else {
        v128.store(to, zeros);
        v128.store(to, zeros, 16);
        v128.store(to, zeros, 32);
        v128.store(to, zeros, 48);
      }
    }
  }
  for (let channel = 0; i < count; i++) {
    store<f32>(at(y, i), load<f32>(at(tables, 256 * channel + <i32> load<u8>(bytes + i))));
    if (++channel == channels) channel = 0;
  }
}

/**
 * Normalises rows of floats in place: y becomes (y − mean) · factor.
 *
 * @param means size floats, one per place in a row, as the factors are.
 */
export function normaliseRows(
  y: usize,
  rows: i32,
  size: i32,
  means: usize,
  factors: usize,
): void {
  for (let row = 0; row < rows; row++) {
    const own = at(y, row * size);
    let i = 0;
    for (; i + 4 <= size; i += 4) {
      const shifted = f32x4.sub(v128.load(at(own, i)), v128.load(at(means, i)));
      v128.store(at(own, i), f32x4.mul(shifted, v128.load(at(factors, i))));
    }
    for (; i < size; i++) {
      const shifted = load<f32>(at(own, i)) - load<f32>(at(means, i));
      store<f32>(at(own, i), shifted * load<f32>(at(factors, i)));
    }
  }
}
