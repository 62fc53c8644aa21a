/**
 * A program whose GPU is lost after its first epoch.
 *
 *     deno run -A tests/pipelines/checkpoint/losing_gpu.ts --backend webgpu --epochs 3 --on-gpu-loss wasm
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import { tf, type WebGPUBackend } from "../../../ops/tfjs.ts";
import { tripletCosineLoss } from "../../../ops/losses/triplet_cosine_loss.ts";
import { experiment } from "../../../pipelines/cli/experiment.ts";
import { take } from "../../../pipelines/data/splits.ts";
import { pipeline, tap, until } from "../../../pipelines/stage.ts";
import { announce } from "../../../pipelines/stages/announce.ts";
import { checkpoint } from "../../../pipelines/stages/checkpoint.ts";
import { save } from "../../../pipelines/stages/save.ts";
import { encoder, optimiser, trainTiny } from "../tiny.ts";

/** Takes the GPU away as a driver does that crashes. */
export function loseGpu(): void {
  if (tf.getBackend() === "webgpu") (tf.backend() as WebGPUBackend).device.destroy();
}

if (import.meta.main) {
  await experiment({
    name: "losing_gpu",
    summary: "Loses its GPU after the first epoch.",
    datasets: ["strokes"],
    plan: (all) => {
      const small = take(all, 300);
      return E.right({
        graph: encoder,
        loss: tripletCosineLoss(),
        optimiser,
        settings: {},
        dataset: small,
        stages: ({ dataset, folder, epochs }) =>
          until(epochs)(pipeline(
            trainTiny(dataset),
            save(folder, dataset),
            checkpoint(folder),
            announce(epochs),
            tap(({ epoch }) => epoch === 1 ? loseGpu() : undefined),
          )),
      });
    },
    results: () => [],
  });
}
