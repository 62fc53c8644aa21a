/**
 * One confusion as it is drawn: its images, and their codes between those of two classes.
 *
 * @module
 */
import type { ConfusedImage } from "../../findings.ts";
import type { Element } from "../dom.ts";
import { svgElement } from "../plot.ts";
import { rasterElements } from "./raster.ts";
import { bitPath, type Box, field, inBox, muted, textAt, ticks } from "./stripes.ts";

/** Samples of a class that were taken for one and the same other. */
export interface Confusion {
  /** The name of their class. */
  readonly label: string;
  /** The name of the one that they were taken for. */
  readonly predicted: string;
  /** How many there are in the test set. */
  readonly times: number;
  /** Some of them. */
  readonly images: readonly Shown[];
  /** What the binary centroids of the two classes set; null where codes are not binary. */
  readonly centroids: readonly [label: Bits, predicted: Bits] | null;
}

/** Units, rising. */
export type Bits = readonly number[];

/** An image, with the bits of its code by whether the centroids of the two classes have them. */
export interface Shown {
  /** Its place in the test set. */
  readonly index: number;
  /** What is seen. */
  readonly image: ConfusedImage["image"];
  /** Of its code; null where codes are not binary. */
  readonly bits: Bits | null;
  /** Those that the centroid of its class has. */
  readonly withLabel: Bits;
  /** Those that the centroid of the other class has. */
  readonly withPredicted: Bits;
}

/** Pixels: the side of a picture beside a stripe. */
export const picture = 32;
/** Pixels: the height of a centroid's stripe. */
export const stripe = 10;
/** Returns the pixels that the numbers beside the pictures need: how many bits each code shares. */
export function sharesWidth(groups: readonly Confusion[]): number {
  const counts = groups.flatMap(({ images }) =>
    images.flatMap(({ withLabel, withPredicted }) => [withLabel.length, withPredicted.length])
  );
  const digits = String(Math.max(0, ...counts)).length;
  return 36 + 10 * Math.max(0, digits - 2);
}

/** A picture in a box, drawn or used. */
function pictureIn(
  { image: { shape, data } }: Shown,
  { x, y, width, height }: Box,
  id: string,
  first: boolean,
): Element {
  const [rows, columns] = shape;
  const scale = Math.min(width / columns, height / rows);
  const box = { x, y, width: columns * scale, height: rows * scale };
  return inBox(box, [columns, rows], [
    first
      ? svgElement("g", { id }, rasterElements({ shape, data }, [0, 1]))
      : svgElement("use", { href: `#${id}` }),
    // Neighbouring pixels would show a seam where the scale is not whole.
  ], { "shape-rendering": "crispEdges" });
}

/** A group whose codes are not binary: its images in a row. */
export const imagesOnly = (
  { images }: Confusion,
  { x, y, width }: Box,
  id: string,
  first: boolean,
): readonly Element[] => {
  const side = width / Math.max(3, images.length) - 4;
  return images.map((shown, i) =>
    pictureIn(
      shown,
      { x: x + i * (side + 4), y, width: side, height: side },
      `${id}-${i}`,
      first,
    )
  );
};

/** How a group with codes is drawn. */
export interface StripeOptions {
  /** What the parts are called, to be used again. */
  readonly id: string;
  /** Whether this drawing has the parts, or uses those of another. */
  readonly first: boolean;
  /** Where each unit stands. */
  readonly places: Uint32Array;
  /** In pixels. */
  readonly fontSize: number;
  /** Pixels beside a picture, as {@linkcode sharesWidth} has them. */
  readonly shares: number;
}

const [blue, orange, black, grey] = [
  "var(--test, #1f5f99)",
  "var(--train, #b3541e)",
  "currentColor",
  "var(--muted, #59626d)",
];

/** A group with codes: below the stripe of its class, above that of the other. */
export function withStripes(
  { images, centroids }: Confusion,
  { x, y, width }: Box,
  { id, first, places, fontSize, shares }: StripeOptions,
): readonly Element[] {
  const left = x + picture + shares;
  const wide = width - picture - shares;
  const stripeAt = (top: number, height: number, name: string, paths: readonly Element[]) => {
    const box = { x: left, y: top, width: wide, height };
    return [
      field(box),
      inBox(box, [places.length, 1], [
        first ? svgElement("g", { id: name }, paths) : svgElement("use", { href: `#${name}` }),
      ]),
    ];
  };
  const [ofLabel, ofPredicted] = centroids ?? [[], []];
  const centroidAt = (top: number, name: string, bits: Bits, colour: string, text: string) => [
    textAt(left - 6, top + stripe - 1, text, { ...muted, "text-anchor": "end" }),
    ...stripeAt(top, stripe, name, ticks(bitPath(bits, places), colour)),
  ];
  const top = (i: number) => y + stripe + 4 + i * (picture + 4);
  return [
    ...centroidAt(y, `${id}-label`, ofLabel, blue, "its class"),
    ...images.flatMap((shown, i) => {
      const { bits, withLabel, withPredicted } = shown;
      const box = { x, y: top(i), width: picture, height: picture };
      const pick = (label: boolean, predicted: boolean) =>
        bitPath(
          (bits ?? []).filter((unit) =>
            withLabel.includes(unit) === label && withPredicted.includes(unit) === predicted
          ),
          places,
        );
      return [
        pictureIn(shown, box, `${id}-image-${i}`, first),
        textAt(left - 6, box.y + picture / 2 - 3, `${withLabel.length} ↑`, {
          "text-anchor": "end",
          fill: blue,
        }),
        textAt(left - 6, box.y + picture / 2 + fontSize - 1, `${withPredicted.length} ↓`, {
          "text-anchor": "end",
          fill: orange,
        }),
        ...stripeAt(box.y + 3, picture - 6, `${id}-code-${i}`, [
          ...ticks(pick(false, false), grey),
          ...ticks(pick(true, true), black),
          ...ticks(pick(true, false), blue),
          ...ticks(pick(false, true), orange),
        ]),
      ];
    }),
    ...centroidAt(top(images.length), `${id}-predicted`, ofPredicted, orange, "predicted"),
  ];
}
