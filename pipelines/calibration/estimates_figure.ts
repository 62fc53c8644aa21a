/**
 * Estimates against the truth: a panel per dimension, a line per estimator.
 *
 * @module
 */
import { type Axis, linearAxis } from "../report/axis.ts";
import type { Figure } from "../report/figure.ts";
import { type Html, html } from "../report/html.ts";
import { axisX, axisY, dot, draw, gridX, gridY, line, type Markish } from "../report/plot.ts";
import { type Dash, type EstimatorInfo, estimatorsOf, type Family } from "./estimators.ts";
import { type Result, summarise } from "./result.ts";
import type { Kind } from "./setting.ts";

/** Colours by family, with a fallback for a drawing that is taken out of its page. */
const colours: Readonly<Record<Family, string>> = {
  neighbours: "var(--test, #1f5f99)",
  gaussian: "var(--validation, #2c7a4b)",
  counting: "var(--train, #b3541e)",
  neural: "var(--neural, #7d3f98)",
};

const dashes: Readonly<Record<Dash, string>> = { solid: "none", dashed: "5 3", dotted: "1.5 2.5" };

/** A panel's width at most, and what is between two, in pixels. */
const WIDEST = 250;
const GAP = 16;

/** Style of the panels, beside each other where there is room, and of the key. */
export const figureStyle = `
:root { --neural: #7d3f98; }
@media screen and (prefers-color-scheme: dark) { :root { --neural: #cf9fe6; } }
.key { display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 0 0 10px; padding: 0; list-style: none;
  font-size: 13px; }
.key svg { width: 30px; height: 8px; margin-right: 6px; vertical-align: middle; overflow: visible; }
.panels { display: grid; gap: 14px ${GAP}px;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 160px), 1fr)); }
`;

/** A mean at a truth, with what lies a standard deviation around it. */
interface Point {
  readonly truth: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

interface Line extends EstimatorInfo {
  readonly points: readonly Point[];
}

interface Panel {
  readonly dimension: number;
  readonly lines: readonly Line[];
}

/**
 * The figure of one kind and one number of samples.
 *
 * @param results At least one; all of that kind and number.
 * @param caption One sentence that says what to look for.
 */
export function estimatesFigure(results: readonly Result[], caption: string): Figure {
  const [{ kind, samples }] = results;
  const truths = [...new Set(results.map(({ bits }) => bits))];
  const most = Math.max(...truths);
  const summaries = results.map((result) => ({ ...result, ...summarise(result) }));
  const means = summaries.flatMap(({ mean }) => mean === null ? [] : [mean]);
  // What scatters around 0 needs no room below it.
  const lowest = Math.min(...means) < -most / 20 ? Math.max(-most / 6, Math.min(...means)) : 0;
  const y = linearAxis(lowest, most * 1.2, 4);
  const panels = Array.from(
    Map.groupBy(results, ({ dimension }) => dimension),
    ([dimension, of]): Panel => ({ dimension, lines: linesOf(kind, of, y) }),
  );
  const estimators = new Set(results.map(({ estimator }) => estimator));
  const infos = Object.entries(estimatorsOf(kind))
    .flatMap(([name, info]) => [...estimators].some((one) => one === name) ? [info] : []);
  // Few panels do not spread over a wide page.
  const width = panels.length * (WIDEST + GAP) - GAP;
  const svg = html`
    ${key(infos)}<div class="panels" style="max-width: ${width}px">${panels.map((panel) =>
      html`
        <div>${drawPanel(panel, linearAxis(0, most, 3), y, caption)}</div>
      `
    )}</div>
  `;
  return {
    id: `estimates-${kind}-${samples}`,
    title: `Estimate against truth, n = ${samples.toLocaleString("en-GB")}`,
    caption,
    // Panels keep their size and wrap: a page shows as many beside each other as it has room for.
    drawings: [{ screens: ["wide"], svg }, { screens: ["medium", "narrow"], svg }],
    data: {
      header: ["dimension", "truth", "estimator", "mean", "sd"],
      rows: summaries.map((
        { dimension, bits, estimator, mean, sd },
      ) => [dimension, bits, estimator, mean, sd]),
    },
    span: "whole",
  };
}

function linesOf(kind: Kind, results: readonly Result[], { domain: [low, high] }: Axis) {
  // What is off the scale runs along its edge.
  const within = (value: number): number => Math.min(high, Math.max(low, value));
  return Object.entries(estimatorsOf(kind)).flatMap(([name, info]): readonly Line[] => {
    const points = results.filter(({ estimator }) => estimator === name).flatMap((result) => {
      const { mean, sd } = summarise(result);
      return mean === null ? [] : [{
        truth: result.bits,
        mean: within(mean),
        low: within(mean - (sd ?? 0)),
        high: within(mean + (sd ?? 0)),
      }];
    }).toSorted((a, b) => a.truth - b.truth);
    return points.length === 0 ? [] : [{ ...info, points }];
  });
}

const key = (infos: readonly EstimatorInfo[]): Html =>
  html`
    <ul class="key">
    ${infos.map(({ label, family, dash }) =>
      html`
        <li><svg viewBox="0 0 30 8" aria-hidden="true"><line x1="0" y1="4" x2="30" y2="4"
          stroke="${colours[family]}" stroke-width="2"
          stroke-dasharray="${dashes[dash]}"/></svg>${label}</li>
      `
    )}<li><svg viewBox="0 0 30 8" aria-hidden="true"><line x1="0" y1="4" x2="30" y2="4"
      stroke="var(--rule, #c9ced6)" stroke-width="4"/></svg>the truth</li>
    </ul>
  `;

function drawPanel({ dimension, lines }: Panel, x: Axis, y: Axis, caption: string): Html {
  const [first, last] = [Math.max(x.domain[0], y.domain[0]), Math.min(x.domain[1], y.domain[1])];
  const marks: readonly Markish[] = [
    gridX({ ticks: [...x.ticks], stroke: "var(--grid, #e4e7eb)", strokeOpacity: 1 }),
    gridY({ ticks: [...y.ticks], stroke: "var(--grid, #e4e7eb)", strokeOpacity: 1 }),
    axisX({
      ticks: [...x.ticks],
      tickFormat: x.format,
      tickSize: 0,
      label: "truth (bit)",
      labelArrow: "none",
    }),
    axisY({
      ticks: [...y.ticks],
      tickFormat: y.format,
      tickSize: 0,
      label: `estimate (bit), d = ${dimension}`,
      labelArrow: "none",
    }),
    line([[first, first], [last, last]], { stroke: "var(--rule, #c9ced6)", strokeWidth: 4 }),
    ...lines.flatMap(({ label, family, dash, points }) => [
      line(points.flatMap(({ truth, low, high }) => [{ truth, y: low }, { truth, y: high }]), {
        x: "truth",
        y: "y",
        z: "truth",
        stroke: colours[family],
        strokeOpacity: 0.6,
        strokeWidth: 1,
      }),
      line(points, {
        x: "truth",
        y: "mean",
        stroke: colours[family],
        strokeWidth: 1.6,
        strokeDasharray: dashes[dash],
      }),
      dot(points, {
        x: "truth",
        y: "mean",
        fill: colours[family],
        r: 1.8,
        title: ({ truth, mean }: Point) => `${label}: ${mean.toFixed(3)} of ${truth} bits`,
      }),
    ]),
  ];
  return draw({
    width: 200,
    height: 200,
    marginTop: 26,
    marginRight: 8,
    marginBottom: 36,
    marginLeft: Math.max(...y.ticks.map((tick) => y.format(tick).length)) * 7 + 10,
    style: { fontSize: "11px" },
    x: { type: "linear", domain: [...x.domain] },
    y: { type: "linear", domain: [...y.domain] },
    marks: [...marks],
  }, `Estimate against truth in ${dimension} dimensions. ${caption}`);
}
