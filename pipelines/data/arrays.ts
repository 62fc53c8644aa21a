/**
 * Datasets of arrays in memory: vectors that a model has made, or any other numbers.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { E, pipe } from "../../graph/fp_ts.ts";
import { seed as seeded } from "../../graph/rng.ts";
import { sizeOf } from "../../graph/shape.ts";
import type { Shape } from "../../graph/types.ts";
import {
  checkDataset,
  type Dataset,
  type DataSplit,
  firstNonFinite,
  labelArray,
  type Labels,
  type Normalisation,
  normalisationOf,
  type SampleValues,
} from "./dataset.ts";
import { parted, subset, type ValidationOptions } from "./splits.ts";

/** Samples as arrays. */
export interface ArraySamples {
  /**
   * One array of numbers per sample; or the numbers of all samples in one typed array, row-major, which is then
   * used as it is where it is a `Float32Array` or a `Uint8Array`, and not to be changed. A byte of a `Uint8Array`
   * stands for byte / 255; all other numbers are rounded to float32.
   */
  readonly values: SampleValues | Float64Array | readonly ArrayLike<number>[];
  /** One integer of at least 0, or one name of a class, per sample. @default no labels */
  readonly labels?: ArrayLike<number | bigint | string>;
  /** Name of each sample: a file, an address, an id. @default none */
  readonly names?: readonly string[];
}

/** Options of {@linkcode fromArrays}. */
export interface FromArraysOptions {
  /** Samples that models are trained on. */
  readonly train: ArraySamples;
  /**
   * Samples that models are judged by; or the fraction of the training samples, of each class where they have
   * labels, that is drawn from them by a seed. @default {{ fraction: 0.1, seed: 0 }}
   */
  readonly test?: ArraySamples | ValidationOptions;
  /** Samples by which checkpoints and settings are chosen. @default none */
  readonly validation?: ArraySamples;
  /** Shape of one sample; needed where values are one array. @default the length of a sample's own array */
  readonly shape?: Shape;
  /**
   * Names of the classes; labels that are integers are then indices of them.
   *
   * @default the labels that there are, in order: a label's index is its place among them
   */
  readonly classes?: readonly string[];
  /**
   * Normalisation of all splits: means and deviations of the training samples by "feature", for each number of a
   * sample; by "channel", for each place on a sample's last axis; or of "all" numbers alike. "none" leaves
   * numbers as they are.
   *
   * @default {"none"}
   */
  readonly normalisation?: "feature" | "channel" | "all" | "none" | Normalisation;
  /** Name that results give the dataset. @default {"arrays"} */
  readonly name?: string;
  /** Source of the arrays, for readers of the results. @default {"arrays in memory"} */
  readonly source?: string;
}

/**
 * Makes a dataset of arrays in memory.
 *
 * @param options Options, as {@linkcode FromArraysOptions} describes them.
 * @returns The dataset; `InvalidOption` that says which number of which sample is not finite, which row has another
 * length, which label is none, and which of the arrays do not fit each other; and where a test set cannot be
 * drawn, for a class of one sample say.
 *
 * @example
 * ```ts
 * import { fromArrays } from "./arrays.ts";
 * import { describe, orThrow } from "../../graph/error.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const { train, test, classes } = orThrow(fromArrays({
 *   train: { values: [[0.5, -1], [2, 3], [0, 1]], labels: ["cat", "dog", "cat"] },
 *   test: { values: Float32Array.of(1, 1), labels: ["dog"] },
 *   shape: [2],
 *   normalisation: "feature",
 * }));
 * assertEquals([train.count, train.labels, test.labels], [3, Uint8Array.of(0, 1, 0), Uint8Array.of(1)]);
 * assertEquals([classes, train.normalisation.mean], [["cat", "dog"], [2.5 / 3, 1]]);
 *
 * const refused = fromArrays({ train: { values: [[1, 2], [3, NaN]] } });
 * assertEquals(
 *   E.isLeft(refused) && describe(refused.left),
 *   'Cannot use train: expected finite numbers, current value is "NaN at position 1 of sample 1"',
 * );
 * ```
 */
export function fromArrays(
  { train, validation, test = { fraction: 0.1, seed: 0 }, ...options }: FromArraysOptions,
): E.Either<InvalidOption, Dataset> {
  const { name = "arrays", source = "arrays in memory", normalisation = "none" } = options;
  const given = { train, validation, test: "values" in test ? test : undefined };
  const shape = options.shape ?? shapeOf(train.values);
  if (shape === null || !shape.every((extent) => Number.isInteger(extent) && extent >= 1)) {
    const expected =
      "integers of at least 1: the extents of a sample, which one array does not tell";
    return E.left(invalidOption("shape", shape === null ? "none" : `[${shape}]`, expected));
  }
  const size = sizeOf(shape);
  const classes = options.classes ?? classesOf(Object.values(given));
  const splits: { [name in keyof typeof given]?: DataSplit } = {};
  for (const [name, samples] of Object.entries(given) as Entries<typeof given>) {
    if (samples === undefined) continue;
    const split = splitOf(name, samples, size, classes, options.classes !== undefined);
    if (E.isLeft(split)) return split;
    splits[name] = split.right;
  }
  const own = splits.train!;
  return pipe(
    splits.test !== undefined
      ? E.right({ train: own, test: splits.test })
      : heldOut(own, classes, test as ValidationOptions),
    E.map(({ train, test }): Dataset => {
      const found = typeof normalisation === "string"
        ? normalisationBy(normalisation, train.values, shape)
        : normalisation;
      const normalised = (split: DataSplit): DataSplit => ({ ...split, normalisation: found });
      return {
        name,
        shape,
        classes,
        train: normalised(train),
        validation: splits.validation ? normalised(splits.validation) : null,
        test: normalised(test),
        source,
        sha256: {},
        notice: null,
      };
    }),
    E.chain((dataset): E.Either<InvalidOption, Dataset> => {
      const bad = checkDataset(dataset, size);
      return bad === null ? E.right(dataset) : E.left(bad);
    }),
  );
}

type Entries<Parts> = readonly (readonly [keyof Parts, Parts[keyof Parts]])[];

const AS_THEY_ARE: Normalisation = { mean: [0], std: [1] };

const shapeOf = (values: ArraySamples["values"]): Shape | null =>
  ArrayBuffer.isView(values) || values.length === 0 ? null : [values[0].length];

function normalisationBy(
  by: "feature" | "channel" | "all" | "none",
  values: SampleValues,
  shape: Shape,
): Normalisation {
  const channels = { feature: sizeOf(shape), channel: shape.at(-1) ?? 1, all: 1, none: 1 }[by];
  return by === "none" ? AS_THEY_ARE : normalisationOf({ values }, channels);
}

function heldOut(
  split: DataSplit,
  classes: readonly string[],
  { fraction, seed }: ValidationOptions,
): E.Either<InvalidOption, { readonly train: DataSplit; readonly test: DataSplit }> {
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    return E.left(invalidOption("seed", seed, `an integer from 0 to ${2 ** 32 - 1}`));
  }
  return pipe(
    parted(split, classes, fraction, seeded(seed)),
    E.map(({ rest, part }) => ({ train: subset(split, rest), test: subset(split, part) })),
  );
}

// ---- One split

function splitOf(
  option: string,
  { values, labels, names }: ArraySamples,
  size: number,
  classes: readonly string[],
  named: boolean,
): E.Either<InvalidOption, DataSplit> {
  const flat = flattened(option, values, size);
  if (E.isLeft(flat)) return flat;
  const count = flat.right.length / size;
  const bad = checkLength(option, count, "labels", labels) ??
    checkLength(option, count, "names", names);
  if (bad !== null) return E.left(bad);
  return E.map((indices: Labels | null): DataSplit => ({
    count,
    values: flat.right,
    labels: indices,
    normalisation: AS_THEY_ARE,
    ...names && { names },
  }))(labels === undefined ? E.right(null) : indicesOf(option, labels, classes, named));
}

const checkLength = (
  option: string,
  count: number,
  what: "labels" | "names",
  given: ArrayLike<unknown> | undefined,
): InvalidOption | null =>
  given === undefined || given.length === count ? null : invalidOption(
    `${option} ${what}`,
    `${given.length} of them`,
    `one for each of ${count} samples`,
  );

/** The numbers of all samples in one array, each finite. */
function flattened(
  option: string,
  values: ArraySamples["values"],
  size: number,
): E.Either<InvalidOption, SampleValues> {
  const isFlat = ArrayBuffer.isView(values);
  const length = isFlat ? values.length : values.length * size;
  if (length === 0) return E.left(invalidOption(option, "no samples", "at least one sample"));
  if (length % size !== 0) {
    const expected = `a multiple of ${size}, the numbers of a sample`;
    return E.left(invalidOption(option, `${length} numbers`, expected));
  }
  if (isFlat) {
    if (values instanceof Uint8Array) return E.right(values);
    const floats = values instanceof Float32Array ? values : Float32Array.from(values);
    return checked(option, floats, size, (at) => values[at]);
  }
  const row = values.findIndex((row) => row.length !== size);
  if (row >= 0) {
    const actual = `${values[row].length} in sample ${row}`;
    return E.left(invalidOption(option, actual, `${size} numbers in every sample`));
  }
  const floats = new Float32Array(length);
  values.forEach((row, i) => floats.set(row, i * size));
  return checked(option, floats, size, (at) => values[Math.floor(at / size)][at % size]);
}

function checked(
  option: string,
  floats: Float32Array,
  size: number,
  given: (at: number) => number,
): E.Either<InvalidOption, Float32Array> {
  const at = firstNonFinite(floats);
  if (at < 0) return E.right(floats);
  const actual = `${given(at)} at position ${at % size} of sample ${Math.floor(at / size)}`;
  return E.left(invalidOption(option, actual, "finite numbers"));
}

// ---- Labels

type Label = number | bigint | string;

/** The labels of all splits, each once: integers by their size, then names by their characters' codes. */
function classesOf(splits: readonly (ArraySamples | undefined)[]): readonly string[] {
  const known = new Set<string | number>();
  for (const { labels = [] } of splits.filter((split) => split !== undefined)) {
    for (let i = 0; i < labels.length; i++) known.add(keyOf(labels[i]));
  }
  const numbers = Array.from(known).filter((key) => typeof key === "number");
  const names = Array.from(known).filter((key) => typeof key === "string");
  return [...new Set([...numbers.toSorted((a, b) => a - b).map(String), ...names.toSorted()])];
}

const keyOf = (label: Label): string | number => typeof label === "string" ? label : Number(label);

/**
 * Finds the indices of labels among the classes.
 *
 * @param named Whether the caller has named the classes, so that integers are indices already.
 */
function indicesOf(
  option: string,
  labels: ArrayLike<Label>,
  classes: readonly string[],
  named: boolean,
): E.Either<InvalidOption, Labels> {
  const indices = new Uint32Array(labels.length);
  const places = new Map(classes.map((name, index) => [name, index]));
  for (let i = 0; i < labels.length; i++) {
    const key = keyOf(labels[i]);
    const isIndex = typeof key === "number";
    const bad = isIndex && !(Number.isSafeInteger(key) && key >= 0);
    const index = isIndex && named ? key : places.get(String(key));
    if (bad || index === undefined || index >= classes.length) {
      const expected = named ? `one of the ${classes.length} classes` : "an integer of at least 0";
      return E.left(invalidOption(`${option} labels`, `${labels[i]} of sample ${i}`, expected));
    }
    indices[i] = index;
  }
  return E.right(labelArray(indices, classes.length));
}
