/**
 * What a claim compares: variants of one experiment, each trained once per seed.
 *
 * @module
 */
import { E, pipe, RTE } from "../../graph/fp_ts.ts";
import type { SparrowError } from "../../graph/error.ts";
import { duration } from "../cli/progress_bar.ts";
import type { Env } from "../env.ts";
import { type History, latest, rowsNamed, type SplitName } from "../history.ts";
import { createRun, dispose, type RunOptions } from "../run.ts";
import type { Stage } from "../stage.ts";
import type { Measured } from "./claim.ts";

/** One of the things that are compared. */
export interface Variant {
  /** As a person tells it from the others: "kWTA". */
  readonly name: string;
  /** What its run begins with, whatever the seed. */
  readonly begin: Omit<RunOptions, "seed" | "rng">;
  /** All training and measuring. */
  readonly stages: Stage;
}

/** What was measured in a variant's trainings: a history per seed, in their order. */
export type Outcome = readonly History[];

/**
 * Trains every variant with every seed, one after the other, and says a line after each.
 *
 * @returns The outcome of each variant, in their order; the first error of a stage.
 */
export const trainAll = (
  seeds: readonly number[],
  variants: readonly Variant[],
): RTE.ReaderTaskEither<Env, SparrowError, readonly Outcome[]> =>
  pipe(
    variants,
    RTE.traverseSeqArray((variant) =>
      pipe(seeds, RTE.traverseSeqArray((seed) => trained(variant, seed)))
    ),
  );

type Trained = RTE.ReaderTaskEither<Env, SparrowError, History>;

const trained = ({ name, begin, stages }: Variant, seed: number): Trained => (env) => async () => {
  const begun = env.now();
  const run = createRun({ ...begin, seed });
  if (E.isLeft(run)) return run;
  const done = await stages(run.right)(env)();
  env.progress.clear();
  if (E.isLeft(done)) return done;
  dispose(done.right);
  const { history } = done.right;
  const accuracy = latest(history, "accuracy", "test");
  env.log(
    [
      `  ${name}, seed ${seed}:`,
      ...(accuracy === null ? [] : [`test ${accuracy.toFixed(4)}`]),
      `in ${duration((env.now() - begun) / 1000)}`,
    ].join(" "),
  );
  return E.right(history);
};

/** A quantity of an outcome: the newest row of a name in each history; NaN where there is none. */
export const measure = (
  name: string,
  outcome: Outcome,
  row: string,
  split: SplitName = "test",
): Measured => measureAt(-1, name, outcome, row, split);

/** The same of the oldest row: what was measured before training, or in its first epoch. */
export const measureFirst = (
  name: string,
  outcome: Outcome,
  row: string,
  split: SplitName = "test",
): Measured => measureAt(0, name, outcome, row, split);

const measureAt = (
  index: number,
  name: string,
  outcome: Outcome,
  row: string,
  split: SplitName,
): Measured => ({
  name,
  unit: "",
  values: outcome.map((history) => rowsNamed(history, row, split).at(index)?.value ?? NaN),
});
