/**
 * Accuracy over the number of labels and over noise, a line per read-out.
 *
 * @module
 */
import type { History } from "../history.ts";
import type { Figure } from "../report/figure.ts";
import { axisX, axisY, dot, draw, gridY, line, text } from "../report/plot.ts";
import { accuracyOf, noiseParts, perClass, readOuts } from "./results.ts";

interface Point {
  readonly x: number;
  readonly y: number;
  readonly name: string;
}

const colours: Readonly<Record<string, string>> = {
  nearest: "var(--test, #1f5f99)",
  naive_bayes: "var(--train, #b3541e)",
  bcpnn: "var(--validation, #2c7a4b)",
  willshaw: "var(--ink, #1c2127)",
  centroid: "var(--muted, #59626d)",
};

/** Test accuracy over labelled images per class, the number of them on a logarithmic axis. */
export function labelsFigure(history: History, all: number): Figure {
  const at = (name: string): Point[] =>
    [...perClass.filter((n) => n < all).map((n) => [n, `_${n}`] as const), [all, ""] as const]
      .flatMap(([x, ending]) => point(history, name, x, ending));
  return figure({
    id: "labels",
    title: "Accuracy by number of labels",
    caption:
      "Test accuracy over labelled images per class: the encoder has seen no label at all, and " +
      "a read-out only these.",
    axis: "labelled images per class",
    type: "log",
    points: readOuts.flatMap(at),
  });
}

/** Test accuracy over the part of each test code's units that are moved elsewhere. */
export function noiseFigure(history: History): Figure {
  const at = (name: string): Point[] =>
    [[0, ""] as const, ...noiseParts.map((part) => [part, `_noise_${part}`] as const)]
      .flatMap(([x, ending]) => point(history, name, 100 * x, ending));
  return figure({
    id: "noise",
    title: "Accuracy under noise on the code",
    caption:
      "Test accuracy where a part of each code's active units is moved to places drawn at random.",
    axis: "moved units, %",
    type: "linear",
    points: readOuts.flatMap(at),
  });
}

function point(history: History, name: string, x: number, ending: string): Point[] {
  const y = accuracyOf(history, name, ending);
  return y === null ? [] : [{ x, y: 100 * y, name }];
}

interface Curves {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly axis: string;
  readonly type: "log" | "linear";
  readonly points: readonly Point[];
}

function figure({ id, title, caption, axis, type, points }: Curves): Figure {
  const ticks = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b);
  const last = ticks.at(-1);
  const least = Math.min(...points.map(({ y }) => y));
  const low = Math.max(0, Math.floor(least / 10) * 10);
  // From above, each label at least so far below the last.
  let floor = Infinity;
  const ends = points.filter(({ x }) => x === last).sort((a, b) => b.y - a.y).map((end) => {
    floor = Math.min(end.y, floor - (100 - low) / 18);
    return { ...end, y: floor };
  });
  const drawAt = (width: number) =>
    draw({
      width,
      height: 300,
      marginTop: 28,
      marginRight: 84,
      marginBottom: 38,
      marginLeft: 40,
      style: { fontSize: width > 500 ? "12px" : "11px" },
      x: { type, domain: [ticks[0] ?? 0, last ?? 1] },
      y: { type: "linear", domain: [low, 100] },
      marks: [
        gridY({ stroke: "var(--grid, #e4e7eb)", strokeOpacity: 1, ticks: 5 }),
        axisX({
          ticks,
          tickFormat: (x: number) => x.toLocaleString("en-GB"),
          tickSize: 0,
          label: axis,
        }),
        axisY({ ticks: 5, tickSize: 0, label: "test accuracy, %" }),
        line(points, { x: "x", y: "y", z: "name", stroke: ({ name }: Point) => colours[name] }),
        dot(points, { x: "x", y: "y", r: 2.5, fill: ({ name }: Point) => colours[name] }),
        text(ends, {
          x: "x",
          y: "y",
          text: "name",
          dx: 8,
          textAnchor: "start",
          fill: ({ name }: Point) => colours[name],
        }),
      ],
    }, `${title}. ${caption}`);
  return {
    id,
    title,
    caption,
    drawings: [
      { screens: ["wide"], svg: drawAt(524) },
      { screens: ["medium", "narrow"], svg: drawAt(350) },
    ],
    data: {
      header: ["read_out", id, "accuracy_percent"],
      rows: points.map(({ name, x, y }) => [name, x, y]),
    },
    span: "half",
  };
}
