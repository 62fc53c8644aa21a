/**
 * The figure of the images that are most often confused, with their codes between those of two classes.
 *
 * @module
 */
import type { Evaluation } from "../../findings.ts";
import type { Drawing, Figure, Screen } from "../figure.ts";
import { count } from "../format.ts";
import type { Html } from "../html.ts";
import { customMark, draw } from "../plot.ts";
import type { Centroids } from "./centroids.ts";
import {
  type Confusion,
  imagesOnly,
  picture,
  sharesWidth,
  stripe,
  withStripes,
} from "./confused_group.ts";
import { muted, setUnits, shortened, textAt, unitAxis, unitPlaces } from "./stripes.ts";

/** In pixels of CSS at a page's usual width on each screen, and how many groups stand side by side. */
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
