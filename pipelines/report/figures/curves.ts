/**
 * The figures of a history over epochs: loss, accuracy, distance of classes, bits set, schedules and gradients.
 *
 * @module
 */
import { type History, perEpoch } from "../../core/history.ts";
import { type Axis, fractionAxis, linearAxis, magnitudeAxis, range, type Scale } from "../axis.ts";
import type { Figure } from "../figure.ts";
import { compact, count, fraction } from "../format.ts";
import {
  bySplit,
  colours,
  drawLines,
  last,
  type Line,
  type LineFigure,
  type Series,
  seriesTable,
  splitLines,
  type SplitSeries,
  values,
} from "../line_chart.ts";
import { lineColour, lineDash, LINES } from "../style.ts";

// ---- Loss

/**
 * Draws the loss per epoch: the mean over the epoch where it was measured more often.
 *
 * @returns null when the history has no row named "loss".
 */
export function lossFigure(history: History): Figure | null {
  const chart = lossChart(history);
  return chart && drawLines(chart);
}

/** Makes the chart of this figure, which a dashboard draws by itself. */
export function lossChart(history: History, scale: Scale = "auto"): LineFigure | null {
  const series = bySplit(history, "loss");
  const end = last(series.find(({ label }) => label === "train") ?? series[0]);
  if (end === null) return null;
  const axis = magnitudeAxis(values(series), { scale });
  const caption = `The mean loss is ${compact(end.value)} in epoch ${end.epoch}` +
    (end.epoch > 1 ? "; a jump marks a change of the objective, such as a harder kWTA." : ".");
  return {
    id: "loss",
    title: "Loss",
    caption,
    chart: {
      label: `Line chart of loss per epoch. ${caption}`,
      lines: splitLines(series),
      axis,
      yLabel: `${series.length === 1 ? `${series[0]?.label} ` : ""}loss (mean of the epoch` +
        `${axis.type === "log" ? ", log scale" : ""})`,
      span: "half",
    },
    data: seriesTable(series),
    span: "half",
  };
}

// ---- Accuracy

/**
 * Draws the accuracy of train and test per epoch, a fraction in 0..1.
 *
 * What was measured before training (epoch 0) is close to chance and would flatten all else: it is
 * in the data and in the caption, not in the drawing, unless it is all there is.
 *
 * @returns null when the history has no row named "accuracy".
 */
export function accuracyFigure(history: History): Figure | null {
  const chart = accuracyChart(history);
  return chart && drawLines(chart);
}

/** Makes the chart of this figure, which a dashboard draws by itself. */
export function accuracyChart(history: History): LineFigure | null {
  const series = bySplit(history, "accuracy");
  if (series.length === 0) return null;
  const trained = series
    .map(({ label, points }) => ({ label, points: points.filter(({ epoch }) => epoch > 0) }))
    .filter(({ points }) => points.length > 0);
  const drawn = trained.length > 0 ? trained : series;
  const caption = describeAccuracy(drawn, trained.length > 0 ? history : []);
  return {
    id: "accuracy",
    title: "Accuracy",
    caption,
    chart: {
      label: `Line chart of accuracy per epoch. ${caption}`,
      lines: splitLines(drawn),
      axis: fractionAxis(values(drawn)),
      yLabel: "accuracy (fraction correct)",
      span: "half",
    },
    data: seriesTable(series),
    span: "half",
  };
}

function describeAccuracy(series: readonly Series[], history: History): string {
  const end = (label: string): string | null => {
    const point = last(series.find((one) => one.label === label));
    return point === null ? null : fraction(point.value);
  };
  const [test, train] = [end("test"), end("train")];
  const epoch = Math.max(...series.map((one) => last(one)?.epoch ?? 0));
  const ends =
    [test === null ? null : `${test} on test`, train === null ? null : `${train} on train`]
      .filter((text) => text !== null).join(" and ") || (end("run") ?? "");
  const before = perEpoch(history, "accuracy", "test").find((point) => point.epoch === 0);
  return `Accuracy is ${ends} after ${count(epoch, "epoch")}` +
    (before === undefined ? "" : ` (before training: ${fraction(before.value)} on test)`) +
    (test !== null && train !== null && series[0]?.points.length !== 1
      ? "; a gap that widens between the lines is over-fitting."
      : ".");
}

// ---- Classes

/**
 * Draws inter-class distance and intra-class deviation per epoch, of the rows "inter_class_distance" and
 * "intra_class_deviation", as `classSpread` defines them: of the test set, or else of the training set.
 *
 * @returns null when the history has none of the two.
 */
export function classSpreadFigure(history: History): Figure | null {
  const chart = classSpreadChart(history);
  return chart && drawLines(chart);
}

/** Makes the chart of this figure, which a dashboard draws by itself. */
export function classSpreadChart(history: History, scale: Scale = "auto"): LineFigure | null {
  const found = (["test", "validation", "train"] as const)
    .map((split) => ({
      split,
      between: perEpoch(history, "inter_class_distance", split),
      within: perEpoch(history, "intra_class_deviation", split),
    }))
    .find(({ between, within }) => between.length + within.length > 0);
  if (found === undefined) return null;
  const between: Series = { label: "between", points: found.between };
  const within: Series = { label: "within", points: found.within };
  const series = [between, within].filter(({ points }) => points.length > 0);
  const caption = describeSpread(between, within, found.split);
  return {
    id: "class-spread",
    title: "Distance between classes, deviation within",
    caption,
    chart: {
      label: `Line chart of inter-class distance and intra-class deviation. ${caption}`,
      lines: series.map((one) => ({
        ...one,
        colour: one === between ? colours.test : colours.train,
      })),
      axis: magnitudeAxis(values(series), { logFrom: Infinity, scale }),
      yLabel: "L1 distance / norm of a class mean",
      span: "half",
    },
    data: seriesTable([
      { label: "inter_class_distance", points: found.between },
      { label: "intra_class_deviation", points: found.within },
    ].filter(({ points }) => points.length > 0)),
    span: "half",
  };
}

function describeSpread(between: Series, within: Series, split: string): string {
  const [apart, wide] = [last(between), last(within)];
  if (apart === null || wide === null) {
    return apart === null
      ? `Classes are ${compact(wide?.value ?? NaN)} wide in the ${split} set.`
      : `Classes are ${compact(apart.value)} apart in the ${split} set.`;
  }
  const ratio = apart.value / wide.value;
  return `Classes of the ${split} set are ${compact(apart.value)} apart and ${
    compact(wide.value)
  } wide in epoch ${apart.epoch}` +
    (Number.isFinite(ratio) ? `, a ratio of ${compact(ratio)}` : "") +
    "; codes separate the better, the further the first line is above the second.";
}

// ---- Bits set

/**
 * Draws the bits set per code of the test set: the mean as a line in a band from least to most, of the rows
 * "active_min", "active_mean" and "active_max".
 *
 * @returns null when the history has none of the three.
 */
export function activeBitsFigure(history: History): Figure | null {
  const chart = activeBitsChart(history);
  return chart && drawLines(chart);
}

/** Makes the chart of this figure, which a dashboard draws by itself. */
export function activeBitsChart(history: History, scale: Scale = "auto"): LineFigure | null {
  const of = (label: string): Series => ({
    label,
    points: perEpoch(history, `active_${label}`, "test"),
  });
  const [low, mean, high] = [of("min"), of("mean"), of("max")] as const;
  const series = [low, mean, high].filter(({ points }) => points.length > 0);
  const end = last(series.includes(mean) ? mean : series[0]);
  if (end === null) return null;
  const banded = low.points.length > 0 && high.points.length > 0;
  const [least, most] = [last(low)?.value, last(high)?.value];
  const caption = `${compact(end.value)} bits are set in ` +
    (least === undefined || most === undefined
      ? "a test code"
      : least === most
      ? "every test code"
      : `a test code (${compact(least)} to ${compact(most)})`) +
    ` in epoch ${end.epoch}; the band from least to most closes where kWTA is exact.`;
  return {
    id: "active-bits",
    title: "Bits set per code",
    caption,
    chart: {
      label: `Line chart of bits set per code and epoch. ${caption}`,
      lines: (mean.points.length > 0 ? [mean] : series)
        .map(({ label, points }) => ({ label, points, colour: colours.test })),
      ...(banded ? { band: [low, high] } : {}),
      axis: bitsAxis(values(series), scale),
      yLabel: "bits set per code",
      span: "quarter",
    },
    data: seriesTable(series),
    span: "quarter",
  };
}

/** Makes an axis from zero, unless all values lie so far from it that their differences would vanish. */
function bitsAxis(values: readonly number[], scale: Scale): ReturnType<typeof linearAxis> {
  const { low, high } = range(values);
  return scale !== "log" && low > 0.8 * high && high - low >= 4
    ? linearAxis(low, high, 4)
    : magnitudeAxis(values, { intervals: 4, logFrom: Infinity, scale });
}

// ---- Schedules

/** A quantity that is set, or results, once an epoch. */
interface Quantity {
  /** Name in the history's rows. */
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

/** Draws a small figure for each of learning rate, hardness and sparsity that the history has rows of. */
export const scheduleFigures = (history: History): readonly Figure[] =>
  scheduleCharts(history).map(drawLines);

/** Makes the charts of these figures, which a dashboard draws by itself. */
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
 * Makes the lines of a quantity: the value measured on test, or else on train, beside the value that is set.
 * The two splits would hide each other; all of them are in the data.
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

// ---- Gradients

/** A quantity of the gradients, layer by layer. */
interface GradientQuantity {
  /** Name in the history's rows, before the colon. */
  readonly name: string;
  readonly id: string;
  readonly title: string;
  readonly yLabel: string;
  readonly advice: string;
}

const gradientQuantities: readonly GradientQuantity[] = [
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

/** Draws a figure for each quantity that `watchGradients` has left rows of: norm, signal to noise. */
export const gradientFigures = (history: History): readonly Figure[] =>
  gradientCharts(history).map(drawLines);

/** Makes the charts of these figures, which a dashboard draws by itself. */
export const gradientCharts = (
  history: History,
  scale: Scale = "auto",
): readonly LineFigure[] =>
  gradientQuantities.flatMap((quantity) => {
    const series = seriesOf(history, quantity.name);
    return series.length === 0 ? [] : [chartOf(quantity, series, scale)];
  });

/** Makes a series for each weight, by its path, in the order of the rows. */
function seriesOf(history: History, name: string): readonly Series[] {
  const names = new Set<string>();
  for (const row of history) if (row.name.startsWith(`${name}:`)) names.add(row.name);
  return Array.from(names, (full) => ({
    label: full.slice(name.length + 1),
    points: perEpoch(history, full, "train"),
  })).filter(({ points }) => points.length > 0);
}

/** Chooses the series to draw: biases and the like would hide the layers, and of many layers only some fit. */
function drawn(series: readonly Series[]): readonly Series[] {
  const weights = series.filter(({ label }) => label.endsWith("weight"));
  const layers = weights.length > 0 ? weights : series;
  if (layers.length <= LINES) return layers;
  const step = (layers.length - 1) / (LINES - 1);
  return Array.from({ length: LINES }, (_, i) => layers[Math.round(i * step)]);
}

function chartOf(
  { id, title, yLabel, advice }: GradientQuantity,
  series: readonly Series[],
  scale: Scale,
): LineFigure {
  const shown = drawn(series);
  const axis = magnitudeAxis(values(shown), { scale });
  const caption = `${describeGradients(shown)}; ${advice}` +
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

/** Describes the layers at the two ends, which a vanishing or exploding gradient sets apart. */
function describeGradients(series: readonly Series[]): string {
  const at = (one: Series): string => {
    const point = last(one);
    return `${one.label} ${point === null ? "is not measured" : `is at ${compact(point.value)}`}`;
  };
  const [first, end] = [series[0], series[series.length - 1]];
  const epoch = last(first)?.epoch ?? 0;
  return `In epoch ${epoch} ${at(first)}` + (first === end ? "" : ` and ${at(end)}`);
}
