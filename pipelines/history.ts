/**
 * What was measured, as tidy data: one row per value, which is what a plot wants.
 *
 * @module
 */

/** The part of the data that a row speaks of; "run" for what belongs to none. */
export type SplitName = "train" | "validation" | "test" | "run";

/** One measured value. */
export interface Row {
  /** Counted from 1; 0 for what was measured before training. */
  readonly epoch: number;
  /** Training steps done by then, over all epochs. */
  readonly step: number;
  /** What it was measured on. */
  readonly split: SplitName;
  /** "loss", "accuracy", "sparsity", "hardness", "learning_rate", "samples_per_second", … */
  readonly name: string;
  /** In the name's own unit; fractions for accuracies and sparsities. */
  readonly value: number;
}

/** Everything measured so far, oldest first. */
export type History = readonly Row[];

/** The rows of a name, in order of time. */
export const rowsNamed = (history: History, name: string, split?: SplitName): History =>
  history.filter((row) => row.name === name && (split === undefined || row.split === split));

/** The newest value of a name, or null when it was never measured. */
export const latest = (history: History, name: string, split?: SplitName): number | null =>
  rowsNamed(history, name, split).at(-1)?.value ?? null;

/** The history as JSON lines: {"epoch","step","split","name","value"}. */
export const toJsonLines = (history: History): string =>
  history.map(({ epoch, step, split, name, value }) =>
    JSON.stringify({ epoch, step, split, name, value }) + "\n"
  ).join("");
