/**
 * Objective of a saliency mask, which is minimised: the score that a model gives to the image under the mask, and the
 * prices of hiding it and of roughness. Also the views of the image that the model is given step by step.
 *
 * @module
 */
import { softmax } from "../layers.ts";
import { tf } from "../tfjs.ts";
import { type ImageArray, interpolation, shift } from "./image.ts";
import { draw, type Rng } from "../../graph/rng.ts";

// ---- Scores

/**
 * One number per image, differentiable on tfjs's tape. The caller disposes of what it makes.
 *
 * @param images [images, height, width, channels].
 * @returns [images].
 */
export type Score = (images: tf.Tensor) => tf.Tensor1D;

/**
 * A model as a plain function of images, such as a lowered graph with its params:
 * `(x) => model(params, x.reshape([-1, 784]), "evaluate")`.
 *
 * @param images [images, height, width, channels].
 * @returns [images, units].
 */
export type ImageModel = (images: tf.Tensor) => tf.Tensor;

/** One column of a matrix. A column that is not there is a mistake of the program: hence thrown. */
function column(rows: tf.Tensor, index: number, what: string): tf.Tensor1D {
  const width = rows.shape[1] ?? 0;
  if (rows.rank !== 2 || !Number.isInteger(index) || index < 0 || index >= width) {
    throw new RangeError(
      `Cannot score ${what} ${index}: expected outputs [images, more than ${index}], ` +
        `current value is [${rows.shape}]`,
    );
  }
  return tf.reshape(tf.slice(rows, [0, index], [-1, 1]), [-1]);
}

/**
 * The probability of a class: the softmax of a classifier's outputs.
 *
 * Where it is all but 1 its gradient is all but 0, and no mask is learned: {@linkcode unitScore} of
 * the logits does not saturate, but has another scale than the prices of a mask.
 *
 * @param model Gives logits, [images, classes].
 * @param index The class, from 0.
 * @throws {RangeError} When called, where the model has no such class.
 *
 * @example
 * ```ts
 * import { classScore } from "./objective.ts";
 * import { startBackend } from "../backend.ts";
 * import { tf } from "../tfjs.ts";
 * import { assertAlmostEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("cpu")();
 * const score = classScore((images) => tf.reshape(images, [-1, 2]), 1);
 * const [probability] = await score(tf.tensor4d([0, Math.log(3)], [1, 1, 2, 1])).data();
 * assertAlmostEquals(probability, 0.75, 1e-6);
 * ```
 */
export const classScore = (model: ImageModel, index: number): Score => (images) =>
  column(softmax(model(images)), index, "class");

/**
 * Scores an image by the value of one unit. Of a code, take the input of its kWTA, since bits have no gradient.
 *
 * @param model Gives activations, [images, units].
 * @param index The unit, from 0.
 * @throws {RangeError} When called, where the model has no such unit.
 *
 * @example
 * ```ts
 * import { unitScore } from "./objective.ts";
 * import { startBackend } from "../backend.ts";
 * import { tf } from "../tfjs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("cpu")();
 * const score = unitScore((images) => tf.reshape(images, [-1, 2]), 1);
 * const values = await score(tf.tensor4d([5, 6, 7, 8], [2, 1, 2, 1])).data();
 * assertEquals([...values], [6, 8]);
 * ```
 */
export const unitScore = (model: ImageModel, index: number): Score => (images) =>
  column(model(images), index, "unit");

/**
 * Scores how much of a code remains in the model's output: the mean activation of the units that the code has set, 1
 * for a soft kWTA that has them all on.
 *
 * @param model Gives activations, [images, units]: an encoder in its "train" mode, whose kWTA is soft.
 * @param code One number per unit; whatever is above 0 is set, and at least one is.
 * @throws {RangeError} When called, where the code is empty or of another length.
 *
 * @example
 * ```ts
 * import { overlapScore } from "./objective.ts";
 * import { startBackend } from "../backend.ts";
 * import { tf } from "../tfjs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("cpu")();
 * const score = overlapScore((images) => tf.reshape(images, [-1, 4]), [0, 1, 0, 1]);
 * const overlaps = await score(tf.tensor4d([1, 0.5, 1, 0.25], [1, 2, 2, 1])).data();
 * assertEquals([...overlaps], [0.375]);
 * ```
 */
export const overlapScore = (model: ImageModel, code: ArrayLike<number>): Score => {
  const bits = Float32Array.from(code, (value) => value > 0 ? 1 : 0);
  const set = bits.reduce((sum, bit) => sum + bit, 0);
  const mean = bits.map((bit) => bit / set);
  return (images) => {
    const activations = model(images);
    if (set === 0 || activations.rank !== 2 || activations.shape[1] !== bits.length) {
      throw new RangeError(
        `Cannot score a code of ${bits.length} units, ${set} of them set: ` +
          `expected one for outputs [${activations.shape}]`,
      );
    }
    const product = tf.matMul(activations as tf.Tensor2D, tf.tensor2d(mean, [bits.length, 1]));
    return tf.reshape(product, [-1]);
  };
};

// ---- A mask at the image's size

/**
 * The matrices of an enlargement, both constant: bilinear interpolation is R·mask·C. tfjs's own lacks a
 * gradient on wasm.
 */
export interface Enlargement {
  /** [height, rows of the mask]. */
  readonly rows: tf.Tensor2D;
  /** [columns of the mask, width]. */
  readonly columns: tf.Tensor2D;
}

/** The matrices that enlarge a mask; the caller disposes of them. */
export const enlargement = (
  [rows, columns]: readonly [rows: number, columns: number],
  [height, width]: readonly [height: number, width: number, ...rest: number[]],
): Enlargement => ({
  rows: tf.tensor2d(interpolation(rows, height), [height, rows]),
  columns: tf.tidy(() =>
    tf.transpose(tf.tensor2d(interpolation(columns, width), [width, columns]))
  ),
});

/**
 * The mask at the image's size.
 *
 * @param mask [rows, columns].
 * @returns [height, width].
 */
export const upsample = (mask: tf.Tensor2D, { rows, columns }: Enlargement): tf.Tensor2D =>
  tf.matMul(tf.matMul(rows, mask), columns);

// ---- Total variation

/** |x|, with the gradient 0 at 0, where that of tf.abs is −1. */
const magnitude = (x: tf.Tensor): tf.Tensor => tf.add(tf.relu(x), tf.relu(tf.neg(x)));

/** The mean of |x_{i+1} − x_i|^β along an axis; null where there are no neighbours. */
function variation(x: tf.Tensor2D, axis: 0 | 1, beta: number): tf.Scalar | null {
  const [height, width] = x.shape;
  const size: [number, number] = axis === 0 ? [height - 1, width] : [height, width - 1];
  if (size[axis] === 0) return null;
  const next = tf.slice(x, axis === 0 ? [1, 0] : [0, 1], size);
  const sizes = magnitude(tf.sub(next, tf.slice(x, [0, 0], size)));
  // tf.pow at 1 is a needless detour.
  return tf.mean(beta === 1 ? sizes : tf.pow(sizes, beta));
}

/**
 * The mean of |x_{i+1,j} − x_{i,j}|^β plus that of |x_{i,j+1} − x_{i,j}|^β. An axis of length 1
 * counts as 0.
 *
 * Source: Fong & Vedaldi 2017, section 4.3, with means in place of sums as in dizcza/pytorch-mighty.
 *
 * @param x [height, width].
 * @param beta β, at least 1.
 */
export function totalVariation(x: tf.Tensor2D, beta: number): tf.Scalar {
  const parts = ([0, 1] as const).map((axis) => variation(x, axis, beta));
  return parts.reduce<tf.Scalar>(
    (sum, part) => part === null ? sum : tf.add(sum, part),
    tf.scalar(0),
  );
}

// ---- The objective

/** The image of one step: the pixels shown where it is hidden, and the noise added where it is not. */
export interface Scene {
  /** The occluder, and the step's noise: [1, height, width, channels]. */
  readonly hidden: tf.Tensor;
  /** The image less the occluder: [1, height, width, channels]. */
  readonly contrast: tf.Tensor;
}

/** The prices of the objective's terms. */
export interface Prices {
  /** λ1, the price of hiding everything. */
  readonly areaWeight: number;
  /** λ2, the price of a mask that is not smooth. */
  readonly variationWeight: number;
  /** β, the power of the differences between neighbours. */
  readonly variationPower: number;
}

/**
 * The image under a mask: m·image + (1 − m)·occluder, in every channel.
 *
 * @param mask [height, width].
 * @returns [1, height, width, channels].
 */
export const perturb = (mask: tf.Tensor2D, { hidden, contrast }: Scene): tf.Tensor =>
  tf.add(hidden, tf.mul(contrast, tf.reshape(mask, [1, ...mask.shape, 1])));

/**
 * λ1 · mean(1 − m) + λ2 · (total variation of m) + (score of the image under m), for the mask m at
 * the image's size. Within [0, 1], 1 − m is the |1 − m| of the formula and has one gradient.
 *
 * Source: Fong & Vedaldi 2017, section 4.3, with means in place of sums as in dizcza/pytorch-mighty.
 *
 * @param mask [rows, columns], within [0, 1].
 */
export function objective(
  mask: tf.Tensor2D,
  enlarge: Enlargement,
  scene: Scene,
  score: Score,
  { areaWeight, variationWeight, variationPower }: Prices,
): tf.Scalar {
  const full = upsample(mask, enlarge);
  const area = tf.mul(areaWeight, tf.mean(tf.sub(1, full)));
  const variation = tf.mul(variationWeight, totalVariation(full, variationPower));
  return tf.add(tf.add(area, variation), tf.sum(score(perturb(full, scene))));
}

// ---- Views

/** A {@linkcode Scene} as plain data. */
export interface Views {
  /** The height, the width and the channels of the image. */
  readonly shape: ImageArray["shape"];
  /** The occluder, and the step's noise. */
  readonly hidden: Float32Array;
  /** The image less the occluder. */
  readonly contrast: Float32Array;
}

/** The image and its occluder as they are. */
export const viewsOf = ({ shape, data }: ImageArray, { data: hidden }: ImageArray): Views => ({
  shape,
  hidden,
  contrast: data.map((value, i) => value - hidden[i]),
});

/** The views on the backend: two new tensors. */
export const sceneOf = ({ shape, hidden, contrast }: Views): Scene => ({
  hidden: tf.tensor(hidden, [1, ...shape]),
  contrast: tf.tensor(contrast, [1, ...shape]),
});

/**
 * The image moved under the mask by up to `jitter` pixels along each axis, with normal noise of the
 * deviation `noise` over image and occluder alike.
 */
export function drawViews(
  image: ImageArray,
  occluder: ImageArray,
  { jitter, noise }: { readonly jitter: number; readonly noise: number },
  rng: Rng,
): readonly [Views, Rng] {
  return draw(rng, ({ integer, unit }) => {
    const [down, right] = jitter === 0
      ? [0, 0]
      : [integer(-jitter, jitter), integer(-jitter, jitter)];
    const views = viewsOf(shift(image, down, right), shift(occluder, down, right));
    if (noise === 0) return views;
    const hidden = Float32Array.from(views.hidden);
    for (let i = 0; i < hidden.length; i += 2) {
      // Box & Muller 1958: two normal numbers from two uniform ones; 1 − unit() is never 0.
      const radius = noise * Math.sqrt(-2 * Math.log(1 - unit()));
      const angle = 2 * Math.PI * unit();
      hidden[i] += radius * Math.cos(angle);
      if (i + 1 < hidden.length) hidden[i + 1] += radius * Math.sin(angle);
    }
    return { ...views, hidden };
  });
}
