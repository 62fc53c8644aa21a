/**
 * Settings of a sweep, and the summary of its runs.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import { isRecord, parseJson } from "../files/json.ts";
import { mean, plusMinus, standardDeviation } from "../report/format.ts";
import type { RunOptions } from "./train.ts";

/** Options that the sweep itself sets, each with the alternative for the user. */
const own: Readonly<Record<string, string>> = {
  seed: "--seeds",
  backend: "--backend",
  out: "--out",
  quiet: "--quiet",
  help: "the program's own --help",
  debug: "the program itself",
  profile: "the program itself",
  dashboard: "the program itself",
  resume: "the same sweep again, which goes on",
};

/**
 * Makes the settings of a grid: all combinations, the last axis running fastest.
 *
 * @param axes Axes as the command line has them: "units=256,512" for an option and its values, "gradients" for a switch.
 * @returns The settings, one without options where there are no axes; `InvalidOption` for an axis twice, without
 * values, and for an option that a sweep gives itself.
 *
 * @example
 * ```ts
 * import { grid } from "./sweep.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(grid(["units=256,512", "gradients"]), E.right([
 *   { units: "256", gradients: true },
 *   { units: "512", gradients: true },
 * ]));
 * ```
 */
export function grid(axes: readonly string[]): E.Either<InvalidOption, readonly RunOptions[]> {
  let settings: readonly RunOptions[] = [{}];
  const names = new Set<string>();
  for (const axis of axes) {
    const [, name, text] = /^-{0,2}([a-zA-Z][\w-]*)(?:=(.*))?$/s.exec(axis) ?? [];
    if (name === undefined) {
      return E.left(
        invalidOption("NAME=VALUE", axis, "an option and its values, such as units=256,512"),
      );
    }
    const wrong = ownOption(name) ??
      (names.has(name) ? invalidOption(`--${name}`, axis, "each option once") : null);
    if (wrong !== null) return E.left(wrong);
    names.add(name);
    const values: readonly (string | true)[] = text === undefined
      ? [true]
      : text.split(",").map(plain);
    if (values.includes("") || new Set(values).size < values.length) {
      return E.left(invalidOption(`--${name}`, text, "different values, separated by commas"));
    }
    settings = settings.flatMap((setting) =>
      values.map((value) => ({ ...setting, [name]: value }))
    );
  }
  return E.right(settings);
}

const ownOption = (name: string): InvalidOption | null =>
  Object.hasOwn(own, name)
    ? invalidOption(`--${name}`, name, `${own[name]}: a sweep gives each run its own`)
    : null;

/**
 * Reads a list of settings: a JSON array of objects of texts, numbers and, for switches, true.
 *
 * @returns The settings, of which equal ones are one; `InvalidOption` for other text, an empty list, and for options
 * that a sweep gives itself.
 *
 * @example
 * ```ts
 * import { listed } from "./sweep.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const settings = listed('[{ "units": 256 }, { "units": 512, "gradients": true }]');
 * assertEquals(settings, E.right([{ units: "256" }, { units: "512", gradients: true }]));
 * ```
 */
export function listed(text: string): E.Either<InvalidOption, readonly RunOptions[]> {
  const value = parseJson(text);
  const isSetting = (one: unknown): one is Readonly<Record<string, string | number | true>> =>
    isRecord(one) &&
    Object.values(one).every((option) =>
      option === true || typeof option === "string" || Number.isFinite(option)
    );
  if (!Array.isArray(value) || value.length === 0 || !value.every(isSetting)) {
    return E.left(invalidOption(
      "--list",
      text.slice(0, 60),
      'a JSON array such as [{ "units": 256 }, { "units": 512, "gradients": true }]',
    ));
  }
  const wrong = value.flatMap((one) => Object.keys(one)).map(ownOption).find((one) => one !== null);
  if (wrong) return E.left(wrong);
  const settings = value.map((one): RunOptions =>
    Object.fromEntries(
      Object.entries(one).map((
        [name, option],
      ) => [name, option === true ? true : plain(String(option))]),
    )
  );
  const byText = new Map(settings.map((one) => [labelOf(one), one]));
  return E.right([...byText.values()]);
}

/** Writes a number as JavaScript does, so that 0.05 and .050 are one setting; other text as it is. */
const plain = (text: string): string =>
  /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? String(Number(text)) : text;

/**
 * Separates the options that all settings share from those in which they differ.
 *
 * @example
 * ```ts
 * import { partedSettings } from "./sweep.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const { shared, own } = partedSettings([{ epochs: "5", units: "256" }, { epochs: "5", units: "512" }]);
 * assertEquals([shared, own], [{ epochs: "5" }, [{ units: "256" }, { units: "512" }]]);
 * ```
 */
export function partedSettings(
  settings: readonly RunOptions[],
): { readonly shared: RunOptions; readonly own: readonly RunOptions[] } {
  const isShared = ([name, value]: readonly [string, string | true]) =>
    settings.every((setting) => setting[name] === value);
  const part = (setting: RunOptions, shared: boolean): RunOptions =>
    Object.fromEntries(Object.entries(setting).filter((option) => isShared(option) === shared));
  return {
    shared: part(settings[0] ?? {}, true),
    own: settings.map((setting) => part(setting, false)),
  };
}

/** Writes a setting as on a command line: "units=256 gradients". */
export const labelOf = (options: RunOptions): string =>
  Object.entries(options).map(([name, value]) => value === true ? name : `${name}=${value}`)
    .join(" ");

/** Finished runs of one setting, with a quantity of each. */
export interface Measured {
  readonly label: string;
  /** Values of the quantity, by seed. */
  readonly values: ReadonlyMap<number, number>;
}

/** Summary of one setting over its seeds. */
export interface SweepRow {
  readonly label: string;
  /** Number of runs. */
  readonly runs: number;
  readonly mean: number;
  /** Sample standard deviation; null of one run. */
  readonly deviation: number | null;
  /** Difference to the first setting, over the seeds that both have; null of the first, and where there are none. */
  readonly difference: {
    readonly mean: number;
    readonly deviation: number | null;
    readonly pairs: number;
  } | null;
}

/**
 * Computes mean and standard deviation over seeds, and the difference to the first setting: of runs with the same
 * seed, so that what the seed does to both is not taken for the setting's.
 *
 * @param settings Settings that have at least one run, the reference first.
 *
 * @example Twice as large a spread over seeds as between settings, yet the difference is sure.
 * ```ts
 * import { summarise } from "./sweep.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const [, { difference }] = summarise([
 *   { label: "units=256", values: new Map([[0, 0.5], [1, 0.75], [2, 0.625]]) },
 *   { label: "units=512", values: new Map([[0, 0.625], [1, 0.875], [2, 0.75]]) },
 * ]);
 * assertEquals(difference, { mean: 0.125, deviation: 0, pairs: 3 });
 * ```
 */
export const summarise = (settings: readonly Measured[]): readonly SweepRow[] =>
  settings.map(({ label, values }, i) => {
    const all = [...values.values()];
    const first = settings[0].values;
    const differences = [...values].filter(([seed]) => first.has(seed))
      .map(([seed, value]) => value - first.get(seed)!);
    return {
      label,
      runs: all.length,
      mean: mean(all),
      deviation: standardDeviation(all),
      difference: i === 0 || differences.length === 0 ? null : {
        mean: mean(differences),
        deviation: standardDeviation(differences),
        pairs: differences.length,
      },
    };
  });

/** Writes a summary as rows of a table, the heading first. */
export function summaryRows(
  settings: readonly Measured[],
  quantity: string,
): readonly (readonly string[])[] {
  const first = settings[0]?.values;
  return [
    ["setting", "runs", quantity, "difference to the first, by seed"],
    ...summarise(settings).map(({ label, runs, difference }, i) => [
      label === "" ? "as it is" : label,
      String(runs),
      plusMinus([...settings[i].values.values()]),
      difference === null ? "" : signed(
        [...settings[i].values].filter(([seed]) => first.has(seed))
          .map(([seed, value]) => value - first.get(seed)!),
      ),
    ]),
  ];
}

const signed = (differences: readonly number[]): string =>
  `${mean(differences) > 0 ? "+" : ""}${plusMinus(differences)}`;

/**
 * Chooses the quantity of the table: the test accuracy where all runs have it, else another quantity of the test split,
 * else any that they share.
 *
 * @param runs Last values of each run, by split and name.
 * @returns The quantity; null where the runs have none in common.
 */
export function mainQuantity(runs: readonly Readonly<Record<string, number>>[]): string | null {
  const shared = Object.keys(runs[0] ?? {}).filter((name) => runs.every((run) => name in run));
  return shared.find((name) => name === "test accuracy") ??
    shared.find((name) => name.startsWith("test ")) ?? shared[0] ?? null;
}
