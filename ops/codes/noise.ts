/**
 * Noise on codes, and random codes, all drawn from a generator that is threaded through.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { type Dice, draw, type Rng } from "../../graph/rng.ts";
import { type BinaryEmbeddings, wordsPerCode } from "../embeddings.ts";
import { eachBit } from "../metrics/rows.ts";
import { checkWidth, emptyCodes } from "./codes.ts";

/** Codes that were drawn, and the generator to draw from next. */
export type Drawn = E.Either<InvalidOption, readonly [BinaryEmbeddings, Rng]>;

/**
 * Draws random codes with `active` units each, all choices equally probable.
 *
 * @param count At least 0.
 * @param width Units per code, from 1 to 2²⁴.
 * @param active Active units of a code, from 0 to width.
 * @param rng Generator to draw from.
 * @returns `InvalidOption` where a number is out of its range.
 *
 * @example
 * ```ts
 * import { randomCodes } from "./noise.ts";
 * import { activity } from "../embeddings.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const [codes] = orThrow(randomCodes(100, 512, 26, seed(26)));
 * assertEquals(activity(codes), { least: 26, mean: 26, most: 26 });
 * ```
 */
export function randomCodes(count: number, width: number, active: number, rng: Rng): Drawn {
  const checked = checkWidth(width);
  if (E.isLeft(checked)) return checked;
  if (!Number.isInteger(count) || count < 0) {
    return E.left(invalidOption("count", count, "an integer of at least 0"));
  }
  if (!Number.isInteger(active) || active < 0 || active > width) {
    return E.left(invalidOption("active", active, `an integer from 0 to the width, ${width}`));
  }
  return E.right(draw(rng, (dice) => {
    const codes = emptyCodes(count, width);
    const pool = Uint32Array.from({ length: width }, (_, unit) => unit);
    for (let i = 0; i < count; i++) {
      // Whatever order the pool is in, its first units are a uniform choice after the shuffle.
      shuffleFirst(pool, width, active, dice);
      for (let at = 0; at < active; at++) toggle(codes, i, pool[at]);
    }
    return codes;
  }));
}

/**
 * Moves a part of each code's units elsewhere: noise that leaves the number of units as it is. The
 * Hamming distance to the code before is twice the number of units that moved.
 *
 * @param codes Codes to change.
 * @param fraction Fraction of the units that move, in [0, 1], rounded to whole units; at most the number of silent
 * units.
 * @param rng Generator to draw from.
 * @returns `InvalidOption` where the fraction is out of its range.
 *
 * @example
 * ```ts
 * import { moveUnits, randomCodes } from "./noise.ts";
 * import { hamming } from "./algebra.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const [codes, rng] = orThrow(randomCodes(1, 512, 20, seed(26)));
 * const [moved] = orThrow(moveUnits(codes, 0.25, rng));
 * assertEquals([...hamming(codes, moved)], [10]);
 * ```
 */
export const moveUnits = (codes: BinaryEmbeddings, fraction: number, rng: Rng): Drawn =>
  ofFraction(fraction, () =>
    change(codes, rng, ({ active, silent }) => {
      const moved = Math.min(Math.round(fraction * active), silent);
      return { dropped: moved, added: moved };
    }));

/**
 * Silences a part of each code's units.
 *
 * @param codes Codes to change.
 * @param fraction Fraction of the units that fall silent, in [0, 1], rounded to whole units.
 * @param rng Generator to draw from.
 * @returns `InvalidOption` where the fraction is out of its range.
 */
export const dropUnits = (codes: BinaryEmbeddings, fraction: number, rng: Rng): Drawn =>
  ofFraction(
    fraction,
    () =>
      change(
        codes,
        rng,
        ({ active }) => ({ dropped: Math.round(fraction * active), added: 0 }),
      ),
  );

/**
 * Sets units that were silent.
 *
 * @param codes Codes to change.
 * @param fraction Number of units to add, relative to a code's active units, at least 0, rounded to whole units; at
 * most the number of silent units.
 * @param rng Generator to draw from.
 * @returns `InvalidOption` where the fraction is out of its range.
 */
export const addUnits = (codes: BinaryEmbeddings, fraction: number, rng: Rng): Drawn =>
  fraction >= 0 && Number.isFinite(fraction)
    ? E.right(change(codes, rng, ({ active, silent }) => ({
      dropped: 0,
      added: Math.min(Math.round(fraction * active), silent),
    })))
    : E.left(invalidOption("fraction", fraction, "a number of at least 0"));

/**
 * Keeps at most `units` of each code's active units, which is enough to recognise it.
 *
 * Source: S. Ahmad, J. Hawkins, "Properties of Sparse Distributed Representations and their Application
 * to Hierarchical Temporal Memory", arXiv:1503.07469, 2015, on subsampling.
 *
 * @param codes Codes to change.
 * @param units Largest number of active units, at least 0; a code that has fewer keeps them all.
 * @param rng Generator to draw from.
 * @returns `InvalidOption` where that is not such an integer.
 */
export const subsample = (codes: BinaryEmbeddings, units: number, rng: Rng): Drawn =>
  Number.isInteger(units) && units >= 0
    ? E.right(
      change(codes, rng, ({ active }) => ({ dropped: Math.max(0, active - units), added: 0 })),
    )
    : E.left(invalidOption("units", units, "an integer of at least 0"));

const ofFraction = (
  fraction: number,
  make: () => readonly [BinaryEmbeddings, Rng],
): Drawn =>
  fraction >= 0 && fraction <= 1
    ? E.right(make())
    : E.left(invalidOption("fraction", fraction, "a number from 0 to 1"));

function change(
  codes: BinaryEmbeddings,
  rng: Rng,
  amounts: (sizes: { readonly active: number; readonly silent: number }) => {
    readonly dropped: number;
    readonly added: number;
  },
): readonly [BinaryEmbeddings, Rng] {
  const { count, width } = codes;
  return draw(rng, (dice) => {
    const changed = { ...codes, words: codes.words.slice() };
    const [on, off] = [new Uint32Array(width), new Uint32Array(width)];
    for (let i = 0; i < count; i++) {
      const [active, silent] = split(codes, i, on, off);
      const { dropped, added } = amounts({ active, silent });
      shuffleFirst(on, active, dropped, dice);
      for (let at = 0; at < dropped; at++) toggle(changed, i, on[at]);
      shuffleFirst(off, silent, added, dice);
      for (let at = 0; at < added; at++) toggle(changed, i, off[at]);
    }
    return changed;
  });
}

/** Writes the units that code i has and those it has not; returns the numbers of both. */
function split(
  { width, words }: BinaryEmbeddings,
  i: number,
  on: Uint32Array,
  off: Uint32Array,
): readonly [active: number, silent: number] {
  const perCode = wordsPerCode(width);
  let [active, silent, next] = [0, 0, 0];
  eachBit(words, i * perCode, perCode, (unit) => {
    while (next < unit) off[silent++] = next++;
    on[active++] = unit;
    next++;
  });
  while (next < width) off[silent++] = next++;
  return [active, silent];
}

/** The beginning of a shuffle (Fisher & Yates): the first `picks` of `length` become a random choice. */
function shuffleFirst(units: Uint32Array, length: number, picks: number, { integer }: Dice): void {
  for (let at = 0; at < picks; at++) {
    const other = integer(at, length - 1);
    const kept = units[at];
    units[at] = units[other];
    units[other] = kept;
  }
}

function toggle({ width, words }: BinaryEmbeddings, i: number, unit: number): void {
  words[i * wordsPerCode(width) + (unit >>> 5)] ^= 1 << (unit & 31);
}
