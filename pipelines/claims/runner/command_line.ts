/**
 * The command line of the claims.
 *
 * @module
 */
import { E, pipe } from "../../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../../graph/error.ts";
import { commonFlags, type Flags, helpText, readOptions, type Values } from "../../cli/options.ts";
import { datasetNames } from "../../data/images.ts";

/** The seeds of a full run and of a quick one: of the README's numbers. */
const SEEDS = "26,1,2";
const LARGEST_SEED = 0xffff_ffff;

const { help, backend, threads, data, out, dashboard, quiet, debug } = commonFlags;

/** Of the flags of other pipelines, one seed and a number of epochs mean nothing here. */
const flags = {
  help,
  claim: { kind: "text", help: "only these, by number, as in 1,4 [all]", value: "N" },
  quick: { kind: "switch", help: "a reduced form: fewer images and epochs" },
  seeds: { kind: "text", help: `one repetition for each [${SEEDS}]`, value: "N,…" },
  dataset: {
    kind: "choice",
    help: "the images [mnist, or strokes where it is nowhere to be had]",
    choices: datasetNames.filter((name) => name !== "folder" && name !== "cifar10"),
    fallback: null,
  },
  backend,
  threads,
  data,
  out: { ...out, help: "folder for the results [runs/claims-<time>]" },
  dashboard,
  quiet,
  debug,
} as const satisfies Flags;

/** What is to be done. */
export interface Command extends Omit<Values<typeof flags>, "claim" | "seeds"> {
  /** The numbers of the claims, ascending. */
  readonly numbers: readonly number[];
  /** As they were given. */
  readonly seeds: readonly number[];
}

/** What `--help` prints. */
export const claimsHelp = (): string =>
  helpText(
    "claims/claims",
    "Tests what is said of kWTA codes: trains what each claim compares, once per seed, says by\n" +
      "its criterion whether it holds, and writes claims.json and claims.html.",
    flags,
  );

/**
 * Reads the command line of the claims.
 *
 * @param args `Deno.args`; a first "--" is passed over, which `deno task claims -- --quick` leaves.
 * @param known The numbers of the claims that there are, ascending.
 * @returns The command; `InvalidOption` as `readOptions` has it, for seeds that are not different
 * integers from 0 to 2^32 − 1, and for a claim that there is not.
 *
 * @example
 * ```ts
 * import { readCommand } from "./command_line.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const command = readCommand(["--", "--claim", "4,1", "--seeds", "7,8"], [1, 2, 3, 4]);
 * if (E.isLeft(command)) throw new Error("a good command line");
 * assertEquals(command.right.numbers, [1, 4]);
 * assertEquals(command.right.seeds, [7, 8]);
 * ```
 */
export const readCommand = (
  args: readonly string[],
  known: readonly number[],
): E.Either<InvalidOption, Command> =>
  pipe(
    readOptions(flags, args),
    E.chain(({ claim, seeds, ...options }) =>
      pipe(
        integers(
          "--claim",
          claim ?? known.join(),
          (number) => known.includes(number),
          `one or some of ${known.join(", ")}, separated by commas`,
        ),
        E.chain((numbers) =>
          pipe(
            integers(
              "--seeds",
              seeds ?? SEEDS,
              (seed) => seed <= LARGEST_SEED,
              `different integers from 0 to ${LARGEST_SEED}, separated by commas`,
            ),
            E.map((seeds): Command => ({
              ...options,
              numbers: numbers.toSorted((a, b) => a - b),
              seeds,
            })),
          )
        ),
      )
    ),
  );

/** Different integers of at least 0, separated by commas. */
function integers(
  option: string,
  text: string,
  allowed: (number: number) => boolean,
  expected: string,
): E.Either<InvalidOption, readonly number[]> {
  const parts = text.split(",");
  const numbers = parts.map((part) => /^\d{1,10}$/.test(part) ? Number(part) : NaN);
  const good = numbers.every((number) => Number.isInteger(number) && allowed(number)) &&
    new Set(numbers).size === numbers.length;
  return good ? E.right(numbers) : E.left(invalidOption(option, text, expected));
}

/**
 * The command line that repeats one claim of a command.
 *
 * @example
 * ```ts
 * import { readCommand, repeating } from "./command_line.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const command = readCommand(["--quick", "--data", "my digits"], [1, 2]);
 * if (E.isLeft(command)) throw new Error("a good command line");
 * assertEquals(
 *   repeating(command.right, 2, "wasm"),
 *   "deno task claims -- --claim 2 --quick --seeds 26,1,2 --backend wasm --data 'my digits'",
 * );
 * ```
 *
 * @param backend The one that it ran on.
 * @param sparrowData The variable `$SPARROW_DATA`, where further datasets may have been found.
 */
export const repeating = (
  { quick, seeds, dataset, data }: Command,
  number: number,
  backend: string,
  sparrowData?: string,
): string =>
  [
    ...sparrowData === undefined ? [] : [`SPARROW_DATA=${quoted(sparrowData)}`],
    `deno task claims -- --claim ${number}`,
    ...quick ? ["--quick"] : [],
    `--seeds ${seeds.join()}`,
    ...dataset === null ? [] : [`--dataset ${dataset}`],
    `--backend ${backend}`,
    ...data === null ? [] : [`--data ${quoted(data)}`],
  ].join(" ");

/** As a POSIX shell takes it for one word. */
const quoted = (text: string): string =>
  /^[\w./:=@+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
