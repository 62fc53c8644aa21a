/**
 * What a command line says without a flag: files, folders, names.
 *
 * @module
 */
import type { Flags } from "./options.ts";

/** A command line in two parts. */
export interface Separated {
  /** What stands without a flag, in order. */
  readonly operands: readonly string[];
  /** The flags with their values, for `readOptions`. */
  readonly rest: readonly string[];
}

/**
 * Parts a command line in operands and flags. A flag of one letter may have one dash: `-k 10`. What
 * follows `--` is an operand, whatever it begins with.
 *
 * @param flags What may be given; whatever else begins with a dash is left to `readOptions` to refuse.
 * @param args `Deno.args`.
 *
 * @example
 * ```ts
 * import { separate } from "./operands.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const k = { kind: "integer", help: "results", least: 1, most: 100, fallback: 10 } as const;
 * assertEquals(separate({ k }, ["codes.npz", "-k", "3", "cat.png"]), {
 *   operands: ["codes.npz", "cat.png"],
 *   rest: ["--k", "3"],
 * });
 * ```
 */
export function separate(flags: Flags, args: readonly string[]): Separated {
  const [operands, rest]: [string[], string[]] = [[], []];
  // `deno task NAME -- …` hands the dashes on.
  const shown = args[0] === "--" ? args.slice(1) : args;
  for (let i = 0; i < shown.length; i++) {
    if (shown[i] === "--") {
      operands.push(...shown.slice(i + 1));
      break;
    }
    const short = /^-([a-z])(=.*)?$/.exec(shown[i]);
    const argument = short !== null && Object.hasOwn(flags, short[1]) ? `-${shown[i]}` : shown[i];
    if (!argument.startsWith("-") || argument === "-") {
      operands.push(argument);
      continue;
    }
    rest.push(argument);
    const name = argument.slice(2);
    const takesValue = Object.hasOwn(flags, name) && flags[name].kind !== "switch" &&
      flags[name].kind !== "port";
    if (takesValue && i + 1 < shown.length) rest.push(shown[++i]);
  }
  return { operands, rest };
}
