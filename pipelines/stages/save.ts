/**
 * The stage that writes the model and its numbers.
 *
 * @module
 */
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import type { SparrowError } from "../../graph/error.ts";
import type { Dataset } from "../data/dataset.ts";
import { type History, toJsonLines } from "../core/history.ts";
import { saveModel } from "../files/model.ts";
import { type Run, toArrays } from "../core/run.ts";
import { type Stage, stage } from "../core/stage.ts";

/** The name of the model in the output folder. */
export const MODEL_FILE = "model.safetensors";

/** The name of the history in the output folder. */
export const METRICS_FILE = "metrics.jsonl";

/**
 * Writes `model.safetensors` and `metrics.jsonl` to a folder, each in place of the one before. A
 * reader sees the old file or the new one, never a part.
 *
 * Errors: `FileUnavailable`; `NonFinite` naming the weight when one is not finite, and then the
 * last good model stays.
 */
export const save = (folder: string, dataset: Dataset): Stage =>
  stage(async (run, { files }): Promise<E.Either<SparrowError, Run>> => {
    const [params, plasticity] = [await toArrays(run.params), await toArrays(run.plasticity)];
    for (const [tensor, { data }] of Object.entries({ ...params, ...plasticity })) {
      const value = data.find((x) => !Number.isFinite(x));
      if (value !== undefined) {
        const { epoch, step, saved: lastGood } = run;
        return E.left({ _tag: "NonFinite", tensor, value, epoch, step, lastGood });
      }
    }
    const path = `${folder}/${MODEL_FILE}`;
    const { graph, input, epoch } = run;
    const { name, train: { normalisation } } = dataset;
    const arrays = { params, plasticity };
    const metrics = measuredIn(run.history);
    const facts = { normalisation, dataset: name, epoch, metrics };
    return await pipe(
      saveModel(path, { graph, input, ...arrays, ...facts }, files),
      TE.chain(() => files.write(`${folder}/${METRICS_FILE}`, toJsonLines(run.history))),
      TE.map(() => ({ ...run, saved: path })),
    )();
  });

/** What was last measured on the test set, by name. */
function measuredIn(history: History): Readonly<Record<string, number>> {
  const rows = history.filter(({ split }) => split === "test");
  const last = rows.at(-1)?.epoch;
  return Object.fromEntries(
    rows.filter(({ epoch, value }) => epoch === last && Number.isFinite(value))
      .map(({ name, value }) => [name, value]),
  );
}
