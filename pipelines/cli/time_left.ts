/**
 * How long a training will go on.
 *
 * @module
 */
import type { TrainingProgress } from "../env.ts";

/**
 * Seconds that are left if what is to come goes as fast as what was.
 *
 * @param epochs How many there will be.
 * @param seconds Since the training began.
 *
 * @example
 * ```ts
 * import { secondsLeft } from "./time_left.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(secondsLeft({ epoch: 3, done: 5, total: 10 }, 10, 5), 15);
 * ```
 */
export function secondsLeft(
  { epoch, done, total }: Pick<TrainingProgress, "epoch" | "done" | "total">,
  epochs: number,
  seconds: number,
): number {
  const gone = epoch - 1 + done / total;
  return seconds / gone * (epochs - gone);
}
