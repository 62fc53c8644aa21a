/**
 * The measured accuracies as tables.
 *
 * @module
 */
import { type History, latest } from "../history.ts";

/** Labelled images per class that read-outs learn from, besides all. */
export const perClass: readonly number[] = [1, 10, 100, 1000];

/** Parts of each code's units that are moved. */
export const noiseParts: readonly number[] = [0.1, 0.2, 0.3, 0.4, 0.5];

/** The read-outs, as rows of the history name them. */
export const readOuts: readonly string[] = [
  "nearest",
  "naive_bayes",
  "bcpnn",
  "willshaw",
  "centroid",
];

/** An accuracy on the test set; null where it was not measured. */
export const accuracyOf = (history: History, name: string, ending = ""): number | null =>
  latest(history, `accuracy_${name}${ending}`, "test");

/** A table: a head, then a row per read-out, in percent. */
export function resultRows(history: History): readonly (readonly string[])[] {
  const endings = ["", ...perClass.map((n) => `_${n}`), ...noiseParts.map((p) => `_noise_${p}`)];
  return [
    [
      "read-out",
      "all",
      ...perClass.map((n) => `${n}/class`),
      ...noiseParts.map((part) => `${Math.round(100 * part)} % moved`),
    ],
    ...readOuts.map((name) => [
      name,
      ...endings.map((ending) => {
        const value = accuracyOf(history, name, ending);
        return value === null ? "" : (100 * value).toFixed(2);
      }),
    ]),
  ];
}
