/**
 * The stage that measures how far the codes of classes are apart.
 *
 * @module
 */
import { E, pipe } from "../../graph/fp_ts.ts";
import type { Dataset } from "../data/dataset.ts";
import { encode } from "../encode.ts";
import type { Row } from "../history.ts";
import { type Stage, stage } from "../stage.ts";
import { codeSeparation } from "./code_separation.ts";

/**
 * Encodes the test set and compares its codes, as `codeSeparation` does.
 *
 * Rows, for "test": "distinct_codes" (how many), "between_cosine" and
 * "within_cosine".
 *
 * Errors: `Interrupted`.
 */
export const separate = ({ test, classes, normalisation }: Dataset): Stage =>
  stage(async (run, env) =>
    pipe(
      await encode(run, test, normalisation, env, run),
      E.map((embeddings) => {
        const { distinct, between, within } = codeSeparation(
          embeddings,
          test.labels,
          classes.length,
        );
        const row = (name: string, value: number): Row => ({
          epoch: run.epoch,
          step: run.step,
          split: "test",
          name,
          value,
        });
        const rows = [
          row("distinct_codes", distinct),
          row("between_cosine", between),
          row("within_cosine", within),
        ];
        return { ...run, history: [...run.history, ...rows] };
      }),
    )
  );
