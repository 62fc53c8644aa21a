/**
 * The stage that measures what the codes are worth.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import type { SparrowError } from "../../graph/error.ts";
import { findKwta } from "../../graph/rewrite.ts";
import { activity, type Embeddings, sparsity } from "../../ops/embeddings.ts";
import { binarise, classMeans } from "../../ops/metrics/centroids.ts";
import { accuracy } from "../../ops/metrics/classification.ts";
import { nearestCentroids } from "../../ops/metrics/nearest_centroid.ts";
import type { Dataset } from "../data/dataset.ts";
import { encode } from "../encode.ts";
import type { Env } from "../env.ts";
import type { Row } from "../history.ts";
import type { Run } from "../run.ts";
import { type Stage, stage } from "../stage.ts";

/**
 * Encodes the training and the test set and classifies both by the nearest class centroid.
 *
 * The centroids are the mean codes of the training set by class, binarised by kWTA with the graph's
 * own sparsity where it has one; the distance is the cosine's.
 *
 * Rows, for "train" and "test": "accuracy", "sparsity" (mean activity), and for binary codes
 * "active_min", "active_mean", "active_max" (bits set per code); "evaluation_seconds".
 *
 * Errors: `Interrupted`.
 */
export const evaluate = (dataset: Dataset): Stage =>
  stage(async (run, env): Promise<E.Either<SparrowError, Run>> => {
    const begun = env.now();
    const train = await encode(run, dataset.train, dataset.normalisation, env, run);
    if (E.isLeft(train)) return train;
    const test = await encode(run, dataset.test, dataset.normalisation, env, run);
    if (E.isLeft(test)) return test;

    const means = classMeans(train.right, dataset.train.labels, dataset.classes.length);
    const kwta = findKwta(run.graph).at(-1);
    const codes = kwta === undefined ? means : means.map((mean) => binarise(mean, kwta.sparsity));
    const row = (split: Row["split"], name: string, value: number): Row => ({
      epoch: run.epoch,
      step: run.step,
      split,
      name,
      value,
    });
    const rows = ([["train", train.right], ["test", test.right]] as const).flatMap(
      ([split, embeddings]) => [
        row(
          split,
          "accuracy",
          accuracy(nearestCentroids(embeddings, codes), dataset[split].labels),
        ),
        ...describeCodes(embeddings).map(([name, value]) => row(split, name, value)),
      ],
    );
    return E.right({
      ...run,
      classCodes: { classes: dataset.classes, means, codes },
      history: [
        ...run.history,
        ...rows,
        row("run", "evaluation_seconds", secondsSince(env, begun)),
      ],
    });
  });

function describeCodes(embeddings: Embeddings): readonly (readonly [string, number])[] {
  const mean = ["sparsity", sparsity(embeddings)] as const;
  if (embeddings.kind === "dense") return [mean];
  const { least, mean: bits, most } = activity(embeddings);
  return [mean, ["active_min", least], ["active_mean", bits], ["active_max", most]];
}

const secondsSince = ({ now }: Env, begun: number): number => (now() - begun) / 1000;
