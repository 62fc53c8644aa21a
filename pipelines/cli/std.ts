/**
 * What the command line takes from Deno's standard library, with types: its copy on npm ships none.
 *
 * @module
 */
import * as std from "npm:deno-std@1.4.0/cli/parse_args.js";
import * as colors from "npm:deno-std@1.4.0/fmt/colors.js";

/** Options of {@linkcode parseArgs}. */
export interface ParseOptions {
  readonly boolean: readonly string[];
  readonly string: readonly string[];
  /** Flags whose values are gathered in an array, in order. */
  readonly collect: readonly string[];
  /** Called with what is neither; false leaves it out of the result. */
  readonly unknown: (argument: string, key?: string, value?: unknown) => boolean;
}

/** Splits a command line into flags, by name, and the rest, under "_". */
export const parseArgs: (
  args: readonly string[],
  options: ParseOptions,
) => Readonly<Record<string, unknown>> = std.parseArgs;

/** Text in a colour of the terminal's; as it is where `NO_COLOR` is set. */
export const colour: Readonly<Record<"cyan" | "dim" | "green", (text: string) => string>> = colors;
