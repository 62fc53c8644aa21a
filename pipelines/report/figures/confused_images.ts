/**
 * The figure of the images that are most often confused, with their codes between those of two classes.
 *
 * @module
 */
import type { ConfusedImage, Evaluation } from "../../core/findings.ts";
import type { Element } from "../dom.ts";
import type { Drawing, Figure, Screen } from "../figure.ts";
import { count } from "../format.ts";
import { rasterElements } from "../heatmap.ts";
import type { Html } from "../html.ts";
import { customMark, draw, svgElement } from "../plot.ts";
import type { Centroids } from "./centroids.ts";
import {
  bitPath,
  type Box,
  field,
  inBox,
  muted,
  setUnits,
  shortened,
  textAt,
  ticks,
  unitAxis,
  unitPlaces,
} from "./stripes.ts";

/** A confusion as it is drawn: samples of a class that were taken for one and the same other. */
export interface Confusion {
  /** Name of their class. */
  readonly label: string;
  /** Name of the class that they were taken for. */
  readonly predicted: string;
  /** Number of such samples in the test set. */
  readonly times: number;
  /** Some of the confused images. */
  readonly images: readonly Shown[];
  /** Bits of the binary centroids of the two classes; null where codes are not binary. */
  readonly centroids: readonly [label: Bits, predicted: Bits] | null;
}

/** The units that are set, rising. */
export type Bits = readonly number[];

/** An image, with the bits of its code by whether the centroids of the two classes have them. */
export interface Shown {
  /** Index in the test set. */
  readonly index: number;
  /** Image to show. */
  readonly image: ConfusedImage["image"];
  /** Bits of its code; null where codes are not binary. */
  readonly bits: Bits | null;
  /** Bits that the centroid of its class has too. */
  readonly withLabel: Bits;
  /** Bits that the centroid of the other class has too. */
  readonly withPredicted: Bits;
}

/** Pixels: the side of a picture beside a stripe. */
const picture = 32;
/** Pixels: the height of a centroid's stripe. */
const stripe = 10;
/** Returns the pixels that the numbers beside the pictures need: how many bits each code shares. */
function sharesWidth(groups: readonly Confusion[]): number {
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
const imagesOnly = (
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

/** The layout of a group with codes. */
export interface StripeOptions {
  /** Prefix of the parts' ids, by which they are drawn again. */
  readonly id: string;
  /** Whether this drawing has the parts, or uses those of another. */
  readonly first: boolean;
  /** Place of each unit. */
  readonly places: Uint32Array;
  /** Size of text, in pixels. */
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
function withStripes(
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

/** The widths in pixels of CSS at a page's usual width on each screen, and the groups side by side. */
const sizes: readonly (readonly [screen: Screen, width: number, columns: number])[] = [
  ["wide", 1072, 2],
  ["medium", 700, 2],
  ["narrow", 358, 1],
];

/**
 * Test images of the largest cells off the confusion matrix's diagonal; of binary codes with the stripe
 * of each between those of the two classes' centroids.
 *
 * @returns null where nothing was confused.
 */
export function confusedImagesFigure(
  { classes, confusion, confused }: Pick<Evaluation, "classes" | "confusion" | "confused">,
  centroids: Centroids | null,
): Figure | null {
  const groups = [...Map.groupBy(confused, ({ label, predicted }) => `${label} ${predicted}`)]
    .map(([, images]): Confusion => {
      const [{ label, predicted }] = images;
      const pair = [label, predicted].map((c) => centroids?.codes[c]);
      const codes = pair.every((code) => code !== undefined) && images[0].bits !== null
        ? [setUnits(pair[0]!), setUnits(pair[1]!)] as const
        : null;
      return {
        label: classes[label],
        predicted: classes[predicted],
        times: confusion.counts[label * confusion.classes + predicted],
        centroids: codes,
        images: images.map(({ index, image, bits }) => ({
          index,
          image,
          bits: bits && [...bits],
          withLabel: codes?.[0].filter((unit) => bits?.includes(unit)) ?? [],
          withPredicted: codes?.[1].filter((unit) => bits?.includes(unit)) ?? [],
        })),
      };
    });
  if (groups.length === 0) return null;
  const coded = groups.every((group) => group.centroids !== null);
  const caption = describe(groups, confusion.counts, confusion.classes, coded);
  const places = unitPlaces(centroids?.means ?? []);
  return {
    id: "confused-images",
    title: "Images that are most often confused",
    caption,
    drawings: drawingsOf(groups, coded ? places : null, `Pictures of test images. ${caption}`),
    data: {
      header: [
        "test_index",
        "class",
        "predicted_class",
        "bits_set",
        "bits_of_class",
        "bits_of_predicted",
        "units",
      ],
      rows: groups.flatMap(({ label, predicted, images }) =>
        images.map(({ index, bits, withLabel, withPredicted }) => [
          index,
          label,
          predicted,
          bits?.length ?? null,
          coded ? withLabel.length : null,
          coded ? withPredicted.length : null,
          bits?.join(" ") ?? null,
        ])
      ),
    },
    span: "whole",
  };
}

function describe(
  groups: readonly Confusion[],
  counts: ArrayLike<number>,
  classes: number,
  coded: boolean,
): string {
  const wrong = Array.from(counts).reduce(
    (sum, n, cell) => cell % (classes + 1) === 0 ? sum : sum + n,
    0,
  );
  const shown = groups.reduce((sum, { times }) => sum + times, 0);
  const head = `${count(groups.length, "confusion makes", "confusions make")} ${
    shown.toLocaleString("en-GB")
  } of ${count(wrong, "error")}, the most frequent first`;
  return coded
    ? `${head}; a code's bits are blue where only its class's centroid (above, ↑ how many) has them, ` +
      "orange where only the predicted one's (below, ↓), grey where neither, and as dark as text where both: " +
      "where orange outweighs blue, look whether the image does too."
    : `${head}; look whether you would have known better.`;
}

/** The pictures and stripes are in the first drawing; the others use them. */
const drawingsOf = (
  groups: readonly Confusion[],
  places: Uint32Array | null,
  label: string,
): readonly Drawing[] =>
  sizes.map(([screen, width, columns], i) => ({
    screens: [screen],
    svg: drawAt(groups, places, width, columns, i === 0, label),
  }));

const gap = 24;
const header = 20;

function drawAt(
  groups: readonly Confusion[],
  places: Uint32Array | null,
  width: number,
  columns: number,
  first: boolean,
  label: string,
): Html {
  const fontSize = width > 500 ? 12 : 11;
  const shares = sharesWidth(groups);
  const side = (width - 8 - (columns - 1) * gap) / columns;
  const most = Math.max(...groups.map(({ images }) => images.length));
  const high = places === null
    ? header + side / most
    : header + most * (picture + 4) + 2 * (stripe + 4);
  const rows = Math.ceil(groups.length / columns);
  const bottom = rows * (high + gap) - gap;
  const elements = groups.flatMap((group, g) => {
    const x = (g % columns) * (side + gap);
    const y = Math.floor(g / columns) * (high + gap);
    const name = (text: string) => shortened(text, columns === 1 || width > 1000 ? 18 : 12);
    const title = `${name(group.label)} taken for ${name(group.predicted)}`;
    const id = `confused-${g}`;
    return [
      textAt(x, y + 13, title, { "font-weight": "600" }),
      textAt(x + side, y + 13, count(group.times, "time"), { ...muted, "text-anchor": "end" }),
      ...places === null
        ? imagesOnly(group, { x, y: y + header, width: side, height: high - header }, id, first)
        : withStripes(group, { x, y: y + header, width: side, height: high - header }, {
          id,
          first,
          places,
          fontSize,
          shares,
        }),
    ];
  });
  return draw({
    width,
    height: bottom + (places === null ? 4 : 36),
    margin: 0,
    style: { fontSize: `${fontSize}px` },
    marks: [
      customMark(() => [
        ...elements,
        ...places === null
          ? []
          : Array.from({ length: Math.min(columns, groups.length) }, (_, c) =>
            unitAxis(
              {
                x: c * (side + gap) + picture + shares,
                y: bottom,
                width: side - picture - shares,
              },
              places.length,
              width > 1000 ? 5 : 4,
            )).flat(),
      ]),
    ],
  }, label);
}
