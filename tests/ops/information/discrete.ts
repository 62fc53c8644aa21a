/**
 * Discrete variables for the tests of their information.
 *
 * @module
 */
import fc from "npm:fast-check@4.3.0";

/**
 * Generates `many` sequences, of the same length from 1 to 60, of up to 7 different labels each.
 */
export const sequences = (many: number): fc.Arbitrary<readonly (readonly number[])[]> =>
  fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 6 })).chain((
    [length, most],
  ) =>
    fc.array(
      fc.array(fc.nat(most), { minLength: length, maxLength: length }),
      { minLength: many, maxLength: many },
    )
  );

/** Names of all corrections. */
export const corrections = ["none", "miller_madow", "jackknife"] as const;
