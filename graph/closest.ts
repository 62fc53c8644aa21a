/**
 * The known name that a mistyped one is nearest to.
 *
 * @module
 */
import { distance } from "npm:fastest-levenshtein@1.0.16";
import { type InvalidOption, invalidOption } from "./error.ts";

/** Edits beyond which two names are no longer taken for the same one. */
const MOST_EDITS = 3;

/** Part of the longer name's letters that must agree, above which it is suggested. */
const LEAST_ALIKE = 0.4;

/**
 * Finds the known name that a given one is most likely a misspelling of: the one with the smallest
 * Levenshtein distance, upper and lower case counted as the same.
 *
 * The limits, at most 3 edits and more than 40 % of the letters alike, are those of the npm package
 * commander.
 *
 * @param given The name as it was written.
 * @param known The names to choose from; of equally near ones, the first is taken.
 * @returns The nearest name, or null where none is near enough.
 *
 * @example
 * ```ts
 * import { closest } from "./closest.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(closest("acuracy", ["loss", "accuracy", "sparsity"]), "accuracy");
 * assertEquals(closest("temperature", ["loss", "accuracy", "sparsity"]), null);
 * ```
 */
export function closest(given: string, known: readonly string[]): string | null {
  const written = given.toLowerCase();
  let [nearest, least] = ["", Infinity];
  for (const name of known) {
    // As many edits are needed as one is longer: what is too long is not compared letter by letter.
    if (Math.abs(name.length - written.length) > MOST_EDITS) continue;
    const edits = distance(written, name.toLowerCase());
    if (edits < least) [nearest, least] = [name, edits];
  }
  if (least > MOST_EDITS) return null;
  const length = Math.max(given.length, nearest.length);
  return (length - least) / length > LEAST_ALIKE ? nearest : null;
}

/**
 * The {@linkcode InvalidOption} of a name that is not among the known ones, with the nearest of them
 * as a suggestion.
 *
 * @param option The option's name as the user writes it.
 * @param actual The name that was given.
 * @param known The names that the option takes.
 *
 * @example
 * ```ts
 * import { unknownName } from "./closest.ts";
 * import { describe } from "./error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(
 *   describe(unknownName("--backend", "wsam", ["auto", "webgpu", "wasm", "cpu"])),
 *   "Cannot use --backend: expected one of auto, webgpu, wasm, cpu, " +
 *     'current value is "wsam". Did you mean "wasm"?',
 * );
 * ```
 */
export function unknownName(
  option: string,
  actual: string,
  known: readonly string[],
): InvalidOption {
  const expected = known.length === 0 ? "no name" : `one of ${known.join(", ")}`;
  const nearest = closest(actual, known);
  const refused = invalidOption(option, actual, expected);
  return nearest === null ? refused : { ...refused, nearest };
}
