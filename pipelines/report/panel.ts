/**
 * Panels of a figure: a quantity by category, a dot per seed, mean and standard deviation beside them.
 *
 * @module
 */
import type { Axis } from "./axis.ts";
import type { Drawing, Figure } from "./figure.ts";
import { type Html, html } from "./html.ts";
import {
  axisX,
  axisY,
  customMark,
  dot,
  draw,
  gridY,
  line,
  type Markish,
  svgElement,
} from "./plot.ts";
import { mean, standardDeviation } from "./format.ts";

/** A series to compare, in one colour. */
export interface PanelSeries {
  /** Name of the series in the key. */
  readonly label: string;
  /** A CSS one: of `palette`, best. */
  readonly colour: string;
  /** Values of all seeds for each category; null where it was not measured. */
  readonly values: readonly (readonly number[] | null)[];
}

/** One of a figure's panels. */
export interface Panel {
  /** The quantity with its unit, above the axis. */
  readonly yLabel: string;
  /** Name of the categories; "" where they need none. */
  readonly xLabel: string;
  /** Names of the categories, from left to right. */
  readonly categories: readonly string[];
  /** Series of the panel, at least one. */
  readonly series: readonly PanelSeries[];
  /** Wide enough for all values. */
  readonly axis: Axis;
  /** Whether the categories are steps of one quantity, so that a line joins their means. @default false */
  readonly joined?: boolean;
}

/** A figure of panels before it has its drawings. */
export interface PanelFigure extends Pick<Figure, "id" | "title"> {
  /** The result, in one short sentence; how to read the dots is added. */
  readonly caption: string;
  /** Panels from left to right. */
  readonly panels: readonly Panel[];
}

/** Colours that go together, on light paper and on dark; fallbacks for a drawing taken out of it. */
export const palette = {
  blue: "var(--test, #1f5f99)",
  orange: "var(--train, #b3541e)",
  green: "var(--validation, #2c7a4b)",
  grey: "var(--muted, #59626d)",
} as const;

/** Style of the panels of one figure, beside each other where they fit. */
export const panelStyle = `
.panels { display: grid; gap: 20px 24px;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 300px), 1fr)); }
.panels > * { max-width: 380px; }
`;

/** The figure, with the values of every seed as its data. */
export const panelFigure = ({ id, title, caption: result, panels }: PanelFigure): Figure => {
  const caption = `${result} Large dots are means with a bar of ± one standard deviation, small ` +
    `ones the seeds.`;
  const svg = html`
    <div class="panels">${panels.map((panel) =>
      html`
        <div>${drawPanel(panel, `${title}: ${panel.yLabel}. ${caption}`)}</div>
      `
    )}</div>
  `;
  // Panels keep their size and wrap: a page shows as many beside each other as it has room for.
  const drawings: readonly Drawing[] = [
    { screens: ["wide"], svg },
    { screens: ["medium", "narrow"], svg },
  ];
  const rows = panels.flatMap(({ yLabel, categories, series }) =>
    series.flatMap(({ label, values }) =>
      categories.flatMap((category, i) =>
        (values[i] ?? []).map((value, seed) => [yLabel, category, label, seed + 1, value])
      )
    )
  );
  return {
    id,
    title,
    caption,
    drawings,
    data: { header: ["quantity", "category", "series", "repetition", "value"], rows },
    span: panels.length === 1 ? "half" : "whole",
  };
};

const size = { width: 350, height: 258, marginTop: 54, marginRight: 14, marginBottom: 40 };
const fontSize = 11.5;
/** A character's width, as a part of the font size, on the safe side. */
const characterWidth = 0.62;
const textWidth = (text: string): number => Math.ceil(text.length * fontSize * characterWidth);

function drawPanel(panel: Panel, label: string): Html {
  const { axis, categories, series, joined = false } = panel;
  const ticks = [...categories.keys()];
  const marks: readonly Markish[] = [
    gridY({ ticks: [...axis.ticks], stroke: "var(--grid, #e4e7eb)", strokeOpacity: 1 }),
    axisX({
      ticks,
      tickFormat: (i: number) => categories[i],
      tickSize: 4,
      label: panel.xLabel === "" ? null : panel.xLabel,
      labelArrow: "none",
    }),
    // As `text`, since d3 leaves labels out of a logarithmic axis when it is given a `tickFormat`.
    axisY({
      ticks: [...axis.ticks],
      text: axis.format,
      tickSize: 0,
      label: panel.yLabel,
      labelArrow: "none",
    }),
    ...series.flatMap((one) =>
      seriesMarks(one, joined ? () => 0 : (i) => shiftOf(one, series, i), axis, joined)
    ),
    series.length > 1 ? keyMark(series) : null,
  ];
  return draw({
    ...size,
    marginLeft: Math.max(...axis.ticks.map((tick) => textWidth(axis.format(tick)))) + 12,
    style: { fontSize: `${fontSize}px` },
    x: { type: "linear", domain: [-0.5, categories.length - 0.5] },
    y: { type: axis.type, domain: [...axis.domain] },
    marks: [...marks],
  }, label);
}

/** Returns the place of a series at a category beside the others that have values there. */
function shiftOf(one: PanelSeries, series: readonly PanelSeries[], i: number): number {
  const there = series.filter(({ values }) => (values[i] ?? null) !== null);
  return (there.indexOf(one) - (there.length - 1) / 2) * 0.22;
}

/** Dots of the seeds at the left, a large one at their mean, in the bar of its deviation. */
function seriesMarks(
  { label, colour, values }: PanelSeries,
  shift: (category: number) => number,
  { domain: [low, high] }: Axis,
  joined: boolean,
): readonly Markish[] {
  const groups = values.flatMap((seeds, i) => {
    const finite = seeds?.filter(Number.isFinite) ?? [];
    return finite.length === 0 ? [] : [{ x: i + shift(i), seeds: finite, centre: mean(finite) }];
  });
  const spread = groups.flatMap(({ x, seeds, centre }) => {
    const deviation = standardDeviation(seeds) ?? 0;
    const ends = [Math.max(low, centre - deviation), Math.min(high, centre + deviation)];
    return ends.map((y) => ({ x, y }));
  });
  const points = groups.flatMap(({ x, seeds }) => seeds.map((y) => ({ x: x - 0.07, y })));
  return [
    ...joined ? [line(groups, { x: "x", y: "centre", stroke: colour, strokeWidth: 1.5 })] : [],
    line(spread, { x: "x", y: "y", z: "x", stroke: colour, strokeWidth: 1.5 }),
    dot(points, { x: "x", y: "y", fill: colour, fillOpacity: 0.5, r: 1.8 }),
    dot(groups, {
      x: "x",
      y: "centre",
      fill: colour,
      r: 3.5,
      title: ({ centre }: { readonly centre: number }) => `${label}: mean ${centre}`,
    }),
  ];
}

/** The names of the series in their colours, in a row between the axis's label and the panel. */
const keyMark = (series: readonly PanelSeries[]): Markish =>
  customMark(({ left, top }) => {
    const widths = series.map(({ label }) => textWidth(label) + 22);
    return series.flatMap(({ label, colour }, i) => {
      const x = left + 4 + widths.slice(0, i).reduce((sum, width) => sum + width, 0);
      const name = svgElement("text", {
        x: x + 8,
        y: top - 16,
        fill: colour,
        "text-anchor": "start",
      });
      name.textContent = label;
      return [svgElement("circle", { cx: x, cy: top - 20, r: 3.5, fill: colour }), name];
    });
  });
