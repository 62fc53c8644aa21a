/**
 * What came out of a calibration, as a page.
 *
 * @module
 */
import { configuration } from "../report/configuration.ts";
import { csvLink } from "../report/csv.ts";
import { renderFigure } from "../report/figure.ts";
import { type Html, html } from "../report/html.ts";
import { page } from "../report/page.ts";
import { style } from "../report/style.ts";
import { biasTable, tableStyle } from "./bias_table.ts";
import { isNeural } from "./estimators.ts";
import { estimatesFigure, figureStyle } from "./estimates_figure.ts";
import { type Circumstances, type Progress, recordOf, TABLE_FILE, tableOf } from "./record.ts";
import { inOrder, type Result } from "./result.ts";
import type { Kind } from "./setting.ts";

/** The name of the page in the output folder. */
export const PAGE_FILE = "calibration.html";

const pageStyle = `
main p { max-width: 84ch; }
header > div { max-width: 84ch; }
`;

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

/** One sentence that says what to look for. */
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
  circumstances: Circumstances,
  progress: Progress,
): string {
  const { quick, seeds, steps, backend } = circumstances;
  const { results: _, ...common } = recordOf([], circumstances, progress);
  const ordered = inOrder(results);
  const groups = [...Map.groupBy(ordered, ({ kind, samples }) => `${kind} ${samples}`).values()];
  const body = html`
    <header>
      <div>
        <h1>Estimators of information on Gaussians</h1>
        <p class="dataset">${quick
          ? "Quick form"
          : "Full form"}: ${seeds} seeds${results.some(({ estimator }) => isNeural(estimator))
          ? `; neural bounds of at most ${steps} steps on ${backend.adapter ?? backend.name}`
          : ""}. The same samples for all estimators. Gaussians are what GCMI and the Gaussian estimate assume: on other laws they
          are not this good.</p>
        ${notices(quick, progress)}</div>
    </header>
    <main>
    ${results.length === 0
      ? html`
        <p>Nothing has been measured yet.</p>
      `
      : groups.map((group, i) => section(group, i, groups[i - 1]?.[0].kind))}</main>
    ${results.length === 0 ? null : html`
      <p>All single estimates: ${csvLink(tableOf(results), TABLE_FILE, "All single estimates")}</p>
    `}${configuration(common)}
  `;
  return page("Calibration", style + figureStyle + tableStyle + pageStyle, body);
}

const notices = (quick: boolean, { done, total }: Progress): Html =>
  html`
    ${quick
      ? html`
        <p class="notice" role="note">The quick form has few settings and seeds: it shows that the
          estimators run, and is no ground for a choice.</p>
      `
      : null}${done === total ? null : html`
      <p class="notice" role="note">Not finished: ${done} of ${total} settings are measured.</p>
    `}
  `;

/** The law is told once for each kind. */
function section(results: readonly Result[], i: number, before: Kind | undefined): Html {
  const [{ kind, samples }] = results;
  return html`
    <section>
      <h2>${headings[kind]}, n = ${samples.toLocaleString("en-GB")}</h2>
      ${kind === before ? null : html`
        <p>${laws[kind]}</p>
      `}<div class="figures">${renderFigure(estimatesFigure(results, captions[kind]), i + 1)}</div>
      ${biasTable(results)}</section>
  `;
}
