/**
 * What the command line takes from Deno's standard library, with types: its copy on npm ships none.
 *
 * @module
 */
import * as colors from "npm:deno-std@1.4.0/fmt/colors.js";

/** Text in a colour of the terminal's; as it is where `NO_COLOR` is set. */
export const colour: Readonly<Record<"cyan" | "dim" | "green", (text: string) => string>> = colors;
