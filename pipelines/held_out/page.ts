/**
 * The record and the page of the held-out classes.
 *
 * @module
 */
import type { Backend } from "../../ops/backend.ts";
import { table } from "../cli/table.ts";
import { linearAxis } from "../report/axis.ts";
import { configuration } from "../report/configuration.ts";
import { type Figure, renderFigure } from "../report/figure.ts";
import { type Html, html } from "../report/html.ts";
import { page } from "../report/page.ts";
import { palette, panelFigure, panelStyle } from "../report/panel.ts";
import { mean, plusMinus, standardDeviation } from "../report/statistics.ts";
import { style } from "../report/style.ts";
import { VERSION } from "../version.ts";
import type { Comparison, Judged, TrainedOn } from "./compare.ts";
import { quantities, type Quantity, type Task, tasks } from "./retrieval.ts";

/** The name of the record in the output folder. */
export const RECORD_FILE = "held_out.json";

/** What all ways have in common. */
export interface Circumstances extends Comparison {
  /** Of the repetitions. */
  readonly seeds: readonly number[];
  /** Where it was computed. */
  readonly backend: Pick<Backend, "name" | "adapter">;
}

/** Whatever it takes to run it again, as a JSON value. */
const configOf = (
  { dataset, unseen, epochs, seeds, backend }: Circumstances,
): Readonly<Record<string, unknown>> => ({
  held_out: unseen.map((label) => dataset.classes[label]),
  epochs,
  seeds,
  dataset: {
    name: dataset.name,
    source: dataset.source,
    train: dataset.train.count,
    test: dataset.test.count,
    sha256: dataset.sha256,
    notice: dataset.notice,
  },
  backend: { name: backend.name, adapter: backend.adapter },
  versions: { sparrow: VERSION, deno: Deno.version.deno },
});

/** The record as a JSON value: numbers that are not finite are null. */
export const recordOf = (
  judged: readonly Judged[],
  circumstances: Circumstances,
): Readonly<Record<string, unknown>> => ({
  config: configOf(circumstances),
  ways: judged.map(({ name, trainedOn, found }) => ({
    name,
    trained_on: trainedOn,
    measured: tasks.flatMap((task) =>
      quantities.map((quantity) => {
        const values = found[task][quantity];
        return { task, quantity, values, mean: mean(values), sd: standardDeviation(values) };
      })
    ),
  })),
});

/** What a way was trained on, in words. */
const trainedOnText: Readonly<Record<TrainedOn, string>> = {
  nothing: "nothing",
  seen: "seen classes",
  all: "all classes",
};

/** The columns of the table: a task's quantity with its heading. */
const columns: readonly (readonly [heading: string, task: Task, quantity: Quantity])[] = [
  ["mAP unseen", "unseen", "map"],
  ["MAP@R unseen", "unseen", "mapAtR"],
  ["precision@1 unseen", "unseen", "precisionAt1"],
  ["mAP seen", "seen", "map"],
  ["mAP among unseen", "among", "map"],
];

/** A line per way: mean ± standard deviation over the seeds. */
export const resultTable = (judged: readonly Judged[]): string =>
  table([
    ["embedding", "trained on", ...columns.map(([heading]) => heading)],
    ...judged.map(({ name, trainedOn, found }) => [
      name,
      trainedOnText[trainedOn],
      ...columns.map(([, task, quantity]) => plusMinus(found[task][quantity])),
    ]),
  ]);

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
