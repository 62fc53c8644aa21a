/**
 * The figure of how much comes back, over dimension and sparsity of the code.
 *
 * @module
 */
import type { Element } from "../../report/dom.ts";
import type { Drawing, Figure, Screen } from "../../report/figure.ts";
import { compact } from "../../report/format.ts";
import type { Html } from "../../report/html.ts";
import { customMark, draw, svgElement } from "../../report/plot.ts";
import type { Restoration, RestorationBounds } from "./restoration.ts";

/**
 * A table of cells, the more overlap the more colour, with the number in each.
 *
 * @param surface Dimension by dimension, each with all sparsities; at least one.
 */
export function surfaceFigure(
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
    drawings: widths.map(([screens, width]): Drawing => ({
      screens,
      svg: drawAt(surface, width, label),
    })),
    data: {
      header: ["dimension", "sparsity", "overlap"],
      rows: surface.map(({ dimension, sparsity, overlap }) => [dimension, sparsity, overlap]),
    },
    span: "half",
  };
}

/** In pixels of CSS at a page's usual width on each screen. */
const widths: readonly (readonly [readonly Screen[], number])[] = [
  [["wide"], 524],
  [["medium", "narrow"], 350],
];

const marginTop = 24;
const marginBottom = 36;
const marginRight = 2;
const rowHeight = 34;

function drawAt(surface: readonly Restoration[], width: number, label: string): Html {
  const fontSize = width > 500 ? 12 : 11;
  const dimensions = [...new Set(surface.map(({ dimension }) => dimension))];
  const sparsities = [...new Set(surface.map(({ sparsity }) => sparsity))];
  return draw({
    width,
    height: marginTop + dimensions.length * rowHeight + marginBottom,
    marginTop,
    marginBottom,
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

/** Of the colour at an overlap of 1: the number has to be read on it, light and dark. */
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

function textAt(x: number, y: number, content: string, anchor: string): Element {
  const element = svgElement("text", { x, y, "text-anchor": anchor, fill: "currentColor" });
  element.textContent = content;
  return element;
}
