/**
 * How long the trainings of a claim are.
 *
 * @module
 */
import type { Dataset } from "../data/dataset.ts";
import { take } from "../data/splits.ts";
import type { ClaimSetting } from "./claim.ts";

/** The length of every training of a claim. */
export interface Length {
  /** What is trained on and judged by: all of it, or its first images. */
  readonly dataset: Dataset;
  /** Of one training. */
  readonly epochs: number;
}

/** Of each split, in the quick form. */
const QUICK_IMAGES = 4000;
const QUICK_EPOCHS = 3;
const EPOCHS = 20;

/** 20 epochs of all images; in the quick form 3 epochs of the first 4,000. */
export const lengthOf = (
  { dataset, quick }: Pick<ClaimSetting, "dataset" | "quick">,
): Length =>
  quick
    ? { dataset: take(dataset, QUICK_IMAGES), epochs: QUICK_EPOCHS }
    : { dataset, epochs: EPOCHS };
