/**
 * The page of a run without gradients: accuracies, curves, what was learnt, codes.
 *
 * @module
 */
import type { ArrayValue, ParamArrays } from "../../../graph/params.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { Evaluation } from "../../core/findings.ts";
import { type History, newest } from "../../core/history.ts";
import { type Figure, halfDrawings } from "../../report/figure.ts";
import type { Centroids } from "../../report/figures/centroids.ts";
import { confusedImagesFigure } from "../../report/figures/confused_images.ts";
import { dutyCycleFigure } from "../../report/figures/duty_cycles.ts";
import { exampleCodesFigure } from "../../report/figures/example_codes.ts";
import { count } from "../../report/format.ts";
import { rasterElements } from "../../report/heatmap.ts";
import { inBox } from "../../report/figures/stripes.ts";
import {
  axisX,
  axisY,
  customMark,
  dot,
  draw,
  gridY,
  line,
  svgElement,
  text,
} from "../../report/plot.ts";
import { asHtml, asText, type Column, type Columns } from "../../report/table.ts";
import { studyPage } from "../page.ts";
import type { Circumstances, JsonObject } from "../record.ts";

/** Labelled images per class that read-outs learn from, besides all. */
export const perClass: readonly number[] = [1, 10, 100, 1000];

/** Parts of each code's units that are moved. */
export const noiseParts: readonly number[] = [0.1, 0.2, 0.3, 0.4, 0.5];

/** The read-outs, as rows of the history name them. */
const readOuts: readonly string[] = [
  "nearest",
  "naive_bayes",
  "bcpnn",
  "willshaw",
  "centroid",
];

/** An accuracy on the test set; null where it was not measured. */
const accuracyOf = (history: History, name: string, ending = ""): number | null =>
  newest(history, `accuracy_${name}${ending}`, "test");

/** A row per read-out, in percent: of all labels, of fewer, and with noise on the codes. */
function accuracies(history: History): Columns<string> {
  const column = (heading: string, ending: string): Column<string> => ({
    heading,
    key: `accuracy${ending}_percent`,
    value: (name) => {
      const accuracy = accuracyOf(history, name, ending);
      return accuracy === null ? null : 100 * accuracy;
    },
    show: (name) => {
      const accuracy = accuracyOf(history, name, ending);
      return accuracy === null ? "" : (100 * accuracy).toFixed(2);
    },
  });
  return {
    columns: [
      { heading: "read-out", key: "read_out", value: (name) => name, names: true },
      column("all", ""),
      ...perClass.map((n) => column(`${n}/class`, `_${n}`)),
      ...noiseParts.map((part) => column(`${Math.round(100 * part)} % moved`, `_noise_${part}`)),
    ],
    rows: readOuts,
  };
}

/** The table for a terminal. */
export const resultTable = (history: History): string => asText(accuracies(history));

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
function labelsFigure(history: History, all: number): Figure {
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
function noiseFigure(history: History): Figure {
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
          // tickFormat would leave out some labels of a logarithmic axis.
          text: (x: number) => x.toLocaleString("en-GB"),
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
    drawings: halfDrawings(drawAt),
    data: {
      header: ["read_out", id, "accuracy_percent"],
      rows: points.map(({ name, x, y }) => [name, x, y]),
    },
    span: "half",
  };
}

/** The most units that are shown. */
const MOST = 128;

/**
 * Each unit's weights, black where they are most negative and white where most positive, 0 in the middle.
 *
 * @param weight [size, size, 1, units], or [inputs, units] of whole images.
 * @param shape Shape of an image: [height, width].
 */
function receptiveFields({ shape, data }: ArrayValue, image: readonly number[]): Figure {
  const units = shape[shape.length - 1];
  const [height, width] = shape.length === 4 ? shape : image;
  const shown = Math.min(units, MOST);
  const columns = 16;
  const [gap, rows] = [1, Math.ceil(shown / columns)];
  const [totalWidth, totalHeight] = [columns * (width + gap) - gap, rows * (height + gap) - gap];
  const fields = () =>
    Array.from({ length: shown }, (_, unit) => {
      const pixels = Float32Array.from(
        { length: height * width },
        (_, i) => data[i * units + unit],
      );
      const most = pixels.reduce((largest, weight) => Math.max(largest, Math.abs(weight)), 1e-12);
      const [x, y] = [
        (unit % columns) * (width + gap),
        Math.floor(unit / columns) * (height + gap),
      ];
      return svgElement(
        "g",
        { transform: `translate(${x},${y})` },
        rasterElements({ shape: [height, width, 1], data: pixels }, [-most, most]),
      );
    });
  const drawAt = (drawn: number) =>
    draw({
      width: drawn,
      height: Math.round(drawn * totalHeight / totalWidth),
      margin: 0,
      marks: [
        customMark((frame) => [
          inBox({ ...frame, x: frame.left, y: frame.top }, [totalWidth, totalHeight], fields(), {
            "shape-rendering": "crispEdges",
          }),
        ]),
      ],
    }, `Receptive fields of ${shown} units`);
  return {
    id: "receptive-fields",
    title: "Receptive fields",
    caption:
      `What the first ${shown} of ${units} units look for: white where light adds to a unit's ` +
      "drive, black where it takes away, grey where it does not matter.",
    drawings: halfDrawings(drawAt),
    data: {
      header: ["unit", "length"],
      rows: Array.from({ length: shown }, (_, unit) => {
        let squares = 0;
        for (let i = unit; i < data.length; i += units) squares += data[i] ** 2;
        return [unit, Math.sqrt(squares)];
      }),
    },
    span: "half",
  };
}

/** The content of the page. */
export interface GradientFreePage {
  /** Everything measured. */
  readonly history: History;
  /** Weights that were learnt. */
  readonly weights: ParamArrays;
  /** Mistakes of the nearest codes on the test set; null where they were not judged. */
  readonly evaluation: Evaluation | null;
  /** Mean codes of the classes; null for none. */
  readonly centroids: Centroids | null;
  /** Dataset that was learnt. */
  readonly dataset: Dataset;
  /** The dataset, the seed, the backend. */
  readonly circumstances: Circumstances;
  /** Configuration that repeats the run. */
  readonly config: JsonObject;
}

/** The page as the text of an HTML file with nothing to load. */
export const gradientFreePage = (
  { history, weights, evaluation, centroids, dataset, circumstances, config }: GradientFreePage,
): string =>
  studyPage({
    tab: "Codes without a gradient",
    title: "Codes without a gradient",
    circumstances,
    reading: `${count(dataset.train.count, "image")} to learn from, ${
      dataset.test.count.toLocaleString("en-GB")
    } to judge by.`,
    sections: [
      {
        title: "Test accuracy by read-out",
        after: asHtml(accuracies(history), {
          label: "Test accuracy by read-out",
          file: "accuracies",
          note:
            "In percent: of all labels, of so many per class, and with a part of each test code's units " +
            "moved elsewhere.",
        }),
      },
      {
        title: "What was learnt",
        figures: [
          receptiveFields(weights["0.weight"], dataset.shape),
          labelsFigure(history, Math.round(dataset.train.count / dataset.classes.length)),
          noiseFigure(history),
        ],
      },
      {
        title: "Its codes",
        figures: [
          evaluation && exampleCodesFigure(evaluation, centroids),
          evaluation && confusedImagesFigure(evaluation, centroids),
          dutyCycleFigure(evaluation?.duty ?? null),
        ].filter((figure) => figure !== null),
      },
    ],
    config,
  });
