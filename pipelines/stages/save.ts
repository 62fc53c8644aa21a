/**
 * The stage that writes the model and its numbers.
 *
 * @module
 */
import type { NonFinite, SparrowError } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { type History, toJsonLines } from "../core/history.ts";
import { type Run, toArrays } from "../core/run.ts";
import { type Stage, stage } from "../core/stage.ts";
import type { DataSplit, TrunkReference } from "../data/dataset.ts";
import { type ModelFile, saveModel } from "../files/model.ts";

/** The name of the model in the output folder. */
export const MODEL_FILE = "model.safetensors";

/** The name of the history in the output folder. */
export const METRICS_FILE = "metrics.jsonl";

/**
 * Description in a model's file of the data that it was trained on. A dataset has it; of vectors that are streamed, `{
 * name: source.name, train: split }`.
 */
export interface TrainedOn {
  /** Name of the data. */
  readonly name: string;
  /** The samples that it was trained on, for their normalisation. */
  readonly train: Pick<DataSplit, "normalisation">;
  /** The trunk that made the samples, where they are features. @default none */
  readonly trunk?: TrunkReference;
}

/**
 * Writes `model.safetensors` and `metrics.jsonl` to a folder, each in place of the one before. A
 * reader sees the old file or the new one, never a part.
 *
 * Errors: `FileUnavailable`; `NonFinite` naming the weight when one is not finite, and then the
 * last good model stays.
 *
 * @param folder Output folder of the run.
 * @param dataset Data that the run was trained on.
 */
export const save = (folder: string, dataset: TrainedOn): Stage =>
  stage((run, { files }): Promise<E.Either<SparrowError, Run>> => {
    const path = `${folder}/${MODEL_FILE}`;
    return pipe(
      modelOf(run, dataset),
      TE.chainW((model) => saveModel(path, model, files)),
      TE.chainW(() => files.write(`${folder}/${METRICS_FILE}`, toJsonLines(run.history))),
      TE.map(() => ({ ...run, saved: path })),
    )();
  });

/**
 * Copies the model of a run into plain data, as {@linkcode save} writes it.
 *
 * @param run Run to copy from, which is not consumed.
 * @param dataset The data that the run was trained on.
 * @returns The model; `NonFinite` naming a weight that is not finite.
 */
export const modelOf =
  (run: Run, dataset: TrainedOn): TE.TaskEither<NonFinite, ModelFile> => async () => {
    const [params, plasticity] = [await toArrays(run.params), await toArrays(run.plasticity)];
    const { graph, input, epoch, step, saved: lastGood } = run;
    for (const [tensor, { data }] of Object.entries({ ...params, ...plasticity })) {
      const value = data.find((x) => !Number.isFinite(x));
      if (value !== undefined) {
        return E.left({ _tag: "NonFinite", tensor, value, epoch, step, lastGood });
      }
    }
    const { name, train: { normalisation }, trunk } = dataset;
    const facts = {
      normalisation,
      dataset: name,
      epoch,
      metrics: measuredIn(run.history),
      ...trunk === undefined ? {} : { trunk },
    };
    return E.right({ graph, input, params, plasticity, ...facts });
  };

/** Returns the last measurements on the test set, by name. */
function measuredIn(history: History): Readonly<Record<string, number>> {
  const rows = history.filter(({ split }) => split === "test");
  const last = rows.at(-1)?.epoch;
  return Object.fromEntries(
    rows.filter(({ epoch, value }) => epoch === last && Number.isFinite(value))
      .map(({ name, value }) => [name, value]),
  );
}
