/**
 * The page of a Willshaw memory's capacity, and its figures.
 *
 * @module
 */
import { WILLSHAW_LIMIT } from "../../../ops/codes/willshaw.ts";
import { type Axis, linearAxis, logAxis } from "../../report/axis.ts";
import { type Figure, halfDrawings } from "../../report/figure.ts";
import { compact } from "../../report/format.ts";
import type { Html } from "../../report/html.ts";
import { axes, dot, draw, line, type Markish, ruleY, text } from "../../report/plot.ts";
import { asHtml, type Columns } from "../../report/table.ts";
import { studyPage } from "../page.ts";
import type { Circumstances, JsonObject } from "../record.ts";
import {
  type CapacityResults,
  type Completion,
  ERROR,
  type LoadResult,
  type SizeResult,
} from "./capacity.ts";

/** Measured and predicted information at one x. */
export interface Compared {
  /** Pairs that are stored, or units of a code. */
  readonly x: number;
  /** Bits per synapse, measured; null where the rate of errors was not reached. */
  readonly measured: number | null;
  /** Bits per synapse, by theory. */
  readonly predicted: number;
}

/** A load or a size that the text under a figure names. */
export interface Marked extends Compared {
  /** The rate of errors, as a fraction. */
  readonly error: number;
  /** Fraction of the synapses that are set. */
  readonly fill: number;
}

/**
 * Stored information over the number of pairs: beyond the mark there is more of it for a while, in codes
 * that are full of errors.
 *
 * @param loads Rising.
 * @param at The load at the chosen rate of errors.
 */
function loadFigure(loads: readonly Compared[], at: Marked, units: number): Figure {
  const caption =
    `Measured and predicted information agree: at ${compact(100 * at.error)} % wrong ` +
    `units, ${compact(at.x)} pairs of ${units.toLocaleString("en-GB")} units hold ` +
    `${at.measured?.toFixed(3)} bits per synapse, where theory says ${at.predicted.toFixed(3)}; ` +
    `${
      (100 * at.fill).toFixed(0)
    } % of the synapses are set (dots measured, line predicted, ring at ` +
    "that load).";
  const label = `Bits per synapse over stored pairs. ${caption}`;
  return {
    id: "load",
    title: "Information against load",
    caption,
    drawings: halfDrawings((width) =>
      drawAt(loads, width, label, linearAxis(0, Math.max(...loads.map(({ x }) => x)), 4), {
        axis: "stored pairs",
        ring: at,
      })
    ),
    data: table("pairs", loads),
    span: "half",
  };
}

/** Information at one rate of errors over the size of codes, below its limit. */
function sizeFigure(sizes: readonly Compared[], error: number): Figure {
  const largest = sizes[sizes.length - 1];
  const caption =
    `The limit of ln 2 = 0.69 bits is far off at any size: at ${compact(100 * error)} % ` +
    `wrong units theory predicts ${largest.predicted.toFixed(2)} bits for ` +
    `${
      largest.x.toLocaleString("en-GB")
    } units with log₂ n active. Below 1,000 units it promises too ` +
    "much, for synapses are not set independently (dots measured, line predicted, dashes the limit).";
  const label = `Bits per synapse over units. ${caption}`;
  const [low, high] = [sizes[0].x, largest.x];
  return {
    id: "sizes",
    title: "Information against size",
    caption,
    drawings: halfDrawings((width) =>
      drawAt(sizes, width, label, logAxis(low, high, 2), {
        axis: "units n, of which log₂ n are active",
        limit: WILLSHAW_LIMIT,
      })
    ),
    data: table("units", sizes),
    span: "half",
  };
}

const table = (x: string, rows: readonly Compared[]) => ({
  header: [x, "measured_bits", "predicted_bits"],
  rows: rows.map((row) => [row.x, row.measured, row.predicted]),
});

interface Extras {
  readonly axis: string;
  readonly limit?: number;
  readonly ring?: Compared;
}

function drawAt(
  rows: readonly Compared[],
  width: number,
  label: string,
  x: Axis,
  { axis, limit, ring }: Extras,
): Html {
  const values = rows.flatMap(({ measured, predicted }) => [measured ?? 0, predicted]);
  const y = linearAxis(0, Math.max(...values, limit ?? 0), 4);
  const ticks = x.ticks.filter((_, i) => width > 500 || x.ticks.length < 7 || i % 2 === 0);
  const points = rows.filter(({ measured }) => measured !== null);
  const marks: readonly Markish[] = [
    ...axes({ axis: x, label: axis, ticks }, { axis: y, label: "bits per synapse" }),
    ...limit === undefined ? [] : [
      ruleY([limit], { stroke: "var(--muted, #59626d)", strokeDasharray: "5 3" }),
      text([[x.domain[0], limit]], {
        text: () => "ln 2",
        textAnchor: "start",
        dx: 4,
        dy: -8,
        fill: "var(--muted, #59626d)",
      }),
    ],
    line(rows, { x: "x", y: "predicted", stroke: "var(--test, #1f5f99)", strokeWidth: 1.6 }),
    dot(points, {
      x: "x",
      y: "measured",
      fill: "var(--train, #b3541e)",
      r: 3,
      title: ({ x, measured }: Compared) => `${compact(x)}: ${measured?.toFixed(3)} bits`,
    }),
    ...ring === undefined || ring.measured === null
      ? []
      : [dot([ring], { x: "x", y: "measured", stroke: "var(--train, #b3541e)", r: 7 })],
  ];
  return draw({ ...frame(width, x, y), marks: [...marks] }, label);
}

/** Size, margins and scales that the figures share. */
const frame = (width: number, x: Axis, y: Axis) => ({
  width,
  height: 280,
  marginTop: 26,
  marginRight: 24,
  marginBottom: 38,
  marginLeft: 44,
  style: { fontSize: width > 500 ? "12px" : "11px" },
  x: { type: x.type, domain: [...x.domain] },
  y: { type: y.type, domain: [...y.domain] },
});

/** Largest ratio of wrong units that is drawn: beyond it the number means nothing more. */
const WORST = 1;

/**
 * Wrong units over damage, a line for each kind of damage and of recall.
 *
 * @param rows At least one.
 * @param what "20,000 codes of 4,096 units", for the caption.
 */
function completionFigure(rows: readonly Completion[], what: string): Figure {
  const error = (kind: Completion["kind"], recall: Completion["recall"], damage: number) =>
    rows.find((row) => row.kind === kind && row.recall === recall && row.damage === damage)
      ?.error ?? NaN;
  const at = (kind: Completion["kind"], damage: number) =>
    (["one step", "iterated"] as const).map((recall) => error(kind, recall, damage).toFixed(2));
  const [half, moved] = [at("part", 0.5), at("noise", 0.3)];
  const caption =
    `Of ${what}: where half of a cue's units are missing, one step leaves ${half[0]} wrong ` +
    `units per unit and iteration ${half[1]}; where three of ten are elsewhere it is ${
      moved[0]
    } and ` +
    `${
      moved[1]
    } (blue missing, orange moved; dashed one step, solid iterated; what is above 1 runs ` +
    "along the edge).";
  const label = `Wrong units over damage of the cue. ${caption}`;
  const [x, y] = [
    linearAxis(0, Math.max(...rows.map(({ damage }) => damage)), 5),
    linearAxis(0, 1, 4),
  ];
  const lines = [...Map.groupBy(rows, ({ kind, recall }) => `${kind}, ${recall}`).values()];
  const marks = [
    ...axes(
      { axis: x, label: "part of the cue's units that are missing or moved" },
      { axis: y, label: "wrong units per unit of the code" },
    ),
    ...lines.map((of) =>
      line(of, {
        x: "damage",
        y: ({ error }: Completion) => Math.min(WORST, error),
        stroke: of[0].kind === "part" ? "var(--test, #1f5f99)" : "var(--train, #b3541e)",
        strokeDasharray: of[0].recall === "iterated" ? "none" : "5 3",
        strokeWidth: 1.6,
      })
    ),
  ];
  return {
    id: "completion",
    title: "Damaged cues",
    caption,
    drawings: halfDrawings((width) => draw({ ...frame(width, x, y), marks }, label)),
    data: {
      header: ["damage", "kind", "recall", "error"],
      rows: rows.map(({ damage, kind, recall, error }) => [damage, kind, recall, error]),
    },
    span: "half",
  };
}

/** The capacities, a row for each size. */
const sizesTable = (sizes: readonly SizeResult[]): Columns<SizeResult> => ({
  columns: [
    { heading: "units", value: ({ units }) => units, names: true },
    { heading: "active", value: ({ active }) => active },
    {
      heading: "pairs",
      value: ({ measured }) => measured?.pairs ?? null,
    },
    { heading: "pairs predicted", key: "predicted_pairs", value: (size) => size.predictedPairs },
    {
      heading: "bits per synapse",
      key: "bits",
      value: ({ measured }) => measured?.bitsPerSynapse ?? null,
      show: ({ measured }) => measured?.bitsPerSynapse.toFixed(3) ?? "not reached",
    },
    {
      heading: "predicted",
      key: "predicted_bits",
      value: ({ predicted }) => predicted,
      show: ({ predicted }) => predicted.toFixed(3),
    },
  ],
  rows: sizes,
});

/**
 * The page as the text of an HTML file with nothing to load.
 *
 * @param circumstances Whether it was the quick form, and the seed.
 * @param config Whatever it takes to run it again.
 */
export const capacityPage = (
  { sizes, loads, completion }: CapacityResults,
  { closely, codes }: { readonly closely: number; readonly codes: number },
  circumstances: Circumstances,
  config: JsonObject,
): string =>
  studyPage({
    tab: "Willshaw memory",
    title: "What a Willshaw memory holds",
    task:
      "Pairs of random codes of n units, log₂ n of them active, in n × n binary synapses, measured against " +
      "what theory predicts.",
    circumstances,
    sections: [{
      title: "Capacity and completion",
      figures: [
        ...loadFigures(sizes, loads, closely),
        sizeFigure(
          sizes.map(({ units, measured, predicted }) => ({
            x: units,
            measured: measured?.bitsPerSynapse ?? null,
            predicted,
          })),
          ERROR,
        ),
        completionFigure(
          completion,
          `${codes.toLocaleString("en-GB")} codes of ${closely.toLocaleString("en-GB")} units`,
        ),
      ],
      after: asHtml(sizesTable(sizes), {
        label: "Capacity by size",
        file: "capacity",
        note: `What is stored at ${compact(100 * ERROR)} % wrong units.`,
      }),
    }],
    config,
  });

/** Draws the figure of the size that is measured in detail; none where it was not measured. */
function loadFigures(
  sizes: readonly SizeResult[],
  loads: readonly LoadResult[],
  closely: number,
): readonly Figure[] {
  const at = sizes.find(({ units }) => units === closely);
  return at === undefined ? [] : [
    loadFigure(
      loads.map(({ pairs, bitsPerSynapse, predicted }) => ({
        x: pairs,
        measured: bitsPerSynapse,
        predicted,
      })),
      {
        x: at.measured?.pairs ?? at.predictedPairs,
        measured: at.measured?.bitsPerSynapse ?? null,
        predicted: at.predicted,
        error: ERROR,
        fill: at.measured?.fill ?? NaN,
      },
      closely,
    ),
  ];
}
