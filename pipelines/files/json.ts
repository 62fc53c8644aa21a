/**
 * Checks of the JSON that a file holds.
 *
 * @module
 */

/** Whether a value is an object that is no array. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether a value is an integer of at least 0. */
export const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

/** Whether a value is a list of integers of at least 0. */
export const isCounts = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every(isCount);
