/**
 * The command line of a runnable pipeline: a table of flags, read strictly.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { backendChoices } from "../../ops/backend.ts";
import { DASHBOARD_PORT } from "../dashboard/port.ts";
import { parseArgs } from "./std.ts";

/** One flag. */
export type Flag =
  | { readonly kind: "switch"; readonly help: string }
  | { readonly kind: "text"; readonly help: string; readonly value: string }
  | {
    readonly kind: "choice";
    readonly help: string;
    readonly choices: readonly string[];
    /** null: not given. */
    readonly fallback: string | null;
  }
  | {
    readonly kind: "integer";
    readonly help: string;
    readonly least: number;
    readonly most: number;
    readonly fallback: number;
  }
  | {
    /** Off unless it is given; the port may be left out. */
    readonly kind: "port";
    readonly help: string;
    /** Where no port follows. */
    readonly usual: number;
  };

/** The flags of a pipeline by name, without the dashes. */
export type Flags = Readonly<Record<string, Flag>>;

/** The values of flags: what was given, or the fallback; null for what is off. */
export type Values<F extends Flags> = {
  readonly [K in keyof F]: F[K] extends { kind: "switch" } ? boolean
    : F[K] extends { kind: "integer" } ? number
    : F[K] extends { kind: "port" } ? number | null
    : F[K] extends { kind: "choice"; fallback: string } ? string
    : string | null;
};

/** The flags that every pipeline has. */
export const commonFlags = {
  help: { kind: "switch", help: "print this help and stop" },
  seed: {
    kind: "integer",
    help: "of all randomness",
    least: 0,
    most: 0xffff_ffff,
    fallback: 0,
  },
  epochs: { kind: "integer", help: "epochs of training", least: 1, most: 1e6, fallback: 20 },
  backend: {
    kind: "choice",
    help: "where to compute",
    choices: backendChoices,
    fallback: "auto",
  },
  threads: {
    kind: "integer",
    help: "threads of the wasm backend; results do not depend on it",
    least: 1,
    most: 64,
    fallback: 1,
  },
  data: { kind: "text", help: "folder of the dataset's files", value: "DIR" },
  out: { kind: "text", help: "folder for the results [runs/<pipeline>-<time>]", value: "DIR" },
  dashboard: {
    kind: "port",
    help: "show the run in a browser, at a port of 127.0.0.1 (0: any that is free)",
    usual: DASHBOARD_PORT,
  },
  quiet: { kind: "switch", help: "print nothing but errors" },
  profile: { kind: "switch", help: "measure every kernel, and print a table at the end" },
  debug: { kind: "switch", help: "print the stack of an unexpected error" },
} as const satisfies Flags;

/**
 * Reads a command line.
 *
 * @param flags What may be given.
 * @param args Without the program's name: `Deno.args`.
 * @returns The value of every flag; `InvalidOption` for an unknown flag, a missing or surplus
 * value, or one out of range.
 *
 * @example
 * ```ts
 * import { commonFlags, readOptions } from "./options.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const options = readOptions(commonFlags, ["--epochs", "3", "--quiet"]);
 * assertEquals(E.isRight(options) && options.right.epochs, 3);
 * assertEquals(E.isLeft(readOptions(commonFlags, ["--epoch", "3"])), true);
 * ```
 */
export function readOptions<F extends Flags>(
  flags: F,
  args: readonly string[],
): E.Either<InvalidOption, Values<F>> {
  const surplus: string[] = [];
  const isSwitch = (name: string) => flags[name].kind === "switch";
  const names = Object.keys(flags);
  // `deno task NAME -- --flag` hands the dashes on; anywhere else they would hide what follows.
  const shown = args[0] === "--" ? args.slice(1) : args;
  const dashes = shown.indexOf("--");
  if (dashes >= 0) {
    return E.left(
      invalidOption("--", "--", `one of ${names.map((name) => `--${name}`).join(" ")}`),
    );
  }
  const given = parseArgs(joinValues(withPorts(flags, shown)), {
    boolean: names.filter(isSwitch),
    string: names.filter((name) => !isSwitch(name)),
    collect: names.filter((name) => !isSwitch(name)),
    unknown: (argument) => {
      surplus.push(argument);
      return false;
    },
  });
  if (surplus.length > 0) {
    return E.left(invalidOption(
      surplus[0],
      surplus[0],
      `one of ${names.map((name) => `--${name}`).join(" ")}`,
    ));
  }
  const values: Record<string, unknown> = {};
  for (const [name, flag] of Object.entries(flags)) {
    const read = readFlag(name, flag, given[name]);
    if (E.isLeft(read)) return read;
    values[name] = read.right;
  }
  return E.right(values as Values<F>);
}

/** `--dashboard` as `--dashboard=7377` where no port follows. */
const withPorts = (flags: Flags, args: readonly string[]): readonly string[] =>
  args.map((argument, i) => {
    const flag = argument.startsWith("--") ? flags[argument.slice(2)] : undefined;
    const bare = flag?.kind === "port" && (args[i + 1] ?? "--").startsWith("--");
    return bare ? `${argument}=${flag.usual}` : argument;
  });

/** `--seed -1` as `--seed=-1`, so that the error is about the seed and not about a flag "-1". */
const joinValues = (args: readonly string[]): readonly string[] =>
  args.reduce<readonly string[]>((joined, argument) => {
    const last = joined.at(-1);
    return /^$|^-\d/.test(argument) && last !== undefined && /^--[^=]+$/.test(last)
      ? [...joined.slice(0, -1), `${last}=${argument}`]
      : [...joined, argument];
  }, []);

const LAST_PORT = 65_535;

type Read = E.Either<InvalidOption, string | number | boolean | null>;

function readFlag(name: string, flag: Flag, given: unknown): Read {
  const refuse = (expected: string): Read =>
    E.left(invalidOption(`--${name}`, Array.isArray(given) ? given.join(" ") : given, expected));
  if (Array.isArray(given)) {
    return given.length > 1 ? refuse("the flag once") : readFlag(name, flag, given[0]);
  }
  switch (flag.kind) {
    case "switch":
      return E.right(given === true);
    case "text":
      if (given === undefined) return E.right(null);
      return given === "" ? refuse(`a value, ${flag.value}`) : E.right(String(given));
    case "choice":
      if (given === undefined) return E.right(flag.fallback);
      return flag.choices.includes(String(given))
        ? E.right(String(given))
        : refuse(flag.choices.join(", "));
    case "integer": {
      if (given === undefined) return E.right(flag.fallback);
      const value = /^\d+$/.test(String(given)) ? Number(given) : NaN;
      return value >= flag.least && value <= flag.most
        ? E.right(value)
        : refuse(`an integer from ${flag.least} to ${flag.most}`);
    }
    case "port": {
      if (given === undefined) return E.right(null);
      const value = /^\d+$/.test(String(given)) ? Number(given) : NaN;
      return value <= LAST_PORT
        ? E.right(value)
        : refuse(`a port from 0 to ${LAST_PORT}, or nothing for ${flag.usual}`);
    }
  }
}

/**
 * The help of a pipeline: what it does, how to call it, every flag with its default.
 *
 * @param operands What is to be given without a flag: "MODEL INPUT…"; nothing by default.
 */
export function helpText(name: string, summary: string, flags: Flags, operands = ""): string {
  const rows = Object.entries(flags).map(([flag, spec]) => {
    switch (spec.kind) {
      case "switch":
        return [`--${flag}`, spec.help];
      case "text":
        return [`--${flag} ${spec.value}`, spec.help];
      case "choice":
        return [
          `--${flag} ${spec.choices.join("|")}`,
          spec.help + (spec.fallback === null ? "" : ` [${spec.fallback}]`),
        ];
      case "integer":
        return [`--${flag} N`, `${spec.help} [${spec.fallback}]`];
      case "port":
        return [`--${flag} [PORT]`, `${spec.help} [off; ${spec.usual}]`];
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
