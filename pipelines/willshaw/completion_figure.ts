/**
 * The figure of how damaged cues are completed.
 *
 * @module
 */
import { linearAxis } from "../report/axis.ts";
import type { Figure, Screen } from "../report/figure.ts";
import { axisX, axisY, draw, gridX, gridY, line } from "../report/plot.ts";
import type { Completion } from "./measure.ts";

const widths: readonly (readonly [readonly Screen[], number])[] = [
  [["wide"], 524],
  [["medium", "narrow"], 350],
];

/** More wrong units than units tell nothing more. */
const WORST = 1;

/**
 * Wrong units over damage, a line for each kind of damage and of recall.
 *
 * @param rows At least one.
 * @param what "20,000 codes of 4,096 units", for the caption.
 */
export function completionFigure(rows: readonly Completion[], what: string): Figure {
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
    gridX({ ticks: [...x.ticks], stroke: "var(--grid, #e4e7eb)", strokeOpacity: 1 }),
    gridY({ ticks: [...y.ticks], stroke: "var(--grid, #e4e7eb)", strokeOpacity: 1 }),
    axisX({
      ticks: [...x.ticks],
      tickFormat: x.format,
      tickSize: 0,
      label: "part of the cue's units that are missing or moved",
      labelArrow: "none",
    }),
    axisY({
      ticks: [...y.ticks],
      tickFormat: y.format,
      tickSize: 0,
      label: "wrong units per unit of the code",
      labelArrow: "none",
    }),
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
    drawings: widths.map(([screens, width]) => ({
      screens,
      svg: draw({
        width,
        height: 280,
        marginTop: 26,
        marginRight: 24,
        marginBottom: 38,
        marginLeft: 44,
        style: { fontSize: width > 500 ? "12px" : "11px" },
        x: { type: "linear", domain: [...x.domain] },
        y: { type: "linear", domain: [...y.domain] },
        marks,
      }, label),
    })),
    data: {
      header: ["damage", "kind", "recall", "error"],
      rows: rows.map(({ damage, kind, recall, error }) => [damage, kind, recall, error]),
    },
    span: "half",
  };
}
