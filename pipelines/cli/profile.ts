/**
 * A profile as a person reads it.
 *
 * @module
 */
import type { Profile } from "../../ops/profiler.ts";
import { showTime, table } from "./table.ts";

/**
 * The lines of a profile: what it is of, then a table of the kernels, the longest first.
 *
 * @param backend Where it was made, for the first line.
 *
 * @example
 * ```ts
 * import { profileLines } from "./profile.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const kernels = [{ name: "SparrowLinear", calls: 4, milliseconds: 30 }];
 * assertEquals(profileLines({ kernels, milliseconds: 120, onGpu: false }, "wasm"), [
 *   "Profile of 120 ms on wasm: kernels 30 ms, the rest is JavaScript, files and waiting",
 *   "kernel         calls  together    each  share",
 *   "SparrowLinear      4     30 ms  7.5 ms   25 %",
 * ]);
 * ```
 */
export function profileLines(
  { kernels, milliseconds, onGpu }: Profile,
  backend: string,
): readonly string[] {
  const all = kernels.reduce((sum, kernel) => sum + kernel.milliseconds, 0);
  const times = onGpu
    ? "programs, by its own clock,"
    : backend === "webgpu"
    ? "calls of kernels (it has no timestamps)"
    : "kernels";
  const rows = kernels.map(({ name, calls, milliseconds: total }) => [
    name,
    String(calls),
    showTime(total),
    showTime(total / calls),
    `${(100 * total / milliseconds).toFixed(total < milliseconds / 20 ? 1 : 0)} %`,
  ]);
  return [
    `Profile of ${showTime(milliseconds)} on ${backend}: ${times} ${showTime(all)}, ` +
    "the rest is JavaScript, files and waiting",
    ...table([["kernel", "calls", "together", "each", "share"], ...rows]).split("\n"),
  ];
}
