/**
 * Values as coloured cells: heatmaps of wide matrices in [0, 1], and small images, both drawn as vector paths,
 * because a page that loads nothing shows no `<img>`.
 *
 * @module
 */
import type { ImageArray } from "../../ops/saliency/image.ts";
import { linearAxis } from "./axis.ts";
import type { Element } from "./dom.ts";
import type { Drawing, Screen } from "./figure.ts";
import type { Html } from "./html.ts";
import { axisX, axisY, customMark, draw, svgElement } from "./plot.ts";

// ---- Images

/** Steps of each colour above black: those of one hexadecimal digit. */
const levels = 15;

/** Finds the least and the greatest of numbers; equal ones are set apart. */
export function rangeOf(data: ArrayLike<number>): readonly [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i++) {
    if (data[i] < low) low = data[i];
    if (data[i] > high) high = data[i];
  }
  return low < high ? [low, high] : Number.isFinite(low) ? [low - 0.5, low + 0.5] : [0, 1];
}

/**
 * Writes the colour of every pixel as CSS, "#08f": the channels are red, green and blue where there are
 * three, else their mean is a grey.
 *
 * @param range The values of black and of full colour; values beyond are clamped.
 *
 * @example
 * ```ts
 * import { colours } from "./heatmap.ts";
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
 * Draws the pixels of each colour as one path in a space of 1×1 cells: `M3,0.5h2` is a run of two.
 *
 * @param width Pixels per row.
 * @returns The paths by colour; black is the ground and has none.
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

/** Draws an image as elements in a space of 1×1 cells, in colours of its own: it has no dark mode. */
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

// ---- Heatmaps

/** The content of a heatmap. */
export interface Heatmap {
  readonly id: string;
  /** Description for screen readers. */
  readonly label: string;
  readonly rows: readonly string[];
  /** Rows × columns, in 0..1; what is not a number is left blank. */
  readonly values: readonly ArrayLike<number>[];
  readonly xLabel: string;
  readonly yLabel: string;
  /** Number of steps of colour above zero: 1 for binary values. */
  readonly levels: number;
  /** The legend's title, or null for none. */
  readonly legend: string | null;
}

/**
 * Draws the cells of each level as one path in a space of 1×1 cells: `M3,0.5h2` is a run of two cells.
 * This takes ten bytes a run where a `<rect>` takes a hundred.
 *
 * @returns Paths for the levels 1..levels.
 */
export function levelPaths(values: Heatmap["values"], levels: number): readonly string[] {
  const paths = Array.from({ length: levels }, () => "");
  values.forEach((row, y) => {
    const level = (x: number): number => Math.round(Math.min(1, Math.max(0, row[x] ?? 0)) * levels);
    for (let x = 0, end = 0; x < row.length; x = end) {
      const here = level(x);
      for (end = x + 1; end < row.length && level(end) === here;) end++;
      if (here >= 1) paths[here - 1] += `M${x},${y}.5h${end - x}`;
    }
  });
  return paths;
}

/** The widths in pixels of CSS at a page's usual width on each screen. */
const widths: readonly (readonly [Screen, number])[] = [
  ["wide", 1072],
  ["medium", 700],
  ["narrow", 358],
];

/** The heatmap for each kind of screen. The cells are in the first drawing; the others use them. */
export function heatmap(map: Heatmap): readonly Drawing[] {
  const id = `${map.id}-cells`;
  return widths.map(([screen, width], i) => ({
    screens: [screen],
    svg: drawAt(
      map,
      width,
      i === 0
        ? svgElement("g", { id }, levelPaths(map.values, map.levels).map(cellPath))
        : svgElement("use", { href: `#${id}` }),
    ),
  }));

  function cellPath(path: string, i: number) {
    return svgElement("path", { opacity: opacity(i, map.levels), d: path });
  }
}

const opacity = (i: number, levels: number): string => ((i + 1) / levels).toFixed(3);

const longestName = 14;
const marginTop = 30;
const marginBottom = 40;

function drawAt(map: Heatmap, width: number, cells: Element): Html {
  const columns = map.values[0]?.length ?? 0;
  const rows = map.rows.length;
  const fontSize = width > 500 ? 12 : 11;
  const rowHeight = Math.max(4, Math.min(width > 500 ? 20 : 18, 400 / Math.max(1, rows)));
  const names = map.rows.map((name) =>
    name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name
  );
  const marginLeft = Math.ceil(Math.max(1, ...names.map((name) => name.length)) * fontSize * 0.64) +
    14;
  const marginRight = 12;
  const ticks = linearAxis(0, columns, width > 500 ? 8 : 4).ticks
    .filter((tick) => Number.isInteger(tick) && tick <= columns);
  const everyNth = Math.ceil((fontSize + 2) / rowHeight);
  return draw({
    width,
    height: marginTop + marginBottom + rows * rowHeight,
    marginTop,
    marginBottom,
    marginLeft,
    marginRight,
    style: { fontSize: `${fontSize}px` },
    x: { type: "linear", domain: [0, columns] },
    y: { type: "band", domain: [...map.rows.keys()], padding: 0 },
    marks: [
      customMark(({ left, top, width, height }) => [
        svgElement("rect", {
          x: left,
          y: top,
          width,
          height,
          fill: "var(--field, #f6f7f9)",
          stroke: "var(--rule, #c9ced6)",
        }),
        svgElement("g", {
          transform: `translate(${left},${top}) scale(${
            width / Math.max(1, columns)
          },${rowHeight})`,
          stroke: "var(--heat, #123f73)",
          "stroke-width": 0.88,
        }, [cells]),
      ]),
      axisX({ ticks: [...ticks], tickFormat: String, tickSize: 4, label: map.xLabel }),
      axisY({
        ticks: [...map.rows.keys()].filter((row) => row % everyNth === 0),
        tickFormat: (row: number) => names[row] ?? "",
        tickSize: 0,
        label: map.yLabel,
        labelAnchor: "top",
        labelArrow: "none",
      }),
      map.legend === null ? null : legendMark(map.legend, map.levels),
    ],
  }, map.label);
}

/** Steps of colour from 0 to 1, above the map at its right. */
const legendMark = (title: string, levels: number) =>
  customMark(({ left, top, width }) => {
    const step = 96 / levels;
    const start = left + width - 96 - 14;
    const y = top - 22;
    const text = (x: number, anchor: string, content: string) => {
      const element = svgElement("text", { x, y: y + 9, "text-anchor": anchor });
      element.textContent = content;
      return element;
    };
    return [
      text(start - 6, "end", `${title} 0`),
      ...Array.from({ length: levels }, (_, i) =>
        svgElement("rect", {
          x: start + i * step,
          y,
          width: step,
          height: 10,
          "shape-rendering": "crispEdges",
          fill: "var(--heat, #123f73)",
          opacity: opacity(i, levels),
        })),
      text(start + 96 + 6, "start", "1"),
    ];
  });
