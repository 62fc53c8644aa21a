/**
 * The options of a saliency mask, with the reference's values where one is left out.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { checkRanges, integerFrom, notNegative, positive, type Range } from "../ranges.ts";
import { checkImage, type ImageArray } from "./image.ts";

/** Options of {@linkcode saliency}. What is left out is as in dizcza/pytorch-mighty. */
export interface SaliencyOptions {
  /** Cells along each side of the learned mask, at least 1; at most as many as pixels are used; 10. */
  readonly maskSize?: number;
  /** Steps of Adam, at least 1; 100. */
  readonly steps?: number;
  /** Of Adam, above 0; 0.1. */
  readonly learningRate?: number;
  /** λ1, the price of hiding everything, at least 0; 0.01. */
  readonly areaWeight?: number;
  /** λ2, the price of a mask that is not smooth, at least 0; 0.2. */
  readonly variationWeight?: number;
  /** β, the power of the differences between neighbours, at least 1; 1. */
  readonly variationPower?: number;
  /** Standard deviation of the noise on what the model sees, in the image's scale, at least 0; 0.2. */
  readonly noise?: number;
  /** The most pixels that the image is moved by under the mask, an integer of at least 0; 0. */
  readonly jitter?: number;
  /** Side in pixels of the window that blurs, an odd integer; 2·⌊√height / 2⌋ + 1. */
  readonly blurSize?: number;
  /** Of that window, in pixels, above 0; 2 · blurSize. */
  readonly blurSigma?: number;
  /** What shows where the mask is 0, of the image's shape; the blurred image. */
  readonly occluder?: ImageArray;
}

/** All options, the occluder aside. */
export type SaliencySettings = Required<Omit<SaliencyOptions, "occluder">>;

/** The options with the defaults filled in. */
export function settle({ shape }: ImageArray, options: SaliencyOptions = {}): SaliencySettings {
  const blurSize = options.blurSize ?? 2 * Math.floor(Math.sqrt(shape[0]) / 2) + 1;
  return {
    maskSize: options.maskSize ?? 10,
    steps: options.steps ?? 100,
    learningRate: options.learningRate ?? 0.1,
    areaWeight: options.areaWeight ?? 0.01,
    variationWeight: options.variationWeight ?? 0.2,
    variationPower: options.variationPower ?? 1,
    noise: options.noise ?? 0.2,
    jitter: options.jitter ?? 0,
    blurSize,
    blurSigma: options.blurSigma ?? 2 * blurSize,
  };
}

const odd: Range = {
  holds: (value) => Number.isSafeInteger(value) && value >= 1 && value % 2 === 1,
  words: "an odd integer of at least 1",
};

const fromOne: Range = {
  holds: (value) => value >= 1 && value < Infinity,
  words: "a finite number of at least 1",
};

const checkSettings = (settings: SaliencySettings): InvalidOption | null =>
  checkRanges({
    maskSize: [settings.maskSize, integerFrom(1)],
    steps: [settings.steps, integerFrom(1)],
    learningRate: [settings.learningRate, positive],
    areaWeight: [settings.areaWeight, notNegative],
    variationWeight: [settings.variationWeight, notNegative],
    variationPower: [settings.variationPower, fromOne],
    noise: [settings.noise, notNegative],
    jitter: [settings.jitter, integerFrom(0)],
    blurSize: [settings.blurSize, odd],
    blurSigma: [settings.blurSigma, positive],
  });

function checkOccluder(image: ImageArray, occluder: ImageArray | undefined): InvalidOption | null {
  if (occluder === undefined) return null;
  const same = occluder.shape.join() === image.shape.join();
  return same
    ? checkImage("occluder", occluder)
    : invalidOption("occluder", `shape [${occluder.shape}]`, `the image's shape [${image.shape}]`);
}

/** What is wrong with an image or its options; null where nothing is. */
export const checkSaliency = (
  image: ImageArray,
  options: SaliencyOptions | undefined,
  settings: SaliencySettings,
): InvalidOption | null =>
  checkImage("image", image) ?? checkSettings(settings) ?? checkOccluder(image, options?.occluder);
