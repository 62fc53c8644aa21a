/**
 * The command line of the held-out classes.
 *
 * @module
 */
import { E, pipe } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { commonFlags, type Flags, helpText, readOptions, type Values } from "../cli/options.ts";

const SEEDS = "26,1,2";
const HELD_OUT = "8,9";
const LARGEST_SEED = 0xffff_ffff;

const { help, epochs, backend, threads, data, out, dashboard, quiet, debug } = commonFlags;

const flags = {
  help,
  "hold-out": {
    kind: "text",
    help: `the classes that are not trained on, by index [${HELD_OUT}]`,
    value: "N,…",
  },
  seeds: { kind: "text", help: `one repetition for each [${SEEDS}]`, value: "N,…" },
  epochs: { ...epochs, help: "epochs of each training" },
  dataset: {
    kind: "choice",
    help: "the images [mnist, or strokes where it is nowhere to be had]",
    choices: ["mnist", "fashion_mnist", "strokes"],
    fallback: null,
  },
  images: {
    kind: "integer",
    help: "only the first N images to train on and to test with; 0: all",
    least: 0,
    most: 1e9,
    fallback: 0,
  },
  backend,
  threads,
  data,
  out: { ...out, help: "folder for the results [runs/held_out_classes-<time>]" },
  dashboard,
  quiet,
  debug,
} as const satisfies Flags;

/** What is to be done. */
export interface Command extends Omit<Values<typeof flags>, "hold-out" | "seeds"> {
  /** Indices of the classes that are not trained on, as they were given. */
  readonly heldOut: readonly number[];
  /** As they were given. */
  readonly seeds: readonly number[];
}

/** What `--help` prints. */
export const heldOutHelp = (): string =>
  helpText(
    "held_out_classes",
    "Trains encoders without some classes, and measures how well images of these are found by others\n" +
      "of their class, beside pixels, untrained encoders and encoders that have seen them. Writes\n" +
      "held_out.json and held_out.html.",
    flags,
  );

/**
 * Reads the command line of the held-out classes.
 *
 * @param args `Deno.args`.
 * @returns The command; `InvalidOption` as `readOptions` has it, and for classes or seeds that are not
 * different integers in their range.
 *
 * @example
 * ```ts
 * import { readCommand } from "./command_line.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const command = readCommand(["--hold-out", "0,4", "--seeds", "7"]);
 * if (E.isLeft(command)) throw new Error("a good command line");
 * assertEquals([command.right.heldOut, command.right.seeds], [[0, 4], [7]]);
 * ```
 */
export const readCommand = (args: readonly string[]): E.Either<InvalidOption, Command> =>
  pipe(
    readOptions(flags, args),
    E.chain(({ "hold-out": heldOut, seeds, ...options }) =>
      pipe(
        integers("--hold-out", heldOut ?? HELD_OUT, 255),
        E.chain((heldOut) =>
          pipe(
            integers("--seeds", seeds ?? SEEDS, LARGEST_SEED),
            E.map((seeds): Command => ({ ...options, heldOut, seeds })),
          )
        ),
      )
    ),
  );

/** Different integers from 0 to `most`, separated by commas. */
function integers(
  option: string,
  text: string,
  most: number,
): E.Either<InvalidOption, readonly number[]> {
  const parts = text.split(",");
  const numbers = parts.map((part) => /^\d{1,10}$/.test(part) ? Number(part) : NaN);
  return numbers.every((number) => number <= most) && new Set(numbers).size === numbers.length
    ? E.right(numbers)
    : E.left(
      invalidOption(option, text, `different integers from 0 to ${most}, separated by commas`),
    );
}
