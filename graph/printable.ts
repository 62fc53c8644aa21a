/**
 * Text that may be shown as it is: what would steer a terminal, or change the order in which text is read, is written
 * as an escape.
 *
 * @module
 */

/**
 * Characters that do something instead of being seen: controls (C0, C1, delete), those that turn the direction of text
 * (Unicode's property Bidi_Control), and its separators of lines and paragraphs.
 */
const UNSEEN = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;

/** The same without line feeds and tabs. */
const UNSEEN_IN_LINES = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;

const escape = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/**
 * Writes control and bidirectional characters of a name, a path or a message as escapes, so that it is one line that
 * does nothing to a terminal. An escape is one of JSON's, by which JSON stays the same value.
 *
 * @see https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
 *
 * @example
 * ```ts
 * import { printable } from "./printable.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(printable("\x1b[31mred\n"), "\\u001b[31mred\\u000a");
 * assertEquals(printable("gpj.\u202eexe"), "gpj.\\u202eexe");
 * ```
 */
export const printable = (text: string): string => text.replace(UNSEEN, escape);

/** Does the same to text of several lines: line feeds and tabs stay. */
export const printableLines = (text: string): string => text.replace(UNSEEN_IN_LINES, escape);
