/**
 * One digit as somebody might write it, drawn with dice.
 *
 * @module
 */
import type { Dice } from "../../graph/rng.ts";
import { glyphs, type Point } from "./glyphs.ts";
import { curve, mark } from "./pen.ts";

/** The side of an image, in pixels. */
export const side = 28;

/** The pixels of an image. */
export const area = side * side;

/**
 * An image of a digit: one of its styles, with jittered control points, under a random affine map,
 * by a pen of random thickness and pressure, with grain in the ink. The amounts are chosen so that
 * a person reads every digit and simple classifiers do about as well as on MNIST.
 *
 * @param digit 0 to 9.
 * @returns 28 × 28 bytes, row-major; the background is 0.
 */
export function handwritten(digit: number, dice: Dice): Uint8Array {
  const styles = glyphs[digit];
  const glyph = styles[dice.integer(0, styles.length - 1)];
  const place = placement(dice);
  const radius = 1.25 + about(dice, 0.6);
  const pressed = () => radius * (1 + about(dice, 0.2));

  const canvas = new Float32Array(area);
  for (const stroke of glyph) {
    mark(canvas, side, curve(stroke.map(place)), pressed(), pressed());
  }
  const image = new Uint8Array(area);
  for (let i = 0; i < area; i++) {
    if (canvas[i] > 0) image[i] = Math.round(255 * canvas[i] * (1 - 0.2 * dice.unit()));
  }
  return image;
}

/** A random map from a glyph's box to pixels, which also shakes each point that it maps. */
function placement(dice: Dice): (point: Point) => Point {
  const width = 14 * (1 + about(dice, 0.4));
  const height = 18 * (1 + about(dice, 0.25));
  const slant = 0.15 + about(dice, 0.5);
  const [right, down] = [side / 2 + about(dice, 1.8), side / 2 + about(dice, 1.8)];
  // Half the angle's tangent gives its sine and cosine by exact operations only.
  const half = about(dice, 0.16);
  const cosine = (1 - half * half) / (1 + half * half);
  const sine = (2 * half) / (1 + half * half);

  return ([x, y]) => {
    const v = (y - 0.5 + about(dice, 0.1)) * height;
    const u = (x - 0.5 + about(dice, 0.1)) * width - slant * v;
    return [right + cosine * u - sine * v, down + sine * u + cosine * v];
  };
}

/** A number from −amount to amount, small ones more often than large ones (triangular). */
const about = ({ unit }: Dice, amount: number): number => (unit() + unit() - 1) * amount;
