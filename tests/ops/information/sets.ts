/**
 * Samples for tests.
 *
 * @module
 */
import { draw, type Rng } from "../../../graph/rng.ts";
import type { Samples } from "../../../ops/information/samples.ts";
import { normalQuantile } from "../../../ops/information/copula.ts";

/** Samples as they are written, one per row. */
export const rows = (rows: readonly (readonly number[])[]): Samples => ({
  count: rows.length,
  width: rows[0].length,
  values: Float64Array.from(rows.flat()),
});

/** Independent standard normal numbers. */
export const normalSamples = (count: number, width: number, rng: Rng): Samples => ({
  count,
  width,
  values: draw(
    rng,
    ({ unit }) => Float64Array.from({ length: count * width }, () => normalQuantile(unit() || 0.5)),
  )[0],
});

/** A function of each value. */
export const mapUnits = (x: Samples, f: (value: number) => number): Samples => ({
  ...x,
  values: Float64Array.from(x.values, f),
});

/** The samples that `picks` names, in its order. */
export const selectSamples = ({ width, values }: Samples, picks: ArrayLike<number>): Samples => ({
  count: picks.length,
  width,
  values: Float64Array.from(
    { length: picks.length * width },
    (_, at) => values[picks[Math.floor(at / width)] * width + at % width],
  ),
});
