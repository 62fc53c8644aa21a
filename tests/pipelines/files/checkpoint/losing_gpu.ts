/**
 * A program whose GPU is lost after its first epoch.
 *
 *     deno run -A tests/pipelines/files/checkpoint/losing_gpu.ts --backend webgpu --epochs 3 --on-gpu-loss wasm
 *
 * @module
 */
import { E } from "../../../../graph/fp_ts.ts";
import { tf, type WebGPUBackend } from "../../../../ops/tfjs.ts";
import { tripletCosineLoss } from "../../../../ops/losses/triplet.ts";
import { training } from "../../../../pipelines/cli/training.ts";
import { take } from "../../../../pipelines/data/splits.ts";
import { pipeline, tap, until } from "../../../../pipelines/core/stage.ts";
import { encoder, optimiser, trainTiny } from "../../tiny.ts";

/** Takes the GPU away as a driver does that crashes. */
export function loseGpu(): void {
  if (tf.getBackend() === "webgpu") (tf.backend() as WebGPUBackend).device.destroy();
}

if (import.meta.main) {
  await training({
    name: "losing_gpu",
    summary: "Loses its GPU after the first epoch.",
    datasets: ["strokes"],
    flags: {},
    prepare: (dataset) => take(dataset, 300),
    recipe: ({ epochs = 20 }, { dataset, keep }) =>
      E.right({
        graph: encoder,
        loss: tripletCosineLoss(),
        optimiser,
        settings: {},
        stages: until(epochs)(pipeline(
          trainTiny(dataset),
          keep(),
          tap(({ epoch }) => epoch === 1 ? loseGpu() : undefined),
        )),
      }),
    results: () => [],
  });
}
