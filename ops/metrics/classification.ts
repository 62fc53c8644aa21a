/**
 * Predicted classes: from outputs, their accuracy, and their confusions.
 *
 * Source: AccuracyArgmax and calc_accuracy of dizcza/pytorch-mighty, mighty/monitor/accuracy.py.
 *
 * @module
 */
import { checkLength } from "./rows.ts";

/**
 * The class with the largest output in each row; of equal outputs the lowest class. NaN never wins.
 *
 * @param outputs Logits or probabilities, rows × classes, row-major.
 * @param classes Numbers per row, at least 1.
 * @returns One class index per row.
 * @throws {RangeError} Where a row is not whole.
 */
export function argmax(outputs: ArrayLike<number>, classes: number): Int32Array {
  const rows = Math.floor(outputs.length / classes);
  checkLength("take the argmax", outputs.length, rows * classes);
  return Int32Array.from({ length: rows }, (_, row) => {
    let [best, highest] = [0, -Infinity];
    for (let c = 0; c < classes; c++) {
      const output = outputs[row * classes + c];
      if (output > highest) [best, highest] = [c, output];
    }
    return best;
  });
}

/**
 * The fraction of predictions that are right; 0 for none.
 *
 * @param predicted Class indices, from {@linkcode argmax} or any other classifier.
 * @param labels True classes, as many.
 * @throws {RangeError} Where the lengths differ.
 *
 * @example
 * ```ts
 * import { accuracy, argmax } from "./classification.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const logits = [0.1, 2, -1, 3, 0, 0];
 * assertEquals(accuracy(argmax(logits, 3), [1, 2]), 0.5);
 * ```
 */
export function accuracy(predicted: ArrayLike<number>, labels: ArrayLike<number>): number {
  checkLength("compare predictions with labels", labels.length, predicted.length);
  let right = 0;
  for (let i = 0; i < predicted.length; i++) if (predicted[i] === labels[i]) right++;
  return predicted.length === 0 ? 0 : right / predicted.length;
}

// ---- Confusion

/**
 * Confusion matrix: the number of samples of each class that were predicted to be of each class.
 */
export interface ConfusionMatrix {
  /** The number of rows, and of columns. */
  readonly classes: number;
  /** classes × classes: at [label · classes + prediction] the number of such samples. */
  readonly counts: Uint32Array;
}

/** Scores of a classifier on one class, or on all. */
export interface ClassScores {
  /** The fraction of the samples predicted so that are so; 0 where none is predicted so. */
  readonly precision: number;
  /** The fraction of the samples that are so that are predicted so; 0 where none is. */
  readonly recall: number;
  /** The harmonic mean of the two, 2tp / (2tp + fp + fn); 0 where both are. */
  readonly f1: number;
  /** Samples of the class. */
  readonly support: number;
}

/**
 * Counts predictions by class; rows are true classes, columns predicted ones.
 *
 * @param predicted Class indices below `classes`.
 * @param labels True classes, as many, in the same range.
 * @param classes Number of classes.
 * @throws {RangeError} Where the lengths differ or an index is out of range.
 *
 * @example
 * ```ts
 * import { confusionMatrix } from "./classification.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals([...confusionMatrix([0, 1, 1, 1], [0, 0, 1, 1], 2).counts], [1, 1, 0, 2]);
 * ```
 */
export function confusionMatrix(
  predicted: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
): ConfusionMatrix {
  checkLength("compare predictions with labels", labels.length, predicted.length);
  const counts = new Uint32Array(classes * classes);
  for (let i = 0; i < labels.length; i++) {
    for (const index of [labels[i], predicted[i]]) {
      if (!(Number.isInteger(index) && index >= 0 && index < classes)) {
        throw new RangeError(
          `Cannot count sample ${i}: expected a class below ${classes}, current value is ${index}`,
        );
      }
    }
    counts[labels[i] * classes + predicted[i]]++;
  }
  return { classes, counts };
}

/**
 * Precision, recall and F1 of each class.
 *
 * A fraction of nothing is 0, as in scikit-learn (zero_division = 0), never NaN.
 *
 * @param matrix Counts of the predictions by class.
 */
export function classScores({ classes, counts }: ConfusionMatrix): readonly ClassScores[] {
  return Array.from({ length: classes }, (_, c) => {
    const right = counts[c * classes + c];
    let [support, predicted] = [0, 0];
    for (let other = 0; other < classes; other++) {
      support += counts[c * classes + other];
      predicted += counts[other * classes + c];
    }
    return {
      precision: right / Math.max(1, predicted),
      recall: right / Math.max(1, support),
      f1: 2 * right / Math.max(1, support + predicted),
      support,
    };
  });
}

/**
 * The plain means over the classes that have samples, each class counting alike ("macro"), with all
 * samples as the support; zeros where there are none.
 *
 * Over all samples alike ("micro") the three are one number, the accuracy.
 *
 * @param scores Scores of each class.
 */
export function macroScores(scores: readonly ClassScores[]): ClassScores {
  const present = scores.filter(({ support }) => support > 0);
  const mean = (pick: (one: ClassScores) => number): number =>
    present.reduce((sum, one) => sum + pick(one), 0) / Math.max(1, present.length);
  return {
    precision: mean(({ precision }) => precision),
    recall: mean(({ recall }) => recall),
    f1: mean(({ f1 }) => f1),
    support: present.reduce((sum, { support }) => sum + support, 0),
  };
}
