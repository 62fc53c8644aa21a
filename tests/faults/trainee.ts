/**
 * A training program whose epochs take a fraction of a second, for faults to be put in.
 *
 *     deno run -A tests/faults/trainee.ts --dataset strokes --backend webgpu --epochs 3 --lose 1 --on-gpu-loss wasm
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { tf, type WebGPUBackend } from "../../ops/tfjs.ts";
import { tripletCosineLoss } from "../../ops/losses/triplet.ts";
import { training } from "../../pipelines/cli/training.ts";
import { pipeline, tap, until } from "../../pipelines/core/stage.ts";
import { take } from "../../pipelines/data/splits.ts";
import { evaluate } from "../../pipelines/stages/evaluate.ts";
import { encoder, optimiser, trainTiny } from "../pipelines/tiny.ts";

/** Takes the GPU away as a driver does that crashes. */
function loseGpu(): void {
  if (tf.getBackend() === "webgpu") (tf.backend() as WebGPUBackend).device.destroy();
}

if (import.meta.main) {
  await training({
    name: "trainee",
    summary: "Trains on 300 images.",
    datasets: ["strokes"],
    flags: {
      lose: {
        kind: "integer",
        help: "lose the GPU after this epoch",
        least: 1,
        most: 100,
        fallback: null,
      },
    },
    prepare: (dataset) => take(dataset, 300),
    recipe: ({ epochs, lose }, { dataset, keep }) =>
      E.right({
        graph: encoder,
        loss: tripletCosineLoss(),
        optimiser,
        settings: {},
        stages: until(epochs)(pipeline(
          trainTiny(dataset),
          evaluate(dataset),
          keep(),
          tap(({ epoch }) => epoch === lose ? loseGpu() : undefined),
        )),
      }),
  });
}
