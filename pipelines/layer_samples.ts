/**
 * What the units of a layer see of images: patches before a convolution, whole inputs before a linear
 * layer.
 *
 * @module
 */
import { E } from "../graph/fp_ts.ts";
import type { SparrowError } from "../graph/error.ts";
import { draw, permutation, type Rng } from "../graph/rng.ts";
import { sizeOf } from "../graph/space.ts";
import type { Shape } from "../graph/types.ts";
import { lower } from "../ops/interpreter.ts";
import { cutPatch, normaliseContrast } from "../ops/local/patches.ts";
import type { tf } from "../ops/tfjs.ts";
import { forEachForward } from "./batches.ts";
import type { Images } from "./data/dataset.ts";
import type { Env } from "./env.ts";
import type { Run } from "./run.ts";

/** Samples of one layer, of mean 0 and deviation 1. */
export interface LayerSamples {
  /** Samples. */
  readonly count: number;
  /** Numbers of each. */
  readonly width: number;
  /** count × width numbers, row-major. */
  readonly values: Float32Array;
}

/** Which samples are wanted. */
export interface SampleForm {
  /** The layer's place in the graph. */
  readonly path: number;
  /** Of one of its inputs. */
  readonly input: Shape;
  /** Of a patch; null: a sample is a whole input. */
  readonly size: number | null;
  /** Samples at most. */
  readonly most: number;
  /** The least deviation. */
  readonly floor: number;
}

/** Patches of an image: more would be alike. */
const PER_IMAGE = 10;

/** Images per pass: what a convolution makes of them must fit into memory. */
const SLICE = 200;

/**
 * Sends images, drawn at random, through the layers before one, and keeps what it sees of them.
 *
 * @returns The samples, and the generator to draw from next; else as `forEachBatch` does.
 */
export async function gatherSamples(
  run: Run,
  { count, pixels, normalisation }: Images,
  { path, input, size, most, floor }: SampleForm,
  env: Env,
): Promise<E.Either<SparrowError, readonly [LayerSamples, Rng]>> {
  const { evaluate } = lower({ nodes: run.graph.nodes.slice(0, path) });
  const perImage = size === null ? 1 : PER_IMAGE;
  const [order, afterOrder] = permutation(count, run.rng);
  const wanted = Math.min(count, Math.ceil(most / perImage));
  const area = sizeOf(run.input);
  const inputs = sizeOf(input);
  const [height, rest, channels] = size === null ? [1, 1, inputs] : input;
  const width = size === null ? inputs : size * size * channels;
  const values = new Float32Array(Math.min(most, wanted * perImage) * width);
  let [kept, rng] = [0, afterOrder];
  for (let from = 0; from < wanted; from += SLICE) {
    const picks = order.subarray(from, Math.min(wanted, from + SLICE));
    const slice = new Uint8Array(picks.length * area);
    picks.forEach((pick, i) =>
      slice.set(pixels.subarray(pick * area, (pick + 1) * area), i * area)
    );
    const done = await forEachForward(run, { count: picks.length, pixels: slice, normalisation }, {
      forward: (x) => [evaluate(run, x) as tf.Tensor],
      env,
      use: ({ outputs: [read], count }) => {
        [, rng] = draw(rng, (dice) => {
          for (let i = 0; i < count; i++) {
            const image = (read as Float32Array).subarray(i * inputs, (i + 1) * inputs);
            for (let p = 0; p < perImage && (kept + 1) * width <= values.length; p++) {
              const sample = values.subarray(kept * width, (kept + 1) * width);
              if (size === null) sample.set(image);
              else cutPatch(image, { height, width: rest, channels, size }, dice, sample);
              if (normaliseContrast(sample, floor)) kept++;
            }
          }
        });
      },
    })();
    if (E.isLeft(done)) return done;
  }
  return E.right([{ count: kept, width, values: values.subarray(0, kept * width) }, rng]);
}
