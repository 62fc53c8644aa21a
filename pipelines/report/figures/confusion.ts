/**
 * The figure of the confusion matrix of the test set.
 *
 * @module
 */
import type { Evaluation } from "../../core/findings.ts";
import type { Drawing, Figure } from "../figure.ts";
import { count, fraction } from "../format.ts";
import type { Html } from "../html.ts";
import { axisX, axisY, cell, customMark, draw, svgElement, text } from "../plot.ts";
import { shortened, textAt } from "./stripes.ts";

/** A cell that is not empty. */
interface Cell {
  /** Places among the classes that are shown. */
  readonly row: number;
  readonly column: number;
  readonly times: number;
  /** Share of the samples of its row's class, in (0, 1]. */
  readonly share: number;
}

/** The most classes that are shown: of more, those with the most errors, because numbers would not fit. */
const MOST_CLASSES = 30;

/** Number of classes above which a cell shows only its colour. */
const MOST_NUMBERED = 16;

/**
 * True classes as rows, predicted ones as columns: counts, and as colour the share of the row.
 *
 * @returns null without samples.
 */
export function confusionFigure(
  { classes: names, confusion }: Pick<Evaluation, "classes" | "confusion">,
): Figure | null {
  const { classes, counts } = confusion;
  const all = counts.reduce((sum, n) => sum + n, 0);
  if (all === 0) return null;
  const caption = describe(names, confusion, all);
  const shown = worst(confusion);
  const sums = Array.from(
    { length: classes },
    (_, c) => counts.subarray(c * classes, (c + 1) * classes).reduce((sum, n) => sum + n, 0),
  );
  const cells = shown.flatMap((label, row) =>
    shown.flatMap((predicted, column): readonly Cell[] => {
      const times = counts[label * classes + predicted];
      return times === 0 ? [] : [{ row, column, times, share: times / sums[label] }];
    })
  );
  const shownNames = shown.map((c) => names[c] ?? String(c));
  const label = `Heatmap of test samples by class and predicted class. ${caption}`;
  return {
    id: "confusion",
    title: "Confusion matrix",
    caption,
    drawings: ([[["wide"], 524], [["medium", "narrow"], 350]] as const)
      .map(([screens, width]): Drawing => ({
        screens,
        svg: drawAt(cells, shownNames, width, label),
      })),
    data: {
      header: ["class", "predicted_class", "count", "share_of_class"],
      rows: Array.from(counts).flatMap((times, i) => {
        const label = Math.floor(i / classes);
        return times === 0
          ? []
          : [[names[label], names[i % classes], times, Number((times / sums[label]).toFixed(6))]];
      }),
    },
    span: "half",
  };
}

/** The classes that are shown, in their order. */
function worst({ classes, counts }: Evaluation["confusion"]): readonly number[] {
  const errors = new Float64Array(classes);
  counts.forEach((times, i) => {
    const [label, predicted] = [Math.floor(i / classes), i % classes];
    if (label === predicted) return;
    errors[label] += times;
    errors[predicted] += times;
  });
  return Array.from(errors.keys())
    .sort((a, b) => errors[b] - errors[a] || a - b)
    .slice(0, MOST_CLASSES)
    .sort((a, b) => a - b);
}

function describe(
  names: readonly string[],
  { classes, counts }: Evaluation["confusion"],
  all: number,
): string {
  const off = Array.from(counts, (times, i) => ({ times, i }))
    .filter(({ i }) => i % (classes + 1) !== 0);
  const wrong = off.reduce((sum, { times }) => sum + times, 0);
  const head = `${(all - wrong).toLocaleString("en-GB")} of ${
    count(all, "test sample")
  } are on the diagonal (${fraction(1 - wrong / all)})`;
  if (wrong === 0) return `${head}: none is confused.`;
  const most = off.reduce((best, one) => one.times > best.times ? one : best);
  return `${head}; the most frequent confusion is ${
    names[Math.floor(most.i / classes)]
  } taken for ${names[most.i % classes]}, ${
    count(most.times, "time")
  }: a dark cell and its mirror mark two classes that look alike` +
    (classes > MOST_CLASSES
      ? ` (the ${MOST_CLASSES} classes with the most errors are drawn).`
      : ".");
}

const longestName = 10;

/**
 * Darkness of a share. The square root shows the errors of a good model, a hundredth of a row, which a linear scale
 * would not.
 */
const darkness = (share: number): number => Math.sqrt(share);

function drawAt(
  cells: readonly Cell[],
  names: readonly string[],
  width: number,
  label: string,
): Html {
  const base = width > 500 ? 12 : 11;
  const short = names.map((name) => shortened(name, longestName));
  const longest = Math.max(1, ...short.map(({ length }) => length));
  const places = [...names.keys()];
  const marginLeft = Math.ceil(longest * base * 0.62) + 14;
  const side = (width - marginLeft - 12) / names.length;
  // Names that do not fit side by side stand on their heads.
  const upright = longest * base * 0.62 <= side;
  const marginTop = 40;
  const marginBottom = (upright ? 20 : Math.ceil(longest * base * 0.62) + 6) + 22;
  const height = Math.min(side, 30) * names.length;
  const digits = Math.max(...cells.map(({ times }) => String(times).length));
  const fontSize = Math.min(base, side / (digits * 0.64));
  const everyNth = Math.ceil(
    (base + 2) / Math.min(side, upright ? Infinity : side, height / names.length),
  );
  const named = places.filter((place) => place % everyNth === 0);
  return draw({
    width,
    height: marginTop + height + marginBottom,
    marginTop,
    marginBottom,
    marginLeft,
    marginRight: 12,
    style: { fontSize: `${base}px` },
    x: { type: "band", domain: places, padding: 0 },
    y: { type: "band", domain: places, padding: 0 },
    color: { type: "identity" },
    opacity: { type: "identity" },
    marks: [
      customMark(({ left, top, width, height }) => [
        svgElement("rect", {
          x: left,
          y: top,
          width,
          height,
          fill: "var(--field, #f6f7f9)",
          stroke: "var(--rule, #c9ced6)",
        }),
      ]),
      cell(cells, {
        x: "column",
        y: "row",
        inset: names.length > MOST_NUMBERED ? 0 : 0.5,
        fill: "var(--heat, #123f73)",
        fillOpacity: ({ share }: Cell) => Number(darkness(share).toFixed(3)),
        title: ({ row, column, times }: Cell) => `${names[row]} as ${names[column]}: ${times}`,
      }),
      names.length > MOST_NUMBERED ? null : text(cells, {
        x: "column",
        y: "row",
        text: ({ times }: Cell) => String(times),
        // On what is dark the text is paper: it stays readable in light and in dark.
        fill: ({ share }: Cell) =>
          darkness(share) > 0.65 ? "var(--paper, #ffffff)" : "currentColor",
        fontSize,
      }),
      axisX({
        ticks: named,
        tickFormat: (place: number) => short[place] ?? "",
        tickSize: 0,
        tickRotate: upright ? 0 : -90,
        label: "predicted class",
        labelAnchor: "right",
        labelArrow: "none",
        labelOffset: marginBottom - 4,
      }),
      axisY({
        ticks: named,
        tickFormat: (place: number) => short[place] ?? "",
        tickSize: 0,
        label: "true class",
        labelAnchor: "top",
        labelArrow: "none",
      }),
      legend(base),
    ],
  }, label);
}

/** Draws the legend of the shades at the right above the matrix: shares of a row. */
const legend = (fontSize: number) =>
  customMark(({ left, top, width }) => {
    const shares = [0.01, 0.1, 0.5, 1];
    const step = 42;
    const start = left + width - shares.length * step;
    return [
      textAt(start - 10, top - 23, "share of row", { "text-anchor": "end" }),
      ...shares.flatMap((share, i) => [
        svgElement("rect", {
          x: start + i * step,
          y: top - 32,
          width: 10,
          height: 10,
          fill: "var(--heat, #123f73)",
          "fill-opacity": darkness(share).toFixed(3),
          stroke: "var(--rule, #c9ced6)",
        }),
        textAt(start + i * step + 13, top - 23, `${100 * share}${i === 3 ? " %" : ""}`, {
          "font-size": fontSize - 1,
        }),
      ]),
    ];
  });
