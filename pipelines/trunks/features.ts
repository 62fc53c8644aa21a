/**
 * Datasets of pictures made into datasets of a trunk's features.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { E, type TE } from "../../graph/fp_ts.ts";
import { sizeOf } from "../../graph/shape.ts";
import { breathe, uninterrupted, type Waiting } from "../core/env.ts";
import { joined } from "../data/bytes.ts";
import {
  type Dataset,
  type DataSplit,
  isImageShape,
  normalisationOf,
  type SampleValues,
} from "../data/dataset.ts";
import { type DataEnv, denoDataEnv } from "../data/environment.ts";
import { areaOf, bitmapOf, type InputLayout, toInput } from "../encode/pictures.ts";
import { type FeatureCache, gathered, hashOfPicture, openFeatureCache } from "./feature_cache.ts";
import { layoutOfTrunk, type Trunk } from "./trunk.ts";

/** Options of {@linkcode features}. */
export interface FeaturesOptions {
  /** Environment whose signal stops the computation before the next picture. @default it is never stopped */
  readonly env?: Waiting;
  /** Environment of the user's cache; null to compute all features, without a cache. @default {denoDataEnv} */
  readonly cache?: DataEnv | null;
  /** Called with the number of pictures that are done, and of all. @default nothing is called */
  readonly progress?: (done: number, total: number) => void;
}

/** Pictures between two reports of progress, and of a file of the cache. */
const [BLOCK, FILE] = [32, 256];

/**
 * Makes features of a dataset's pictures, on all cores, and standardises them: each is shifted and scaled to mean 0
 * and deviation 1 on the training set, by the dataset's own normalisation. Pictures of another size than the trunk's
 * are brought to it; of another colour too.
 *
 * Features are kept in the user's cache by the hashes of trunk and picture: what was computed once, for this dataset
 * or another, is not computed again, and a computation that is interrupted goes on where it was.
 *
 * @param trunk Trunk that makes the features.
 * @param options Options, as {@linkcode FeaturesOptions} describes them.
 * @returns A function from a dataset of bytes to one of floats of shape [features], which remembers the trunk:
 * `InvalidOption` where the samples are no pictures of bytes, `Interrupted`, and the errors of `Trunk.features`.
 *
 * @example
 * ```ts ignore
 * import { features } from "./features.ts";
 * import { loadTrunk } from "./trunk.ts";
 * import { loadImageFolder } from "../data/image_folder.ts";
 * import { orThrow } from "../../graph/error.ts";
 *
 * const trunk = await orThrow(loadTrunk("mobilenet_v3.onnx"));
 * const flowers = await orThrow(loadImageFolder({ folder: "flowers", size: trunk.reference.size }));
 * const dataset = await orThrow(features(trunk)(flowers));
 * trunk.close();
 * ```
 */
export const features = (
  trunk: Trunk,
  options: FeaturesOptions = {},
): (dataset: Dataset) => TE.TaskEither<SparrowError, Dataset> =>
(dataset) =>
async () => {
  const { cache = denoDataEnv, env = uninterrupted, progress = () => {} } = options;
  const splits = [dataset.train, dataset.validation, dataset.test];
  if (
    !isImageShape(dataset.shape) || splits.some((split) => split?.values instanceof Float32Array)
  ) {
    const actual = `samples of shape [${dataset.shape.join(", ")}]`;
    return E.left(invalidOption("data", actual, "pictures, as bytes, for the trunk"));
  }
  const known = await openFeatureCache(trunk.reference, cache);
  const hashes = await hashesOf(splits, dataset.shape, env);
  if (E.isLeft(hashes)) return hashes;
  const total = hashes.right.flat().length;
  let done = hashes.right.flat().filter((hash) => known.find(hash) !== undefined).length;
  progress(done, total);
  const made: (Float32Array | null)[] = [];
  for (const [i, split] of splits.entries()) {
    const values = split === null
      ? E.right(null)
      : await featuresOf(split, hashes.right[i], dataset.shape, trunk, {
        known,
        env,
        progress: (more) => progress(done += more, total),
      });
    if (E.isLeft(values)) return values;
    made.push(values.right);
  }
  const [train, validation, test] = made;
  const width = train!.length / dataset.train.count;
  const normalisation = normalisationOf({ values: train! }, width);
  const { reference } = trunk;
  return E.right({
    ...dataset,
    shape: [width],
    train: { ...dataset.train, values: train!, normalisation },
    validation: dataset.validation &&
      { ...dataset.validation, values: validation!, normalisation },
    test: { ...dataset.test, values: test!, normalisation },
    sha256: { ...dataset.sha256, trunk: reference.sha256 },
    trunk: reference,
  });
};

type Hashes = readonly (readonly string[])[];

/** Hashes the pictures of all splits; none of one that there is not. */
async function hashesOf(
  splits: readonly (DataSplit | null)[],
  shape: readonly number[],
  env: Waiting,
): Promise<E.Either<SparrowError, Hashes>> {
  const size = sizeOf(shape);
  const all: string[][] = [];
  for (const split of splits) {
    const own: string[] = [];
    for (let i = 0; i < (split?.count ?? 0); i++) {
      own.push(await hashOfPicture(shape, pictureOf(split!.values, size, i)));
      await breathe(env);
      if (env.signal.aborted) return E.left({ _tag: "Interrupted", epoch: 0, step: 0 });
    }
    all.push(own);
  }
  return E.right(all);
}

const pictureOf = (values: SampleValues, size: number, i: number): Uint8Array =>
  values.subarray(i * size, (i + 1) * size) as Uint8Array;

/** Environment in which features are computed. */
interface Making {
  readonly known: FeatureCache;
  readonly env: Waiting;
  /** Called with the number of further pictures that are done. */
  readonly progress: (more: number) => void;
}

/** Makes the features of a split: those that are not known, block by block. */
async function featuresOf(
  { values }: DataSplit,
  hashes: readonly string[],
  shape: readonly number[],
  trunk: Trunk,
  { known, env, progress }: Making,
): Promise<E.Either<SparrowError, Float32Array>> {
  const size = sizeOf(shape);
  const layout = layoutOfTrunk(trunk.reference);
  // Equal pictures are computed once, and each counts.
  const places = Map.groupBy(hashes.keys(), (i) => hashes[i]);
  const wanted = [...places].filter(([hash]) => known.find(hash) === undefined);
  for (let from = 0; from < wanted.length; from += BLOCK) {
    const block = wanted.slice(from, from + BLOCK);
    const pixels = joined(
      block.map(([, [i]]) => fitted(pictureOf(values, size, i), shape, layout)),
    );
    const made = await trunk.features(pixels, { env })();
    if (E.isLeft(made)) {
      await known.keep();
      return made;
    }
    known.add(block.map(([hash]) => hash), made.right);
    if (from % FILE === FILE - BLOCK) await known.keep();
    progress(block.reduce((sum, [, own]) => sum + own.length, 0));
  }
  await known.keep();
  return E.right(gathered(hashes, known.find));
}

/** Brings a picture to a layout; one that has it is taken as it is. */
function fitted(
  pixels: Uint8Array,
  shape: readonly number[],
  layout: InputLayout,
): Uint8Array {
  const isThere = shape[0] === layout.size[0] && shape[1] === layout.size[1] &&
    pixels.length === areaOf(layout);
  return isThere ? pixels : toInput(bitmapOf(pixels, shape), layout);
}
