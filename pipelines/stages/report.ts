/**
 * The stage that writes the report.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { show } from "../../graph/show.ts";
import type { Dataset } from "../data/dataset.ts";
import { type Stage, stage } from "../core/stage.ts";

/** The name of the report in the output folder. */
export const REPORT_FILE = "report.html";

/** What the report says of a run besides its history. */
export interface ReportOptions {
  /** The pipeline's name. */
  readonly title: string;
  /** Whose name and notice are shown. */
  readonly dataset: Dataset;
  /** Every option, seed, backend and version. */
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * Writes `report.html` to a folder: one page without anything to load, with the accuracy, the loss,
 * the model, the codes, the confusions and the configuration. Each figure is an SVG file in `figures/` besides.
 *
 * Errors: `FileUnavailable`.
 */
export const report = (folder: string, { title, dataset, config }: ReportOptions): Stage =>
  stage(async (run, { files }) => {
    // Loaded when it is wanted: drawing takes as long to load as everything else together.
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
