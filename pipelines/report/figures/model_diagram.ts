/**
 * The figure of the model: its nodes as boxes, its tensors as arrows.
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import type { Nodes } from "../../../graph/node.ts";
import { paramSpecs } from "../../../graph/params.ts";
import { inferShapes, sizeOf } from "../../../graph/shape.ts";
import { competesNamed } from "../../../graph/traits.ts";
import type { Shape } from "../../../graph/types.ts";
import { type Box, type Wire, type Wiring, wiringOf } from "../../../graph/wiring.ts";
import type { Table } from "../csv.ts";
import { downwards, inRows, type Layout, type Measures, type Placed } from "../diagram.ts";
import type { Routed, Spot } from "../diagram.ts";
import { isFork, single, type Stack, type Stacked, stacked } from "../diagram.ts";
import type { Element } from "../dom.ts";
import type { Drawing, Figure, Screen } from "../figure.ts";
import { count } from "../format.ts";
import { type Html, trusted } from "../html.ts";
import { svgElement } from "../plot.ts";

/** A model as a diagram needs it. */
export interface Model {
  /** Graph of the model, with or without all dimensions. */
  readonly graph: Nodes;
  /** Shape of one sample. */
  readonly input: Shape;
}

/** Number of boxes above which those that keep a shape are put below the one before. */
const MOST_SINGLE = 12;

/**
 * The model as a diagram.
 *
 * @returns null for a graph that does not fit the input, which no run has.
 */
export function modelDiagram(model: Model): Figure | null {
  const inferred = inferShapes(model.graph, model.input);
  if (E.isLeft(inferred)) return null;
  const { graph } = inferred.right;
  const wired = wiringOf(graph, model.input);
  if (E.isLeft(wired)) return null;
  const wiring = wired.right;
  const weights = weightsOf(graph);
  const nodes = wiring.boxes.filter((box) => !isEnd(box)).length;
  const sum = [...weights.values()].reduce((sum, n) => sum + n, 0);
  const caption =
    `${count(nodes, "node")} with ${count(sum, "weight")}; at each arrow stands the ` +
    "shape of one sample there, so look where it gets narrow.";
  return {
    id: "model",
    title: "Model",
    caption,
    drawings: drawingsOf(wiring, `Diagram of the model. ${caption}`),
    data: tableOf(wiring, weights),
    span: "whole",
  };
}

/** Weights by the path of their node. */
function weightsOf(graph: Nodes): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { path, shape } of paramSpecs(graph)) {
    const node = path.slice(0, path.lastIndexOf("."));
    sums.set(node, (sums.get(node) ?? 0) + sizeOf(shape));
  }
  return sums;
}

const isEnd = ({ id }: Pick<Box, "id">): boolean => /^(in|out)put/.test(id);

const shown = (shape: Shape): string => shape.length === 0 ? "1" : shape.join("×");

const tableOf = ({ boxes, wires }: Wiring, weights: ReadonlyMap<string, number>): Table => ({
  header: ["path", "node", "options", "inputs", "output", "weights"],
  rows: boxes.filter((box) => !isEnd(box)).map(({ id, name, options }) => [
    id,
    name,
    options,
    wires.filter(({ to }) => to === id).map(({ shape }) => shown(shape)).join(" "),
    wires.filter(({ from }) => from === id).map(({ shape }) => shown(shape))[0] ?? "",
    weights.get(id) ?? 0,
  ]),
});

/** The widths in pixels of CSS at a page's usual width on each screen. */
const widths: Readonly<Record<Screen, number>> = { wide: 1072, medium: 700, narrow: 358 };

const NAME_SIZE = 12;
const OPTION_SIZE = 11;
const LINE = 14;
const PADDING = 8;
const characterWidth = 0.6;

/** Options are broken at commas into lines of about this many characters. */
const LONGEST_LINE = 22;

const drawingsOf = (wiring: Wiring, label: string): readonly Drawing[] => {
  const diagram = wiring.boxes.length > MOST_SINGLE ? stacked(wiring) : single(wiring);
  return (["wide", "medium", "narrow"] as const).map((screen) => ({
    screens: [screen],
    svg: draw(layOut(diagram, screen), widths[screen], label),
  }));
};

const layOut = (diagram: Stacked, screen: Screen): Layout =>
  screen === "narrow"
    ? downwards(diagram, measures)
    : inRows(diagram, measures, widths[screen] - 2 * MARGIN);

function optionLines({ options }: Box): readonly string[] {
  if (options === "") return [];
  return options.split(/(?<=,) /).reduce<readonly string[]>((lines, part) => {
    const last = lines.at(-1);
    return last !== undefined && last.length + 1 + part.length <= LONGEST_LINE
      ? [...lines.slice(0, -1), `${last} ${part}`]
      : [...lines, part];
  }, []);
}

const boxHeight = (box: Box): number => LINE * (1 + optionLines(box).length) + PADDING;

/**
 * Labels a wire with its shape. A wire behind a fork has no label: the one before it shows the same
 * shape.
 */
const labelOf = ({ from, shape }: Wire): string => from.endsWith("~") ? "" : shown(shape);

const measures: Measures = {
  sizeOf: ({ boxes }: Stack) =>
    boxes.length === 0 ? { width: 0, height: 0 } : {
      width: 2 * PADDING + Math.max(
        ...boxes.flatMap((box) => [
          box.name.length * NAME_SIZE * (characterWidth + 0.05),
          ...optionLines(box).map((line) => line.length * OPTION_SIZE * characterWidth),
        ]),
      ),
      height: boxes.reduce((sum, box) => sum + boxHeight(box), 0),
    },
  labelWidth: (wire: Wire) => labelOf(wire).length * OPTION_SIZE * characterWidth,
  labelHeight: OPTION_SIZE + 3,
};

/** Margin around the drawing, so that no line is cut off. */
const MARGIN = 6;

/** Drawn at its own size where it fits, and smaller where it does not. */
function draw(layout: Layout, most: number, label: string): Html {
  const width = Math.max(most, layout.width + 2 * MARGIN);
  const height = layout.height + 2 * MARGIN;
  const left = (width - layout.width) / 2;
  const svg = svgElement("svg", {
    class: "plot",
    viewBox: `0 0 ${round(width)} ${round(height)}`,
    width: round(width),
    height: round(height),
    fill: "currentColor",
    "text-anchor": "middle",
    "font-size": OPTION_SIZE,
    role: "img",
    "aria-label": label,
  }, [
    svgElement("g", { transform: `translate(${round(left)},${MARGIN})` }, [
      ...layout.routed.map(wayElement),
      ...layout.placed.flatMap((placed) =>
        isFork(placed.stack) ? [dot(placed)] : boxElements(placed)
      ),
      ...layout.routed.filter(({ wire }) => labelOf(wire) !== "").map(labelElement),
    ]),
  ]);
  return trusted(svg.outerHTML);
}

const round = (length: number): number => Number(length.toFixed(1));

const spot = ({ x, y }: Spot): string => `${round(x)},${round(y)}`;

const line = {
  fill: "none",
  stroke: "var(--muted, #59626d)",
  "stroke-width": 1.25,
  "stroke-linejoin": "round",
} as const;

const dot = ({ x, y }: Spot): Element =>
  svgElement("circle", { cx: round(x), cy: round(y), r: 2.5, fill: "var(--muted, #59626d)" });

function wayElement({ wire, points }: Routed): Element {
  const [from, to] = [points[points.length - 2], points[points.length - 1]];
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const [dx, dy] = [(to.x - from.x) / length, (to.y - from.y) / length];
  const wing = (side: number): string =>
    spot({ x: to.x - 7 * dx - side * 3.5 * dy, y: to.y - 7 * dy + side * 3.5 * dx });
  if (wire.to.endsWith("~")) {
    return svgElement("path", { d: `M${points.map(spot).join("L")}`, ...line });
  }
  const neck = { x: to.x - 5 * dx, y: to.y - 5 * dy };
  return svgElement("g", { class: "way" }, [
    svgElement("path", {
      d: `M${[...points.slice(0, -1), neck].map(spot).join("L")}`,
      ...line,
    }),
    svgElement("path", {
      d: `M${spot(to)}L${wing(1)}L${wing(-1)}Z`,
      fill: "var(--muted, #59626d)",
    }),
  ]);
}

const textAt = (
  { x, y }: Spot,
  content: string,
  attributes: Readonly<Record<string, string | number>>,
): Element => {
  const element = svgElement("text", { x: round(x), y: round(y), ...attributes });
  element.textContent = content;
  return element;
};

const labelElement = ({ wire, label: { x, y } }: Routed): Element =>
  textAt({ x, y: y - 4 }, labelOf(wire), {
    fill: "var(--ink, #1c2127)",
    stroke: "var(--paper, #ffffff)",
    "stroke-width": 3,
    "stroke-linejoin": "round",
    "paint-order": "stroke",
  });

function boxElements({ stack, x, y, width, height }: Placed): readonly Element[] {
  const [left, top] = [x - width / 2, y - height / 2];
  const end = isEnd(stack);
  const codes = stack.boxes.some(({ name }) => competesNamed(name));
  let at = top;
  const texts = stack.boxes.flatMap((box, i) => {
    const first = at;
    at += boxHeight(box);
    const name = textAt({ x, y: first + PADDING / 2 + LINE - 3.5 }, box.name, {
      "font-size": NAME_SIZE,
      ...(end ? { fill: "var(--muted, #59626d)" } : { "font-weight": 600 }),
    });
    const options = optionLines(box).map((line, row) =>
      textAt({ x, y: first + PADDING / 2 + LINE * (row + 2) - 3.5 }, line, {
        fill: "var(--muted, #59626d)",
      })
    );
    const rule = i === 0 ? [] : [
      svgElement("path", {
        d: `M${spot({ x: left, y: first })}H${round(left + width)}`,
        stroke: "var(--rule, #c9ced6)",
      }),
    ];
    return [...rule, name, ...options];
  });
  const box = svgElement("rect", {
    x: round(left),
    y: round(top),
    width: round(width),
    height: round(height),
    rx: end ? height / 2 : 4,
    fill: end ? "var(--paper, #ffffff)" : "var(--field, #f7f8fa)",
    stroke: codes ? "var(--test, #1f5f99)" : "var(--rule, #c9ced6)",
    "stroke-width": codes ? 1.75 : 1,
  });
  return [box, ...texts];
}
