/**
 * Saliency: the part of an image that a model's answer depends on, as the smallest mask that removes the answer. A mask
 * is learned for one image by gradient descent, step by step.
 *
 * @module
 */
import { type InvalidOption, invalidOption, type NonFinite } from "../../graph/error.ts";
import { checkRanges, integerFrom, notNegative, positive, type Range } from "../ranges.ts";
import { blur, checkImage, type ImageArray } from "./image.ts";
import { valueAndGradients } from "../train_step.ts";
import type { Optimiser, OptimiserState } from "../optimisers/transform.ts";
import { type Params, tf } from "../tfjs.ts";
import {
  drawViews,
  type Enlargement,
  enlargement,
  objective,
  perturb,
  type Prices,
  sceneOf,
  type Score,
  upsample,
  type Views,
  viewsOf,
} from "./objective.ts";
import { E, type TE } from "../../graph/fp_ts.ts";
import type { Rng } from "../../graph/rng.ts";
import { adam } from "../optimisers/adam.ts";

/** Options of {@linkcode saliency}. What is left out is as in dizcza/pytorch-mighty. */
export interface SaliencyOptions {
  /**
   * Cells along each side of the learned mask, at least 1; at most as many as pixels are used.
   *
   * @default 10
   */
  readonly maskSize?: number;
  /** Steps of Adam, at least 1. @default 100 */
  readonly steps?: number;
  /** The learning rate of Adam, above 0. @default 0.1 */
  readonly learningRate?: number;
  /** λ1, the price of hiding everything, at least 0. @default 0.01 */
  readonly areaWeight?: number;
  /** λ2, the price of a mask that is not smooth, at least 0. @default 0.2 */
  readonly variationWeight?: number;
  /** β, the power of the differences between neighbours, at least 1. @default 1 */
  readonly variationPower?: number;
  /**
   * Standard deviation of the noise on the model's input, in the image's scale, at least 0.
   *
   * @default 0.2
   */
  readonly noise?: number;
  /** The most pixels that the image is moved by under the mask, an integer of at least 0. @default 0 */
  readonly jitter?: number;
  /** Side in pixels of the window that blurs, an odd integer. @default 2·⌊√height / 2⌋ + 1 */
  readonly blurSize?: number;
  /** Standard deviation of that window, in pixels, above 0. @default 2 · blurSize */
  readonly blurSigma?: number;
  /** Image shown where the mask is 0, of the image's shape. @default the blurred image */
  readonly occluder?: ImageArray;
}

/** Input of {@linkcode saliency}: the score to reduce, the image, and the options. */
export interface SaliencyTask {
  /** Score that the mask is to reduce. */
  readonly score: Score;
  /** The image as the model takes it, normalisation included. */
  readonly image: ImageArray;
  /** Generator of noise and jitter. */
  readonly rng: Rng;
  /** Options of the mask's training. @default those of the reference */
  readonly options?: SaliencyOptions;
}

/** Result of {@linkcode saliency}. */
export interface Saliency {
  /** [height, width, 1], in [0, 1]: 0 where the image is hidden, 1 where it is as it was. */
  readonly mask: ImageArray;
  /** The image under the mask. */
  readonly perturbed: ImageArray;
  /** The objective before each step, noise and jitter included. */
  readonly trace: readonly number[];
  /** The score of the image. */
  readonly before: number;
  /** The score of the perturbed image. */
  readonly after: number;
  /** The generator to draw from next. */
  readonly rng: Rng;
}

/**
 * Learns a mask that hides as little of an image as possible and reduces a score as far as possible.
 *
 * The mask is coarse, starts at 1, is enlarged bilinearly, and mixes the image with its occluder, by
 * default the image blurred: m·image + (1 − m)·occluder. Adam makes
 * λ1 · mean(1 − m) + λ2 · (total variation of m) + score minimal; the mask is clamped to [0, 1] after
 * every step. Noise on what the model sees, and optional jitter, keep it from finding adversarial
 * specks. The defaults suit photographs: of a small image, whose edges weigh more in the means, they
 * may hide everything, and an areaWeight of 0.1 does better.
 *
 * Source: Fong & Vedaldi 2017, "Interpretable explanations of black boxes by meaningful
 * perturbation" (arXiv 1704.03296), section 4. The defaults are those of dizcza/pytorch-mighty,
 * mighty/trainer/mask.py, which clamps a copy of the mask, not the one that is learned: there it may
 * leave [0, 1]. The paper takes the power 3 and a jitter of up to 4 pixels, and no noise.
 *
 * Errors: `InvalidOption` for an image, an option or a score that does not do; `NonFinite` when the
 * objective or a score is a NaN or infinite. The backend's `fault` reports errors of the GPU.
 *
 * @param task Image, score and options.
 *
 * @example The model looks at the left half only.
 * ```ts
 * import { saliency } from "./saliency.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { startBackend } from "../backend.ts";
 * import { tf } from "../tfjs.ts";
 * import { assert } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("cpu")();
 * const image = { shape: [8, 8, 1], data: new Float32Array(64).fill(1) } as const;
 * const black = { ...image, data: new Float32Array(64) };
 * const found = await saliency({
 *   score: (x) => tf.mean(tf.slice(x, [0, 0, 0, 0], [-1, 8, 4, 1]), [1, 2, 3]),
 *   image,
 *   rng: seed(26),
 *   options: { occluder: black, areaWeight: 0.2, maskSize: 4, steps: 30 },
 * })();
 * if (E.isLeft(found)) throw new Error(found.left._tag);
 * const { mask, before, after } = found.right;
 * assert(before === 1 && after < 0.2);
 * assert(mask.data[0] < 0.1 && mask.data[7] > 0.9);
 * ```
 */
export const saliency =
  (task: SaliencyTask): TE.TaskEither<InvalidOption | NonFinite, Saliency> => async () => {
    const { score, image, options } = task;
    const settings = settle(image, options);
    const problem = checkSaliency(image, options, settings);
    if (problem !== null) return E.left(problem);
    const before = await scoreOf(score, image, 0);
    if (E.isLeft(before)) return before;
    const occluder = options?.occluder ?? blur(image, settings.blurSize, settings.blurSigma);
    const learned = await learn(task, settings, occluder);
    if (E.isLeft(learned)) return learned;
    const after = await scoreOf(score, learned.right.perturbed, settings.steps);
    if (E.isLeft(after)) return after;
    return E.right({ ...learned.right, before: before.right, after: after.right });
  };

async function learn(
  { score, image, rng }: SaliencyTask,
  settings: SaliencySettings,
  occluder: ImageArray,
): Promise<E.Either<NonFinite, Omit<Saliency, "before" | "after">>> {
  const [height, width] = image.shape;
  const cells = [height, width].map((side) => Math.min(settings.maskSize, side));
  const enlarge = enlargement([cells[0], cells[1]], [height, width]);
  const optimiser = adam({ learningRate: settings.learningRate });
  const descender: Descender = { score, enlarge, prices: settings, optimiser };
  let descent = beginDescent([cells[0], cells[1]], optimiser);
  let generator = rng;
  const trace: number[] = [];
  try {
    for (let step = 1; step <= settings.steps; step++) {
      const [views, later] = drawViews(image, occluder, settings, generator);
      generator = later;
      const { next, loss } = descend(descender, descent, views);
      disposeOf(descent);
      descent = next;
      const value = await only(loss);
      if (!Number.isFinite(value)) return E.left(nonFinite("the mask's objective", value, step));
      trace.push(value);
    }
    const [mask, perturbed] = await read(() => {
      // A sum of float32 products may be an ulp above 1.
      const full = tf.clipByValue(upsample(maskOf(descent), enlarge), 0, 1);
      return [full, perturb(full, sceneOf(viewsOf(image, occluder)))];
    });
    return E.right({
      mask: { shape: [height, width, 1], data: mask },
      perturbed: { shape: image.shape, data: perturbed },
      trace,
      rng: generator,
    });
  } finally {
    disposeOf(descent);
    tf.dispose([enlarge.rows, enlarge.columns]);
  }
}

// ---- One step

/** A mask on its way; it owns its tensors. */
interface Descent {
  /** Mask "mask": [rows, columns], within [0, 1]. */
  readonly params: Params;
  /** State of the optimiser. */
  readonly optimiser: OptimiserState;
}

/** Parts of the descent that are the same in every step. */
interface Descender {
  /** The score that is to fall. */
  readonly score: Score;
  /** Enlarges the mask to the image's size. */
  readonly enlarge: Enlargement;
  /** Prices of the mask itself. */
  readonly prices: Prices;
  /** Optimiser of the mask. */
  readonly optimiser: Optimiser;
}

/** Begins with a mask that hides nothing. */
function beginDescent(
  [rows, columns]: readonly [rows: number, columns: number],
  optimiser: Optimiser,
): Descent {
  const params = { mask: tf.ones([rows, columns]) };
  return { params, optimiser: optimiser.init(params) };
}

/** The mask itself: [rows, columns]. */
const maskOf = ({ params }: Descent): tf.Tensor2D => params.mask as tf.Tensor2D;

/** Disposes of the tensors of a mask on its way. */
function disposeOf({ params, optimiser }: Descent): void {
  tf.dispose([params, optimiser.slots] as unknown as tf.TensorContainer);
}

/**
 * One step, clamped to [0, 1]. It leaves what it is given alone.
 *
 * @returns The next mask, and the objective before the step; the caller disposes of both.
 */
function descend(
  { score, enlarge, prices, optimiser }: Descender,
  descent: Descent,
  views: Views,
): { readonly next: Descent; readonly loss: tf.Scalar } {
  let state = descent.optimiser;
  // The tidy keeps what it returns.
  const { params, loss } = tf.tidy(() => {
    const scene = sceneOf(views);
    const { value, gradients } = valueAndGradients(
      () => objective(maskOf(descent), enlarge, scene, score, prices),
      descent.params,
    );
    const [stepped, moved] = optimiser.update(gradients, descent.optimiser, descent.params);
    state = moved;
    const params = { mask: tf.clipByValue(stepped.mask, 0, 1) };
    return { params, slots: moved.slots, loss: value } as unknown as tf.TensorContainerObject;
  }) as unknown as { readonly params: Params; readonly loss: tf.Scalar };
  return { next: { params, optimiser: state }, loss };
}

// ---- Options

/** Options with their defaults filled in, the occluder aside. */
type SaliencySettings = Required<Omit<SaliencyOptions, "occluder">>;

/** The options with the defaults filled in. */
function settle({ shape }: ImageArray, options: SaliencyOptions = {}): SaliencySettings {
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

/** Checks an image and its options; null where they are valid. */
const checkSaliency = (
  image: ImageArray,
  options: SaliencyOptions | undefined,
  settings: SaliencySettings,
): InvalidOption | null =>
  checkImage("image", image) ?? checkSettings(settings) ?? checkOccluder(image, options?.occluder);

// ---- Reading results

/** The numbers of the tensors that are made; on webgpu they can only be read asynchronously. */
async function read(make: () => tf.Tensor[]): Promise<readonly Float32Array[]> {
  const made = tf.tidy(make);
  const values = await Promise.all(made.map((one) => one.data<"float32">()));
  tf.dispose(made);
  // A copy: on the host's backends the data may be a view of memory that is used again.
  return values.map((value) => Float32Array.from(value));
}

/** The one number of a tensor, which is disposed of. */
async function only(tensor: tf.Tensor): Promise<number> {
  const [value] = await tensor.data();
  tensor.dispose();
  return value;
}

async function scoreOf(
  score: Score,
  { shape, data }: ImageArray,
  step: number,
): Promise<E.Either<InvalidOption | NonFinite, number>> {
  const scored = tf.tidy(() => score(tf.tensor(data, [1, ...shape])));
  const { shape: given } = scored;
  const value = await only(scored);
  if (given.join() !== "1") {
    return E.left(invalidOption("score", `[${given}]`, "one number per image, [1]"));
  }
  return Number.isFinite(value) ? E.right(value) : E.left(nonFinite("the score", value, step));
}

const nonFinite = (tensor: string, value: number, step: number): NonFinite => ({
  _tag: "NonFinite",
  tensor,
  value,
  epoch: 1,
  step,
  lastGood: null,
});
