/**
 * The version of Sparrow.
 *
 * @module
 */

/** The version of Sparrow, as in deno.json. */
export const VERSION = "0.2.0";
