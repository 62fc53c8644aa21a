/**
 * Random sparse synapses: the fly's projection, which learns nothing.
 *
 * @module
 */
import { draw, type Rng } from "../../graph/rng.ts";

/**
 * Weights of 0 and 1: each unit adds up some inputs that are drawn without repetition.
 *
 * Source: S. Dasgupta, C. F. Stevens, S. Navlakha, "A neural algorithm for a fundamental computing
 * problem", Science 358, 2017.
 *
 * @param inputs At least 1.
 * @param units At least 1.
 * @param perUnit Inputs of a unit, from 1 to inputs.
 * @returns [inputs, units] row-major, and the generator to draw from next.
 * @throws {RangeError} Where perUnit is out of its range, as a mistake in the program.
 *
 * @example
 * ```ts
 * import { randomSynapses } from "./random_synapses.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const [weights] = randomSynapses(10, 4, 3, seed(26));
 * assertEquals(weights.reduce((sum, weight) => sum + weight), 12);
 * ```
 */
export function randomSynapses(
  inputs: number,
  units: number,
  perUnit: number,
  rng: Rng,
): readonly [Float32Array, Rng] {
  if (!Number.isInteger(perUnit) || perUnit < 1 || perUnit > inputs) {
    throw new RangeError(
      `Cannot draw synapses: expected from 1 to ${inputs} per unit, current value is ${perUnit}`,
    );
  }
  return draw(rng, ({ integer }) => {
    const weights = new Float32Array(inputs * units);
    const pool = Uint32Array.from({ length: inputs }, (_, i) => i);
    for (let unit = 0; unit < units; unit++) {
      for (let at = 0; at < perUnit; at++) {
        const other = integer(at, inputs - 1);
        [pool[at], pool[other]] = [pool[other], pool[at]];
        weights[pool[at] * units + unit] = 1;
      }
    }
    return weights;
  });
}
