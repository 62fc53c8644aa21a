/**
 * The assertions that the tests use, with types: deno-std ships none.
 *
 * @module
 */
import * as std from "npm:deno-std@1.4.0/assert/mod.js";

/**
 * Class of errors that {@linkcode assertThrows} and {@linkcode assertRejects} compare a thrown
 * value with.
 */
// deno-lint-ignore no-explicit-any -- the parameters of a constructor are contravariant
type ErrorClass<X extends Error> = abstract new (...parameters: any[]) => X;

/** Fails unless the value is truthy. */
export const assert: (value: unknown, message?: string) => asserts value = std.assert;

/** Fails unless the value is falsy. */
export const assertFalse: (value: unknown, message?: string) => void = std.assertFalse;

/** Fails unless both are deeply equal. */
export const assertEquals: <T>(actual: T, expected: T, message?: string) => void = std.assertEquals;

/** Fails if both are deeply equal. */
export const assertNotEquals: <T>(actual: T, expected: T, message?: string) => void =
  std.assertNotEquals;

/** Fails unless both are the same by `Object.is`; the type of `actual` is narrowed. */
export const assertStrictEquals: <T>(
  actual: unknown,
  expected: T,
  message?: string,
) => asserts actual is T = std.assertStrictEquals;

/** Fails unless |actual − expected| ≤ tolerance (1e-7 of the expected value by default). */
export const assertAlmostEquals: (
  actual: number,
  expected: number,
  tolerance?: number,
  message?: string,
) => void = std.assertAlmostEquals;

/** Fails if the value is null or undefined. */
export const assertExists: <T>(
  actual: T,
  message?: string,
) => asserts actual is NonNullable<T> = std.assertExists;

/** Fails unless `actual` contains `expected`. */
export const assertStringIncludes: (
  actual: string,
  expected: string,
  message?: string,
) => void = std.assertStringIncludes;

/** Fails unless the text matches. */
export const assertMatch: (actual: string, expected: RegExp, message?: string) => void =
  std.assertMatch;

/** Fails if the text matches. */
export const assertNotMatch: (actual: string, expected: RegExp, message?: string) => void =
  std.assertNotMatch;

/** Fails unless actual > expected. */
export const assertGreater: <T>(actual: T, expected: T, message?: string) => void =
  std.assertGreater;

/** Fails unless actual ≥ expected. */
export const assertGreaterOrEqual: <T>(actual: T, expected: T, message?: string) => void =
  std.assertGreaterOrEqual;

/** Fails unless actual < expected. */
export const assertLess: <T>(actual: T, expected: T, message?: string) => void = std.assertLess;

/** Fails unless actual ≤ expected. */
export const assertLessOrEqual: <T>(actual: T, expected: T, message?: string) => void =
  std.assertLessOrEqual;

/** Fails unless `fn` throws such an error; returns it. */
export const assertThrows: <X extends Error = Error>(
  fn: () => unknown,
  errorClass?: ErrorClass<X>,
  messageIncludes?: string,
) => X = std.assertThrows;

/** Fails unless the promise rejects with such an error; resolves to it. */
export const assertRejects: <X extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  errorClass?: ErrorClass<X>,
  messageIncludes?: string,
) => Promise<X> = std.assertRejects;

/** Fails. */
export const fail: (message?: string) => never = std.fail;
