/**
 * Parts of datasets and of their splits: the first samples, some indices, some classes, a validation set
 * drawn at random by class.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { E, pipe } from "../../graph/fp_ts.ts";
import { permutation, type Rng, seed as seeded } from "../../graph/rng.ts";
import {
  type Dataset,
  type DataSplit,
  labelledDataset,
  type Labels,
  type Normalisation,
  type SampleValues,
} from "./dataset.ts";

/** Options of {@linkcode withValidation}. */
export interface ValidationOptions {
  /** Fraction of each class of the training set, or of all of it without labels; above 0 and below 1. */
  readonly fraction: number;
  /** Seed of the drawing: an integer from 0 to 2^32 − 1. */
  readonly seed: number;
}

/**
 * Copies the samples of a split at some indices, in the order of the indices.
 *
 * @param split Split to copy from.
 * @param picks Each from 0 to split.count − 1.
 * @returns A split of its own memory.
 *
 * @example
 * ```ts
 * import { subset } from "./splits.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const split = {
 *   count: 3,
 *   values: Uint8Array.of(1, 1, 2, 2, 3, 3),
 *   labels: Uint8Array.of(7, 8, 9),
 *   normalisation: { mean: [0], std: [1] },
 * };
 * assertEquals(subset(split, Uint32Array.of(2, 0)), {
 *   ...split,
 *   count: 2,
 *   values: Uint8Array.of(3, 3, 1, 1),
 *   labels: Uint8Array.of(9, 7),
 * });
 * ```
 */
export function subset<Split extends DataSplit>(split: Split, picks: Uint32Array): Split {
  const { count, values, labels, names } = split;
  const size = count === 0 ? 0 : values.length / count;
  return {
    ...split,
    count: picks.length,
    values: pickRows(values, size, picks),
    labels: labels && pickRows(labels, 1, picks),
    ...names && { names: Array.from(picks, (pick) => names[pick]) },
  };
}

/** Copies rows of an array, into one of the same type. */
function pickRows<A extends SampleValues | Labels>(values: A, size: number, picks: Uint32Array): A {
  const chosen = new (values.constructor as new (length: number) => A)(picks.length * size);
  if (size === 1) picks.forEach((pick, i) => chosen[i] = values[pick]);
  else {picks.forEach((pick, i) =>
      chosen.set(values.subarray(pick * size, (pick + 1) * size), i * size)
    );}
  return chosen;
}

/** Returns samples of a split from one on, at most `most`, as views. */
export function samplesFrom<Split extends DataSplit>(
  split: Split,
  from: number,
  most: number,
): Split {
  const { count, values, labels, names } = split;
  const size = count === 0 ? 0 : values.length / count;
  const to = Math.min(count, from + most);
  return {
    ...split,
    count: to - from,
    values: values.subarray(from * size, to * size),
    labels: labels && labels.subarray(from, to),
    ...names && { names: names.slice(from, to) },
  };
}

/** Returns the first samples of a split, at most `most`, as views. */
export const firstSamples = <Split extends DataSplit>(split: Split, most: number): Split =>
  samplesFrom(split, 0, most);

/**
 * Returns the first samples of each split of a dataset, as views: for a quick trial of a large one.
 *
 * @param dataset Dataset to shorten, which stays as it is.
 * @param most Samples of each split, an integer of at least 1; a smaller split stays as it is.
 *
 * @example
 * ```ts
 * import { take } from "./splits.ts";
 * import { strokes } from "./strokes.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const dataset = { ...strokes({ seed: 1, train: 50, test: 10 }), sha256: {} };
 * const { train, test } = take(dataset, 20);
 * assertEquals([train.count, train.values.length, test.count], [20, 20 * 784, 10]);
 * ```
 */
export function take<Split extends DataSplit>(
  dataset: Dataset<Split>,
  most: number,
): Dataset<Split> {
  const first = (split: Split) => firstSamples(split, most);
  return {
    ...dataset,
    train: first(dataset.train),
    validation: dataset.validation && first(dataset.validation),
    test: first(dataset.test),
  };
}

/**
 * Replaces the normalisation of all splits of a dataset.
 *
 * @param dataset Dataset, which stays as it is.
 * @param normalisation Mean and deviation, for all numbers or for each channel.
 *
 * @example Bytes divided by 255, so that pixels are from 0 to 1.
 * ```ts
 * import { withNormalisation } from "./splits.ts";
 * import { strokes } from "./strokes.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const digits = { ...strokes({ seed: 1, train: 50, test: 10 }), sha256: {} };
 * const plain = withNormalisation(digits, { mean: [0], std: [1] });
 * assertEquals(plain.test.normalisation, { mean: [0], std: [1] });
 * assertEquals(plain.test.values, digits.test.values);
 * ```
 */
export const withNormalisation = <Split extends DataSplit>(
  dataset: Dataset<Split>,
  normalisation: Normalisation,
): Dataset<Split> => ({
  ...dataset,
  train: { ...dataset.train, normalisation },
  validation: dataset.validation && { ...dataset.validation, normalisation },
  test: { ...dataset.test, normalisation },
});

/**
 * Makes a part of a dataset's training set, drawn by a seed, its validation set: a fraction of each class, or of
 * all samples where they have no labels. Both keep the order that they had. At least one sample of each class
 * goes and at least one stays.
 *
 * @param dataset Dataset, which stays as it is.
 * @param options Options, as {@linkcode ValidationOptions} describes them.
 * @returns The dataset; `InvalidOption` when the fraction is not above 0 and below 1, the seed not
 * an integer from 0 to 2^32 − 1, when a class has one sample only, or when there is a validation set
 * already.
 *
 * @example
 * ```ts
 * import { withValidation } from "./splits.ts";
 * import { strokes } from "./strokes.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const digits = { ...strokes({ seed: 1, train: 100, test: 10 }), sha256: {} };
 * const split = withValidation(digits, { fraction: 0.2, seed: 1 });
 * assertEquals(E.isRight(split) && split.right.train.count, 80);
 * assertEquals(E.isRight(split) && split.right.validation?.count, 20);
 * ```
 */
export function withValidation<Split extends DataSplit>(
  dataset: Dataset<Split>,
  { fraction, seed }: ValidationOptions,
): E.Either<InvalidOption, Dataset<Split>> {
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    return E.left(invalidOption("seed", seed, `an integer from 0 to ${2 ** 32 - 1}`));
  }
  if (dataset.validation !== null) {
    return E.left(
      invalidOption(
        "dataset",
        `one with a validation set of ${dataset.validation.count} samples`,
        "a dataset without a validation set",
      ),
    );
  }
  const { train, classes } = dataset;
  return pipe(
    parted(train, classes, fraction, seeded(seed)),
    E.map(({ rest, part }) => ({
      ...dataset,
      train: subset(train, rest),
      validation: subset(train, part),
    })),
  );
}

/** The indices that part a split in two, each ascending. */
export interface Parting {
  /** Indices that stay. */
  readonly rest: Uint32Array;
  /** Indices that go: the fraction. */
  readonly part: Uint32Array;
}

/**
 * Parts a split at random, by a fraction of each class, or of all samples where they have no labels.
 *
 * @param classes Names of the classes, for an error.
 * @returns Parts as {@linkcode stratified} returns them.
 */
export const parted = (
  { count, labels }: Pick<DataSplit, "count" | "labels">,
  classes: readonly string[],
  fraction: number,
  rng: Rng,
): E.Either<InvalidOption, Parting> =>
  labels === null
    ? stratified(new Uint8Array(count), ["all samples"], fraction, rng)
    : stratified(labels, classes, fraction, rng);

/**
 * Parts a split by a fraction of each class, at random; of each, at least one sample goes to either
 * side.
 *
 * @param labels Class indices, in the split's order; a class without any sample is passed over.
 * @param classes Names of the classes, for an error.
 * @param fraction The part of each class that goes, above 0 and below 1.
 * @returns The indices; `InvalidOption` for another fraction, and when a class has one sample only.
 */
function stratified(
  labels: Labels,
  classes: readonly string[],
  fraction: number,
  rng: Rng,
): E.Either<InvalidOption, Parting> {
  if (!(fraction > 0 && fraction < 1)) {
    return E.left(invalidOption("fraction", fraction, "a number above 0 and below 1"));
  }
  const goes = new Uint8Array(labels.length);
  let random = rng;
  const byClass = membersOf(labels, classes.length);
  for (const [label, name] of classes.entries()) {
    const members = byClass[label];
    if (members.length === 0) continue;
    if (members.length === 1) {
      return E.left(
        invalidOption(
          "fraction",
          fraction,
          `at least 2 samples of every class, but "${name}" has 1, which cannot be on both sides`,
        ),
      );
    }
    const wanted = Math.round(members.length * fraction);
    const [order, next] = permutation(members.length, random);
    random = next;
    for (const i of order.subarray(0, Math.min(Math.max(wanted, 1), members.length - 1))) {
      goes[members[i]] = 1;
    }
  }
  return E.right({ rest: indicesWhere(goes, 0), part: indicesWhere(goes, 1) });
}

/** The places of each class's labels, ascending. */
function membersOf(labels: Labels, classes: number): readonly Uint32Array[] {
  const counts = new Uint32Array(classes);
  for (const label of labels) counts[label]++;
  const members = Array.from(counts, (count) => new Uint32Array(count));
  const filled = new Uint32Array(classes);
  labels.forEach((label: number, i: number) => {
    if (label < classes) members[label][filled[label]++] = i;
  });
  return members;
}

function indicesWhere(values: Uint8Array, value: number): Uint32Array {
  const indices = new Uint32Array(values.length);
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i] === value) indices[count++] = i;
  }
  return indices.slice(0, count);
}

// ---- Some classes

/**
 * Keeps the samples of some classes only, in the order that they had. Labels and the names of
 * the classes stay as they are, so that an 8 is an 8 in both; the other classes just have no samples.
 *
 * @param dataset Dataset with labels, which stays as it is.
 * @param classes Indices into the dataset's classes: at least one, each once, in any order.
 * @returns The dataset, of its own memory; `InvalidOption` for a class that there is not, one that is
 * named twice, for none, for samples without labels, and where no training or no test sample is left.
 *
 * @example
 * ```ts
 * import { onlyClasses } from "./splits.ts";
 * import { strokes } from "./strokes.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const digits = { ...strokes({ seed: 1, train: 50, test: 20 }), sha256: {} };
 * const some = orThrow(onlyClasses(digits, [8, 9]));
 * assertEquals([...new Set(some.train.labels)].sort(), [8, 9]);
 * assertEquals([some.train.count, some.test.count], [10, 4]);
 * ```
 */
export const onlyClasses = <Split extends DataSplit>(
  dataset: Dataset<Split>,
  classes: readonly number[],
): E.Either<InvalidOption, Dataset<Split>> => keep(dataset, classes, (named) => named);

/**
 * Leaves out the samples of some classes: the complement of {@linkcode onlyClasses}.
 *
 * @param dataset Dataset with labels, which stays as it is.
 * @param classes Classes as for `onlyClasses`.
 * @returns Dataset as `onlyClasses` returns it.
 *
 * @example
 * ```ts
 * import { withoutClasses } from "./splits.ts";
 * import { strokes } from "./strokes.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const digits = { ...strokes({ seed: 1, train: 50, test: 20 }), sha256: {} };
 * const some = orThrow(withoutClasses(digits, [8, 9]));
 * assertEquals([...new Set(some.train.labels)].sort(), [0, 1, 2, 3, 4, 5, 6, 7]);
 * ```
 */
export const withoutClasses = <Split extends DataSplit>(
  dataset: Dataset<Split>,
  classes: readonly number[],
): E.Either<InvalidOption, Dataset<Split>> => keep(dataset, classes, (named) => !named);

function keep<Split extends DataSplit>(
  dataset: Dataset<Split>,
  classes: readonly number[],
  wanted: (named: boolean) => boolean,
): E.Either<InvalidOption, Dataset<Split>> {
  const labelled = labelledDataset(dataset, "a choice of classes");
  if (E.isLeft(labelled)) return labelled;
  const last = dataset.classes.length - 1;
  const good = classes.length > 0 && new Set(classes).size === classes.length &&
    classes.every((label) => Number.isInteger(label) && label >= 0 && label <= last);
  if (!good) {
    const expected = `different indices of ${dataset.name}'s classes, from 0 to ${last}`;
    return E.left(invalidOption("classes", classes.join(","), expected));
  }
  const kept = dataset.classes.map((_, label) => wanted(classes.includes(label)));
  const part = (split: Split): Split => {
    const picks: number[] = [];
    split.labels?.forEach((label: number, i: number) => kept[label] && picks.push(i));
    return subset(split, Uint32Array.from(picks));
  };
  const chosen: Dataset<Split> = {
    ...dataset,
    train: part(dataset.train),
    validation: dataset.validation && part(dataset.validation),
    test: part(dataset.test),
  };
  return chosen.train.count > 0 && chosen.test.count > 0 ? E.right(chosen) : E.left(invalidOption(
    "classes",
    classes.join(","),
    `classes that leave samples of ${dataset.name} to train on and to test with, not ` +
      `${chosen.train.count} and ${chosen.test.count}`,
  ));
}

/**
 * Chooses a few samples that stand for all classes: the first of each class, then the second of each, and so
 * on.
 *
 * @param labels Class indices below `classes`.
 * @param most Largest number of samples, at least 0.
 * @returns The places of the samples among the labels.
 *
 * @example
 * ```ts
 * import { firstOfEach } from "./splits.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(firstOfEach([1, 1, 0, 1, 0], 2, 4), [2, 0, 4, 1]);
 * ```
 */
export function firstOfEach(
  labels: ArrayLike<number>,
  classes: number,
  most: number,
): readonly number[] {
  const byClass = Array.from({ length: classes }, (): number[] => []);
  for (let i = 0; i < labels.length; i++) byClass[labels[i]].push(i);
  const deepest = byClass.reduce((depth, { length }) => Math.max(depth, length), 0);
  return Array.from(
    { length: Math.min(deepest, most) },
    (_, rank) => byClass.flatMap((own) => own.slice(rank, rank + 1)),
  ).flat().slice(0, most);
}
