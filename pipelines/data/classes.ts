/**
 * A dataset of some of its classes.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import type { Dataset, DataSplit } from "./dataset.ts";
import { subset } from "./splits.ts";

/**
 * A dataset with the images of some classes only, in the order that they had. Labels and the names of
 * the classes stay as they are, so that an 8 is an 8 in both; the other classes just have no images.
 *
 * @param classes Indices into the dataset's classes: at least one, each once, in any order.
 * @returns The dataset, of its own memory; `InvalidOption` for a class that there is not, one that is
 * named twice, for none, and where no training or no test image is left.
 *
 * @example
 * ```ts
 * import { onlyClasses } from "./classes.ts";
 * import { strokes } from "./strokes.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const digits = { ...strokes({ seed: 1, train: 50, test: 20 }), sha256: {} };
 * const some = onlyClasses(digits, [8, 9]);
 * if (E.isLeft(some)) throw new Error("there are such digits");
 * assertEquals([...new Set(some.right.train.labels)].sort(), [8, 9]);
 * assertEquals([some.right.train.count, some.right.test.count], [10, 4]);
 * ```
 */
export const onlyClasses = (
  dataset: Dataset,
  classes: readonly number[],
): E.Either<InvalidOption, Dataset> => keep(dataset, classes, (named) => named);

/**
 * A dataset without the images of some classes: what {@linkcode onlyClasses} leaves out.
 *
 * @param classes As for `onlyClasses`.
 * @returns As `onlyClasses` does.
 *
 * @example
 * ```ts
 * import { withoutClasses } from "./classes.ts";
 * import { strokes } from "./strokes.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const digits = { ...strokes({ seed: 1, train: 50, test: 20 }), sha256: {} };
 * const some = withoutClasses(digits, [8, 9]);
 * if (E.isLeft(some)) throw new Error("there are such digits");
 * assertEquals([...new Set(some.right.train.labels)].sort(), [0, 1, 2, 3, 4, 5, 6, 7]);
 * ```
 */
export const withoutClasses = (
  dataset: Dataset,
  classes: readonly number[],
): E.Either<InvalidOption, Dataset> => keep(dataset, classes, (named) => !named);

function keep(
  dataset: Dataset,
  classes: readonly number[],
  wanted: (named: boolean) => boolean,
): E.Either<InvalidOption, Dataset> {
  const last = dataset.classes.length - 1;
  const good = classes.length > 0 && new Set(classes).size === classes.length &&
    classes.every((label) => Number.isInteger(label) && label >= 0 && label <= last);
  if (!good) {
    const expected = `different indices of ${dataset.name}'s classes, from 0 to ${last}`;
    return E.left(invalidOption("classes", classes.join(","), expected));
  }
  const kept = dataset.classes.map((_, label) => wanted(classes.includes(label)));
  const part = (split: DataSplit): DataSplit => {
    const picks: number[] = [];
    split.labels.forEach((label, i) => kept[label] && picks.push(i));
    return subset(split, Uint32Array.from(picks));
  };
  const chosen: Dataset = {
    ...dataset,
    train: part(dataset.train),
    validation: dataset.validation && part(dataset.validation),
    test: part(dataset.test),
  };
  return chosen.train.count > 0 && chosen.test.count > 0 ? E.right(chosen) : E.left(invalidOption(
    "classes",
    classes.join(","),
    `classes that leave images of ${dataset.name} to train on and to test with, not ` +
      `${chosen.train.count} and ${chosen.test.count}`,
  ));
}
