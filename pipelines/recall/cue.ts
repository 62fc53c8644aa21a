/**
 * Cues: images of which only a part is left.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import { draw, type Rng } from "../../graph/rng.ts";
import type { Images } from "../data/dataset.ts";
import { channelsOf, type Layout } from "../encode/layout.ts";

/** Which part is left; of "noise" pixels here and there. */
export const cueKinds = ["top", "bottom", "left", "right", "noise"] as const;

/** Which part is left. */
export type CueKind = typeof cueKinds[number];

/**
 * Images of which a part is left. What is erased from a side becomes the median of each channel over all
 * images, which is the paper of digits. With "noise", whole pixels take the place of others, drawn from
 * all pixels of all images.
 *
 * @param keep The part that is left, above 0 and at most 1; rounded to whole rows or columns. Of "noise"
 * each pixel is left with this probability.
 * @returns As many images; `InvalidOption` where `keep` is out of its range.
 *
 * @example
 * ```ts
 * import { cuesOf } from "./cue.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const images = { count: 1, pixels: Uint8Array.of(9, 0, 0, 7) };
 * const cues = cuesOf(images, { size: [2, 2], colour: "grey" }, "top", 0.5, seed(1));
 * assertEquals(E.isRight(cues) && [...cues.right.pixels], [9, 0, 0, 0]);
 * ```
 */
export function cuesOf(
  { count, pixels }: Images,
  layout: Layout,
  kind: CueKind,
  keep: number,
  rng: Rng,
): E.Either<InvalidOption, Images> {
  if (!(keep > 0 && keep <= 1)) {
    return E.left(invalidOption("--keep", keep, "a number above 0 and at most 1"));
  }
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
    return E.right({ count, pixels: left });
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
  return E.right({ count, pixels: left });
}

/** The median byte of each channel. */
function mediansOf(pixels: Uint8Array, channels: number): Uint8Array {
  return Uint8Array.from({ length: channels }, (_, channel) => {
    const counts = new Uint32Array(256);
    for (let i = channel; i < pixels.length; i += channels) counts[pixels[i]]++;
    let seen = 0;
    return counts.findIndex((times) => (seen += times) * 2 * channels >= pixels.length);
  });
}
