/**
 * The figure of reconstructions: test images above what an autoencoder makes of them.
 *
 * @module
 */
import { type History, newest } from "../../core/history.ts";
import type { Reconstruction } from "../../core/findings.ts";
import type { Drawing, Figure, Screen } from "../figure.ts";
import { compact } from "../format.ts";
import type { Html } from "../html.ts";
import { customMark, draw, svgElement } from "../plot.ts";
import { rasterElements } from "../heatmap.ts";
import { inBox, muted, shortened, textAt } from "./stripes.ts";

/** The widths in pixels of CSS at a page's usual width on each screen, and the images per row. */
const sizes: readonly (readonly [screen: Screen, width: number, columns: number])[] = [
  ["wide", 1072, 10],
  ["medium", 700, 10],
  ["narrow", 358, 5],
];

/**
 * Each image with its class, below it what was made of it, and how many pixels came out wrong.
 *
 * @param history Measurements of the whole test set, as `evaluateReconstruction` leaves them.
 * @returns null for no images.
 */
export function reconstructionsFigure(
  reconstructions: readonly Reconstruction[],
  history: History,
): Figure | null {
  if (reconstructions.length === 0) return null;
  const caption = describe(reconstructions, history);
  const size = Math.max(...reconstructions.map(({ original }) => original.data.length));
  const row = (
    { index, label, missed }: Reconstruction,
    what: string,
    data: Float32Array,
  ): readonly (string | number | null)[] => [
    index,
    label,
    missed,
    what,
    // The eye tells hardly 256 steps apart.
    ...Array.from({ length: size }, (_, i) => i < data.length ? Number(data[i].toFixed(3)) : null),
  ];
  return {
    id: "reconstructions",
    title: "Reconstructions",
    caption,
    drawings: sizes.map(([screen, width, columns], i): Drawing => ({
      screens: [screen],
      svg: drawAt(reconstructions, width, columns, i === 0, `Pictures of test images. ${caption}`),
    })),
    data: {
      header: [
        "test_index",
        "class",
        "wrong_pixels",
        "image",
        ...Array.from({ length: size }, (_, i) => `value_${i}`),
      ],
      rows: reconstructions.flatMap((one) => [
        row(one, "original", one.original.data),
        row(one, "reconstruction", one.made.data),
      ]),
    },
    span: "whole",
  };
}

function describe(reconstructions: readonly Reconstruction[], history: History): string {
  const missed = newest(history, "missed_pixels", "test");
  const psnr = newest(history, "psnr", "test");
  const [{ original }] = reconstructions;
  const here = reconstructions.reduce((sum, { missed }) => sum + missed, 0) /
    reconstructions.length;
  const of = `${original.data.length.toLocaleString("en-GB")} pixels`;
  return (missed === null
    ? `${compact(here)} of ${of} come out wrong in these images`
    : `${compact(missed)} of ${of} come out wrong in a test image on average`) +
    (psnr === null ? "" : `, at a PSNR of ${compact(psnr)} dB`) +
    "; look for strokes that are lost or belong to another class.";
}

const gap = 6;

function drawAt(
  reconstructions: readonly Reconstruction[],
  width: number,
  columns: number,
  first: boolean,
  label: string,
): Html {
  const fontSize = width > 500 ? 12 : 11;
  const left = Math.ceil(14 * fontSize * 0.6) + 4;
  const side = (width - left - columns * gap) / columns;
  const tallest = Math.max(
    ...reconstructions.map(({ original: { shape: [height, width] } }) => height / width),
  );
  const high = side * Math.min(2, tallest);
  const block = 18 + 2 * (high + gap) + 24;
  const rows = Math.ceil(reconstructions.length / columns);
  return draw({
    width,
    height: rows * block,
    margin: 0,
    style: { fontSize: `${fontSize}px` },
    marks: [
      customMark(() =>
        reconstructions.flatMap(({ original, made, missed, label }, i) => {
          const x = left + (i % columns) * (side + gap);
          const y = Math.floor(i / columns) * block;
          const name = shortened(label, Math.max(3, Math.floor(side / (0.62 * fontSize))));
          const centre = { "text-anchor": "middle" } as const;
          return [
            ...i % columns !== 0 ? [] : [
              textAt(0, y + 12, "class", muted),
              textAt(0, y + 18 + high / 2 + 4, "original", muted),
              textAt(0, y + 18 + high + gap + high / 2 + 4, "reconstruction", muted),
              textAt(0, y + 2 * (high + gap) + 30, "wrong pixels", muted),
            ],
            textAt(x + side / 2, y + 12, name, centre),
            ...[original, made].map((image, row) => {
              const [height, width] = image.shape;
              const id = `reconstruction-${i}-${row}`;
              const box = { x, y: y + 18 + row * (high + gap), width: side, height: high };
              return inBox(box, [width, height], [
                first
                  ? svgElement("g", { id }, rasterElements(image, [0, 1]))
                  : svgElement("use", { href: `#${id}` }),
              ], { "shape-rendering": "crispEdges" });
            }),
            textAt(x + side / 2, y + 2 * (high + gap) + 30, missed.toLocaleString("en-GB"), centre),
          ];
        })
      ),
    ],
  }, label);
}
