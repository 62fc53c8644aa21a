/**
 * Observable Plot without a browser: a figure's description in, SVG text out.
 *
 * The only file that imports Plot; loading it costs a tenth of a second or more, so what may do
 * without a report imports the report lazily.
 *
 * @module
 */
import * as Plot from "npm:@observablehq/plot@0.6.17";
import type { Axis } from "./axis.ts";
import { type Element, parseDocument } from "./dom.ts";
import { type Html, trusted } from "./html.ts";

export {
  areaY,
  axisX,
  axisY,
  cell,
  dot,
  gridX,
  gridY,
  line,
  type Markish,
  type PlotOptions,
  rectY,
  ruleX,
  ruleY,
  text,
} from "npm:@observablehq/plot@0.6.17";

/** An axis with its label, and its ticks where these are not all of the axis's own. */
export interface Labelled {
  readonly axis: Axis;
  readonly label: string;
  readonly ticks?: readonly number[];
}

const grid = { stroke: "var(--grid, #e4e7eb)", strokeOpacity: 1 } as const;

/** Both axes with their grids, as marks to put before all others. */
export const axes = (x: Labelled, y: Labelled): readonly Plot.Markish[] => {
  const options = ({ axis, label, ticks = axis.ticks }: Labelled) => ({
    ticks: [...ticks],
    // As `text`, since d3 leaves labels out of a logarithmic axis when it is given a `tickFormat`.
    text: axis.format,
    tickSize: 0,
    label,
    labelArrow: "none" as const,
  });
  return [
    Plot.gridX({ ticks: [...x.ticks ?? x.axis.ticks], ...grid }),
    Plot.gridY({ ticks: [...y.ticks ?? y.axis.ticks], ...grid }),
    Plot.axisX(options(x)),
    Plot.axisY(options(y)),
  ];
};

const document = parseDocument("<!doctype html><html></html>");

/** Attributes that hold coordinates, whose digits beyond the second nobody sees. */
const coordinates = ["d", "transform", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "width"];

const rounded = (text: string): string =>
  text.replace(/-?\d+\.\d{3,}(e-?\d+)?/g, (number) => String(Number(Number(number).toFixed(2))));

/** A plot that is drawn, and how its data became coordinates. */
export type Drawn = Element & Pick<Plot.Plot, "scale">;

/**
 * Draws a plot.
 *
 * @param options Observable Plot's own, less its document.
 * @param label Description of the figure for screen readers.
 * @returns An `<svg role="img">` without style sheet or script, coordinates to 0.01 pixel.
 */
export const draw = (options: Plot.PlotOptions, label: string): Html =>
  trusted(drawElement(options, label).outerHTML);

/** Draws a plot as an element of the document that plots are drawn in. */
export function drawElement(options: Plot.PlotOptions, label: string): Drawn {
  const svg = Plot.plot({
    ...options,
    document: document as unknown as Plot.PlotOptions["document"],
    className: "plot",
  }) as unknown as Drawn;
  // Plot's own style sheet is the same for all figures: the page has it once.
  for (const style of svg.querySelectorAll("style")) style.remove();
  for (const element of svg.querySelectorAll("*")) {
    // The figure is one image, with one label: parts of an image have none.
    element.removeAttribute("aria-label");
    for (const name of coordinates) {
      const text = element.getAttribute(name);
      if (text !== null) element.setAttribute(name, rounded(text));
    }
  }
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  return svg;
}

/** An SVG element by its name, attributes and children. */
export function svgElement(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  children: readonly Element[] = [],
): Element {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/**
 * A mark that draws SVG elements of its own, given where the plot's frame lies in pixels.
 *
 * @param render Called once, when the plot is drawn.
 */
export const customMark = (
  render: (frame: {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
  }) => readonly Element[],
): Plot.Markish =>
(_index, _scales, _values, dimensions) => {
  const { width, height, marginLeft, marginTop, marginRight, marginBottom } = dimensions;
  const frame = {
    left: marginLeft,
    top: marginTop,
    width: width - marginLeft - marginRight,
    height: height - marginTop - marginBottom,
  };
  return svgElement("g", {}, render(frame)) as unknown as ReturnType<Plot.RenderFunction>;
};
