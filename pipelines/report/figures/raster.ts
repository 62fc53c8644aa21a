/**
 * Small images as vector paths: a page that loads nothing shows no `<img>`.
 *
 * @module
 */
import type { ImageArray } from "../../../ops/saliency/image.ts";
import type { Element } from "../dom.ts";
import { svgElement } from "../plot.ts";

/** Steps of each colour above black: what one hexadecimal digit says. */
const levels = 15;

/** Least and greatest of the numbers, at least a hair apart. */
export function rangeOf(data: ArrayLike<number>): readonly [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i++) {
    if (data[i] < low) low = data[i];
    if (data[i] > high) high = data[i];
  }
  return low < high ? [low, high] : Number.isFinite(low) ? [low - 0.5, low + 0.5] : [0, 1];
}

/**
 * The colour of every pixel as CSS, "#08f": the channels are red, green and blue where there are
 * three, else their mean is a grey.
 *
 * @param range What is black, and what is full; beyond it is clamped.
 *
 * @example
 * ```ts
 * import { colours } from "./raster.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const grey = { shape: [1, 3, 1], data: Float32Array.of(-1, 0.2, 7) } as const;
 * assertEquals(colours(grey, [0, 1]), ["#000", "#333", "#fff"]);
 * const red = { shape: [1, 1, 3], data: Float32Array.of(1, 0, 0) } as const;
 * assertEquals(colours(red, [0, 1]), ["#f00"]);
 * ```
 */
export function colours(
  { shape: [height, width, channels], data }: ImageArray,
  [low, high]: readonly [low: number, high: number],
): readonly string[] {
  const digit = (value: number): string => {
    const part = Math.min(1, Math.max(0, (value - low) / (high - low)));
    return Math.round((Number.isNaN(part) ? 0 : part) * levels).toString(16);
  };
  return Array.from({ length: height * width }, (_, i) => {
    const pixel = Array.from(data.subarray(i * channels, (i + 1) * channels));
    if (channels === 3) return `#${pixel.map(digit).join("")}`;
    return `#${digit(pixel.reduce((sum, value) => sum + value, 0) / channels).repeat(3)}`;
  });
}

/**
 * The pixels of each colour as one path in a space of 1×1 cells: `M3,0.5h2` is a run of two.
 *
 * @param width Pixels per row.
 * @returns By colour; black is the ground and has none.
 */
export function colourPaths(
  pixels: readonly string[],
  width: number,
): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  for (let begin = 0, end = 0; begin < pixels.length; begin = end) {
    const [x, y] = [begin % width, Math.floor(begin / width)];
    const edge = (y + 1) * width;
    for (end = begin + 1; end < edge && pixels[end] === pixels[begin];) end++;
    if (pixels[begin] === "#000") continue;
    paths.set(pixels[begin], `${paths.get(pixels[begin]) ?? ""}M${x},${y}.5h${end - begin}`);
  }
  return paths;
}

/** The image as elements in a space of 1×1 cells, in colours of its own: it has no dark mode. */
export const rasterElements = (
  image: ImageArray,
  range: readonly [low: number, high: number],
): readonly Element[] => {
  const [height, width] = image.shape;
  return [
    svgElement("rect", { width, height, fill: "#000" }),
    ...[...colourPaths(colours(image, range), width)]
      .map(([stroke, d]) => svgElement("path", { stroke, d })),
  ];
};
