/**
 * The figure of accuracy over epochs.
 *
 * @module
 */
import type { History } from "../../history.ts";
import { fractionAxis } from "../axis.ts";
import type { Figure } from "../figure.ts";
import { count, fraction } from "../format.ts";
import { drawLines, type LineFigure, splitLines } from "../line_chart.ts";
import { bySplit, last, perEpoch, type Series, seriesTable, values } from "../series.ts";

/**
 * Accuracy of train and test per epoch, a fraction in 0..1.
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

/** The same before it is drawn. */
export function accuracyChart(history: History): LineFigure | null {
  const series = bySplit(history, "accuracy");
  if (series.length === 0) return null;
  const trained = series
    .map(({ label, points }) => ({ label, points: points.filter(({ epoch }) => epoch > 0) }))
    .filter(({ points }) => points.length > 0);
  const drawn = trained.length > 0 ? trained : series;
  const caption = describe(drawn, trained.length > 0 ? history : []);
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

function describe(series: readonly Series[], history: History): string {
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
