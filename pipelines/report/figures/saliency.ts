/**
 * The figure of saliency masks: image, what the mask hides of it, and what is left.
 *
 * @module
 */
import type { ImageArray } from "../../../ops/saliency/image.ts";
import type { Explanation } from "../../core/findings.ts";
import type { Table } from "../csv.ts";
import type { Element } from "../dom.ts";
import type { Drawing, Figure, Screen } from "../figure.ts";
import { compact, count } from "../format.ts";
import { levelPaths, rangeOf, rasterElements } from "../heatmap.ts";
import type { Html } from "../html.ts";
import { customMark, draw, svgElement } from "../plot.ts";

/** Options of {@linkcode saliencyFigure}. */
export interface SaliencyFigureOptions {
  /** Name of the score: "probability". @default {"score"} */
  readonly quantity?: string;
  /** Id of the figure, unique on its page. @default "saliency" */
  readonly id?: string;
}

/**
 * A row of three pictures for each example: the image, what its mask hides, and the perturbed image.
 *
 * @returns null for no examples.
 *
 * @example
 * ```ts
 * import { saliencyFigure } from "./saliency.ts";
 * import { assertStringIncludes } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const shape = [1, 2, 1] as const;
 * const image = { shape, data: Float32Array.of(1, 1) };
 * const mask = { shape, data: Float32Array.of(0, 1) };
 * const example = { label: "a 7", image, mask, perturbed: mask, before: 0.9, after: 0.1 };
 * const figure = saliencyFigure([example], { quantity: "probability" });
 * assertStringIncludes(
 *   figure!.caption,
 *   "Hiding 50 % of the image takes the probability from 0.9 to 0.1",
 * );
 * ```
 */
export function saliencyFigure(
  examples: readonly Explanation[],
  { quantity = "score", id = "saliency" }: SaliencyFigureOptions = {},
): Figure | null {
  if (examples.length === 0) return null;
  const mean = (read: (example: Explanation) => number): number =>
    examples.reduce((sum, example) => sum + read(example), 0) / examples.length;
  const [before, after] = [mean(({ before }) => before), mean(({ after }) => after)];
  const share = compact(100 * mean(({ mask }) => hidden(mask)));
  const caption = `Hiding ${share} % of the image takes the ${quantity} from ${
    compact(before)
  } to ${compact(after)}${
    examples.length === 1 ? "" : `, on average over ${count(examples.length, "image")}`
  }; what is coloured in the middle is hidden, and should lie where the evidence does.`;
  return {
    id,
    title: "Saliency",
    caption,
    drawings: drawings(id, examples, `Pictures of images, masks and masked images. ${caption}`),
    data: table(examples),
    span: "half",
  };
}

/** The part of an image that a mask hides, in 0..1. */
const hidden = ({ data }: ImageArray): number =>
  data.reduce((sum, value) => sum + 1 - value, 0) / Math.max(1, data.length);

/** The widths in pixels of CSS at a page's usual width on each screen. */
const sizes: readonly (readonly [screens: readonly Screen[], width: number])[] = [
  [["wide"], 524],
  [["medium", "narrow"], 350],
];

/** The pictures are in the first drawing; the other uses them. */
const drawings = (
  id: string,
  examples: readonly Explanation[],
  label: string,
): readonly Drawing[] =>
  sizes.map(([screens, width], i) => ({
    screens,
    svg: drawAt(id, examples, width, i === 0, label),
  }));

const titles = ["image", "hidden by the mask", "what is left"] as const;

const gap = 10;
const header = 18;

/** Rows are no flatter and no taller than this, as a part of their width. */
const flattest = 0.08;
const tallest = 2;

function drawAt(
  figure: string,
  examples: readonly Explanation[],
  width: number,
  own: boolean,
  label: string,
): Html {
  const fontSize = width > 500 ? 12 : 11;
  const side = (width - 2 * gap) / 3;
  const rowHeight = ({ image: { shape: [height, width] } }: Explanation): number =>
    side * Math.min(tallest, Math.max(flattest, height / width));
  const tops = examples.reduce<readonly number[]>(
    (tops, example) => [...tops, tops[tops.length - 1] + header + rowHeight(example) + gap],
    [header],
  );
  const elements = examples.flatMap((example, row) => {
    const top = tops[row];
    const pictures = own ? picturesOf(example) : [];
    return [
      heading(example, top + header - 6),
      ...titles.map((_, column) => {
        const id = `${figure}-${row}-${column}`;
        const [height, width] = example.image.shape;
        const transform = `translate(${column * (side + gap)},${top + header}) scale(${
          side / width
        },${rowHeight(example) / height})`;
        // Neighbouring pixels would show a seam where the scale is not whole.
        return svgElement("g", { transform, "shape-rendering": "crispEdges" }, [
          own ? svgElement("g", { id }, pictures[column]) : svgElement("use", { href: `#${id}` }),
        ]);
      }),
    ];
  });
  return draw({
    width,
    height: tops[examples.length],
    margin: 0,
    style: { fontSize: `${fontSize}px` },
    marks: [
      customMark(() => [
        ...titles.map((title, column) => textAt(column * (side + gap), 12, title)),
        ...elements,
      ]),
    ],
  }, label);
}

/** The three pictures of a row, in spaces of 1×1 cells. */
function picturesOf({ image, mask, perturbed }: Explanation): readonly (readonly Element[])[] {
  const range = rangeOf(image.data);
  return [rasterElements(image, range), maskElements(mask), rasterElements(perturbed, range)];
}

const maskLevels = 16;

/** Draws the part that is hidden, in the colour of a heatmap, which the reader's light or dark preference sets. */
function maskElements({ shape: [height, width], data }: ImageArray): readonly Element[] {
  const rows = Array.from(
    { length: height },
    (_, y) => data.subarray(y * width, (y + 1) * width).map((value) => 1 - value),
  );
  return [
    svgElement("rect", {
      width,
      height,
      fill: "var(--field, #f6f7f9)",
      stroke: "var(--rule, #c9ced6)",
      "vector-effect": "non-scaling-stroke",
    }),
    ...levelPaths(rows, maskLevels).map((d, i) =>
      svgElement("path", {
        stroke: "var(--heat, #123f73)",
        opacity: ((i + 1) / maskLevels).toFixed(3),
        d,
      })
    ).filter((path) => path.getAttribute("d") !== ""),
  ];
}

/** Longer labels would stick out of a phone. */
const longestLabel = 24;

function heading({ label, before, after }: Explanation, y: number): Element {
  const name = label.length > longestLabel ? `${label.slice(0, longestLabel - 1)}…` : label;
  return textAt(0, y, `${name}: ${compact(before)} → ${compact(after)}`, "600");
}

function textAt(x: number, y: number, content: string, weight = "400"): Element {
  const element = svgElement("text", {
    x,
    y,
    "text-anchor": "start",
    "font-weight": weight,
    fill: weight === "400" ? "var(--muted, #59626d)" : "currentColor",
  });
  element.textContent = content;
  return element;
}

/** A row per pixel: where it is, what the mask leaves of it, and its values before and after. */
function table(examples: readonly Explanation[]): Table {
  const channels = Math.max(...examples.map(({ image }) => image.shape[2]));
  const names = (what: string): readonly string[] =>
    channels === 1 ? [what] : Array.from({ length: channels }, (_, c) => `${what}_${c}`);
  const pixel = ({ shape, data }: ImageArray, i: number): readonly (number | null)[] =>
    Array.from({ length: channels }, (_, c) =>
      c < shape[2]
        // Digits beyond the fourth are not seen, and are most of the file.
        ? Number(data[i * shape[2] + c].toPrecision(4))
        : null);
  return {
    header: ["example", "row", "column", "mask", ...names("image"), ...names("perturbed")],
    rows: examples.flatMap(({ label, image, mask, perturbed }) =>
      Array.from(mask.data, (value, i) => [
        label,
        Math.floor(i / image.shape[1]),
        i % image.shape[1],
        Number(value.toPrecision(4)),
        ...pixel(image, i),
        ...pixel(perturbed, i),
      ])
    ),
  };
}
