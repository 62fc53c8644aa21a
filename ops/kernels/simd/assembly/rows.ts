// The rows of matrices that a gradient can reach.
import { at } from "./vector";

/** Lists the rows whose flag is not 0, in rising order; returns how many. */
export function listRows(flags: usize, rows: i32, list: usize): i32 {
  let count = 0;
  for (let row = 0; row < rows; row++) {
    if (load<i32>(at(flags, row)) == 0) continue;
    store<i32>(at(list, count), row);
    count++;
  }
  return count;
}

/** Moves the listed rows of a matrix to its beginning, in place; the list rises. */
export function keepRows(matrix: usize, n: i32, list: usize, count: i32): void {
  const bytes = <usize> n << 2;
  for (let i = 0; i < count; i++) {
    const row = load<i32>(at(list, i));
    if (row != i) memory.copy(at(matrix, i * n), at(matrix, row * n), bytes);
  }
}
