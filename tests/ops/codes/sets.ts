/**
 * Sets of codes for the tests of `ops/sdr/`.
 *
 * @module
 */
import fc from "npm:fast-check@4.3.0";
import { E } from "../../../graph/fp_ts.ts";
import { describe, type SparrowError } from "../../../graph/error.ts";
import { seed } from "../../../graph/rng.ts";
import type { BinaryEmbeddings } from "../../../ops/embeddings.ts";
import { fromIndices } from "../../../ops/codes/codes.ts";
import { randomCodes } from "../../../ops/codes/noise.ts";
import { fail } from "../../assert.ts";

/** The value, or a failed test. */
export function ok<A>(either: E.Either<SparrowError, A>): A {
  if (E.isLeft(either)) fail(describe(either.left));
  return either.right;
}

/** The error in words, or a failed test. */
export function refusal(either: E.Either<SparrowError, unknown>): string {
  if (E.isRight(either)) fail("expected an error");
  return describe(either.left);
}

/** Codes from units that are in range. */
export const codesOf = (
  lists: readonly (readonly number[])[],
  width: number,
): BinaryEmbeddings => ok(fromIndices(lists, width));

/** Random codes of one size. */
export const random = (
  count: number,
  width: number,
  active: number,
  number = 26,
): BinaryEmbeddings => ok(randomCodes(count, width, active, seed(number)))[0];

/** Generates `many` sets of codes, all of one width from 1 to 100 and of one count from 0 to 5; zero codes occur. */
export const setsOf = (many: number): fc.Arbitrary<readonly BinaryEmbeddings[]> =>
  fc.tuple(fc.integer({ min: 1, max: 100 }), fc.nat(5)).chain(([width, count]) => {
    const units = fc.array(fc.nat(width - 1), { maxLength: width });
    const lists = fc.array(units, { minLength: count, maxLength: count });
    return fc.array(lists.map((codes) => codesOf(codes, width)), {
      minLength: many,
      maxLength: many,
    });
  });
