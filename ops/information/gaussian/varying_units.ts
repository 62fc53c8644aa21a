/**
 * Samples without the units that never change.
 *
 * @module
 */
import type { Samples } from "../samples.ts";

/** The units of samples that are not constant. */
export interface VaryingUnits {
  /** The samples with these units alone; of width 0 where all are constant. */
  readonly samples: Samples;
  /** Their numbers in the given samples, rising. */
  readonly units: readonly number[];
}

/**
 * Leaves out the units that have the same value in all samples. A constant carries no information, so
 * that mutual information stays what it is; dead units of relu are such.
 *
 * @param samples At least one.
 *
 * @example
 * ```ts
 * import { varyingUnits } from "./varying_units.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const values = Float32Array.of(0, 1, 0, 2);
 * const { samples, units } = varyingUnits({ count: 2, width: 2, values });
 * assertEquals([[...samples.values], units], [[1, 2], [1]]);
 * ```
 */
export function varyingUnits(samples: Samples): VaryingUnits {
  const { count, width, values } = samples;
  const units: number[] = [];
  for (let u = 0; u < width; u++) {
    let i = 1;
    while (i < count && values[i * width + u] === values[u]) i++;
    if (i < count) units.push(u);
  }
  return units.length === width
    ? { samples, units }
    : { samples: selectUnits(samples, units), units };
}

function selectUnits({ count, width, values }: Samples, units: readonly number[]): Samples {
  const kept = new Float64Array(count * units.length);
  for (let i = 0, at = 0; i < count; i++) {
    for (const unit of units) kept[at++] = values[i * width + unit];
  }
  return { count, width: units.length, values: kept };
}
