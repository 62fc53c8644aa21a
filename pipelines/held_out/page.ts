/**
 * What came out of the held-out classes, as a page.
 *
 * @module
 */
import { palette, panelFigure, panelStyle } from "../report/panel.ts";
import { plusMinus } from "../report/statistics.ts";
import { linearAxis } from "../report/axis.ts";
import { configuration } from "../report/configuration.ts";
import { type Figure, renderFigure } from "../report/figure.ts";
import { type Html, html } from "../report/html.ts";
import { page } from "../report/page.ts";
import { style } from "../report/style.ts";
import type { Judged } from "./compare.ts";
import { type Circumstances, columns, configOf, trainedOnText } from "./record.ts";
import type { Task } from "./retrieval.ts";
import type { TrainedOn } from "./ways.ts";

/** The name of the page in the output folder. */
export const PAGE_FILE = "held_out.html";

const tableStyle = `
.measured { margin-top: 20px; font-size: 14px; }
.measured td, .measured th { text-align: right; }
.measured td:first-child, .measured th:first-child, .measured td:nth-child(2),
.measured th:nth-child(2) { text-align: left; }
.scroll { overflow-x: auto; }
.note { max-width: 84ch; }
`;

/** The page, self-contained: light and dark, without script. */
export function heldOutPage(judged: readonly Judged[], circumstances: Circumstances): string {
  const { dataset, unseen, seeds, epochs, backend } = circumstances;
  const names = unseen.map((label) => dataset.classes[label]).join(", ");
  const body = html`
    <header>
      <div>
        <h1>Retrieval of classes that were held out</h1>
        <p class="dataset">Held out of ${dataset
          .name}: ${names}. ${epochs} epochs, seeds: ${seeds.join(", ")}, on ${backend
          .adapter ?? backend.name}. Numbers are mean ± standard deviation over the seeds.</p>
        ${dataset.notice === null
          ? null
          : html`<p class="notice" role="note">${dataset.notice}</p>`}
      </div>
    </header>
    <main>
      <section>
        <h2>What is found</h2>
        <div class="figures">${renderFigure(figureOf(judged), 1)}</div>
        ${tableOf(judged)}
        <p class="note">Each test image is a query; all other test images are ranked by the cosine
          distance. mAP is the mean over queries of (1/R) Σ P(i) · rel(i) over all ranks i, for R
          images of the query's class; MAP@R stops at rank R; images at equal distances are taken in
          random order, in expectation. Unseen: queries of the held-out classes among all test
          images. Seen: the other queries. Among unseen: the held-out classes' images only.</p>
      </section>
    </main>
    ${configuration(configOf(circumstances))}
  `;
  return page("Held-out classes", style + panelStyle + tableStyle, body);
}

const tableOf = (judged: readonly Judged[]): Html =>
  html`
    <div class="scroll">
      <table class="measured">
        <thead>
          <tr>
        <th scope="col">embedding</th>
        <th scope="col">trained on</th>
        ${columns.map(([heading]) => html`<th scope="col">${heading}</th>`)}
      </tr>
        </thead>
        <tbody>${judged.map(({ name, trainedOn, found }) =>
          html`<tr>
          <td>${name}</td>
          <td>${trainedOnText[trainedOn]}</td>
          ${columns.map(([, task, quantity]) => html`<td>${plusMinus(found[task][quantity])}</td>`)}
        </tr>`
        )}</tbody>
      </table>
    </div>
  `;

const colours: Readonly<Record<TrainedOn, string>> = {
  nothing: palette.grey,
  seen: palette.blue,
  all: palette.orange,
};

const panels: readonly (readonly [task: Task, label: string])[] = [
  ["unseen", "mAP, unseen among all"],
  ["seen", "mAP, seen among all"],
  ["among", "mAP, unseen among unseen"],
];

function figureOf(judged: readonly Judged[]): Figure {
  const names = [...new Set(judged.map(({ name }) => name))];
  return panelFigure({
    id: "retrieval",
    title: "Mean average precision by embedding",
    caption: "What is found by each embedding; the colours say what it was trained on.",
    panels: panels.map(([task, yLabel]) => ({
      yLabel,
      xLabel: "",
      categories: names,
      series: (["nothing", "seen", "all"] as const).map((trainedOn) => ({
        label: trainedOnText[trainedOn],
        colour: colours[trainedOn],
        values: names.map((name) =>
          judged.find((way) => way.name === name && way.trainedOn === trainedOn)?.found[task].map ??
            null
        ),
      })),
      axis: linearAxis(0, 1),
    })),
  });
}
