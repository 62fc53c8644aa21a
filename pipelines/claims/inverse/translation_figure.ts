/**
 * The figure of what remains of images and of their codes when images are moved.
 *
 * @module
 */
import { linearAxis, position } from "../../report/axis.ts";
import type { Drawing, Figure, Screen } from "../../report/figure.ts";
import { compact } from "../../report/format.ts";
import type { Html } from "../../report/html.ts";
import { colours } from "../../report/line_chart.ts";
import { axisX, axisY, dot, draw, gridY, line, text } from "../../report/plot.ts";
import type { TranslationCourse } from "./translation.ts";

interface Course {
  readonly label: string;
  readonly colour: string;
  readonly points: readonly { readonly pixels: number; readonly overlap: number }[];
}

const codeColours = [colours.validation, colours.test, "var(--muted, #59626d)"] as const;

/**
 * A line for the images and one for the codes of each sparsity.
 *
 * @param sparsities Of the course's codes, at most three.
 */
export function translationFigure(
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
    drawings: sizes.map(([screens, width, height]): Drawing => ({
      screens,
      svg: drawAt(lines, width, height, label),
    })),
    data: {
      header: ["pixels", ...lines.map(({ label }) => label)],
      rows: pixels.map((by, i) => [by, ...lines.map(({ points }) => points[i].overlap)]),
    },
    span: "half",
  };
}

/** In pixels of CSS at a page's usual width on each screen. */
const sizes: readonly (readonly [readonly Screen[], width: number, height: number])[] = [
  [["wide"], 524, 300],
  [["medium", "narrow"], 350, 250],
];

const marginTop = 28;
const marginBottom = 36;

function drawAt(lines: readonly Course[], width: number, height: number, label: string): Html {
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

/** How far below the end of its line each label stands, so that none covers the one below it. */
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
