/**
 * The one check that every metric makes of its arguments.
 *
 * @module
 */

/**
 * Refuses a length that does not fit.
 *
 * A mistake of the program, not of its user: hence thrown, not returned.
 *
 * @param doing What cannot be done: "compare labels".
 * @throws {RangeError} Where the two differ.
 */
export function checkLength(doing: string, actual: number, expected: number): void {
  if (actual !== expected) {
    throw new RangeError(
      `Cannot ${doing}: expected length ${expected}, current value is ${actual}`,
    );
  }
}
