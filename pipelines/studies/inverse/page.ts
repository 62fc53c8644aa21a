/**
 * Page on the information that random codes keep of images, and its figures.
 *
 * @module
 */
import type { BinaryEmbeddings, DenseEmbeddings, Embeddings } from "../../../ops/embeddings.ts";
import { factorsRoot } from "../../../ops/metrics/factors_root.ts";
import { rowReader } from "../../../ops/metrics/rows.ts";
import { linearAxis, position } from "../../report/axis.ts";
import type { Element } from "../../report/dom.ts";
import { type Drawing, type Figure, halfDrawings, type Screen } from "../../report/figure.ts";
import { textAt as drawnText } from "../../report/figures/stripes.ts";
import { compact, count } from "../../report/format.ts";
import { levelPaths } from "../../report/heatmap.ts";
import type { Html } from "../../report/html.ts";
import { colours } from "../../report/line_chart.ts";
import {
  axisX,
  axisY,
  customMark,
  dot,
  draw,
  gridY,
  line,
  svgElement,
  text,
} from "../../report/plot.ts";
import { studyPage } from "../page.ts";
import type { Circumstances, JsonObject } from "../record.ts";
import type { Inverse, Restoration, RestorationBounds, TranslationCourse } from "./measure.ts";

/** Images through the code and back; as many of each. */
export interface Restored {
  /** Shape of one image: [height, width], or [height, width, channels]. */
  readonly shape: readonly number[];
  /** The images that were encoded. */
  readonly images: DenseEmbeddings;
  /** Codes of the images. */
  readonly codes: BinaryEmbeddings;
  /** Sparsity of the codes. */
  readonly sparsity: number;
  /** The images that came back, as wide as the originals. */
  readonly restored: BinaryEmbeddings;
}

/** Three rows of pictures, a column for each image. */
function restoredFigure(examples: Restored): Figure {
  const { images, codes, sparsity, restored } = examples;
  const caption =
    `The first ${images.count} images, binarised; their codes of ${
      codes.width.toLocaleString("en-GB")
    } units with ${compact(100 * sparsity)} % set, which have no shape of their own; and kWTA of ` +
    "what the transpose makes of the codes, which should look like the first row.";
  return {
    id: "restored",
    title: "Images, their random codes, and what comes back",
    caption,
    drawings: wholeWidths.map(([screens, width], i): Drawing => ({
      screens,
      svg: drawPictures(examples, width, i === 0, `Pictures. ${caption}`),
    })),
    data: {
      header: ["image", "pixel", "original", "restored"],
      rows: Array.from({ length: images.count }, (_, i) => {
        const back = rowReader(restored)(i);
        return Array.from(rowReader(images)(i), (value, pixel) => [i, pixel, value, back[pixel]]);
      }).flat(),
    },
    span: "whole",
  };
}

/** Widths of the drawings by screen, in CSS pixels. */
const wholeWidths: readonly (readonly [readonly Screen[], number])[] = [
  [["wide"], 1072],
  [["medium"], 700],
  [["narrow"], 358],
];

const header = 18;

/** The pictures are in the first drawing; the others use them. */
function drawPictures(examples: Restored, width: number, own: boolean, label: string): Html {
  const { shape, images, codes, restored } = examples;
  const gap = width > 500 ? 16 : 6;
  const side = (width - (images.count - 1) * gap) / images.count;
  const rows = [
    { name: "image", of: images as Embeddings, cells: pictureShape(shape) },
    { name: "code", of: codes as Embeddings, cells: factorsRoot(codes.width) },
    { name: "restored", of: restored as Embeddings, cells: pictureShape(shape) },
  ].map((row) => ({ ...row, height: side * row.cells[0] / row.cells[1] }));
  const tops = rows.reduce<readonly number[]>(
    (tops, { height }) => [...tops, tops[tops.length - 1] + header + height + 10],
    [0],
  );
  const elements = rows.flatMap(({ name, of, cells }, row) => [
    textAt(0, tops[row] + 13, name, "start"),
    ...Array.from({ length: images.count }, (_, i) => {
      const id = `restored-${name}-${i}`;
      const scale = side / cells[1];
      return svgElement("g", {
        transform: `translate(${i * (side + gap)},${tops[row] + header}) scale(${scale})`,
      }, [
        own
          ? svgElement("g", { id }, picture(rowReader(of)(i), cells))
          : svgElement("use", { href: `#${id}` }),
      ]);
    }),
  ]);
  return draw({
    width,
    height: tops[rows.length],
    margin: 0,
    style: { fontSize: width > 500 ? "12px" : "11px" },
    marks: [customMark(() => elements)],
  }, label);
}

/** Rows and columns of cells; channels stand beside each other. */
const pictureShape = (
  [height, width, channels = 1]: readonly number[],
): readonly [rows: number, columns: number] => [height, width * channels];

/** Ones in the colour of a heatmap, which the reader's light or dark preference sets. */
function picture(
  values: Float32Array,
  [height, width]: readonly [rows: number, columns: number],
): readonly Element[] {
  const lines = Array.from(
    { length: height },
    (_, y) => values.subarray(y * width, (y + 1) * width),
  );
  return [
    svgElement("rect", {
      width,
      height,
      fill: "var(--field, #f6f7f9)",
      stroke: "var(--rule, #c9ced6)",
      "vector-effect": "non-scaling-stroke",
    }),
    ...levelPaths(lines, 1).map((d) => svgElement("path", { stroke: "var(--heat, #123f73)", d })),
  ];
}

/**
 * A table of cells, the more overlap the more colour, with the number in each.
 *
 * @param surface Dimension by dimension, each with all sparsities; at least one.
 */
function surfaceFigure(
  surface: readonly Restoration[],
  { chance, ceiling }: RestorationBounds,
): Figure {
  const best = surface.reduce((a, b) => b.overlap > a.overlap ? b : a);
  const caption = `At best (${best.dimension.toLocaleString("en-GB")} units, ` +
    `${compact(100 * best.sparsity)} % set) the overlap is ${
      best.overlap.toFixed(3)
    }. Pixels set at random reach ${chance.toFixed(3)}, and ` +
    `${ceiling.toFixed(3)} is the most that can be reached, as all restored images have equally ` +
    "many pixels.";
  const label = `Table of overlaps by units and sparsity of the code. ${caption}`;
  return {
    id: "surface",
    title: "Overlap of restored and original image",
    caption,
    drawings: halfDrawings((width) => drawSurface(surface, width, label)),
    data: {
      header: ["dimension", "sparsity", "overlap"],
      rows: surface.map(({ dimension, sparsity, overlap }) => [dimension, sparsity, overlap]),
    },
    span: "half",
  };
}

const surfaceTop = 24;
const surfaceBottom = 36;
const marginRight = 2;
const rowHeight = 34;

function drawSurface(surface: readonly Restoration[], width: number, label: string): Html {
  const fontSize = width > 500 ? 12 : 11;
  const dimensions = [...new Set(surface.map(({ dimension }) => dimension))];
  const sparsities = [...new Set(surface.map(({ sparsity }) => sparsity))];
  return draw({
    width,
    height: surfaceTop + dimensions.length * rowHeight + surfaceBottom,
    marginTop: surfaceTop,
    marginBottom: surfaceBottom,
    marginLeft: 44,
    marginRight,
    style: { fontSize: `${fontSize}px` },
    marks: [
      customMark(({ left, top, width, height }) => {
        const side = width / sparsities.length;
        const columnAt = (sparsity: number) => left + sparsities.indexOf(sparsity) * side;
        const rowAt = (dimension: number) => top + dimensions.indexOf(dimension) * rowHeight;
        return [
          textAt(left - 8, 12, "units", "end"),
          ...dimensions.map((dimension) =>
            textAt(left - 8, rowAt(dimension) + rowHeight / 2 + 4, String(dimension), "end")
          ),
          ...sparsities.map((sparsity) =>
            textAt(columnAt(sparsity) + side / 2, top + height + 16, String(sparsity), "middle")
          ),
          textAt(left + width, top + height + 33, "sparsity of the code (fraction set)", "end"),
          ...surface.flatMap(({ dimension, sparsity, overlap }) =>
            cell(overlap, columnAt(sparsity), rowAt(dimension), side)
          ),
        ];
      }),
    ],
  }, label);
}

/** Opacity of a cell's colour at an overlap of 1: the number on it has to be legible, light and dark. */
const STRONGEST = 0.45;

const cell = (overlap: number, x: number, y: number, side: number): readonly Element[] => [
  svgElement("rect", {
    x: x + 1,
    y: y + 1,
    width: side - 2,
    height: rowHeight - 2,
    fill: "var(--heat, #123f73)",
    opacity: (STRONGEST * Math.min(1, Math.max(0, overlap))).toFixed(3),
  }),
  textAt(x + side / 2, y + rowHeight / 2 + 4, overlap.toFixed(2), "middle"),
];

const textAt = (x: number, y: number, content: string, anchor: string): Element =>
  drawnText(x, y, content, { "text-anchor": anchor, fill: "currentColor" });

interface Course {
  readonly label: string;
  readonly colour: string;
  readonly points: readonly { readonly pixels: number; readonly overlap: number }[];
}

const codeColours = [colours.validation, colours.test, "var(--muted, #59626d)"] as const;

/**
 * A line for the images and one for the codes of each sparsity.
 *
 * @param sparsities Sparsities of the course's codes, at most three.
 */
function translationFigure(
  course: TranslationCourse,
  { sparsities, dimension }: {
    readonly sparsities: readonly number[];
    readonly dimension: number;
  },
): Figure {
  const { pixels, overlaps, others } = course;
  const percent = (sparsity: number) => `${compact(100 * sparsity)} %`;
  const list = (codes: readonly number[]) =>
    sparsities.map((sparsity, i) => `${codes[i].toFixed(3)} with ${percent(sparsity)} set`)
      .join(", ");
  const caption =
    `One pixel down and right, ${overlaps[1].images.toFixed(3)} of an image overlaps with where ` +
    `it was, and of its code of ${dimension.toLocaleString("en-GB")} units ${
      list(overlaps[1].codes)
    }. Of two different images it is ${others.images.toFixed(3)}, of their codes ${
      list(others.codes)
    }.`;
  const lines: readonly Course[] = [
    {
      label: "images",
      colour: colours.train,
      points: pixels.map((by, i) => ({ pixels: by, overlap: overlaps[i].images })),
    },
    ...sparsities.map((sparsity, s) => ({
      label: `codes, ${percent(sparsity)}`,
      colour: codeColours[s % codeColours.length],
      points: pixels.map((by, i) => ({ pixels: by, overlap: overlaps[i].codes[s] })),
    })),
  ];
  const label = `Line chart of overlap by pixels. ${caption}`;
  return {
    id: "translation",
    title: "Overlap after a translation",
    caption,
    drawings: halfDrawings((width) => drawCourses(lines, width, label)),
    data: {
      header: ["pixels", ...lines.map(({ label }) => label)],
      rows: pixels.map((by, i) => [by, ...lines.map(({ points }) => points[i].overlap)]),
    },
    span: "half",
  };
}

const marginTop = 28;
const marginBottom = 36;

function drawCourses(lines: readonly Course[], width: number, label: string): Html {
  const height = width > 500 ? 300 : 250;
  const fontSize = width > 500 ? 12 : 11;
  const axis = linearAxis(0, 1);
  const pixels = lines[0].points.map(({ pixels }) => pixels);
  const frame = height - marginTop - marginBottom;
  return draw({
    width,
    height,
    marginTop,
    marginBottom,
    marginLeft: 34,
    marginRight: Math.ceil(
      Math.max(...lines.map(({ label }) => label.length)) * fontSize * 0.6 + 12,
    ),
    style: { fontSize: `${fontSize}px` },
    x: { type: "linear", domain: [pixels[0], pixels[pixels.length - 1]] },
    y: { type: "linear", domain: [...axis.domain] },
    marks: [
      gridY({ ticks: [...axis.ticks], stroke: "var(--grid, #e4e7eb)", strokeOpacity: 1 }),
      axisX({
        ticks: pixels,
        tickFormat: String,
        tickSize: 4,
        label: "translation (pixels down and right)",
      }),
      axisY({ ticks: [...axis.ticks], text: axis.format, tickSize: 0, label: "overlap (Dice)" }),
      ...lines.flatMap(({ points, colour }) => [
        line(points, { x: "pixels", y: "overlap", stroke: colour, strokeWidth: 1.75 }),
        dot(points, { x: "pixels", y: "overlap", fill: colour, r: 2.5 }),
      ]),
      ...ends(lines, (overlap) => (1 - position(axis, overlap)) * frame, 1.2 * fontSize)
        .map(({ course, dy }) =>
          text(course.points.slice(-1), {
            x: "pixels",
            y: "overlap",
            text: () => course.label,
            fill: course.colour,
            textAnchor: "start",
            dx: 8,
            dy,
          })
        ),
    ],
  }, label);
}

/** Computes the distance of each label below the end of its line, so that no label covers the next. */
function ends(
  lines: readonly Course[],
  yOf: (overlap: number) => number,
  apart: number,
): readonly { readonly course: Course; readonly dy: number }[] {
  const byHeight = lines
    .map((course) => ({ course, y: yOf(course.points.at(-1)?.overlap ?? 0) }))
    .sort((a, b) => b.y - a.y);
  let below = Infinity;
  return byHeight.map(({ course, y }) => {
    below = Math.min(y, below - apart);
    return { course, dy: below - y };
  });
}

/** The content of the page. */
export interface InversePage {
  /** The measurements. */
  readonly inverse: Inverse;
  /** Images of a part of the test set. */
  readonly examples: Restored;
  /** The dataset, the seed, the form, the backend. */
  readonly circumstances: Circumstances;
  /** Options, seed, backend, versions: all that is needed to run it again. */
  readonly config: JsonObject;
}

/** The page as the text of an HTML file with nothing to load. */
export function inversePage(
  { inverse, examples, circumstances, config }: InversePage,
): string {
  const { images, bounds, surface, translation } = inverse;
  return studyPage({
    tab: "inverse",
    title: "A random projection, kWTA, and back",
    circumstances,
    reading: `${count(images, "test image")}, binarised: ${
      (100 * bounds.sparsity).toFixed(1)
    } % of the pixels are set.`,
    sections: [{
      title: "What comes back, and what a translation leaves",
      figures: [
        restoredFigure(examples),
        surfaceFigure(surface, bounds),
        translationFigure(translation.course, translation),
      ],
    }],
    config,
  });
}
