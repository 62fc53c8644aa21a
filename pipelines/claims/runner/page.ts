/**
 * What came out of the claims, as a page.
 *
 * @module
 */
import { configuration } from "../../report/configuration.ts";
import { renderFigure } from "../../report/figure.ts";
import { type Html, html } from "../../report/html.ts";
import { page } from "../../report/page.ts";
import { style } from "../../report/style.ts";
import { panelStyle } from "../../report/panel.ts";
import { type Circumstances, recordOf, type Tested } from "./record.ts";
import { plusMinus } from "../../report/statistics.ts";

/** The name of the page in the output folder. */
export const PAGE_FILE = "claims.html";

const claimStyle = `
.verdict { max-width: 84ch; }
.criterion { max-width: 84ch; color: var(--muted); }
.measured { margin-top: 12px; font-size: 14px; }
.measured td:last-child { color: var(--muted); }
section details { margin-top: 20px; padding-top: 0; border-top: 0; }
section .figures { margin-top: 20px; }
.overview { margin-top: 20px; }
.overview td, .overview th { text-align: left; white-space: normal; }
`;

/** The page, self-contained as a report is: figures are inline, light and dark, without script. */
export function claimsPage(tested: readonly Tested[], circumstances: Circumstances): string {
  const { dataset, seeds, quick, backend } = circumstances;
  const { claims: _, ...common } = recordOf([], circumstances);
  const body = html`
    <header>
      <div>
    <h1>What is said of kWTA codes</h1>
    <p class="dataset">${quick ? "Quick form" : "Full form"}, dataset: ${dataset
      .name}, seeds: ${seeds.join(", ")}, on ${backend.adapter ??
      backend.name}. Numbers are mean ± standard deviation over the seeds.</p>
    ${quick
      ? html`
        <p class="notice" role="note">The quick form uses few images and epochs: it shows that the
          experiments run, and its verdicts are no results.</p>
      `
      : null}${dataset.notice === null ? null : html`
      <p class="notice" role="note">${dataset.notice}</p>
    `}</div>
    </header>
    <main>
    ${overview(tested)}${tested.map(section)}</main>
    ${configuration(common)}
  `;
  return page("Claims", style + panelStyle + claimStyle, body);
}

const overview = (tested: readonly Tested[]): Html =>
  html`
    <table class="overview">
      <thead>
        <tr>
          <th scope="col">claim</th>
          <th scope="col">says</th>
          <th scope="col">verdict</th>
        </tr>
      </thead>
      <tbody>
    ${tested.map(({ claim, findings }) =>
      html`
        <tr>
          <td><a href="#claim-${claim.number}">${claim.number}</a></td>
          <td>${claim.title}</td>
          <td><b>${findings.holds ? "holds" : "does not hold"}</b></td>
        </tr>
      `
    )}</tbody>
    </table>
  `;

function section({ claim, findings, seconds, command }: Tested, i: number): Html {
  const { number, title, criterion } = claim;
  const { holds, verdict, measured, figure } = findings;
  return html`
    <section id="claim-${number}">
      <h2>Claim ${number}. ${title}</h2>
      <p class="verdict"><b>${holds ? "It holds." : "It does not hold."}</b> ${verdict}</p>
      <p class="criterion">Criterion: ${criterion}</p>
      <div class="figures">${renderFigure(figure, i + 1)}</div>
      <details>
        <summary>All that was measured, in ${Math.round(
          seconds,
        )} s by <code>${command}</code></summary>
        <table class="measured">
          <thead>
            <tr>
              <th scope="col">quantity</th>
              <th scope="col">mean ± sd</th>
              <th scope="col">by seed</th>
            </tr>
          </thead>
          <tbody>
    ${measured.map(({ name, unit, values }) =>
      html`
        <tr>
          <td>${name}${unit === "" ? "" : ` (${unit})`}</td>
          <td>${plusMinus(values)}</td>
          <td>${values.map((value) => plusMinus([value])).join(", ")}</td>
        </tr>
      `
    )}</tbody>
        </table>
      </details>
    </section>
  `;
}
