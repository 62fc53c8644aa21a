/**
 * The report of a training run: one HTML page, with nothing to load.
 *
 * @module
 */
import type { History } from "../core/history.ts";
import type { Findings } from "../core/findings.ts";
import { configuration, summary } from "./summary.ts";
import {
  accuracyFigure,
  activeBitsFigure,
  classSpreadFigure,
  gradientFigures,
  lossFigure,
  scheduleFigures,
} from "./figures/curves.ts";
import { centroidFigures, type Centroids } from "./figures/centroids.ts";
import { confusedImagesFigure } from "./figures/confused_images.ts";
import { confusionFigure } from "./figures/confusion.ts";
import { dutyCycleFigure } from "./figures/duty_cycles.ts";
import { exampleCodesFigure } from "./figures/example_codes.ts";
import { informationPlaneFigures } from "./figures/information_plane.ts";
import { reconstructionsFigure } from "./figures/reconstructions.ts";
import { saliencyFigure } from "./figures/saliency.ts";
import { type Model, modelDiagram } from "./figures/model_diagram.ts";
import { timingFigure } from "./figures/timing.ts";
import { type Html, html } from "./html.ts";
import { EPOCH_META, page } from "./page.ts";
import { renderSections, type Section } from "./sections.ts";
import { drawingsOf, fileIn } from "./standalone.ts";
import { style } from "./style.ts";

export type { Centroids } from "./figures/centroids.ts";

/** The content of a report: a run's history, model, findings and configuration. */
export interface ReportData {
  /** The pipeline's name: "mnist_kwta". */
  readonly title: string;
  /** The graph as `show` prints it. */
  readonly graph: string;
  /** The dataset's name: "mnist". */
  readonly dataset: string;
  /** Remark that a reader must know before any number, such as that the digits are synthetic. */
  readonly notice: string | null;
  /**
   * Figures are drawn of the names "accuracy", "loss", "learning_rate", "hardness", "sparsity",
   * "active_min", "active_mean" and "active_max", "inter_class_distance" and "intra_class_deviation",
   * and of what `infoPlane` and `watchGradients` leave; the table has "samples_per_second" and
   * "seconds" (of an epoch) besides. A name without rows is left out.
   */
  readonly history: History;
  /** Graph to draw as a diagram, with its input's shape. @default none */
  readonly model?: Model;
  /** Findings of stages besides numbers. @default none */
  readonly findings?: Partial<Omit<Findings, "classCodes">> & {
    readonly classCodes?: Centroids | null;
  };
  /** Options, seed, backend, versions: whatever it takes to run it again. */
  readonly config: Readonly<Record<string, unknown>>;
  /** False when the run was interrupted. */
  readonly finished: boolean;
}

/** A section that the report has only for its figures. */
type FigureSection = Required<Pick<Section, "title" | "figures">>;

const present = <A>(values: readonly (A | null)[]): readonly A[] =>
  values.filter((value): value is A & NonNullable<A> => value !== null);

const sections = (data: ReportData): readonly FigureSection[] => {
  const { history, model, findings = {} } = data;
  const { classCodes = null, evaluation = null, explanations = [], reconstructions = [] } =
    findings;
  return [
    { title: "Training", figures: present([accuracyFigure(history), lossFigure(history)]) },
    { title: "Model", figures: present([model === undefined ? null : modelDiagram(model)]) },
    { title: "Information plane", figures: informationPlaneFigures(history) },
    {
      title: "Class centroids",
      figures: [
        ...classCodes === null ? [] : centroidFigures(classCodes),
        ...present([evaluation && exampleCodesFigure(evaluation, classCodes)]),
      ],
    },
    {
      title: "Classes apart and confused",
      figures: present([
        evaluation && confusionFigure(evaluation),
        classSpreadFigure(history),
        evaluation && confusedImagesFigure(evaluation, classCodes),
      ]),
    },
    {
      title: "Reconstructions",
      figures: present([reconstructionsFigure(reconstructions, history)]),
    },
    { title: "Where it looks", figures: present([saliencyFigure(explanations)]) },
    { title: "Gradients", figures: gradientFigures(history) },
    {
      title: "Schedules and codes",
      figures: present([
        ...scheduleFigures(history),
        activeBitsFigure(history),
        dutyCycleFigure(evaluation?.duty ?? null),
      ]),
    },
    { title: "Where the time went", figures: present([timingFigure(history)]) },
  ].filter(({ figures }) => figures.length > 0);
};

function interruption({ history, finished }: ReportData): Html | null {
  if (finished) return null;
  const end = history.at(-1);
  return html`
    <p class="notice" role="note">This run was interrupted ${end === undefined
      ? "before anything was measured"
      : `after epoch ${end.epoch}, step ${end.step}: the numbers are not final`}.</p>
  `;
}

/**
 * Renders the report of a run.
 *
 * The page is self-contained: figures are inline SVG that follows the reader's light or dark
 * preference, and the numbers behind each are in it as CSV. It has no script. Strings are escaped.
 *
 * @param data Configuration, history and findings of the run.
 * @returns The text of an HTML file; about 180 KB with centroids of 10 × 512.
 *
 * @example
 * ```ts
 * import { renderReport } from "./report.ts";
 * import { assertStringIncludes } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const page = renderReport({
 *   title: "mnist_kwta",
 *   graph: "linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)",
 *   dataset: "mnist",
 *   notice: null,
 *   history: [{ epoch: 1, step: 235, split: "test", name: "accuracy", value: 0.91 }],
 *   config: { seed: 1 },
 *   finished: true,
 * });
 * assertStringIncludes(page, "Accuracy is 0.9100 on test after 1 epoch.");
 * ```
 */
export const renderReport = (data: ReportData): string => render(data, sections(data), new Map());

/** A report as files. */
export interface ReportFiles {
  /** Page with links to the drawings. */
  readonly page: string;
  /** The text of each drawing by its path beside the page: "figures/loss.svg". */
  readonly drawings: ReadonlyMap<string, string>;
}

/**
 * Writes the report of a run, and its figures as separate SVG files.
 *
 * @param data Configuration, history and findings of the run.
 */
export function reportFiles(data: ReportData): ReportFiles {
  const found = sections(data);
  const drawings = drawingsOf(found.flatMap(({ figures }) => figures));
  return { page: render(data, found, drawings), drawings };
}

function render(
  data: ReportData,
  found: readonly FigureSection[],
  files: ReadonlyMap<string, string>,
): string {
  const body = html`<header>
<div>
<h1>${data.title}</h1>
<p class="graph"><code>${data.graph}</code></p>
<p class="dataset">Dataset: ${data.dataset}</p>
${interruption(data)}${
    data.notice === null ? null : html`
      <p class="notice" role="note">${data.notice}</p>
    `
  }</div>
${summary(data.history)}</header>
<main>
${
    found.length > 0 ? renderSections(found, (figure) => fileIn(files, figure)) : html`
      <p>Nothing was measured: the history of this run is empty.</p>
    `
  }</main>
${configuration(data.config)}`;
  const end = data.finished ? data.history.at(-1) : undefined;
  const meta = end && html`
    <meta name="${EPOCH_META}" content="${end.epoch}">
  `;
  return page(data.title, style, body, meta);
}
