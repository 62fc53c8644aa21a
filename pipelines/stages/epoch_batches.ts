/**
 * The batches of an epoch of training: every sample once, in a fresh random order, of samples in memory and of those that
 * are read meanwhile.
 *
 * @module
 */
import type { SparrowError } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import { permutation, type Rng } from "../../graph/rng.ts";
import type { Shape } from "../../graph/types.ts";
import type { SampleOrder } from "../../ops/losses/samplers.ts";
import type { Batch } from "../../ops/train_step.ts";
import type { Augmentation } from "../data/augment.ts";
import type { DataSplit } from "../data/dataset.ts";
import { feedOf } from "../data/feed.ts";
import { backgroundOf, gatherLabels, whiteOf } from "../data/normalise.ts";
import { shuffled, type StreamedSplit } from "../data/vectors/stream.ts";

/** Samples that `train` takes: in memory, or read while it trains. */
export type TrainingData = DataSplit | StreamedSplit;

/** Whether samples are read while a model is trained on them. */
export const isStreamed = (data: TrainingData): data is StreamedSplit => "source" in data;

/** Counts the samples. */
export const countOf = (data: TrainingData): number =>
  isStreamed(data) ? data.source.count : data.count;

/**
 * Makes the batch after the first `done`, and returns the generator that augmentation leaves; the error of a source
 * that cannot be read.
 */
export type BatchAt = (
  done: number,
  rng: Rng,
) => Promise<E.Either<SparrowError, readonly [Batch, Rng]>>;

/** The batches of an epoch. */
export interface EpochBatches {
  readonly at: BatchAt;
  /** The generator that the drawing of the order leaves. */
  readonly rng: Rng;
  readonly dispose: () => Promise<void>;
}

/** Options of {@linkcode batchesOf}. */
export interface BatchesOptions {
  readonly data: TrainingData;
  readonly batchSize: number;
  /** Order of the samples; only of those in memory. @default every sample once, in a random order */
  readonly order?: SampleOrder;
  readonly augment?: Augmentation;
  /** Copies of each sample, side by side in its batch. @default 1 */
  readonly views?: number;
  /** Shape of a sample, for `augment`. */
  readonly shape: Shape;
}

/** Draws the order of an epoch, and makes its batches. */
export function batchesOf(options: BatchesOptions, rng: Rng): EpochBatches {
  const { data } = options;
  return isStreamed(data) ? streamed(data, options, rng) : inMemory(data, options, rng);
}

const layoutOf = ({ data, shape }: BatchesOptions) => ({
  shape,
  background: backgroundOf(data.normalisation),
  white: whiteOf(data.normalisation),
});

function inMemory(data: DataSplit, options: BatchesOptions, from: Rng): EpochBatches {
  const { batchSize, augment, views = 1 } = options;
  const [order, rng] = (options.order ?? permutation)(data.count, from);
  const layout = layoutOf(options);
  const feed = feedOf(data, batchSize * views);
  const rows = (picks: Uint32Array, rng: Rng): readonly [Batch["values"], Rng] => {
    if (augment === undefined) return [feed.rows(picks), rng];
    const values = feed.hostRows(picks);
    return [values, augment.apply(values, layout, rng)];
  };
  return {
    at: (done, rng) => {
      const picks = repeated(order.subarray(done * batchSize, (done + 1) * batchSize), 1, views);
      const [values, left] = rows(picks, rng);
      return Promise.resolve(E.right([{ values, labels: gatherLabels(data, picks) }, left]));
    },
    rng,
    dispose: () => Promise.resolve(feed.dispose()),
  };
}

function streamed(data: StreamedSplit, options: BatchesOptions, from: Rng): EpochBatches {
  const { batchSize, augment, views = 1 } = options;
  const [samples, rng] = shuffled(data, from);
  const layout = layoutOf(options);
  return {
    at: async (done, rng) => {
      const first = done * batchSize;
      const found = await samples.at(first, Math.min(batchSize, data.source.count - first));
      return E.map((read: { values: Float32Array<ArrayBuffer>; picks: Uint32Array }) => {
        const values = repeated(read.values, read.values.length / read.picks.length, views);
        const picks = repeated(read.picks, 1, views);
        return [
          { values, labels: gatherLabels(data, picks) },
          augment === undefined ? rng : augment.apply(values, layout, rng),
        ] as const;
      })(found);
    },
    rng,
    dispose: samples.close,
  };
}

/** Each row of `size` numbers `times` times, one after the other; the rows themselves for once. */
function repeated<A extends Uint32Array | Float32Array<ArrayBuffer>>(
  rows: A,
  size: number,
  times: number,
): A {
  if (times === 1) return rows;
  const many = new (rows.constructor as new (length: number) => A)(rows.length * times);
  for (let at = 0; at < rows.length; at += size) {
    const row = rows.subarray(at, at + size);
    for (let copy = 0; copy < times; copy++) many.set(row, at * times + copy * size);
  }
  return many;
}
