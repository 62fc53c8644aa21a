/**
 * Images stored in a Willshaw memory and recalled from damaged ones: cues, codes, and the quality of the recall beside
 * a search without a memory.
 *
 * @module
 */
import { type InvalidOption, invalidOption, type SparrowError } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import { draw, type Rng } from "../../graph/rng.ts";
import { codeSizes, hamming, overlap } from "../../ops/codes/algebra.ts";
import { pickCodes } from "../../ops/codes/codes.ts";
import { codeIndex, search } from "../../ops/codes/search.ts";
import { emptyMemory, expectedFill, recallIterated, store } from "../../ops/codes/willshaw.ts";
import { activity, type BinaryEmbeddings } from "../../ops/embeddings.ts";
import type { Env } from "../core/env.ts";
import { joined } from "../data/bytes.ts";
import type { Normalisation } from "../data/dataset.ts";
import type { ImageSource } from "./inputs.ts";
import {
  areaOf,
  channelsOf,
  type InputLayout,
  type OnBad,
  type PictureOptions,
  type Pictures,
  picturesOf,
} from "./pictures.ts";
import { distinctCodes, type NamedImage } from "./search.ts";

/** The parts of an image that can be left; of "noise" pixels here and there. */
export const cueKinds = ["top", "bottom", "left", "right", "noise"] as const;

/** The part of an image that is left. */
export type CueKind = typeof cueKinds[number];

/**
 * Erases all but a part of images. What is erased from a side becomes the median of each channel over all
 * images, which is the paper of digits. With "noise", whole pixels take the place of others, drawn from
 * all pixels of all images.
 *
 * @param keep The part that is left, above 0 and at most 1; rounded to whole rows or columns. Of "noise"
 * each pixel is left with this probability.
 * @returns The images, as many; `InvalidOption` where `keep` is out of its range.
 *
 * @example
 * ```ts
 * import { cuesOf } from "./recall.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const normalisation = { mean: [0], std: [1] };
 * const images = { count: 1, values: Uint8Array.of(9, 0, 0, 7), normalisation };
 * const cues = cuesOf(images, { size: [2, 2], colour: "grey" }, "top", 0.5, seed(1));
 * assertEquals(E.isRight(cues) && [...cues.right.values], [9, 0, 0, 0]);
 * ```
 */
export function cuesOf(
  images: Pictures,
  layout: InputLayout,
  kind: CueKind,
  keep: number,
  rng: Rng,
): E.Either<InvalidOption, Pictures> {
  if (!(keep > 0 && keep <= 1)) {
    return E.left(invalidOption("--keep", keep, "a number above 0 and at most 1"));
  }
  const { count, values: pixels } = images;
  const [height, width] = layout.size;
  const channels = channelsOf(layout);
  const left = pixels.slice();
  const places = count * height * width;
  if (kind === "noise") {
    draw(rng, ({ integer, unit }) => {
      for (let place = 0; place < places; place++) {
        if (unit() < keep) continue;
        const from = integer(0, places - 1) * channels;
        left.set(pixels.subarray(from, from + channels), place * channels);
      }
    });
    return E.right({ ...images, values: left });
  }
  const paper = mediansOf(pixels, channels);
  const [rows, columns] = [Math.round(keep * height), Math.round(keep * width)];
  for (let place = 0; place < places; place++) {
    const [x, y] = [place % width, Math.floor(place / width) % height];
    const stays = {
      top: y < rows,
      bottom: y >= height - rows,
      left: x < columns,
      right: x >= width - columns,
    }[kind];
    if (!stays) left.set(paper, place * channels);
  }
  return E.right({ ...images, values: left });
}

/** Computes the median byte of each channel. */
function mediansOf(pixels: Uint8Array, channels: number): Uint8Array {
  return Uint8Array.from({ length: channels }, (_, channel) => {
    const counts = new Uint32Array(256);
    for (let i = channel; i < pixels.length; i += channels) counts[pixels[i]]++;
    let seen = 0;
    return counts.findIndex((times) => (seen += times) * 2 * channels >= pixels.length);
  });
}

/** Images with their names. */
export interface Gathered {
  /** Images as bytes, in the model's layout. */
  readonly images: Pictures;
  /** One name per image. */
  readonly names: readonly NamedImage[];
}

/**
 * Reads the first images of inputs.
 *
 * @param most Number of images; there may be fewer.
 * @returns The images, or what `picturesOf` returns.
 */
export async function gather(
  inputs: readonly ImageSource[],
  options: PictureOptions,
  most: number,
  env: Env,
  onBad: OnBad,
): Promise<E.Either<SparrowError, Gathered>> {
  const names: NamedImage[] = [];
  const rows: Uint8Array[] = [];
  const area = areaOf(options.layout);
  for (const input of inputs) {
    for await (const batch of picturesOf(input, options, env, onBad)) {
      if (E.isLeft(batch)) return batch;
      const { indices, values: pixels } = batch.right;
      const taken = indices.slice(0, most - names.length);
      rows.push(pixels.subarray(0, taken.length * area));
      names.push(...taken.map((i, at) => ({ index: names.length + at, ...nameOf(input, i) })));
      if (names.length === most) return E.right(together(names, rows, options.normalisation));
    }
  }
  return E.right(together(names, rows, options.normalisation));
}

const together = (
  names: readonly NamedImage[],
  rows: readonly Uint8Array[],
  normalisation: Normalisation,
): Gathered => ({
  images: { count: names.length, values: joined(rows), normalisation },
  names,
});

function nameOf(input: ImageSource, i: number): Omit<NamedImage, "index"> {
  if (input.kind === "files") return { name: input.files[i].path, label: input.files[i].label };
  const { part: { name, split }, classes, images } = input;
  return { name: `${name} ${split} ${i}`, label: classes[images.labels[i]] };
}

/** Result of one cue. */
export interface Recollection {
  /** Units of the whole image's code that the cue's code has. */
  readonly before: number;
  /** Units of it that the recalled code has. */
  readonly after: number;
  /** Number of units of the recalled code. */
  readonly recalledSize: number;
  /** Index of the stored image whose code is nearest to the recalled one. */
  readonly found: number;
  /** Whether the found image's code is the whole image's. */
  readonly right: boolean;
  /** The stored image whose code is nearest to the cue's own: without a memory. */
  readonly nearest: number;
  /** Units of the whole image's code that its code has. */
  readonly nearestAfter: number;
  /** Whether the nearest image's code is the whole image's. */
  readonly nearestRight: boolean;
}

/** Result of a memory of images. */
export interface RecallResult {
  /** Codes stored. */
  readonly stored: number;
  /** Number of distinct codes. */
  readonly distinct: number;
  /** Units per code. */
  readonly units: number;
  /** Units that are set in a code, at the most: the winners of a recall. */
  readonly active: number;
  /** The fraction of the memory's synapses that are set. */
  readonly fill: number;
  /** The fraction that as many random codes would set. */
  readonly randomFill: number;
  /** The share of whole codes that come back as they are. */
  readonly wholeExact: number;
  /** Mean number of active units of codes recalled from whole ones. */
  readonly wholeSize: number;
  /** Cues that still changed in the last of several steps; 0 where there was one. */
  readonly unsettled: number;
  /** Results of the cues, in the order of the images. */
  readonly cues: readonly Recollection[];
}

/** The fill from which on a memory is saturated. */
const FULL = 0.5;
/** The least share of whole codes that must come back. */
const SOUND = 0.99;

/**
 * Diagnoses a memory. "full": more than half of its synapses are set, beyond which it soon recalls everything.
 * "confused": fewer are set, yet some stored codes are not recalled from themselves, because codes share units. null:
 * no fault.
 */
export const faultOf = (
  { fill, wholeExact }: Pick<RecallResult, "fill" | "wholeExact">,
): "full" | "confused" | null => fill > FULL ? "full" : wholeExact < SOUND ? "confused" : null;

/**
 * Stores codes in an auto-associative memory, and recalls each from a cue by as many winners as a code has
 * units. What was recalled is looked up among what was stored.
 *
 * @param codes Codes of the whole images; at least one, of at least one unit.
 * @param cues Codes of the damaged images, as many and as wide.
 * @param steps Largest number of steps of a recall, at least 1. More than one seldom help where codes are alike.
 * @returns `InvalidOption` where a code's width is too large for a memory, or no unit is set at all.
 */
export function measureRecall(
  codes: BinaryEmbeddings,
  cues: BinaryEmbeddings,
  steps = 1,
): E.Either<SparrowError, RecallResult> {
  const { width: units, count: stored } = codes;
  const { most: active } = activity(codes);
  if (active === 0) return E.left(invalidOption("the codes", "no unit set", "at least one"));
  const empty = emptyMemory(units);
  if (E.isLeft(empty)) return empty;
  const memory = store(empty.right, codes);
  const rule = { kind: "winners", k: active } as const;
  const whole = recallIterated(memory, codes, rule, steps);
  if (E.isLeft(whole)) return whole;
  const recalled = recallIterated(memory, cues, rule, steps);
  if (E.isLeft(recalled)) return recalled;

  const index = codeIndex(codes);
  const [found, nearest] = [
    search(index, recalled.right.codes, { k: 1 }),
    search(index, cues, { k: 1 }),
  ];
  if (E.isLeft(found)) return found;
  if (E.isLeft(nearest)) return nearest;
  const [ours, theirs] = [found, nearest].map(({ right }) => pickCodes(codes, right.indices));
  const [before, after, sizes] = [
    overlap(cues, codes),
    overlap(recalled.right.codes, codes),
    codeSizes(recalled.right.codes),
  ];
  const [wrong, nearestWrong] = [hamming(ours, codes), hamming(theirs, codes)];
  const nearestAfter = overlap(theirs, codes);
  const changed = hamming(whole.right.codes, codes);
  const sizesOfWhole = codeSizes(whole.right.codes);
  return E.right({
    stored,
    distinct: distinctCodes(codes),
    units,
    active,
    fill: memory.fill,
    randomFill: expectedFill(
      { inputs: units, outputs: units, cueActive: active, targetActive: active },
      stored,
    ),
    wholeExact: changed.reduce((sum, units) => sum + (units === 0 ? 1 : 0), 0) / stored,
    wholeSize: sizesOfWhole.reduce((sum, size) => sum + size, 0) / stored,
    unsettled: steps === 1 ? 0 : recalled.right.unsettled,
    cues: Array.from({ length: stored }, (_, i) => ({
      before: before[i],
      after: after[i],
      recalledSize: sizes[i],
      found: found.right.indices[i],
      right: wrong[i] === 0,
      nearest: nearest.right.indices[i],
      nearestAfter: nearestAfter[i],
      nearestRight: nearestWrong[i] === 0,
    })),
  });
}
