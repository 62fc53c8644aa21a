/**
 * What a model sees in one step of learning a mask.
 *
 * @module
 */
import { draw, type Rng } from "../../graph/rng.ts";
import { tf } from "../tfjs.ts";
import { type ImageArray, shift } from "./image.ts";
import type { Scene } from "./objective.ts";

/** A {@linkcode Scene} as plain data. */
export interface Views {
  /** As {@linkcode ImageArray} has it. */
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

/** On the backend: two new tensors. */
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
