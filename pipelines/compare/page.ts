/**
 * The report of several runs: a line of each figure, a row or a column of each table for every run.
 *
 * @module
 */
import { type Axis, fractionAxis, magnitudeAxis } from "../report/axis.ts";
import { configuration } from "../report/configuration.ts";
import { type Figure, renderFigure } from "../report/figure.ts";
import { compact, count, fraction } from "../report/format.ts";
import { type Html, html, trusted } from "../report/html.ts";
import { drawLines } from "../report/line_chart.ts";
import { page } from "../report/page.ts";
import { lineColour, lineDash } from "../report/palette.ts";
import type { ReportFiles } from "../report/report.ts";
import { type Series, seriesTable, values } from "../report/series.ts";
import { figureFile, standalone } from "../report/standalone.ts";
import { plusMinus } from "../report/statistics.ts";
import { style } from "../report/style.ts";
import { type Comparison, finalOf, isSame, type Quantity } from "./comparison.ts";

/**
 * Folders by the shortest ends of their paths that differ.
 *
 * @example
 * ```ts
 * import { shortNames } from "./page.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(shortNames(["runs/a/1/", "runs/b/1", "c"]), ["a/1", "b/1", "c"]);
 * ```
 */
export function shortNames(folders: readonly string[]): readonly string[] {
  const parts = folders.map((folder) => folder.split(/[/\\]+/).filter((part) => part !== ""));
  const ends = (count: number) => parts.map((path) => path.slice(-count).join("/") || "/");
  const most = Math.max(...parts.map(({ length }) => length));
  for (let count = 1; count < most; count++) {
    if (new Set(ends(count)).size === folders.length) return ends(count);
  }
  return ends(most);
}

/** Whether it is one of the two that every training has. */
const isMain = ({ name }: Quantity): boolean => name === "accuracy" || name === "loss";

/** A quantity in words: "test accuracy". */
const titleOf = ({ split, name }: Quantity): string =>
  `${split === "run" ? "" : `${split} `}${name.replaceAll(/[_.]+/g, " ")}`.trim();

/** A value as its quantity is quoted. */
const shownAs = ({ name }: Quantity): (value: number) => string =>
  /accuracy/.test(name) ? fraction : compact;

/** A figure for each of the quantities. */
const comparisonFigures = (
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

/** More figures than this of what is neither accuracy nor loss are not drawn: nobody would look. */
const MOST_FIGURES = 16;

const compareStyle = `
.runs, .finals, .differing { font-size: 14px; }
.differing tbody th { min-width: 200px; }
.differing td, .differing th { text-align: left; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
.delta { display: block; color: var(--muted); font-size: 12px; }
.sample { display: inline-block; width: 34px; height: 8px; margin-right: 8px; vertical-align: middle; }
`;

/** The report of several runs, and its figures as SVG files. */
export function comparePage(comparison: Comparison): ReportFiles {
  const { runs, differences, quantities, groups } = comparison;
  const names = shortNames(runs.map(({ folder }) => folder));
  const main = quantities.filter(isMain);
  const rest = quantities.filter((quantity) => !isMain(quantity));
  const others = rest.filter((quantity) => runs.length === 1 || !isSame(quantity));
  const columns = main.length > 0 ? main : quantities.slice(0, 4);
  const drawn = [
    { title: "Training", figures: comparisonFigures(comparison, main) },
    {
      title: "What else all have measured",
      figures: comparisonFigures(comparison, others.slice(0, MOST_FIGURES)),
    },
  ].filter(({ figures }) => figures.length > 0);
  const figures = drawn.flatMap(({ figures }) => figures);
  const drawings = new Map(figures.flatMap((figure) => {
    const text = standalone(figure);
    return text === null ? [] : [[figureFile(figure), text] as const];
  }));
  const title = runs.length === 1 ? names[0] : `Comparison of ${runs.length} runs`;
  const body = html`
    <header>
      <div>
    <h1>${title}</h1>
    ${runs.length > 1 ? null : html`
      <p class="notice" role="note">There is one run only, and nothing to compare it with.</p>
    `}</div>
    </header>
    <main>
    <section>
    <h2>Where they ended</h2>
    ${finalTable(names, columns)}</section>
    ${runs.length === 1 ? null : differingTable(names, differences)}
    ${groups.some(({ runs }) => runs.length > 1) ? groupTable(comparison, columns) : null}
    ${drawn.map(({ title, figures: some }) => section(title, some, figures))}
    ${others.length > MOST_FIGURES
      ? html`
        <p>Of ${others
          .length} other quantities ${MOST_FIGURES} are drawn; the numbers of all are below.</p>
      `
      : null}
    ${everything(names, quantities)}</main>
    ${configuration(runs[0].config)}
  `;
  return { page: page(title, style + compareStyle, body), drawings };
}

const section = (title: string, some: readonly Figure[], all: readonly Figure[]): Html =>
  html`
    <section>
      <h2>${title}</h2>
      <div class="figures">
    ${some.map((figure) =>
      renderFigure(
        figure,
        all.indexOf(figure) + 1,
        standalone(figure) === null ? null : figureFile(figure),
      )
    )}</div>
    </section>
  `;

/** A piece of a run's line. */
const sample = (run: number): Html =>
  trusted(
    `<svg class="sample" viewBox="0 0 34 8" aria-hidden="true"><path d="M0 4h34" fill="none" ` +
      `stroke="${lineColour(run)}" stroke-width="2" stroke-dasharray="${lineDash(run)}"/></svg>`,
  );

/** A difference with its sign: "+0.0031", "−0.2", "±0". */
function signed(show: (value: number) => string, difference: number): string {
  const text = show(Math.abs(difference));
  return Number(text) === 0 ? "±0" : `${difference < 0 ? "−" : "+"}${text}`;
}

function finalCell(quantity: Quantity, run: number): Html {
  const show = shownAs(quantity);
  const [first, value] = [finalOf(quantity, 0), finalOf(quantity, run)];
  return html`
    <td>${show(value)}${run === 0
      ? null
      : html`<span class="delta">${signed(show, value - first)}</span>`}</td>
  `;
}

const heading = (text: string): Html =>
  html`
    <th scope="col">${text}</th>
  `;

const unseen = (text: string): Html =>
  html`
    <th scope="col"><span class="unseen">${text}</span></th>
  `;

const lastEpoch = (quantity: Quantity, run: number): number =>
  quantity.points[run].at(-1)?.epoch ?? 0;

const finalTable = (names: readonly string[], columns: readonly Quantity[]): Html =>
  html`
    <div class="scroll" tabindex="0" role="region" aria-label="Final numbers by run">
      <table class="finals">
        <thead>
          <tr>${unseen("run")}${columns.map((quantity) => heading(titleOf(quantity)))}
          ${heading("epochs")}</tr>
        </thead>
        <tbody>
    ${names.map((name, run) =>
      html`
        <tr>
          <th scope="row">${sample(run)}${run + 1}. ${name}</th>
          ${columns.map((quantity) => finalCell(quantity, run))}
          <td>${lastEpoch(columns[0], run)}</td>
        </tr>
      `
    )}</tbody>
      </table>
    </div>
    ${names.length === 1 ? null : html`
      <p class="dataset">Below each number: its difference to that of run 1.</p>
    `}
  `;

function differingTable(
  names: readonly string[],
  differences: Comparison["differences"],
): Html {
  const table = html`
    <div class="scroll" tabindex="0" role="region" aria-label="Settings that differ">
      <table class="differing configuration">
        <thead>
          <tr>${heading("setting")}${names.map((_, run) => heading(`run ${run + 1}`))}</tr>
        </thead>
        <tbody>
    ${differences.map(({ key, values }) =>
      html`
        <tr>
          <th scope="row">${key}</th>
          ${values.map((value) =>
            html`
              <td>${value ?? "–"}</td>
            `
          )}
        </tr>
      `
    )}</tbody>
      </table>
    </div>
  `;
  return html`
    <section>
      <h2>What differs</h2>
    ${differences.length > 0 ? table : html`
      <p>Nothing: the configurations are the same, so the numbers should be too.</p>
    `}</section>
  `;
}

const groupTable = ({ groups }: Comparison, columns: readonly Quantity[]): Html =>
  html`
    <section>
      <h2>Over seeds</h2>
      <div class="scroll" tabindex="0" role="region" aria-label="Mean and deviation over seeds">
        <table class="finals">
          <thead>
            <tr>${heading("settings")}${heading("runs")}${columns.map((quantity) =>
              heading(titleOf(quantity))
            )}</tr>
          </thead>
          <tbody>
    ${groups.map(({ label, runs }) =>
      html`
        <tr>
          <th scope="row">${label === "" ? "all" : label}</th>
          <td>${runs.map((run) => run + 1).join(", ")}</td>
          ${columns.map((quantity) =>
            html`
              <td>${plusMinus(runs.map((run) => finalOf(quantity, run)))}</td>
            `
          )}
        </tr>
      `
    )}</tbody>
        </table>
      </div>
      <p
        class="dataset">Mean ± standard deviation of the runs whose settings differ in the seed alone.</p>
    </section>
  `;

const everything = (names: readonly string[], quantities: readonly Quantity[]): Html =>
  html`
    <details>
      <summary>
        <h2>All final numbers (${count(quantities.length, "quantity", "quantities")})</h2>
      </summary>
      <div class="scroll" tabindex="0" role="region" aria-label="All final numbers">
        <table class="finals">
          <thead>
            <tr>${heading("quantity")}${names.map((_, run) => heading(`run ${run + 1}`))}</tr>
          </thead>
          <tbody>
    ${quantities.map((quantity) =>
      html`
        <tr>
          <th scope="row">${titleOf(quantity)}</th>
          ${names.map((_, run) => finalCell(quantity, run))}
        </tr>
      `
    )}</tbody>
        </table>
      </div>
    </details>
  `;
