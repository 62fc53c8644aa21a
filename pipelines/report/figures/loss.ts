/**
 * The figure of the loss over epochs.
 *
 * @module
 */
import type { History } from "../../history.ts";
import { magnitudeAxis, type Scale } from "../axis.ts";
import type { Figure } from "../figure.ts";
import { compact } from "../format.ts";
import { drawLines, type LineFigure, splitLines } from "../line_chart.ts";
import { bySplit, last, seriesTable, values } from "../series.ts";

/**
 * Loss per epoch: the mean over the epoch where it was measured more often.
 *
 * @returns null when the history has no row named "loss".
 */
export function lossFigure(history: History): Figure | null {
  const chart = lossChart(history);
  return chart && drawLines(chart);
}

/** The same before it is drawn. */
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
