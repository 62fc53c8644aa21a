// Bytes to the floats that they stand for.
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
