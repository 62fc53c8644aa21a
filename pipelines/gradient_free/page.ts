/**
 * The page of a run without gradients.
 *
 * @module
 */
import type { ParamArrays } from "../../graph/params.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Findings } from "../findings.ts";
import type { History } from "../history.ts";
import { configuration } from "../report/configuration.ts";
import { type Figure, renderFigure } from "../report/figure.ts";
import type { Centroids } from "../report/figures/centroids.ts";
import { confusedImagesFigure } from "../report/figures/confused_images.ts";
import { dutyCycleFigure } from "../report/figures/duty_cycles.ts";
import { exampleCodesFigure } from "../report/figures/example_codes.ts";
import { html } from "../report/html.ts";
import { page } from "../report/page.ts";
import { style } from "../report/style.ts";
import { labelsFigure, noiseFigure } from "./curves.ts";
import { receptiveFields } from "./receptive_fields.ts";
import { resultRows } from "./results.ts";

/** What a page shows. */
export interface GradientFreePage {
  /** Everything measured. */
  readonly history: History;
  /** What was learnt. */
  readonly weights: ParamArrays;
  /** What the nearest codes find in the test set; nothing. */
  readonly findings: Findings | null;
  /** Mean codes of the classes; none. */
  readonly centroids: Centroids | null;
  /** Whatever it takes to run it again. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What it was learnt on. */
  readonly dataset: Dataset;
}

/** The page as the text of an HTML file with nothing to load. */
export function gradientFreePage(
  { history, weights, findings, centroids, config, dataset }: GradientFreePage,
): string {
  const fields = receptiveFields(weights["0.weight"], dataset.shape);
  const figures: readonly Figure[] = [
    fields,
    labelsFigure(history, Math.round(dataset.train.count / dataset.classes.length)),
    noiseFigure(history),
  ];
  const codes = [
    findings && exampleCodesFigure(findings, centroids),
    findings && confusedImagesFigure(findings, centroids),
    dutyCycleFigure(findings?.duty ?? null),
  ].filter((figure) => figure !== null);
  const [head, ...rows] = resultRows(history);
  const body = html`
    <header>
      <div>
        <h1>Codes without a gradient</h1>
        <p class="dataset">${dataset.name}: ${dataset.train.count.toLocaleString("en-GB")} images to
          learn from, ${dataset.test.count.toLocaleString("en-GB")} to judge by</p>
      </div>
    </header>
    <main>
      <section>
        <h2>Test accuracy by read-out, in percent</h2>
        <div style="overflow-x: auto" tabindex="0" role="region" aria-label="Accuracies">
          <table>
            <thead>
              <tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr>
            </thead>
            <tbody>
        ${rows.map(([first, ...cells]) =>
          html`
            <tr><th scope="row">${first}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>
          `
        )}</tbody>
          </table>
        </div>
      </section>
      <section>
        <h2>What was learnt</h2>
        <div class="figures">
    ${figures.map((figure, i) => renderFigure(figure, i + 1))}</div>
      </section>
      <section>
        <h2>Its codes</h2>
        <div class="figures">
    ${codes.map((figure, i) => renderFigure(figure, figures.length + i + 1))}</div>
      </section>
    </main>
    ${configuration(config)}
  `;
  return page("Codes without a gradient", style, body);
}
