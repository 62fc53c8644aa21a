/**
 * Stages that report the progress of a training: a line per epoch, and the report.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { show } from "../../graph/show.ts";
import { duration } from "../cli/text.ts";
import { type History, newest, type SplitName } from "../core/history.ts";
import { type Stage, stage, tap } from "../core/stage.ts";
import type { Dataset } from "../data/dataset.ts";
import { EPOCH_META } from "../report/page.ts";

/**
 * Prints one line per epoch to the environment's `log`: loss, accuracies, bits per code, speed, and the time left.
 *
 * @param epochs Number of epochs of the training.
 */
export const announce = (epochs: number): Stage =>
  tap(({ epoch, history }, { log, progress }) => {
    progress.clear();
    log(epochLine(epoch, epochs, history));
  });

/** Writes the line of an epoch, without the values that were not measured. */
export function epochLine(epoch: number, epochs: number, history: History): string {
  const number = (
    label: string,
    name: string,
    split: SplitName,
    show: (value: number) => string,
  ): readonly string[] => {
    const value = newest(history, name, split);
    return value === null ? [] : [`${label}${show(value)}`];
  };
  const digits = (n: number) => (value: number) => value.toFixed(n);
  const [least, most] = [
    newest(history, "active_min", "test"),
    newest(history, "active_max", "test"),
  ];
  return [
    `epoch ${String(epoch).padStart(String(epochs).length)}/${epochs}`,
    ...number("loss ", "loss", "train", digits(4)),
    ...number("train ", "accuracy", "train", digits(4)),
    ...number("validation ", "accuracy", "validation", digits(4)),
    ...number("test ", "accuracy", "test", digits(4)),
    ...number("copies found ", "copies_found", "test", digits(4)),
    ...(least === null || most === null
      ? []
      : [`bits ${least === most ? least : `${least} to ${most}`}`]),
    ...number("", "samples_per_second", "run", (x) => `${Math.round(x)} samples/s`),
    ...timeLeft(epoch, epochs, history),
  ].join("  ");
}

/** The last epochs whose mean time those that are left are taken to need. */
const RECENT = 5;

/**
 * Estimates the time left by the duration of the last epochs; nothing after the last epoch, and where that is not
 * known.
 */
function timeLeft(epoch: number, epochs: number, history: History): readonly string[] {
  const from = Math.max(0, epoch - RECENT);
  const seconds = history.reduce(
    (sum, row) =>
      row.epoch > from && ["training_seconds", "evaluation_seconds"].includes(row.name)
        ? sum + row.value
        : sum,
    0,
  );
  return epoch >= epochs || seconds === 0
    ? []
    : [`${duration(seconds / (epoch - from) * (epochs - epoch))} left`];
}

/** The name of the report in the output folder. */
export const REPORT_FILE = "report.html";

/** The last epoch of the run that a report shows; null where the report was interrupted, or does not say it. */
export function epochOfReport(page: string): number | null {
  const found = new RegExp(`<meta name="${EPOCH_META}" content="(\\d{1,15})">`).exec(page);
  return found === null ? null : Number(found[1]);
}

/** Options of {@linkcode report}: its contents besides the run's history. */
export interface ReportOptions {
  /** Title of the report: the pipeline's name. */
  readonly title: string;
  /** Dataset, whose name and notice are shown. */
  readonly dataset: Dataset;
  /** Configuration: every option, seed, backend and version. */
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * Writes `report.html` to a folder: one page without anything to load, with the accuracy, the loss,
 * the model, the codes, the confusions and the configuration. Each figure is an SVG file in `figures/` besides.
 *
 * Errors: `FileUnavailable`.
 *
 * @param folder Output folder of the run.
 * @param options Options, as {@linkcode ReportOptions} describes them.
 */
export const report = (folder: string, { title, dataset, config }: ReportOptions): Stage =>
  stage(async (run, { files }) => {
    // The report is loaded when it is needed: drawing takes as long to load as everything else together.
    const { reportFiles } = await import("../report/report.ts");
    const { page, drawings } = reportFiles({
      title,
      graph: show(run.graph),
      dataset: dataset.name,
      notice: dataset.notice,
      history: run.history,
      model: { graph: run.graph, input: run.input },
      findings: run.findings,
      config,
      finished: true,
    });
    for (const [file, content] of [...drawings, [REPORT_FILE, page] as const]) {
      const written = await files.write(`${folder}/${file}`, content)();
      if (E.isLeft(written)) return written;
    }
    return E.right(run);
  });
