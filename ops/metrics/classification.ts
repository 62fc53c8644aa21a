/**
 * Predicted classes: from outputs, and how many of them are right.
 *
 * Source: AccuracyArgmax and calc_accuracy of dizcza/pytorch-mighty, mighty/monitor/accuracy.py.
 *
 * @module
 */
import { checkLength } from "./check.ts";

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
 * @param labels As many.
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
