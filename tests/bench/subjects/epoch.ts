/**
 * An epoch as the pipelines have it: the stage `train` and the stage `evaluate`.
 *
 * In the time of the training: the order, the batches, the steps, the reading of the losses, and the
 * turns that the event loop is given. In that of the evaluation: encoding of the training and the test
 * set, the class centroids, the accuracies and what is counted of the codes.
 *
 * @module
 */
import { quietEnv } from "../../../pipelines/core/env.ts";
import { dispose } from "../../../pipelines/core/run.ts";
import type { Stage } from "../../../pipelines/core/stage.ts";
import { evaluate } from "../../../pipelines/stages/evaluate.ts";
import { train } from "../../../pipelines/stages/train.ts";
import type { Case } from "../measure.ts";
import { BATCH, first, freshRun, loss, unwrap } from "../mnist_encoder.ts";
import type { Bed, Subject } from "../subject.ts";

/** An epoch on every backend. */
export const epoch: Subject = {
  name: "epoch",
  where: "device",
  cases: (bed) => {
    const { test } = bed.data;
    // The test set takes part in the evaluation whole.
    const data = bed.short ? first(bed.data.train, 64) : bed.data.train;
    const training = train({ data, loss, batchSize: BATCH });
    const evaluation = evaluate({ ...bed.data, train: data });
    return [
      stageCase(bed, "training", data.count, training),
      stageCase(bed, "evaluation", data.count + test.count, evaluation),
    ];
  },
};

function stageCase({ backend }: Bed, name: string, count: number, stage: Stage): Case {
  return {
    name: `${name}, ${count} images`,
    work: { count, what: "images" },
    prepare: () => {
      const env = quietEnv(backend);
      let run = freshRun();
      return {
        call: async () => {
          run = unwrap(await stage(run)(env)());
        },
        dispose: () => dispose(run),
      };
    },
  };
}
