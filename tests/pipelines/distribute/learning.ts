/**
 * A task that trains, for tests, in a module of its own because workers import it.
 *
 * @module
 */
import { pipe, TE } from "../../../graph/fp_ts.ts";
import { dispose } from "../../../pipelines/core/run.ts";
import { pipeline } from "../../../pipelines/core/stage.ts";
import { loadStrokes } from "../../../pipelines/data/strokes.ts";
import type { Task } from "../../../pipelines/distribute/mod.ts";
import { evaluate } from "../../../pipelines/stages/evaluate.ts";
import { save } from "../../../pipelines/stages/save.ts";
import { begin, envOn, trainTiny } from "../tiny.ts";

/** Trains a tiny encoder for one epoch on the backend "cpu", and saves it; the row is its accuracy. */
export const learn: Task<{ readonly seed: number }, { readonly accuracy: number }> = {
  name: "learn",
  module: import.meta.url,
  backend: () => "cpu",
  isRow: (value): value is { readonly accuracy: number } =>
    typeof (value as { readonly accuracy?: unknown } | null)?.accuracy === "number",
  work: ({ seed }, { folder }) =>
    pipe(
      loadStrokes({ seed, train: 64, test: 20 }),
      TE.chain((dataset) => async () => {
        const env = await envOn("cpu");
        const stages = pipeline(trainTiny(dataset), evaluate(dataset), save(folder, dataset));
        return await stages(begin(seed))(env)();
      }),
      TE.map((run) => {
        dispose(run);
        const { value } = run.history.findLast(({ name, split }) =>
          name === "accuracy" && split === "test"
        )!;
        return { accuracy: value };
      }),
    ),
};
