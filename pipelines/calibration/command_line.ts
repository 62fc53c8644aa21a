/**
 * The command line of the calibration.
 *
 * @module
 */
import { E, pipe } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { commonFlags, type Flags, helpText, readOptions, type Values } from "../cli/options.ts";
import { type EstimatorName, estimatorNames, QUICK_SEEDS, SEEDS } from "./plan.ts";

const MOST_SEEDS = 1_000;

const { help, backend, threads, out, dashboard, quiet, debug } = commonFlags;

/** Of the flags of other pipelines, a seed, a number of epochs and data mean nothing here. */
const flags = {
  help,
  quick: { kind: "switch", help: "a reduced form: few settings, no neural bounds unless named" },
  seeds: {
    kind: "text",
    help: `repetitions [${SEEDS}, quick ${QUICK_SEEDS}]`,
    value: "N",
  },
  estimators: {
    kind: "text",
    help: `only these, of ${estimatorNames.join(" ")} [all]`,
    value: "NAME,…",
  },
  backend: { ...backend, help: "where to compute the neural bounds" },
  threads,
  out: { ...out, help: "folder for the results [runs/calibration-<time>]" },
  dashboard: { ...dashboard, help: `${dashboard.help}, without figures` },
  quiet,
  debug,
} as const satisfies Flags;

/** What is to be done. */
export interface Command extends Omit<Values<typeof flags>, "seeds" | "estimators"> {
  /** Repetitions; null where it was not said. */
  readonly seeds: number | null;
  /** Those that were named; null where none was. */
  readonly estimators: readonly EstimatorName[] | null;
}

/** What `--help` prints. */
export const calibrationHelp = (): string =>
  helpText(
    "information_calibration",
    "Measures bias and spread of the estimators of mutual information on Gaussians whose information\n" +
      "is known, and writes calibration.json, calibration.csv and calibration.html.",
    flags,
  );

/**
 * Reads the command line of the calibration.
 *
 * @param args `Deno.args`.
 * @returns The command; `InvalidOption` as `readOptions` has it, for seeds that are not a number of
 * repetitions, and for an estimator that there is not.
 *
 * @example
 * ```ts
 * import { readCommand } from "./command_line.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const command = readCommand(["--seeds", "5", "--estimators", "ksg,ross"]);
 * if (E.isLeft(command)) throw new Error("a good command line");
 * assertEquals([command.right.seeds, command.right.estimators], [5, ["ksg", "ross"]]);
 * ```
 */
export const readCommand = (args: readonly string[]): E.Either<InvalidOption, Command> =>
  pipe(
    readOptions(flags, args),
    E.chain(({ seeds, estimators, ...options }) =>
      pipe(
        seedsOf(seeds),
        E.chain((seeds) =>
          pipe(
            estimatorsIn(estimators),
            E.map((estimators): Command => ({ ...options, seeds, estimators })),
          )
        ),
      )
    ),
  );

function seedsOf(text: string | null): E.Either<InvalidOption, number | null> {
  if (text === null) return E.right(null);
  const seeds = /^\d{1,4}$/.test(text) ? Number(text) : NaN;
  return seeds >= 1 && seeds <= MOST_SEEDS
    ? E.right(seeds)
    : E.left(invalidOption("--seeds", text, `an integer from 1 to ${MOST_SEEDS}`));
}

function estimatorsIn(
  text: string | null,
): E.Either<InvalidOption, readonly EstimatorName[] | null> {
  if (text === null) return E.right(null);
  const names = text.split(",");
  const known: readonly string[] = estimatorNames;
  return names.every((name) => known.includes(name)) && new Set(names).size === names.length
    ? E.right(names as readonly EstimatorName[])
    : E.left(
      invalidOption(
        "--estimators",
        text,
        `one or some of ${known.join(", ")}, separated by commas`,
      ),
    );
}

/** The command line that repeats a command. */
export const repeating = ({ quick, seeds, estimators, backend }: Command): string =>
  [
    "deno run -P pipelines/information_calibration.ts",
    ...quick ? ["--quick"] : [],
    ...seeds === null ? [] : [`--seeds ${seeds}`],
    ...estimators === null ? [] : [`--estimators ${estimators.join()}`],
    ...backend === "auto" ? [] : [`--backend ${backend}`],
  ].join(" ");
