/**
 * A claim about kWTA codes, as an experiment that can come out either way; and the length of its trainings.
 *
 * @module
 */
import type { SparrowError } from "../../../graph/error.ts";
import type { RTE } from "../../../graph/fp_ts.ts";
import type { Dataset, ImageSplit } from "../../data/dataset.ts";
import { take } from "../../data/splits.ts";
import type { Env } from "../../core/env.ts";
import type { Figure } from "../../report/figure.ts";

/** The data, seeds and form that a claim is tested with. */
export interface ClaimSetting {
  /** Dataset to train on and to test with. */
  readonly dataset: Dataset<ImageSplit>;
  /** One repetition for each; three or more in full. */
  readonly seeds: readonly number[];
  /** Whether to run the reduced form: fewer samples, epochs and settings. */
  readonly quick: boolean;
}

/** A quantity, measured once per seed. */
export interface Measured {
  /** Name of the quantity: "test accuracy, kWTA". */
  readonly name: string;
  /** Unit of the quantity: "bit", "dB"; "" for a fraction or a count. */
  readonly unit: string;
  /** One per seed, in their order. */
  readonly values: readonly number[];
}

/** Result of a claim's experiment. */
export interface Findings {
  /** Whether the claim holds by its own criterion. */
  readonly holds: boolean;
  /** One or two sentences with the numbers that decided. */
  readonly verdict: string;
  /** Everything that was measured. */
  readonly measured: readonly Measured[];
  /** The one picture of it. */
  readonly figure: Figure;
}

/** A claim. */
export interface Claim {
  /** Number of the claim in the README's table. */
  readonly number: number;
  /** The claim, in one sentence. */
  readonly title: string;
  /** Criterion by which the claim holds, fixed before the experiment is run. */
  readonly criterion: string;
  /** Runs the experiment. */
  readonly test: (setting: ClaimSetting) => RTE.ReaderTaskEither<Env, SparrowError, Findings>;
}

/** The length of every training of a claim. */
export interface Length {
  /** Dataset to train on and to test with: all of it, or its first images. */
  readonly dataset: Dataset<ImageSplit>;
  /** Epochs of one training. */
  readonly epochs: number;
}

/** Images of each split in the quick form. */
const QUICK_IMAGES = 4000;
const QUICK_EPOCHS = 3;
const EPOCHS = 20;

/** Returns the length of a training: 20 epochs of all images; in the quick form 3 epochs of the first 4,000. */
export const lengthOf = (
  { dataset, quick }: Pick<ClaimSetting, "dataset" | "quick">,
): Length =>
  quick
    ? { dataset: take(dataset, QUICK_IMAGES), epochs: QUICK_EPOCHS }
    : { dataset, epochs: EPOCHS };
