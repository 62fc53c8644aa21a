/**
 * The small figures of what is set, or results, once an epoch: learning rate, hardness, sparsity.
 *
 * @module
 */
import type { History } from "../../history.ts";
import { type Axis, magnitudeAxis, type Scale } from "../axis.ts";
import type { Figure } from "../figure.ts";
import { compact } from "../format.ts";
import { drawLines, type Line, type LineFigure, splitLines } from "../line_chart.ts";
import { bySplit, last, seriesTable, type SplitSeries, values } from "../series.ts";

interface Quantity {
  /** As the history's rows name it. */
  readonly name: string;
  readonly title: string;
  readonly yLabel: string;
  readonly axis: (values: readonly number[], scale: Scale) => Axis;
  readonly steps: boolean;
  readonly advice: string;
}

const quantities: readonly Quantity[] = [
  {
    name: "learning_rate",
    title: "Learning rate",
    yLabel: "learning rate (per step)",
    axis: (values, scale) => magnitudeAxis(values, { intervals: 4, scale }),
    steps: true,
    advice: "a drop should let accuracy settle",
  },
  {
    name: "hardness",
    title: "Hardness",
    yLabel: "hardness (sigmoid slope)",
    axis: (values, scale) => magnitudeAxis(values, { intervals: 4, logFrom: 4, base: 2, scale }),
    steps: true,
    advice: "the higher, the closer soft kWTA is to binary",
  },
  {
    name: "sparsity",
    title: "Sparsity",
    yLabel: "sparsity (fraction active)",
    axis: (values, scale) => magnitudeAxis(values, { intervals: 4, scale }),
    steps: false,
    advice: "it should stay where kWTA sets it",
  },
];

/** A small figure for each of the quantities that the history has rows of. */
export const scheduleFigures = (history: History): readonly Figure[] =>
  scheduleCharts(history).map(drawLines);

/** The same before they are drawn. */
export const scheduleCharts = (
  history: History,
  scale: Scale = "auto",
): readonly LineFigure[] =>
  quantities.flatMap((quantity) => {
    const series = bySplit(history, quantity.name);
    return series.length === 0 ? [] : [scheduleChart(quantity, series, scale)];
  });

function scheduleChart(
  quantity: Quantity,
  series: readonly SplitSeries[],
  scale: Scale,
): LineFigure {
  const axis = quantity.axis(values(series), scale);
  const caption = `${course(series)}; ${quantity.advice}.`;
  return {
    id: quantity.name.replaceAll("_", "-"),
    title: quantity.title,
    caption,
    chart: {
      label: `Line chart of ${quantity.title.toLowerCase()} per epoch. ${caption}`,
      lines: lines(series),
      axis,
      yLabel: quantity.yLabel,
      span: "quarter",
      steps: quantity.steps,
    },
    data: seriesTable(series),
    span: "quarter",
  };
}

/**
 * What is measured on test, or else on train, beside what is set: the two splits would hide each
 * other. All of them are in the data.
 */
const lines = (series: readonly SplitSeries[]): readonly Line[] =>
  splitLines(series.filter(({ label }, i) => i === 0 || label === "run"))
    .map((line) => line.label === "run" ? { ...line, label: "set" } : line);

function course(series: readonly SplitSeries[]): string {
  const first = series[0]?.points[0];
  const end = last(series[0]);
  if (first === undefined || end === null) return "Not measured";
  const [from, to] = [compact(first.value), compact(end.value)];
  return `${from === to ? to : `From ${from} to ${to}`} in epoch ${end.epoch}`;
}
