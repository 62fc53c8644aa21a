/**
 * The vertical axis of a figure: its range and its ticks, chosen here and not by the plot library
 * so that labels at the ends of lines can be placed before anything is drawn.
 *
 * @module
 */
import { compact, tickFormat } from "./format.ts";

/** A range with round ends. */
export interface Axis {
  readonly type: "linear" | "log";
  readonly domain: readonly [low: number, high: number];
  /** Ascending, all within the domain. */
  readonly ticks: readonly number[];
  readonly format: (value: number) => string;
}

/** The scale of an axis: as its values suggest, or as a person wants it. */
export type Scale = "auto" | "linear" | "log";

/** The smallest of 1, 2, 5 × 10ⁿ that is not below the value. */
function roundStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 5].find((factor) => factor * power >= value * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** The nearest of 1, 2, 5 × 10ⁿ, by ratio. */
function nearStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const ratio = value / power;
  return power *
    (ratio < Math.SQRT2 ? 1 : ratio < Math.sqrt(10) ? 2 : ratio < Math.sqrt(50) ? 5 : 10);
}

/** Takes the noise of k·step off: 0.30000000000000004 is 0.3. */
const tidy = (value: number): number => Number(value.toPrecision(12));

/**
 * A linear axis from low to high, both widened to whole steps; around the value when they are equal.
 */
export function linearAxis(from: number, to: number, intervals = 5): Axis {
  const size = Math.max(Math.abs(from), Math.abs(to));
  // Closer together than this, the ticks would be equal once the noise is off.
  const spare = to - from > 1e-9 * size ? 0 : (size || 1) / 2;
  const [low, high] = [from - spare, to + spare];
  const step = nearStep((high - low) / intervals);
  const first = Math.floor(low / step + 1e-9);
  const end = Math.ceil(high / step - 1e-9);
  const ticks = Array.from({ length: end - first + 1 }, (_, i) => tidy((first + i) * step));
  return {
    type: "linear",
    domain: [tidy(first * step), tidy(end * step)],
    ticks,
    format: tickFormat(step),
  };
}

/** A logarithmic axis over positive values, with ticks at the powers of two, or at 1, 2, 5 × 10ⁿ. */
export function logAxis(low: number, high: number, base: 2 | 10 = 10): Axis {
  const exponents = (step: number): readonly number[] => {
    const first = Math.floor(Math.log(low) / Math.log(base)) - 1;
    const end = Math.ceil(Math.log(high) / Math.log(base)) + 1;
    return Array.from({ length: Math.ceil((end - first + 1) / step) }, (_, i) => first + i * step);
  };
  const decades = Math.log(high / low) / Math.log(base);
  const factors = base === 2 || decades > 3 ? [1] : [1, 2, 5];
  const steps = exponents(Math.max(1, Math.ceil(decades / 8)))
    .flatMap((exponent) => factors.map((factor) => tidy(factor * base ** exponent)));
  const bottom = steps.findLast((step) => step <= low * (1 + 1e-9)) ?? low;
  const top = steps.find((step) => step >= high * (1 - 1e-9)) ?? high;
  return {
    type: "log",
    domain: [bottom, top],
    ticks: steps.filter((step) => bottom <= step && step <= top),
    format: compact,
  };
}

/**
 * Makes an axis from zero, for a quantity that shrinks towards it; a logarithmic one when the values are positive and
 * span more than the given ratio, because their end would not be seen on a linear one.
 *
 * @param scale "log" and "linear" take the choice away from the ratio; values that are not positive have
 * no logarithm, and a linear axis whatever it says.
 */
export function magnitudeAxis(
  values: readonly number[],
  { intervals = 5, logFrom = 20, base = 10, scale = "auto" }: {
    readonly intervals?: number;
    readonly logFrom?: number;
    readonly base?: 2 | 10;
    readonly scale?: Scale;
  } = {},
): Axis {
  const { low, high } = range(values);
  const ratio = { auto: logFrom, linear: Infinity, log: 1 }[scale];
  if (low > 0 && high / low >= ratio) {
    return low === high ? logAxis(low / 2, 2 * high, base) : logAxis(low, high, base);
  }
  return linearAxis(Math.min(0, low), Math.max(0, high) || 1, intervals);
}

/**
 * An axis for fractions that lie close together, such as accuracies: as narrow as they allow, at
 * least 0.02 wide, within 0..1.
 *
 * @example
 * ```ts
 * import { fractionAxis } from "./axis.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(fractionAxis([0.91, 0.986]).domain, [0.9, 1]);
 * ```
 */
export function fractionAxis(values: readonly number[], intervals = 5): Axis {
  if (values.length === 0) return linearAxis(0, 1, intervals);
  const { low, high } = range(values);
  const spare = Math.max(0, 0.02 - (high - low)) / 2;
  const ceiling = Math.max(1, high);
  return linearAxis(
    Math.max(Math.min(0, low), low - spare),
    Math.min(ceiling, high + spare),
    intervals,
  );
}

/** Returns the place of a value on the axis: 0 at its bottom, 1 at its top. */
export function position({ type, domain: [low, high] }: Axis, value: number): number {
  return type === "log"
    ? Math.log(value / low) / Math.log(high / low)
    : (value - low) / (high - low);
}

/** Whole epochs from first to last, at most about `most` of them, a round number apart. */
export function epochTicks(first: number, last: number, most: number): readonly number[] {
  const step = Math.max(1, roundStep((last - first + 1) / most));
  // From the first on: epochs may begin anywhere, as those of a file do.
  const from = Math.floor(first / step);
  const round = Array.from(
    { length: Math.floor(last / step) - from + 1 },
    (_, i) => (from + i) * step,
  ).filter((epoch) => epoch > first + step / 2);
  return [first, ...round];
}

/** Least and greatest, in a range whose differences are finite too; zeros when there is none. */
function range(values: readonly number[]): { readonly low: number; readonly high: number } {
  const bounded = values.map((value) => Math.min(1e300, Math.max(-1e300, value)));
  return {
    low: bounded.reduce((low, value) => Math.min(low, value), bounded[0] ?? 0),
    high: bounded.reduce((high, value) => Math.max(high, value), bounded[0] ?? 0),
  };
}
