/**
 * Read-outs: from codes to classes, learnt by counting and by storing.
 *
 * @module
 */
import type { BinaryEmbeddings } from "../embeddings.ts";
import { checkLength } from "../metrics/check.ts";

/** A read-out that has learnt. */
export interface ReadOut {
  /** As results name it. */
  readonly name: string;
  /**
   * The class of each code, from 0 on.
   *
   * @throws {RangeError} Where the codes are not as wide as those that it learnt from.
   */
  readonly predict: (codes: BinaryEmbeddings) => Int32Array;
}

/** Codes with the class of each. */
export interface LabelledCodes {
  /** At least one. */
  readonly codes: BinaryEmbeddings;
  /** As many, each from 0 to classes − 1. */
  readonly labels: ArrayLike<number>;
  /** How many classes there are, at least 1. */
  readonly classes: number;
}

/**
 * Whether there are codes, and as many labels.
 *
 * @throws {RangeError} Where not, as a mistake in the program.
 */
export function checkLabelled({ codes, labels, classes }: LabelledCodes): void {
  checkLength("learn labels", labels.length, codes.count);
  if (codes.count === 0) throw new RangeError("Cannot learn a read-out: current value is 0 codes");
  for (let i = 0; i < labels.length; i++) {
    if (!(labels[i] >= 0 && labels[i] < classes)) {
      throw new RangeError(
        `Cannot learn label ${i}: expected from 0 to ${classes - 1}, current value is ${labels[i]}`,
      );
    }
  }
}

/** The index of the largest number, the first of equals. */
export function largest(row: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < row.length; i++) if (row[i] > row[best]) best = i;
  return best;
}
