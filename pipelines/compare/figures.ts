/**
 * The figures of a comparison: a line for each run.
 *
 * @module
 */
import { type Axis, fractionAxis, magnitudeAxis } from "../report/axis.ts";
import type { Figure } from "../report/figure.ts";
import { compact, fraction } from "../report/format.ts";
import { drawLines } from "../report/line_chart.ts";
import { lineColour, lineDash } from "../report/palette.ts";
import { type Series, seriesTable, values } from "../report/series.ts";
import { type Comparison, finalOf, type Quantity } from "./comparison.ts";

/** Whether it is one of the two that every training has. */
export const isMain = ({ name }: Quantity): boolean => name === "accuracy" || name === "loss";

/** A quantity in words: "test accuracy". */
export const titleOf = ({ split, name }: Quantity): string =>
  `${split === "run" ? "" : `${split} `}${name.replaceAll(/[_.]+/g, " ")}`.trim();

/** A value as its quantity is quoted. */
export const shownAs = ({ name }: Quantity): (value: number) => string =>
  /accuracy/.test(name) ? fraction : compact;

/** A figure for each of the quantities. */
export const comparisonFigures = (
  { runs }: Comparison,
  quantities: readonly Quantity[],
): readonly Figure[] =>
  quantities.map((quantity) => {
    const span = isMain(quantity) ? "half" : "quarter";
    const series = quantity.points.map((points, i): Series => ({ label: String(i + 1), points }));
    const drawn = isMain(quantity) && quantity.name === "accuracy" ? trained(series) : series;
    const title = titleOf(quantity);
    const axis: Axis = /accuracy/.test(quantity.name)
      ? fractionAxis(values(drawn))
      : magnitudeAxis(values(drawn), { intervals: span === "half" ? 5 : 4 });
    const caption = captionOf(quantity, runs.length);
    return drawLines({
      id: `${quantity.split}-${quantity.name}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-"),
      title: `${title[0].toUpperCase()}${title.slice(1)}`,
      caption,
      chart: {
        label: `Line chart of ${title} per epoch, by run. ${caption}`,
        lines: drawn.map((one, i) => ({ ...one, colour: lineColour(i), dash: lineDash(i) })),
        axis,
        yLabel: `${title}${axis.type === "log" ? " (log scale)" : ""}`,
        span,
      },
      data: seriesTable(series),
      span,
    });
  });

/** Without what was measured before training, which would flatten all else. */
function trained(series: readonly Series[]): readonly Series[] {
  const after = series.map(({ label, points }) => ({
    label,
    points: points.filter(({ epoch }) => epoch > 0),
  }));
  return after.every(({ points }) => points.length > 0) ? after : series;
}

function captionOf(quantity: Quantity, runs: number): string {
  const show = shownAs(quantity);
  const finals = Array.from({ length: runs }, (_, run) => finalOf(quantity, run));
  const [low, high] = [Math.min(...finals), Math.max(...finals)];
  if (runs === 1) return `It ends at ${show(low)}.`;
  if (low === high) return `All runs end at ${show(low)}; the lines bear the numbers of the table.`;
  const at = (value: number) => `${show(value)} (run ${finals.indexOf(value) + 1})`;
  return `The runs end between ${at(low)} and ${
    at(high)
  }; the lines bear the numbers of the table.`;
}
