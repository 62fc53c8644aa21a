/**
 * The figure of how far classes are apart and how wide each is.
 *
 * @module
 */
import type { History } from "../../history.ts";
import { magnitudeAxis, type Scale } from "../axis.ts";
import type { Figure } from "../figure.ts";
import { compact } from "../format.ts";
import { colours, drawLines, type LineFigure } from "../line_chart.ts";
import { last, perEpoch, type Series, seriesTable, values } from "../series.ts";

/**
 * Inter-class distance and intra-class deviation per epoch, of the rows "inter_class_distance" and
 * "intra_class_deviation", as `classSpread` defines them: of the test set, or else of the training set.
 *
 * @returns null when the history has none of the two.
 */
export function classSpreadFigure(history: History): Figure | null {
  const chart = classSpreadChart(history);
  return chart && drawLines(chart);
}

/** The same before it is drawn. */
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
  const caption = describe(between, within, found.split);
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

function describe(between: Series, within: Series, split: string): string {
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
