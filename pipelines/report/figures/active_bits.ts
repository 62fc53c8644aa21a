/**
 * The small figure of how many bits a code sets.
 *
 * @module
 */
import type { History } from "../../history.ts";
import { linearAxis, magnitudeAxis, type Scale } from "../axis.ts";
import type { Figure } from "../figure.ts";
import { compact } from "../format.ts";
import { colours, drawLines, type LineFigure } from "../line_chart.ts";
import { last, perEpoch, type Series, seriesTable, values } from "../series.ts";

/**
 * Bits set per code of the test set: the mean as a line in a band from least to most, of the rows
 * "active_min", "active_mean" and "active_max".
 *
 * @returns null when the history has none of the three.
 */
export function activeBitsFigure(history: History): Figure | null {
  const chart = activeBitsChart(history);
  return chart && drawLines(chart);
}

/** The same before it is drawn. */
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

/** From zero, unless all values lie so far from it that their differences would vanish. */
function bitsAxis(values: readonly number[], scale: Scale): ReturnType<typeof linearAxis> {
  const low = Math.min(...values);
  const high = Math.max(...values);
  return scale !== "log" && low > 0.8 * high && high - low >= 4
    ? linearAxis(low, high, 4)
    : magnitudeAxis(values, { intervals: 4, logFrom: Infinity, scale });
}
