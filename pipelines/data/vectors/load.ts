/**
 * Files of vectors as datasets in memory.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../../graph/error.ts";
import { E, pipe, type TE } from "../../../graph/fp_ts.ts";
import { type ArraySamples, fromArrays, type FromArraysOptions } from "../arrays.ts";
import { sha256 } from "../bytes.ts";
import type { Dataset } from "../dataset.ts";
import { type ValidationOptions, withValidation } from "../splits.ts";
import { openVectors, type OpenVectorsOptions, readValues } from "./open.ts";
import { blocksOf, type VectorSource } from "./source.ts";

/** Options of {@linkcode loadVectors}. */
export interface LoadVectorsOptions
  extends OpenVectorsOptions, Pick<FromArraysOptions, "normalisation" | "classes"> {
  /** The column with the labels, or a .npy file of one axis that has them. @default no labels */
  readonly labels?: string | { readonly file: string };
  /** The column with the names of the samples: ids, addresses. @default none */
  readonly names?: string;
  /**
   * The file with the vectors that models are judged by, of the same columns; or the fraction that is drawn for
   * them by a seed. @default {{ fraction: 0.1, seed: 0 }}
   */
  readonly test?: string | ValidationOptions;
  /** The fraction of the other vectors, by which settings are chosen, and the seed of its drawing. @default none */
  readonly validation?: ValidationOptions;
}

/**
 * Loads the vectors of a file as a dataset in memory, with labels or without. Formats are those of
 * {@linkcode openVectors}; vectors that are more than memory holds are for {@linkcode streamVectors}.
 *
 * @param path Path of the file.
 * @param options Options, as {@linkcode LoadVectorsOptions} describes them.
 * @returns The dataset, of shape [width]; the errors of `openVectors`; `InvalidOption` for labels that are not one per
 * vector, for a part that cannot be drawn, and for 2^31 numbers or more.
 *
 * @example
 * ```ts
 * import { loadVectors } from "./load.ts";
 * import { orThrow } from "../../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const path = await Deno.makeTempFile();
 * const line = (i: number) => `{"id": "t${i}", "kind": "${i % 2 ? "dog" : "cat"}", "embedding": [${i}, 1]}`;
 * await Deno.writeTextFile(path, Array.from({ length: 20 }, (_, i) => line(i)).join("\n"));
 * const { shape, classes, train, test } = await orThrow(
 *   loadVectors(path, { labels: "kind", names: "id", normalisation: "feature" }),
 * );
 * assertEquals([shape, classes, train.count, test.count], [[2], ["cat", "dog"], 18, 2]);
 * ```
 */
export const loadVectors = (
  path: string,
  options: LoadVectorsOptions = {},
): TE.TaskEither<SparrowError, Dataset> =>
async () => {
  const { test = { fraction: 0.1, seed: 0 }, validation, classes, normalisation } = options;
  const train = await samplesOf(path, options);
  if (E.isLeft(train)) return train;
  const { width, sha256 } = train.right;
  const judging = typeof test === "string"
    ? await samplesOf(test, { ...options, labels: labelsOfTest(options) })
    : E.right(test);
  if (E.isLeft(judging)) return judging;
  if ("width" in judging.right && judging.right.width !== width) {
    const actual = `vectors of ${judging.right.width} numbers`;
    return E.left(invalidOption("test", actual, `vectors of ${width}`));
  }
  const made = fromArrays({
    ...{ train: train.right, test: judging.right, shape: [width], classes, normalisation },
    ...{ name: nameOf(path), source: path },
  });
  return pipe(
    made,
    E.map((dataset) => ({ ...dataset, sha256 })),
    E.chain((dataset) =>
      validation === undefined ? E.right(dataset) : withValidation(dataset, validation)
    ),
  );
};

/** The labels of a file of its own are those of the training vectors. */
const labelsOfTest = ({ labels }: LoadVectorsOptions): string | undefined =>
  typeof labels === "string" ? labels : undefined;

/** Returns the name of a file without folder and ending: "embeddings" of "…/embeddings.parquet". */
const nameOf = (path: string): string =>
  path.split(/[/\\]/).at(-1)!.replace(/\.\w+$/, "") || "vectors";

/** Vectors in memory. */
interface Loaded extends ArraySamples {
  readonly values: Float32Array<ArrayBuffer>;
  readonly width: number;
  /** SHA-256 of the vectors as float32. */
  readonly sha256: Readonly<Record<string, string>>;
}

/** Reads all vectors of a file, with their labels and names. */
async function samplesOf(
  path: string,
  options: LoadVectorsOptions,
): Promise<E.Either<SparrowError, Loaded>> {
  const source = await openVectors(path, options)();
  if (E.isLeft(source)) return source;
  try {
    return await readAll(source.right, nameOf(path), options);
  } finally {
    await source.right.close()();
  }
}

async function readAll(
  source: VectorSource,
  name: string,
  { labels: wanted, names: named }: LoadVectorsOptions,
): Promise<E.Either<SparrowError, Loaded>> {
  const values = await wholeOf(source);
  if (E.isLeft(values)) return values;
  const none = E.right(undefined);
  const labels = wanted === undefined
    ? none
    : typeof wanted === "string"
    ? await source.column(wanted)()
    : await readValues(wanted.file)();
  if (E.isLeft(labels)) return labels;
  const names = named === undefined ? none : await source.column(named)();
  if (E.isLeft(names)) return names;
  return E.right({
    values: values.right,
    width: source.width,
    sha256: { [name]: await sha256(new Uint8Array(values.right.buffer)) },
    ...labels.right && { labels: labels.right },
    ...names.right && { names: names.right.map(String) },
  });
}

/** Numbers of a split must be fewer. */
const MOST_NUMBERS = 2 ** 31;

async function wholeOf(
  source: VectorSource,
): Promise<E.Either<SparrowError, Float32Array<ArrayBuffer>>> {
  const { name, count, width } = source;
  if (count * width >= MOST_NUMBERS) {
    const expected = "fewer than 2^31 numbers; streamVectors takes more";
    return E.left(invalidOption(name, `${count} vectors of ${width} numbers`, expected));
  }
  const values = new Float32Array(count * width);
  for await (const block of blocksOf(source)) {
    if (E.isLeft(block)) return block;
    values.set(block.right.values, block.right.from * width);
  }
  return E.right(values);
}
