/**
 * Augmentation: random changes of training images that leave their class as it is.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { type Dice, draw, type Rng } from "../../graph/rng.ts";
import { checkRanges, integerFrom, notNegative, type Range } from "../../ops/ranges.ts";
import {
  adjustBrightness,
  adjustContrast,
  adjustHue,
  adjustSaturation,
  type Box,
  gaussianBlur,
  resizedCrop,
  toGrey,
} from "./adjust.ts";

/** Options of {@linkcode augment}. */
export interface AugmentOptions {
  /** Whether each image is mirrored left to right with probability one half. @default {false} */
  readonly flip?: boolean;
  /**
   * Largest shift of an image in whole pixels to each side, all distances equally probable; an integer of at least 0.
   *
   * @default {0}
   */
  readonly shift?: number;
  /**
   * Random resized crop: the smallest part of an image's area that is kept, in (0, 1]. The part is drawn evenly from
   * there to the whole, and resized to the image's shape. 1 crops nothing. @default {1}
   */
  readonly crop?: number;
  /**
   * The largest ratio of a crop's width to its height, at least 1; the smallest is its reciprocal, and the logarithm
   * is drawn evenly. @default {4 / 3}
   */
  readonly cropRatio?: number;
  /** Probability that the four changes of colour below are made, in [0, 1], in a random order. @default {1} */
  readonly jitter?: number;
  /** Brightness is multiplied by a factor from 1 − brightness, or 0, to 1 + brightness. @default {0} */
  readonly brightness?: number;
  /** Distances from the mean grey are multiplied by a factor from 1 − contrast, or 0, to 1 + contrast. @default {0} */
  readonly contrast?: number;
  /** Distances from a pixel's grey are multiplied by a factor from 1 − saturation, or 0, to 1 + saturation. @default {0} */
  readonly saturation?: number;
  /** Hues are turned by up to this part of a full turn to either side, in [0, 0.5]. @default {0} */
  readonly hue?: number;
  /** Probability that an image becomes grey, in [0, 1]. @default {0} */
  readonly grey?: number;
  /** Probability that an image is blurred with a Gaussian, in [0, 1]. @default {0} */
  readonly blur?: number;
  /** The largest standard deviation of the blur, in pixels, at most 100; the smallest is a twentieth of it. @default {2} */
  readonly blurSigma?: number;
  /**
   * Probability that a random rectangle of 2 to 33 % of an image's area, of a ratio of 0.3 to 3.3, is replaced by 0,
   * which of normalised images is the mean, in [0, 1]. @default {0}
   */
  readonly erase?: number;
}

/**
 * The augmentation of SimCLR: crops of at least 8 % of the area, mirror images, strong changes of colour, and blur. For
 * images of 32 × 32 pixels the paper takes a strength of 0.5 and no blur.
 *
 * Source: Chen, Kornblith, Norouzi & Hinton 2020, "A simple framework for contrastive learning of visual
 * representations" (arXiv 2002.05709), appendices A and B.9.
 *
 * @param strength Factor on the changes of colour, from 0, which makes none, to 2.5. @default {1}
 */
export const simclrAugmentation = (strength = 1): AugmentOptions => ({
  flip: true,
  crop: 0.08,
  jitter: 0.8,
  brightness: 0.8 * strength,
  contrast: 0.8 * strength,
  saturation: 0.8 * strength,
  hue: 0.2 * strength,
  grey: strength > 0 ? 0.2 : 0,
  blur: 0.5,
});

/** The layout of a batch's images. */
export interface ImageLayout {
  /** Shape of one image: [height, width], or [height, width, channels]. */
  readonly shape: readonly number[];
  /** Value of the byte 0, black, which a shifted image leaves behind: one for all channels or one for each. */
  readonly background: readonly number[];
  /** Value of the byte 255, white, one for all channels or one for each. @default 1 more than the background */
  readonly white?: readonly number[];
}

/** A rule that changes the images of a batch at random. */
export interface Augmentation {
  /** Settings of the augmentation, for configurations. */
  readonly options: Readonly<Required<AugmentOptions>>;
  /** An option out of its range, with which it is not to be used; null if none. */
  readonly problem: InvalidOption | null;
  /** Checks that the augmentation can be used on images of a shape; null if it can. */
  readonly fits: (shape: readonly number[]) => InvalidOption | null;
  /**
   * Changes a batch in place.
   *
   * @param values Samples × the layout's shape, row-major, channels last, already normalised.
   * @returns The generator to draw from next.
   */
  readonly apply: (values: Float32Array, layout: ImageLayout, rng: Rng) => Rng;
}

/** Options that change nothing. */
const NONE: Readonly<Required<AugmentOptions>> = {
  flip: false,
  shift: 0,
  crop: 1,
  cropRatio: 4 / 3,
  jitter: 1,
  brightness: 0,
  contrast: 0,
  saturation: 0,
  hue: 0,
  grey: 0,
  blur: 0,
  blurSigma: 2,
  erase: 0,
};

/** The ranges of an erased rectangle's part of the area and of its ratio, as torchvision's RandomErasing has them. */
const ERASED = { least: 0.02, most: 0.33, ratio: 1 / 0.3 };

/** The smallest standard deviation of a blur, as a part of the largest: SimCLR's 0.1 of 2. */
const LEAST_BLUR = 0.05;

/**
 * Makes an augmentation of images, which changes each image on its own and in this order: mirror image, shift, crop,
 * colours, grey, blur, erased rectangle. Without options nothing is changed or drawn.
 *
 * The same generator gives the same changes on every machine. A batch of 256 images of 32 × 32 × 3 takes 1 ms with
 * shifts and mirror images, 5 ms with crops, and 11 ms with mirror images, crops and all changes of colour.
 *
 * Images have 1 or 3 channels where colours are changed, black is 0 and white 1 before normalisation, and results are
 * clamped to that range; of images in grey only brightness and contrast are changed.
 *
 * Sources: RandomResizedCrop, ColorJitter and RandomErasing of torchvision; Zhong et al. 2017, "Random erasing data
 * augmentation" (arXiv 1708.04896).
 *
 * @param given Options, as {@linkcode AugmentOptions} describes them.
 * @returns The augmentation; `problem` is an `InvalidOption` when an option is out of its range, and `fits` refuses
 * images that are not wider and higher than the shift, or whose channels are no colours.
 *
 * @example
 * ```ts
 * import { augment } from "./augment.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const { apply, problem } = augment({ flip: true });
 * assertEquals(problem, null);
 * const batch = Float32Array.of(1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4);
 * apply(batch, { shape: [2, 2], background: [0] }, seed(1));
 * assertEquals([...batch], [2, 1, 4, 3, 1, 2, 3, 4, 2, 1, 4, 3]);
 *
 * assertEquals(augment({ shift: -1 }).problem?.expected, "an integer of at least 0");
 * ```
 */
export function augment(given: AugmentOptions = {}): Augmentation {
  const options = { ...NONE, ...given };
  const { shift, flip, crop, cropRatio } = options;
  const coloured = changesColour(options);
  return {
    options,
    problem: problemOf(options),
    fits: (shape) => misfit(shape, shift, coloured),
    apply: (values, { shape, background, white }, rng) => {
      const [height, width, channels = 1] = shape;
      const black = spread(background, channels);
      const scale = white === undefined
        ? black.map(() => 1)
        : spread(white, channels).map((value, channel) => value - black[channel]);
      const size = height * width * channels;
      const copy = new Float32Array(size);
      const [, next] = draw(rng, (dice) => {
        for (let at = 0; at < values.length; at += size) {
          if (flip && dice.integer(0, 1) === 1) mirror(values, at, height, width, channels);
          if (shift > 0) shiftImage(values, at, shape, black, about(shift, dice));
          const image = values.subarray(at, at + size);
          if (crop < 1) {
            const box = boxOf(dice, shape, { least: crop, most: 1, ratio: cropRatio });
            resizedCrop(image, shape, box ?? middleOf(shape, cropRatio), copy);
          }
          if (coloured) changeColours(image, channels, { black, scale }, options, dice);
          if (happens(options.blur, dice)) {
            const part = LEAST_BLUR + (1 - LEAST_BLUR) * dice.unit();
            gaussianBlur(image, shape, part * options.blurSigma, copy);
          }
          if (happens(options.erase, dice)) erase(image, shape, boxOf(dice, shape, ERASED));
        }
      });
      return next;
    },
  };
}

/** Spreads values over channels: one value for each. */
const spread = (values: readonly number[], channels: number): readonly number[] =>
  Array.from({ length: channels }, (_, channel) => values[values.length === 1 ? 0 : channel]);

/** Draws whether something happens; draws nothing where the probability is 0. */
const happens = (probability: number, { unit }: Dice): boolean =>
  probability > 0 && unit() < probability;

const about = (shift: number, { integer }: Dice): readonly [down: number, right: number] => [
  integer(-shift, shift),
  integer(-shift, shift),
];

/** [0, 1]. */
const probability: Range = {
  holds: (value) => value >= 0 && value <= 1,
  words: "a probability from 0 to 1",
};

const problemOf = (options: Required<AugmentOptions>): InvalidOption | null =>
  checkRanges({
    shift: [options.shift, integerFrom(0)],
    crop: [options.crop, {
      holds: (value) => value > 0 && value <= 1,
      words: "a number above 0 and at most 1",
    }],
    cropRatio: [options.cropRatio, {
      holds: (value) => value >= 1 && value < Infinity,
      words: "a finite number of at least 1",
    }],
    jitter: [options.jitter, probability],
    brightness: [options.brightness, notNegative],
    contrast: [options.contrast, notNegative],
    saturation: [options.saturation, notNegative],
    hue: [options.hue, {
      holds: (value) => value >= 0 && value <= 0.5,
      words: "a number from 0 to 0.5",
    }],
    grey: [options.grey, probability],
    blur: [options.blur, probability],
    blurSigma: [options.blurSigma, {
      holds: (value) => value > 0 && value <= 100,
      words: "a number above 0 and at most 100",
    }],
    erase: [options.erase, probability],
  });

function misfit(shape: readonly number[], shift: number, coloured: boolean): InvalidOption | null {
  if (shape.length < 2 || shape.length > 3) {
    return invalidOption(
      "augment",
      `samples of the shape [${shape.join(", ")}]`,
      "images of the shape [height, width] or [height, width, channels]",
    );
  }
  const [height, width, channels = 1] = shape;
  if (coloured && channels !== 1 && channels !== 3) {
    return invalidOption("augment", `changes of colour in ${channels} channels`, "1 or 3 channels");
  }
  const side = Math.min(height, width);
  return shift < side
    ? null
    : invalidOption("shift", shift, `less than the images' smaller side, which is ${side}`);
}

// ---- Crops and erased rectangles

/** Bounds of a random rectangle. */
interface BoxRange {
  /** The smallest part of the image's area. */
  readonly least: number;
  /** The largest part of the image's area. */
  readonly most: number;
  /** The largest ratio of width to height. */
  readonly ratio: number;
}

/** Draws a rectangle; null where ten of them did not fit into the image, as in torchvision. */
function boxOf(dice: Dice, shape: readonly number[], { least, most, ratio }: BoxRange): Box | null {
  const [rows, columns] = shape;
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = rows * columns * (least + (most - least) * dice.unit());
    const skew = Math.exp((2 * dice.unit() - 1) * Math.log(ratio));
    const width = Math.round(Math.sqrt(area * skew));
    const height = Math.round(Math.sqrt(area / skew));
    if (width >= 1 && height >= 1 && width <= columns && height <= rows) {
      return {
        top: dice.integer(0, rows - height),
        left: dice.integer(0, columns - width),
        height,
        width,
      };
    }
  }
  return null;
}

/** The largest rectangle in the middle of an image whose ratio is one of a crop. */
function middleOf([rows, columns]: readonly number[], ratio: number): Box {
  const width = Math.min(columns, Math.round(rows * ratio));
  const height = Math.min(rows, Math.round(columns * ratio));
  return { top: (rows - height) >> 1, left: (columns - width) >> 1, height, width };
}

function erase(image: Float32Array, [, columns, channels = 1]: readonly number[], box: Box | null) {
  if (box === null) return;
  for (let y = box.top; y < box.top + box.height; y++) {
    const from = (y * columns + box.left) * channels;
    image.fill(0, from, from + box.width * channels);
  }
}

// ---- Colours

const changesColour = (options: Required<AugmentOptions>): boolean =>
  options.grey > 0 || options.jitter > 0 && strengthsOf(options).some((strength) => strength > 0);

const strengthsOf = ({ brightness, contrast, saturation, hue }: Required<AugmentOptions>) =>
  [brightness, contrast, saturation, hue] as const;

/** The value of black and the range to white: an image's values are black + range × brightness in [0, 1]. */
interface ColourScale {
  readonly black: readonly number[];
  readonly scale: readonly number[];
}

function changeColours(
  image: Float32Array,
  channels: number,
  colours: ColourScale,
  options: Required<AugmentOptions>,
  dice: Dice,
): void {
  const jittered = strengthsOf(options).some((strength) => strength > 0) &&
    (options.jitter === 1 || happens(options.jitter, dice));
  const changes = jittered ? jitterOf(channels, options, dice) : [];
  const greyed = happens(options.grey, dice) && channels === 3;
  if (changes.length === 0 && !greyed) return;
  const { black, scale } = colours;
  const inverse = scale.map((value) => 1 / value);
  rescale(image, inverse, black.map((value, channel) => -value * inverse[channel]));
  for (const change of changes) change(image);
  if (greyed) toGrey(image);
  rescale(image, scale, black);
}

/** Multiplies each channel by a factor and adds a number. */
function rescale(image: Float32Array, factors: readonly number[], terms: readonly number[]): void {
  const channels = factors.length;
  for (let channel = 0; channel < channels; channel++) {
    const factor = factors[channel];
    const term = terms[channel];
    for (let i = channel; i < image.length; i += channels) image[i] = image[i] * factor + term;
  }
}

/** Draws the changes of one image's colours, and their order. */
function jitterOf(
  channels: number,
  { brightness, contrast, saturation, hue }: Required<AugmentOptions>,
  dice: Dice,
): readonly ((pixels: Float32Array) => void)[] {
  const factor = (strength: number) => {
    const least = Math.max(0, 1 - strength);
    return least + (1 + strength - least) * dice.unit();
  };
  const changes: ((pixels: Float32Array) => void)[] = [];
  const add = (change: (pixels: Float32Array) => void) => {
    changes.splice(dice.integer(0, changes.length), 0, change);
  };
  if (brightness > 0) {
    const by = factor(brightness);
    add((pixels) => adjustBrightness(pixels, by));
  }
  if (contrast > 0) {
    const by = factor(contrast);
    add((pixels) => adjustContrast(pixels, channels, by));
  }
  if (channels === 1) return changes;
  if (saturation > 0) {
    const by = factor(saturation);
    add((pixels) => adjustSaturation(pixels, by));
  }
  if (hue > 0) {
    const turn = hue * (2 * dice.unit() - 1);
    add((pixels) => adjustHue(pixels, turn));
  }
  return changes;
}

// ---- Shifts and mirror images

/**
 * Shifts an image. In row-major order a shift is one move of memory; the pixels that wrap around are then painted over.
 */
function shiftImage(
  values: Float32Array,
  at: number,
  [height, width, channels = 1]: readonly number[],
  colours: readonly number[],
  [down, right]: readonly [down: number, right: number],
): void {
  const row = width * channels;
  const end = at + height * row;
  const by = down * row + right * channels;
  if (by > 0) values.copyWithin(at + by, at, end - by);
  else if (by < 0) values.copyWithin(at, at - by, end);

  const [firstRow, lastRow] = down > 0 ? [0, down] : [height + down, height];
  paint(values, at + firstRow * row, at + lastRow * row, colours);
  if (right === 0) return;
  const [firstColumn, lastColumn] = right > 0 ? [0, right] : [width + right, width];
  for (let start = at; start < end; start += row) {
    paint(values, start + firstColumn * channels, start + lastColumn * channels, colours);
  }
}

function paint(values: Float32Array, from: number, to: number, colours: readonly number[]): void {
  for (let i = from; i < to; i += colours.length) {
    for (let channel = 0; channel < colours.length; channel++) {
      values[i + channel] = colours[channel];
    }
  }
}

function mirror(
  values: Float32Array,
  at: number,
  height: number,
  width: number,
  channels: number,
): void {
  const row = width * channels;
  for (let start = at; start < at + height * row; start += row) {
    let [left, right] = [start, start + row - channels];
    for (; left < right; left += channels, right -= channels) {
      for (let channel = 0; channel < channels; channel++) {
        const kept = values[left + channel];
        values[left + channel] = values[right + channel];
        values[right + channel] = kept;
      }
    }
  }
}
