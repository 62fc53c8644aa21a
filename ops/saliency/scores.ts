/**
 * Scores: what a saliency mask is to bring down.
 *
 * @module
 */
import { softmax } from "../activations.ts";
import { tf } from "../tfjs.ts";

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
 * import { classScore } from "./scores.ts";
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
 * The value of one unit: of a code, take what enters its kWTA, since bits have no gradient.
 *
 * @param model Gives activations, [images, units].
 * @param index The unit, from 0.
 * @throws {RangeError} When called, where the model has no such unit.
 *
 * @example
 * ```ts
 * import { unitScore } from "./scores.ts";
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
 * How much of a code the model still sees: the mean activation of the units that the code has set,
 * 1 for a soft kWTA that has them all on.
 *
 * @param model Gives activations, [images, units]: an encoder in its "train" mode, whose kWTA is soft.
 * @param code One number per unit; whatever is above 0 is set, and at least one is.
 * @throws {RangeError} When called, where the code is empty or of another length.
 *
 * @example
 * ```ts
 * import { overlapScore } from "./scores.ts";
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
