/**
 * The stage that measures codes of images without labels: whether the changed copy of an image finds the image.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import { permutation, type Rng, seed as seeded } from "../../graph/rng.ts";
import { showSpace, sizeOf } from "../../graph/shape.ts";
import type { Embeddings } from "../../ops/embeddings.ts";
import { nearestNeighbours } from "../../ops/metrics/neighbours.ts";
import type { Env } from "../core/env.ts";
import type { Row } from "../core/history.ts";
import type { Run } from "../core/run.ts";
import { type Stage, stage } from "../core/stage.ts";
import {
  augment as augmentation,
  type Augmentation,
  type AugmentOptions,
} from "../data/augment.ts";
import { checkDataset, type Dataset, type DataSplit, type Samples } from "../data/dataset.ts";
import { backgroundOf, normaliser, whiteOf } from "../data/normalise.ts";
import { subset } from "../data/splits.ts";
import { encode } from "../encode/encode.ts";

/**
 * Augmentation that keeps an image recognisable: at least 80 % of it, a little brighter or darker, more or less
 * contrast, half of the time blurred.
 */
export const slightChanges: AugmentOptions = {
  crop: 0.8,
  cropRatio: 1.1,
  brightness: 0.15,
  contrast: 0.15,
  blur: 0.5,
  blurSigma: 1,
};

/** Options of {@linkcode evaluateCopies}. */
export interface EvaluateCopiesOptions {
  /** Changes of the copies. @default those of {@linkcode slightChanges} */
  readonly augment?: Augmentation;
  /** Number of images of a split of which a copy is searched with, at least 2. @default {1_000} */
  readonly samples?: number;
  /** Number of training images that are searched besides, at least 0. @default {1_000} */
  readonly references?: number;
  /** Seed of the draw of images and changes, an integer from 0 to 2^32 − 1. @default {0} */
  readonly seed?: number;
}

/** The most bytes of copies at a time, where one image does not have more. */
const COPIES_BYTES = 64 * 2 ** 20;

/** The nearest of binary codes are those of the least Hamming distance, of real numbers those of the largest cosine. */
const distanceOf = ({ kind }: Embeddings) => kind === "binary" ? "hamming" : "cosine";

/**
 * Measures how often the changed copy of an image finds the image first, among the other images of the split and
 * training images. It needs no labels, and tells good codes from collapsed ones: equally near images count as not
 * found, so that equal codes find nothing.
 *
 * Images and changes are drawn by a seed of their own: the same after every epoch, and nothing that the run draws is
 * changed.
 *
 * Rows, for "validation" and "test" where they have at least two images: "copies_found", a part from 0 to 1.
 *
 * Errors: `Interrupted`; `InvalidOption` when a number is out of its range, or the samples are no images that the
 * changes fit.
 *
 * @param dataset Dataset of images.
 * @param options Options, as {@linkcode EvaluateCopiesOptions} describes them.
 *
 * @example
 * ```ts
 * import { evaluateCopies } from "./evaluate_copies.ts";
 * import { strokes } from "../data/strokes.ts";
 * import { quietEnv } from "../core/env.ts";
 * import { latest } from "../core/history.ts";
 * import { createRun, dispose } from "../core/run.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { startBackend } from "../../ops/backend.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const digits = { ...strokes({ seed: 1, train: 100, test: 50 }), sha256: {} };
 * const backend = await orThrow(startBackend("cpu"));
 * const run = orThrow(createRun({ graph: graph`flatten ▷ linear(784, 256) ▷ kwta(0.1)`, input: [28, 28] }));
 *
 * const done = await orThrow(evaluateCopies(digits)(run)(quietEnv(backend)));
 * assertEquals(orThrow(latest(done.history, "copies_found", "test")) > 0.5, true);
 * dispose(done);
 * ```
 */
export const evaluateCopies = (
  dataset: Dataset,
  {
    augment = augmentation(slightChanges),
    samples = 1000,
    references = 1000,
    seed = 0,
  }: EvaluateCopiesOptions = {},
): Stage =>
  stage(async (run, env): Promise<E.Either<SparrowError, Run>> => {
    const { shape, train } = dataset;
    const bad = checkDataset(dataset, sizeOf(run.input)) ?? augment.problem ??
      augment.fits(shape) ?? misfit({ samples, references, seed });
    if (bad !== null) return E.left(bad);
    if (sizeOf(shape) !== sizeOf(run.input)) {
      const actual = `images of the shape ${showSpace(shape)}`;
      return E.left(invalidOption("data", actual, `those of ${sizeOf(run.input)} numbers`));
    }
    const [order, rng] = permutation(train.count, seeded(seed));
    const others = subset(train, order.subarray(0, references));
    const encoded = await encodeSome(run, others, env);
    if (E.isLeft(encoded)) return encoded;
    const rows: Row[] = [];
    for (const split of ["validation", "test"] as const) {
      const all = dataset[split];
      if (all === null || all.count < 2) continue;
      const [picks, next] = permutation(all.count, rng);
      const chosen = subset(all, picks.subarray(0, samples));
      const found = await foundFirst(
        run,
        { chosen, shape, augment, rng: next },
        encoded.right,
        env,
      );
      if (E.isLeft(found)) return found;
      const value = found.right / chosen.count;
      rows.push({ epoch: run.epoch, step: run.step, split, name: "copies_found", value });
    }
    return E.right({ ...run, history: [...run.history, ...rows] });
  });

function misfit(
  { samples, references, seed }: Readonly<Record<"samples" | "references" | "seed", number>>,
): SparrowError | null {
  if (!Number.isInteger(samples) || samples < 2) {
    return invalidOption("samples", samples, "an integer of at least 2");
  }
  if (!Number.isInteger(references) || references < 0) {
    return invalidOption("references", references, "an integer of at least 0");
  }
  return Number.isInteger(seed) && seed >= 0 && seed <= 0xffff_ffff
    ? null
    : invalidOption("seed", seed, "an integer from 0 to 4294967295");
}

/** The codes of samples; null of none. */
const encodeSome = async (
  run: Run,
  samples: Samples,
  env: Env,
): Promise<E.Either<SparrowError, Embeddings | null>> =>
  samples.count === 0 ? E.right(null) : await encode(run, samples, { env })();

/** Images, and how their copies are made. */
interface Copied {
  readonly chosen: DataSplit;
  readonly shape: readonly number[];
  readonly augment: Augmentation;
  readonly rng: Rng;
}

/** Counts the images whose copy is nearer to them than to every other image. */
async function foundFirst(
  run: Run,
  { chosen, shape, augment, rng }: Copied,
  others: Embeddings | null,
  env: Env,
): Promise<E.Either<SparrowError, number>> {
  const { normalisation, count } = chosen;
  const originals = await encode(run, chosen, { env })();
  if (E.isLeft(originals)) return originals;
  const size = sizeOf(shape);
  const layout = { shape, background: backgroundOf(normalisation), white: whiteOf(normalisation) };
  const most = Math.max(1, Math.floor(COPIES_BYTES / 4 / size));
  let [found, state] = [0, rng];
  for (let from = 0; from < count; from += most) {
    const picks = Uint32Array.from({ length: Math.min(most, count - from) }, (_, i) => from + i);
    const values = normaliser(normalisation)(chosen, size, picks);
    state = augment.apply(values, layout, state);
    const copies = { count: picks.length, values, normalisation: { mean: [0], std: [1] } };
    const encoded = await encode(run, copies, { env })();
    if (E.isLeft(encoded)) return encoded;
    const distance = distanceOf(encoded.right);
    const own = nearestNeighbours(encoded.right, originals.right, { k: 2, distance });
    const other = others && nearestNeighbours(encoded.right, others, { k: 1, distance }).distances;
    picks.forEach((place, i) => {
      const [nearest, second] = own.distances.subarray(2 * i, 2 * i + 2);
      const isFirst = own.indices[2 * i] === place && nearest < second;
      if (isFirst && (other === null || nearest < other[i])) found++;
    });
  }
  return E.right(found);
}
