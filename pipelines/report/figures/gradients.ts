/**
 * The figures of gradients, layer by layer: their norm, and their signal against their noise.
 *
 * @module
 */
import type { History } from "../../history.ts";
import { magnitudeAxis, type Scale } from "../axis.ts";
import type { Figure } from "../figure.ts";
import { compact } from "../format.ts";
import { drawLines, type LineFigure } from "../line_chart.ts";
import { lineColour, lineDash, LINES } from "../palette.ts";
import { last, perEpoch, type Series, seriesTable, values } from "../series.ts";

interface Quantity {
  /** As the history's rows name it, before the colon. */
  readonly name: string;
  readonly id: string;
  readonly title: string;
  readonly yLabel: string;
  readonly advice: string;
}

const quantities: readonly Quantity[] = [
  {
    name: "gradient_norm",
    id: "gradient-norm",
    title: "Gradient norms",
    yLabel: "L2 norm of the gradient (mean of the epoch's steps)",
    advice:
      "a line that runs off to zero is a layer that no longer learns, one that climbs diverges",
  },
  {
    name: "gradient_snr",
    id: "gradient-snr",
    title: "Gradient signal-to-noise",
    yLabel: "norm of mean / norm of deviation",
    advice: "above 1 the steps of an epoch agree and training drifts, below 1 it diffuses",
  },
];

/** A figure for each of the quantities that `watchGradients` has left rows of. */
export const gradientFigures = (history: History): readonly Figure[] =>
  gradientCharts(history).map(drawLines);

/** The same before they are drawn. */
export const gradientCharts = (
  history: History,
  scale: Scale = "auto",
): readonly LineFigure[] =>
  quantities.flatMap((quantity) => {
    const series = seriesOf(history, quantity.name);
    return series.length === 0 ? [] : [chartOf(quantity, series, scale)];
  });

/** A series for each weight, by its path, in the order of the rows. */
function seriesOf(history: History, name: string): readonly Series[] {
  const names = new Set<string>();
  for (const row of history) if (row.name.startsWith(`${name}:`)) names.add(row.name);
  return Array.from(names, (full) => ({
    label: full.slice(name.length + 1),
    points: perEpoch(history, full, "train"),
  })).filter(({ points }) => points.length > 0);
}

/** Biases and the like are in the data, for they would hide the layers; of many layers some are drawn. */
function drawn(series: readonly Series[]): readonly Series[] {
  const weights = series.filter(({ label }) => label.endsWith("weight"));
  const layers = weights.length > 0 ? weights : series;
  if (layers.length <= LINES) return layers;
  const step = (layers.length - 1) / (LINES - 1);
  return Array.from({ length: LINES }, (_, i) => layers[Math.round(i * step)]);
}

function chartOf(
  { id, title, yLabel, advice }: Quantity,
  series: readonly Series[],
  scale: Scale,
): LineFigure {
  const shown = drawn(series);
  const axis = magnitudeAxis(values(shown), { scale });
  const caption = `${describe(shown)}; ${advice}` +
    (shown.length < series.length
      ? ` (${shown.length} of ${series.length} weights are drawn, all are in the data).`
      : ".");
  return {
    id,
    title,
    caption,
    chart: {
      label: `Line chart of ${title.toLowerCase()} by weight and epoch. ${caption}`,
      lines: shown.map((one, i) => ({ ...one, colour: lineColour(i), dash: lineDash(i) })),
      axis,
      yLabel: yLabel + (axis.type === "log" ? ", log" : ""),
      span: "half",
    },
    data: seriesTable(series),
    span: "half",
  };
}

/** The layers at the two ends: what a vanishing or exploding gradient sets apart. */
function describe(series: readonly Series[]): string {
  const at = (one: Series): string => {
    const point = last(one);
    return `${one.label} ${point === null ? "is not measured" : `is at ${compact(point.value)}`}`;
  };
  const [first, end] = [series[0], series[series.length - 1]];
  const epoch = last(first)?.epoch ?? 0;
  return `In epoch ${epoch} ${at(first)}` + (first === end ? "" : ` and ${at(end)}`);
}
