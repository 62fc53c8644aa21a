/**
 * Command lines: a table of flags, read strictly by `node:util`'s parser.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { E, pipe } from "../../graph/fp_ts.ts";
import { unknownName } from "../../graph/closest.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import type { Range } from "../../ops/ranges.ts";

/** One flag of a command line. */
export type Flag =
  | { readonly kind: "switch"; readonly help: string }
  | {
    readonly kind: "text";
    readonly help: string;
    /** The value's name in the help: "DIR". */
    readonly value: string;
  }
  | {
    readonly kind: "choice";
    readonly help: string;
    readonly choices: readonly string[];
    /** The choice that holds where the flag is not given; null for none. */
    readonly fallback: string | null;
  }
  | {
    readonly kind: "integer";
    readonly help: string;
    readonly least: number;
    readonly most: number;
    /** The value where the flag is not given; null where the program decides. */
    readonly fallback: number | null;
  }
  | {
    readonly kind: "number";
    readonly help: string;
    readonly range: Range;
    /** The value where the flag is not given; null where the program decides. */
    readonly fallback: number | null;
  }
  | {
    /** Integers separated by commas, each at most once. */
    readonly kind: "integers";
    readonly help: string;
    readonly most: number;
    readonly fallback: readonly number[];
  }
  | {
    /** Names separated by commas, each at most once. */
    readonly kind: "names";
    readonly help: string;
    readonly choices: readonly string[];
  }
  | {
    /** A port, which may be left out: the flag alone stands for the usual one. */
    readonly kind: "port";
    readonly help: string;
    readonly usual: number;
  };

/** The flags of a program by name, without the dashes. */
export type Flags = Readonly<Record<string, Flag>>;

type ValueOf<F extends Flag> = F extends { kind: "switch" } ? boolean
  : F extends { kind: "integer" | "number"; fallback: number } ? number
  : F extends { kind: "integer" | "number" | "port" } ? number | null
  : F extends { kind: "integers" } ? readonly number[]
  : F extends { kind: "names" } ? readonly string[] | null
  : F extends { kind: "choice"; fallback: string } ? string
  : string | null;

/** Values of flags: the given value, or the fallback; null for a flag that has neither. */
export type Values<F extends Flags> = { readonly [K in keyof F]: ValueOf<F[K]> };

/** A command line that was read. */
export interface CommandLine<F extends Flags> {
  readonly options: Values<F>;
  /** The arguments that belong to no flag, in order. */
  readonly operands: readonly string[];
}

/**
 * Reads a command line of flags and operands. `-h` stands for `--help`, and a flag whose name is one
 * letter may have one dash: `-k 10`. Every argument after `--` is an operand; a first `--` is passed
 * over, because `deno task NAME -- …` hands it on.
 *
 * @param flags The flags that the program takes.
 * @param args The arguments without the program's name: `Deno.args`.
 * @param words The operands as the help shows them: `MODEL [INPUT…]`. @default no operands
 * @returns The value of every flag, and the operands; `InvalidOption` for an unknown flag, with the
 * nearest known one, for a switch with a value, a missing value or one out of range, and for too few or
 * too many operands. Where `--help` is given, nothing else is checked.
 *
 * @example
 * ```ts
 * import { readCommandLine } from "./options.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const k = { kind: "integer", help: "results", least: 1, most: 100, fallback: 10 } as const;
 * const line = readCommandLine({ k }, ["codes.npz", "-k", "3", "cat.png"], "CODES QUERY…");
 * assertEquals(line, E.right({ options: { k: 3 }, operands: ["codes.npz", "cat.png"] }));
 * assertEquals(E.isLeft(readCommandLine({ k }, ["codes.npz"], "CODES QUERY…")), true);
 * ```
 */
export function readCommandLine<F extends Flags>(
  flags: F,
  args: readonly string[],
  words = "",
): E.Either<InvalidOption, CommandLine<F>> {
  const names = Object.keys(flags);
  const shown = withPorts(flags, args[0] === "--" ? args.slice(1) : args);
  const { tokens } = parseArgs({
    args: [...shown],
    options: Object.fromEntries(names.map((name) => [name, {
      type: flags[name].kind === "switch" ? "boolean" : "string",
      ...(name.length === 1 ? { short: name } : name === "help" ? { short: "h" } : {}),
    }])),
    strict: false,
    tokens: true,
  });
  const given = new Map<string, readonly (string | undefined)[]>();
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") operands.push(token.value);
    if (token.kind !== "option") continue;
    const { name, rawName, value } = token;
    if (!Object.hasOwn(flags, name)) {
      return E.left(unknownName(rawName, rawName, names.map(dashed)));
    }
    // As in -k=3.
    const plain = rawName.startsWith("--") ? value : value?.replace(/^=/, "");
    given.set(name, [...given.get(name) ?? [], plain]);
  }
  const values: Record<string, unknown> = {};
  for (const [name, flag] of Object.entries(flags)) {
    const read = readFlag(name, flag, given.get(name) ?? []);
    if (E.isLeft(read)) return read;
    values[name] = read.right;
  }
  const options = values as Values<F>;
  const wrong = values.help === true ? null : miscounted(operands, words);
  return wrong === null ? E.right({ options, operands }) : E.left(wrong);
}

/**
 * Reads a command line without operands.
 *
 * @example
 * ```ts
 * import { readOptions } from "./options.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const quiet = { kind: "switch", help: "print nothing but errors" } as const;
 * assertEquals(readOptions({ quiet }, ["--quiet"]), E.right({ quiet: true }));
 * assertEquals(E.isLeft(readOptions({ quiet }, ["--quiet=maybe"])), true);
 * ```
 */
export const readOptions = <F extends Flags>(
  flags: F,
  args: readonly string[],
): E.Either<InvalidOption, Values<F>> =>
  pipe(readCommandLine(flags, args), E.map(({ options }) => options));

/** Replaces `--dashboard` by `--dashboard=7377` where no port follows. */
const withPorts = (flags: Flags, args: readonly string[]): readonly string[] =>
  args.map((argument, i) => {
    const flag = argument.startsWith("--") ? flags[argument.slice(2)] : undefined;
    const bare = flag?.kind === "port" && (args[i + 1] ?? "--").startsWith("--");
    return bare ? `${argument}=${flag.usual}` : argument;
  });

/** Checks the number of operands; null where it is right. */
function miscounted(operands: readonly string[], words: string): InvalidOption | null {
  const wanted = words.split(" ").filter((word) => word !== "");
  const least = wanted.filter((word) => !word.startsWith("[")).length;
  const most = words.includes("…") ? Infinity : wanted.length;
  if (operands.length >= least && operands.length <= most) return null;
  return wanted.length === 0
    ? invalidOption(operands[0], operands[0], "flags only")
    : invalidOption("the command line", operands.join(" ") || "nothing", words);
}

/** A flag as a user writes it. */
const dashed = (name: string): string => name.length === 1 ? `-${name}` : `--${name}`;

const LAST_PORT = 65_535;

type Read = E.Either<InvalidOption, string | number | boolean | readonly unknown[] | null>;

/** @param given The values of the flag, in order; undefined where it stands without one. */
function readFlag(name: string, flag: Flag, given: readonly (string | undefined)[]): Read {
  const [value] = given;
  const flagName = dashed(name);
  const refuse = (expected: string): Read =>
    E.left(invalidOption(flagName, given.length > 1 ? given.join(" ") : value, expected));
  if (flag.kind === "switch") {
    return value === undefined ? E.right(given.length > 0) : refuse("the flag without a value");
  }
  if (given.length > 1) return refuse("the flag once");
  if (given.length === 0) {
    return E.right("fallback" in flag ? flag.fallback : null);
  }
  const text = value ?? "";
  const parts = text.split(",");
  const areDifferent = new Set(parts).size === parts.length;
  const integer = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  switch (flag.kind) {
    case "text":
      return text === "" ? refuse(`a value, ${flag.value}`) : E.right(text);
    case "choice":
      return flag.choices.includes(text)
        ? E.right(text)
        : E.left(unknownName(flagName, text, flag.choices));
    case "integer":
      return integer >= flag.least && integer <= flag.most
        ? E.right(integer)
        : refuse(`an integer from ${flag.least} to ${flag.most}`);
    case "number": {
      const number = text.trim() === "" ? NaN : Number(text);
      return flag.range.holds(number) ? E.right(number) : refuse(flag.range.words);
    }
    case "integers": {
      const integers = parts.map((part) => /^\d{1,15}$/.test(part) ? Number(part) : NaN);
      return areDifferent && integers.every((number) => number <= flag.most)
        ? E.right(integers)
        : refuse(`different integers from 0 to ${flag.most}, separated by commas`);
    }
    case "names": {
      const unknown = parts.find((part) => !flag.choices.includes(part));
      if (unknown === undefined && areDifferent) return E.right(parts);
      const expected = `one or some of ${flag.choices.join(", ")}, separated by commas`;
      const { nearest } = unknownName(flagName, unknown ?? text, flag.choices);
      return E.left({
        ...invalidOption(flagName, text, expected),
        ...(unknown === undefined || nearest === undefined ? {} : { nearest }),
      });
    }
    case "port":
      return integer <= LAST_PORT
        ? E.right(integer)
        : refuse(`a port from 0 to ${LAST_PORT}, or nothing for ${flag.usual}`);
  }
}

/**
 * Checks a value that was saved as if it stood on the command line.
 *
 * @param name The flag's name, without the dashes.
 * @param value Value of the flag in a file, as JSON.
 * @returns The error that {@linkcode readCommandLine} would return; null for a value that it accepts.
 *
 * @example
 * ```ts
 * import { wrongValue } from "./options.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const threads = { kind: "integer", help: "threads", least: 1, most: 64, fallback: 1 } as const;
 * assertEquals(wrongValue("threads", threads, 4), null);
 * assertEquals(wrongValue("threads", threads, 1e6)?.expected, "an integer from 1 to 64");
 * assertEquals(wrongValue("threads", threads, "4")?.option, "--threads");
 * ```
 */
export function wrongValue(name: string, flag: Flag, value: unknown): InvalidOption | null {
  const isSame = (read: Read) =>
    E.isRight(read) && JSON.stringify(read.right) === JSON.stringify(value);
  if (isSame(readFlag(name, flag, []))) return null;
  const refuse = (expected: string) => invalidOption(dashed(name), value, expected);
  const isText = ["string", "number", "boolean"].includes(typeof value) || Array.isArray(value);
  if (!isText) return refuse(`a value that ${dashed(name)} takes`);
  const given = flag.kind === "switch" && value === true ? undefined : String(value);
  const read = readFlag(name, flag, [given]);
  if (E.isLeft(read)) return { ...read.left, actual: refuse("").actual };
  return isSame(read) ? null : refuse(`${JSON.stringify(read.right)}, as ${dashed(name)} gives it`);
}

/**
 * Help of a program: its purpose, its usage, and every flag with its default.
 *
 * @param operands Arguments without a flag: `MODEL INPUT…`. @default none
 */
export function helpText(name: string, summary: string, flags: Flags, operands = ""): string {
  const rows = Object.entries(flags).map(([flag, spec]) => {
    const dashes = flag === "help" ? "-h, --help" : dashed(flag);
    const usual = "fallback" in spec && spec.fallback !== null ? ` [${spec.fallback}]` : "";
    switch (spec.kind) {
      case "switch":
        return [dashes, spec.help];
      case "text":
        return [`${dashes} ${spec.value}`, spec.help];
      case "choice":
        return [`${dashes} ${spec.choices.join("|")}`, spec.help + usual];
      case "integer":
        return [`${dashes} N`, spec.help + usual];
      case "number":
        return [`${dashes} X`, spec.help + usual];
      case "integers":
        return [`${dashes} N,…`, spec.help + usual];
      case "names":
        return [`${dashes} NAME,…`, spec.help];
      case "port":
        return [`${dashes} [PORT]`, `${spec.help} [off; ${spec.usual}]`];
    }
  });
  const width = Math.max(...rows.map(([flag]) => flag.length));
  return [
    summary,
    "",
    `Usage: deno run -P pipelines/${name}.ts ${operands === "" ? "" : `${operands} `}[options]`,
    "",
    ...rows.map(([flag, help]) => `  ${flag.padEnd(width)}  ${help}`),
  ].join("\n");
}
