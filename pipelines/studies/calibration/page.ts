/**
 * The page of a calibration: figures of estimates against the truth, tables of bias and spread.
 *
 * @module
 */
import { type Axis, linearAxis } from "../../report/axis.ts";
import { csvLink } from "../../report/csv.ts";
import type { Figure } from "../../report/figure.ts";
import { compact } from "../../report/format.ts";
import { type Html, html } from "../../report/html.ts";
import { axes, dot, draw, line, type Markish } from "../../report/plot.ts";
import type { Section } from "../../report/sections.ts";
import { asHtml, type Column } from "../../report/table.ts";
import { studyPage } from "../page.ts";
import type { Kind } from "./laws.ts";
import {
  type Dash,
  type EstimatorInfo,
  type EstimatorName,
  estimatorsOf,
  type Family,
  isNeural,
} from "./plan.ts";
import {
  type Conditions,
  configOf,
  inOrder,
  median,
  type Progress,
  type Result,
  summarise,
  type Summary,
  TABLE_FILE,
  tableOf,
} from "./results.ts";

/** Colours by family, with a fallback for a drawing that is taken out of its page. */
const colours: Readonly<Record<Family, string>> = {
  neighbours: "var(--test, #1f5f99)",
  gaussian: "var(--validation, #2c7a4b)",
  counting: "var(--train, #b3541e)",
  neural: "var(--neural, #7d3f98)",
};

const dashes: Readonly<Record<Dash, string>> = { solid: "none", dashed: "5 3", dotted: "1.5 2.5" };

/** Largest width of a panel, and the gap between two, in pixels. */
const WIDEST = 250;
const GAP = 16;

/** Style of the panels, beside each other where they fit, and of the key. */
const figureStyle = `
:root { --neural: #7d3f98; }
@media screen and (prefers-color-scheme: dark) { :root { --neural: #cf9fe6; } }
.key { display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 0 0 10px; padding: 0; list-style: none;
  font-size: 13px; }
.key svg { width: 30px; height: 8px; margin-right: 6px; vertical-align: middle; overflow: visible; }
.panels { display: grid; gap: 14px ${GAP}px;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 160px), 1fr)); }
`;

/** A mean at a truth, with the range of a standard deviation around it. */
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
function estimatesFigure(results: readonly Result[], caption: string): Figure {
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
    ...axes(
      { axis: x, label: "truth (bit)" },
      { axis: y, label: `estimate (bit), d = ${dimension}` },
    ),
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

/** The two columns that name a row stay where they are on a narrow screen. */
const biasStyle = `
.bias { font-size: 13px; white-space: nowrap; }
.bias th, .bias td { padding-left: 11px; }
.bias thead th { white-space: normal; }
.bias tbody th:nth-child(2) { position: sticky; left: 28px; background: var(--paper); }
.bias th:first-child { min-width: 28px; padding-left: 0; }
`;

/** Whether errors are as small as one can ask for: within 0.1 bit or a tenth of the truth. */
export const isGood = (rmse: number, truth: number): boolean => rmse <= Math.max(0.1, truth / 10);

/** A law's results, or the seconds that a dimension's took. */
interface BiasRow {
  readonly dimension: number;
  /** The truth in bits; null where the row is of seconds. */
  readonly bits: number | null;
  readonly results: readonly Result[];
}

/**
 * The table of one kind and one number of samples: a row per law, a column per estimator, seconds below.
 *
 * @param results At least one; all of that kind and number.
 */
function biasTable(results: readonly Result[]): Html {
  const [{ kind, samples }] = results;
  const names = (Object.keys(estimatorsOf(kind)) as readonly EstimatorName[])
    .filter((name) => results.some(({ estimator }) => estimator === name));
  return asHtml({
    columns: [
      { heading: "d", value: ({ dimension }) => dimension, names: true },
      { heading: "truth", value: ({ bits }) => bits ?? "seconds", names: true },
      ...names.map((name) => biasColumn(estimatorsOf(kind)[name]?.label ?? name, name)),
    ],
    rows: biasRows(results),
  }, {
    label: `Bias and spread, ${kind}, n = ${samples}`,
    note:
      "Bias ± standard deviation in bits; bold where the root mean square error is within 0.1 bit or a " +
      "tenth of the truth.",
    group: ({ dimension, bits }) => bits === null ? "seconds" : String(dimension),
    kind: "bias",
  });
}

function biasRows(results: readonly Result[]): readonly BiasRow[] {
  const byDimension = [...Map.groupBy(results, ({ dimension }) => dimension)];
  return [
    ...byDimension.flatMap(([dimension, of]) =>
      [...Map.groupBy(of, ({ bits }) => bits)].toSorted(([a], [b]) => a - b)
        .map(([bits, results]): BiasRow => ({ dimension, bits, results }))
    ),
    // Over all truths of a dimension, for they matter little.
    ...byDimension.map(([dimension, results]): BiasRow => ({ dimension, bits: null, results })),
  ];
}

function biasColumn(heading: string, name: EstimatorName): Column<BiasRow> {
  const own = ({ results }: BiasRow) => results.filter(({ estimator }) => estimator === name);
  return {
    heading,
    value: (row) => {
      const of = own(row);
      if (of.length === 0) return null;
      return row.bits === null
        ? median(of.flatMap(({ seconds }) => seconds))
        : summarise(of[0]).bias;
    },
    show: (row) => {
      const of = own(row);
      if (of.length === 0) return "";
      return row.bits === null
        ? compact(Number(median(of.flatMap(({ seconds }) => seconds)).toPrecision(2)))
        : biasText(summarise(of[0]));
    },
    strong: (row) => {
      const rmse = row.bits === null ? null : own(row).map(summarise)[0]?.rmse ?? null;
      return row.bits !== null && rmse !== null && isGood(rmse, row.bits);
    },
  };
}

/** Formats a bias: "+0.02 ± 0.05", or the part of it that exists. */
export const biasText = ({ bias, sd }: Pick<Summary, "bias" | "sd">): string =>
  bias === null ? "refused" : signed(bias) + (sd === null ? "" : ` ± ${sd.toFixed(2)}`);

const signed = (value: number): string => {
  const text = Math.abs(value).toFixed(2);
  return `${Number(text) === 0 ? "" : value < 0 ? "−" : "+"}${text}`;
};

/** The name of the page in the output folder. */
export const PAGE_FILE = "calibration.html";

const headings: Readonly<Record<Kind, string>> = {
  pairs: "Two continuous variables",
  classes: "A continuous variable and one of four classes",
};

const laws: Readonly<Record<Kind, string>> = {
  pairs:
    "x is standard normal in d dimensions, and each unit of y is correlated with the same unit of x; " +
    "the truth is −d/2 · log₂(1 − ρ²).",
  classes:
    "The classes are equally probable Gaussians of unit variance, in a row on the diagonal of d " +
    "dimensions; the truth is by quadrature and at most H(Y) = 2 bits.",
};

/** One sentence that directs the reader's attention. */
const captions: Readonly<Record<Kind, string>> = {
  pairs:
    "Good estimators lie on the grey band, the truth: look where each leaves it as the information " +
    "and the dimension d grow (means over the seeds with bars of ± one standard deviation; what is off " +
    "the scale runs along its edge).",
  classes:
    "Good estimators lie on the grey band, the truth: look which pass it, and which even pass " +
    "H(Y) = 2 bits, as the dimension d grows (means over the seeds with bars of ± one standard " +
    "deviation; what is off the scale runs along its edge).",
};

/** The page, self-contained as a report is: figures are inline, light and dark, without script. */
export function calibrationPage(
  results: readonly Result[],
  conditions: Conditions,
  progress: Progress,
): string {
  const { done, total } = progress;
  const { backend, steps, ...circumstances } = conditions;
  const trained = results.some(({ estimator }) => isNeural(estimator));
  const groups = [
    ...Map.groupBy(inOrder(results), ({ kind, samples }) => `${kind} ${samples}`).values(),
  ];
  return studyPage({
    tab: "Calibration",
    title: "Estimators of information on Gaussians",
    circumstances: trained ? { ...circumstances, backend } : circumstances,
    reading:
      `${trained ? `Neural bounds of at most ${steps} steps. ` : ""}The same samples for all ` +
      "estimators. Gaussians are what GCMI and the Gaussian estimate assume: on other laws they are not this " +
      "good.",
    notices: done === total ? [] : [`Not finished: ${done} of ${total} settings are measured.`],
    sections: groups.map((group, i) => section(group, groups[i - 1]?.[0].kind)),
    end: results.length === 0
      ? html`
        <p>Nothing has been measured yet.</p>
      `
      : html`
        <p class="below">All single estimates: ${csvLink(
          tableOf(results),
          TABLE_FILE,
          "All single estimates",
        )}</p>
      `,
    config: configOf(conditions, progress),
    style: figureStyle + biasStyle,
  });
}

/** Makes the section of one setting. The law is stated once for each kind. */
function section(results: readonly Result[], before: Kind | undefined): Section {
  const [{ kind, samples }] = results;
  return {
    title: `${headings[kind]}, n = ${samples.toLocaleString("en-GB")}`,
    before: kind === before ? null : html`
      <p>${laws[kind]}</p>
    `,
    figures: [estimatesFigure(results, captions[kind])],
    after: biasTable(results),
  };
}
