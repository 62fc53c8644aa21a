/**
 * The figure of images, their codes, and what comes back of them.
 *
 * @module
 */
import type { BinaryEmbeddings, DenseEmbeddings, Embeddings } from "../../../ops/embeddings.ts";
import { factorsRoot } from "../../../ops/metrics/factors_root.ts";
import { rowReader } from "../../../ops/metrics/rows.ts";
import type { Element } from "../../report/dom.ts";
import type { Drawing, Figure, Screen } from "../../report/figure.ts";
import { compact } from "../../report/format.ts";
import { levelPaths } from "../../report/heatmap.ts";
import type { Html } from "../../report/html.ts";
import { customMark, draw, svgElement } from "../../report/plot.ts";

/** Images through the code and back; as many of each. */
export interface Restored {
  /** Of one image: [height, width], or [height, width, channels]. */
  readonly shape: readonly number[];
  /** What went in. */
  readonly images: DenseEmbeddings;
  /** Their codes. */
  readonly codes: BinaryEmbeddings;
  /** Of the codes. */
  readonly sparsity: number;
  /** What came back, as wide as the images. */
  readonly restored: BinaryEmbeddings;
}

/** Three rows of pictures, a column for each image. */
export function restoredFigure(examples: Restored): Figure {
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
    drawings: widths.map(([screens, width], i): Drawing => ({
      screens,
      svg: drawAt(examples, width, i === 0, `Pictures. ${caption}`),
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

/** In pixels of CSS at a page's usual width on each screen. */
const widths: readonly (readonly [readonly Screen[], number])[] = [
  [["wide"], 1072],
  [["medium"], 700],
  [["narrow"], 358],
];

const header = 18;

/** The pictures are in the first drawing; the others use them. */
function drawAt(examples: Restored, width: number, own: boolean, label: string): Html {
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
    textAt(0, tops[row] + 13, name),
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

function textAt(x: number, y: number, content: string): Element {
  const element = svgElement("text", { x, y, "text-anchor": "start", fill: "currentColor" });
  element.textContent = content;
  return element;
}
