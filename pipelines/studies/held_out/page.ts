/**
 * Results of the held-out classes: the record, the table, the page.
 *
 * @module
 */
import { linearAxis } from "../../report/axis.ts";
import type { Figure } from "../../report/figure.ts";
import { count, mean, plusMinus, standardDeviation } from "../../report/format.ts";
import { palette, panelFigure, panelStyle } from "../../report/panel.ts";
import { asHtml, asText, type Column, type Columns } from "../../report/table.ts";
import { studyPage } from "../page.ts";
import { type Circumstances, circumstancesOf, type JsonObject } from "../record.ts";
import type { Comparison, Judged, TrainedOn } from "./compare.ts";
import { quantities, type Quantity, type Task, tasks } from "./retrieval.ts";

/** The name of the record in the output folder. */
export const RECORD_FILE = "held_out.json";

/** The name of the page in the output folder. */
export const PAGE_FILE = "held_out.html";

/** Circumstances that all ways share. */
export type Conditions = Comparison & Pick<Required<Circumstances>, "seeds" | "backend">;

/** The configuration that repeats the study, as a JSON value. */
const configOf = (conditions: Conditions): JsonObject => ({
  held_out: conditions.unseen.map((label) => conditions.dataset.classes[label]),
  epochs: conditions.epochs,
  ...circumstancesOf(conditions),
});

/**
 * The record as a JSON value.
 *
 * @param seconds Duration of the whole study, in seconds.
 */
export const recordOf = (
  judged: readonly Judged[],
  conditions: Conditions,
  seconds: number,
): JsonObject => ({
  config: configOf(conditions),
  seconds,
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

/** Words for the classes that a way was trained on. */
const trainedOnText: Readonly<Record<TrainedOn, string>> = {
  nothing: "nothing",
  seen: "seen classes",
  all: "all classes",
};

const quantityColumn = (heading: string, task: Task, quantity: Quantity): Column<Judged> => ({
  heading,
  value: ({ found }) => mean(found[task][quantity]),
  show: ({ found }) => plusMinus(found[task][quantity]),
});

/** A row per way: mean ± standard deviation over the seeds; in CSV the mean alone. */
const tableOf = (judged: readonly Judged[]): Columns<Judged> => ({
  columns: [
    { heading: "embedding", value: ({ name }) => name, names: true },
    { heading: "trained on", value: ({ trainedOn }) => trainedOnText[trainedOn], text: true },
    quantityColumn("mAP unseen", "unseen", "map"),
    quantityColumn("MAP@R unseen", "unseen", "mapAtR"),
    quantityColumn("precision@1 unseen", "unseen", "precisionAt1"),
    quantityColumn("mAP seen", "seen", "map"),
    quantityColumn("mAP among unseen", "among", "map"),
  ],
  rows: judged,
});

/** The table for a terminal. */
export const resultTable = (judged: readonly Judged[]): string => asText(tableOf(judged));

const reading =
  "Each test image is a query; all other test images are ranked by the cosine distance. mAP is the mean " +
  "over queries of (1/R) Σ P(i) · rel(i) over all ranks i, for R images of the query's class; MAP@R stops at " +
  "rank R; images at equal distances are taken in random order, in expectation. Unseen: queries of the " +
  "held-out classes among all test images. Seen: the other queries. Among unseen: the held-out classes' " +
  "images only. As CSV: the means.";

/** The page, self-contained: light and dark, without script. */
export function heldOutPage(judged: readonly Judged[], conditions: Conditions): string {
  const { dataset, unseen, epochs } = conditions;
  const names = unseen.map((label) => dataset.classes[label]).join(", ");
  return studyPage({
    tab: "Held-out classes",
    title: "Retrieval of classes that were held out",
    task: `Held out: ${names}. ${count(epochs, "epoch")} of each training.`,
    circumstances: conditions,
    reading: "Numbers are mean ± standard deviation over the seeds.",
    sections: [{
      title: "What is found",
      figures: [figureOf(judged)],
      after: asHtml(tableOf(judged), {
        label: "What is found by embedding",
        file: "held_out",
        note: reading,
      }),
    }],
    config: configOf(conditions),
    style: panelStyle,
  });
}

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
