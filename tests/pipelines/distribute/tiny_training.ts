/**
 * A training program that is done in a second, for sweeps.
 *
 * @module
 */
import { E, pipe, TE } from "../../../graph/fp_ts.ts";
import { graph } from "../../../graph/parse.ts";
import { tripletCosineLoss } from "../../../ops/losses/triplet.ts";
import { adam } from "../../../ops/optimisers/adam.ts";
import { settingFlags, training } from "../../../pipelines/cli/training.ts";
import { pipeline, until } from "../../../pipelines/core/stage.ts";
import { loadStrokes } from "../../../pipelines/data/strokes.ts";
import { evaluate } from "../../../pipelines/stages/evaluate.ts";

if (import.meta.main) {
  await training({
    name: "tiny_training",
    summary: "Trains on 64 digits.",
    datasets: ["strokes"],
    flags: { sparsity: settingFlags.sparsity(0.1) },
    begin: ({ seed }, { env }) =>
      pipe(
        env,
        TE.chainW((env) =>
          pipe(
            loadStrokes({ seed, train: 64, test: 20 }),
            TE.map((dataset) => ({ env, dataset })),
          )
        ),
      ),
    recipe: ({ sparsity, epochs }, { dataset, train, keep }) => {
      const loss = tripletCosineLoss();
      return E.right({
        graph: graph`linear(784, 32) ▷ kwta(${sparsity})`,
        loss,
        optimiser: adam(),
        settings: {},
        stages: until(epochs)(pipeline(train({ loss }), evaluate(dataset), keep())),
      });
    },
  });
}
