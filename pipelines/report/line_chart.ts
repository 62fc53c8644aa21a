/**
 * Line charts over epochs, each line labelled at its end, and the series of a history that they draw.
 *
 * @module
 */
import { type EpochMean, type History, perEpoch, type SplitName } from "../core/history.ts";
import { type Axis, epochTicks, position } from "./axis.ts";
import type { Table } from "./csv.ts";
import type { Drawing, Figure } from "./figure.ts";
import {
  areaY,
  axisX,
  axisY,
  dot,
  draw,
  gridY,
  line,
  type Markish,
  type PlotOptions,
  text,
} from "./plot.ts";

// ---- Series

/** The values that a line of a figure shows, in order of epochs. */
export interface Series {
  readonly label: string;
  readonly points: readonly EpochMean[];
}

/** The series of a split. */
export interface SplitSeries extends Series {
  readonly label: SplitName;
}

/** Makes a series for each split in which the name was measured: test, train, then the run as a whole. */
export const bySplit = (history: History, name: string): readonly SplitSeries[] =>
  (["test", "train", "run"] as const)
    .map((split) => ({ label: split, points: perEpoch(history, name, split) }))
    .filter(({ points }) => points.length > 0);

/** The finite values of all series. */
export const values = (series: readonly Series[]): readonly number[] =>
  series.flatMap(({ points }) => points.map(({ value }) => value)).filter(Number.isFinite);

/** The epochs of all series, ascending, each once. */
export const epochs = (series: readonly Series[]): readonly number[] =>
  [...new Set(series.flatMap(({ points }) => points.map(({ epoch }) => epoch)))]
    .sort((a, b) => a - b);

/** The newest point, or null for a series without points. */
export const last = (series: Series | undefined): EpochMean | null => series?.points.at(-1) ?? null;

/** The series as a table: the epoch, then a column for each. */
export function seriesTable(series: readonly Series[]): Table {
  const columns = series.map(({ points }) =>
    new Map(points.map(({ epoch, value }) => [epoch, value]))
  );
  return {
    header: ["epoch", ...series.map(({ label }) => label)],
    rows: epochs(series).map((epoch) => [
      epoch,
      ...columns.map((column) => column.get(epoch) ?? null),
    ]),
  };
}

/** A series with its colour, a CSS one. */
export interface Line extends Series {
  readonly colour: string;
  /** Dashes, as `stroke-dasharray` has them. @default solid */
  readonly dash?: string;
}

/** The content of a line chart. */
export interface LineChart {
  /** Description for screen readers. */
  readonly label: string;
  readonly lines: readonly Line[];
  /** Lines between which the space is filled. @default none */
  readonly band?: readonly [low: Series, high: Series];
  readonly axis: Axis;
  /** The quantity with its unit. */
  readonly yLabel: string;
  /** The part of a row that it takes on a wide screen; elsewhere all are equal. */
  readonly span: "half" | "quarter";
  /** Whether lines are steps, for values that are set once an epoch. @default {false} */
  readonly steps?: boolean;
}

/** A figure of lines that is not drawn yet. */
export interface LineFigure extends Omit<Figure, "drawings"> {
  readonly chart: LineChart;
}

/** The figure with its drawings. */
export const drawLines = ({ chart, ...figure }: LineFigure): Figure => ({
  ...figure,
  drawings: lineChart(chart),
});

/** The size of a drawing. */
export interface ChartSize {
  /** Width in pixels of CSS, as all lengths. */
  readonly width: number;
  readonly height: number;
  readonly fontSize: number;
  /** Approximate number of epochs with a tick. */
  readonly ticks: number;
}

/** The sizes in pixels of CSS at a page's usual width, so that text keeps its size. */
const sizes: Readonly<Record<"half" | "quarter" | "medium", ChartSize>> = {
  half: { width: 524, height: 300, fontSize: 12, ticks: 8 },
  quarter: { width: 250, height: 190, fontSize: 11, ticks: 5 },
  medium: { width: 350, height: 230, fontSize: 11.5, ticks: 6 },
};

/** Colours by split, with a fallback for a drawing that is taken out of its page. */
export const colours = {
  test: "var(--test, #1f5f99)",
  train: "var(--train, #b3541e)",
  validation: "var(--validation, #2c7a4b)",
  run: "var(--ink, #1c2127)",
} as const;

/** Lines in the colours of their splits. */
export const splitLines = (series: readonly SplitSeries[]): readonly Line[] =>
  series.map(({ label, points }) => ({ label, points, colour: colours[label] }));

const marginTop = 28;
const marginBottom = 36;

/** Number of points above which dots would touch each other. */
const mostDots = 40;

/** A character's width in a common sans-serif, as a part of the font size, on the safe side. */
const characterWidth = 0.64;

/** Draws the chart for each kind of screen; points that are not finite leave gaps. */
const lineChart = (chart: LineChart): readonly Drawing[] => [
  { screens: ["wide"], svg: draw(linePlot(chart, sizes[chart.span]), chart.label) },
  { screens: ["medium", "narrow"], svg: draw(linePlot(chart, sizes.medium), chart.label) },
];

/** The chart as Observable Plot takes it, for a drawing of a size. */
export function linePlot(chart: LineChart, size: ChartSize): PlotOptions {
  const { axis, lines, band } = chart;
  const { width, height, fontSize, ticks } = size;
  const all = epochs([...lines, ...(band ?? [])]);
  const [first, end] = [all[0] ?? 1, all.at(-1) ?? 1];
  const labels = lines.length < 2 ? [] : endLabels(chart, size);
  const widest = (texts: readonly string[]): number =>
    Math.ceil(Math.max(0, ...texts.map((text) => text.length)) * fontSize * characterWidth);
  const marks: readonly Markish[] = [
    gridY({ ticks: [...axis.ticks], stroke: "var(--grid, #e4e7eb)", strokeOpacity: 1 }),
    axisX({
      ticks: [...epochTicks(first, end, ticks)],
      tickFormat: String,
      tickSize: 4,
      label: "epoch",
    }),
    // As `text`, since d3 leaves labels out of a logarithmic axis when it is given a `tickFormat`.
    axisY({ ticks: [...axis.ticks], text: axis.format, tickSize: 0, label: chart.yLabel }),
    band && bandMark(band),
    ...lines.flatMap((series) => [
      line(series.points, {
        x: "epoch",
        y: "value",
        stroke: series.colour,
        strokeWidth: 1.75,
        ...(series.dash ? { strokeDasharray: series.dash } : {}),
        curve: chart.steps ? "step" : "linear",
      }),
      dots(series, width > 500 ? 2.5 : 2),
    ]),
    ...labels.map(({ line, point, dy }) =>
      text([point], {
        x: "epoch",
        y: "value",
        text: () => line.label,
        fill: line.colour,
        textAnchor: "start",
        dx: 8,
        dy,
      })
    ),
  ];
  return {
    width,
    height,
    marginTop,
    marginBottom,
    marginLeft: widest(axis.ticks.map(axis.format)) + 12,
    marginRight: labels.length === 0 ? 12 : widest(labels.map(({ line }) => line.label)) + 14,
    style: { fontSize: `${fontSize}px` },
    x: { type: "linear", domain: first === end ? [first - 0.5, end + 0.5] : [first, end] },
    y: { type: axis.type, domain: [...axis.domain] },
    marks: [...marks],
  };
}

/** A dot for each point, or, where that would be too many, for those that no line leads to. */
function dots({ points, label, colour }: Line, r: number): Markish {
  const isFinite = (i: number): boolean => Number.isFinite(points[i]?.value);
  const dotted = points.length <= mostDots
    ? points
    : points.filter((_, i) => isFinite(i) && !isFinite(i - 1) && !isFinite(i + 1));
  return dot(dotted, {
    x: "epoch",
    y: "value",
    fill: colour,
    r,
    title: ({ epoch, value }: EpochMean) => `epoch ${epoch}, ${label}: ${value}`,
  });
}

function bandMark([low, high]: readonly [Series, Series]): Markish {
  const tops = new Map(high.points.map(({ epoch, value }) => [epoch, value]));
  const between = low.points.map(({ epoch, value }) => ({ epoch, value, top: tops.get(epoch) }));
  return areaY(between, {
    x: "epoch",
    y1: "value",
    y2: "top",
    fill: colours.test,
    fillOpacity: 0.2,
  });
}

interface EndLabel {
  readonly line: Line;
  readonly point: EpochMean;
  /** Distance of the label below the end of its line, in pixels. */
  readonly dy: number;
}

/** Labels at the last finite points, moved up so far that none covers the one below it. */
function endLabels(
  { lines, axis }: LineChart,
  { height, fontSize }: ChartSize,
): readonly EndLabel[] {
  const lineHeight = 1.25 * fontSize;
  const ends = lines.flatMap((line) => {
    const point = line.points.findLast(({ value }) => Number.isFinite(value));
    if (point === undefined) return [];
    return [{
      line,
      point,
      y: (1 - position(axis, point.value)) * (height - marginTop - marginBottom),
    }];
  }).sort((a, b) => b.y - a.y);
  return ends.reduce<readonly (EndLabel & { readonly at: number })[]>(
    (placed, { line, point, y }) => {
      const at = Math.min(y, (placed.at(-1)?.at ?? Infinity) - lineHeight);
      return [...placed, { line, point, dy: at - y, at }];
    },
    [],
  );
}
