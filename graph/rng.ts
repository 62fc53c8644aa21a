/**
 * Randomness as a value: a state of pure-rand's xoroshiro128+ that is passed on, never changed.
 *
 * @module
 */
import {
  xoroshiro128plus,
  xoroshiro128plusFromState,
} from "npm:pure-rand@8.4.2/generator/xoroshiro128plus";
import { uniformInt } from "npm:pure-rand@8.4.2/distribution/uniformInt";
import { uniformFloat64 } from "npm:pure-rand@8.4.2/distribution/uniformFloat64";

/** A state of the generator. The same state gives the same numbers, for ever. */
export interface Rng {
  /** Four integers of 32 bits. */
  readonly state: readonly number[];
}

/** The generator as {@linkcode draw} hands it to its function, which must not keep it. */
export interface Dice {
  /** A uniform integer in [from, to], both included, without bias. */
  readonly integer: (from: number, to: number) => number;
  /** A uniform number in [0, 1), of 53 random bits. */
  readonly unit: () => number;
}

/**
 * Creates the generator of a seed.
 *
 * @param value An integer from 0 to 2^32 - 1.
 *
 * @example
 * ```ts
 * import { permutation, seed } from "./rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals([...permutation(8, seed(26))[0]], [1, 5, 0, 7, 3, 6, 4, 2]);
 * ```
 */
export function seed(value: number): Rng {
  const generator = xoroshiro128plus(value | 0);
  // Neighbouring seeds start from nearly the same state; far down the sequence they differ.
  generator.jump();
  return { state: generator.getState() };
}

/**
 * Runs a function that draws random numbers, and returns its result with the next generator.
 *
 * @param rng Generator to draw from.
 * @param use Function that draws, and returns the result.
 * @returns The value that `use` returned, and the next generator.
 *
 * @example
 * ```ts
 * import { draw, seed } from "./rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const [first, next] = draw(seed(26), (dice) => dice.integer(1, 6));
 * const [again] = draw(seed(26), (dice) => dice.integer(1, 6));
 * const [second] = draw(next, (dice) => dice.integer(1, 6));
 * assertEquals(again, first);
 * assertEquals([first, second].every((pips) => pips >= 1 && pips <= 6), true);
 * ```
 */
export function draw<A>(rng: Rng, use: (dice: Dice) => A): readonly [A, Rng] {
  const generator = xoroshiro128plusFromState(rng.state);
  const value = use({
    integer: (from, to) => uniformInt(generator, from, to),
    unit: () => uniformFloat64(generator),
  });
  return [value, { state: generator.getState() }];
}

/**
 * Splits a generator into two that share no number in practice, and neither do those that they are split
 * into: as jax.random.split does a key.
 *
 * A jump would not do: split again, the part would run into the one to go on with. Hence the
 * part's state is drawn, and hashed because neighbouring outputs of this generator are nearly
 * linear in each other.
 *
 * Source: the hash is the finaliser of Appleby's MurmurHash3 (fmix32).
 *
 * @param rng Generator to split; do not draw from it again.
 * @returns One for the part, and one to go on with.
 *
 * @example
 * ```ts
 * import { draw, splitRng, permutation, seed } from "./rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const [forOrder, next] = splitRng(seed(26));
 * const [noise] = draw(next, ({ unit }) => unit());
 * permutation(1000, forOrder);
 * assertEquals(draw(next, ({ unit }) => unit())[0], noise);
 * ```
 */
export function splitRng(rng: Rng): readonly [Rng, Rng] {
  const generator = xoroshiro128plusFromState(rng.state);
  const state = Array.from({ length: 4 }, () => hash(generator.next()));
  return [{ state }, { state: generator.getState() }];
}

function hash(word: number): number {
  const once = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return twice ^ (twice >>> 16);
}

/**
 * Draws a random order of the integers 0 to n − 1 (Fisher & Yates, in Durstenfeld's form).
 *
 * @param n Number of integers, at least 0.
 * @param rng Generator to draw from.
 * @returns The order, and the generator to draw from next.
 *
 * @example
 * ```ts
 * import { permutation, seed } from "./rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const [order] = permutation(100, seed(26));
 * assertEquals(order.toSorted(), Uint32Array.from({ length: 100 }, (_, i) => i));
 * ```
 */
export function permutation(n: number, rng: Rng): readonly [Uint32Array, Rng] {
  return draw(rng, ({ integer }) => {
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = integer(0, i);
      const kept = order[i];
      order[i] = order[j];
      order[j] = kept;
    }
    return order;
  });
}

/**
 * n independent values, each 0 with a probability and `kept` otherwise.
 *
 * @param n Number of integers, at least 0.
 * @param probability The probability of a 0, in [0, 1]; rounded to a multiple of 2⁻³².
 * @param kept The other value.
 * @returns The values, and the generator to draw from next.
 *
 * @example
 * ```ts
 * import { dropoutMask, seed } from "./rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const [values] = dropoutMask(1000, 0.25, 2, seed(26));
 * assertEquals(Math.abs(values.filter((value) => value === 0).length - 250) < 50, true);
 * ```
 */
export function dropoutMask(
  n: number,
  probability: number,
  kept: number,
  rng: Rng,
): readonly [Float32Array<ArrayBuffer>, Rng] {
  const generator = xoroshiro128plusFromState(rng.state);
  const below = Math.round(probability * 2 ** 32);
  const values = new Float32Array(n);
  for (let i = 0; i < n; i++) values[i] = generator.next() >>> 0 < below ? 0 : kept;
  return [values, { state: generator.getState() }];
}
