/**
 * The estimators of the information plane: one point, I(X;T) and I(T;Y), of a layer.
 *
 * The layers are those of an untrained encoder, 64 relu units and codes of 512 bits, on 2,000 images.
 * In the time is `locate`; what `prepare` does for the inputs, once for all layers, is a case of its own.
 *
 * @module
 */
import { graph } from "../../../graph/parse.ts";
import { seed } from "../../../graph/rng.ts";
import type { Embeddings } from "../../../ops/embeddings.ts";
import {
  binnedPlane,
  codesPlane,
  gaussianPlane,
  kMeansPlane,
  nearestPlane,
  neuralPlane,
  type PlaneEstimator,
} from "../../../ops/information/plane.ts";
import { normaliser } from "../../../pipelines/data/normalise.ts";
import { encode } from "../../../pipelines/encode/encode.ts";
import { quietEnv } from "../../../pipelines/core/env.ts";
import { createRun, dispose } from "../../../pipelines/core/run.ts";
import type { Case } from "../measure.ts";
import { encoder, first, optimiser, unwrap } from "../mnist_encoder.ts";
import type { Bed, Subject } from "../subject.ts";

const hidden = graph`linear(784, 64) ▷ relu`;
const rng = seed(26);
const brief = { steps: 2, batchSize: 16, hidden: [8], shuffles: 1, components: 4 };

/** Estimators in plain TypeScript. */
export const information: Subject = {
  name: "information",
  where: "host",
  cases: (bed) =>
    [
      [kMeansPlane(), hidden],
      [kMeansPlane(), encoder],
      [binnedPlane(), hidden],
      [codesPlane(), encoder],
      [gaussianPlane(), hidden],
      [gaussianPlane(), encoder],
      [nearestPlane(), hidden],
      [nearestPlane(), encoder],
    ].flatMap(([estimator, layer]) =>
      cases(bed, estimator as PlaneEstimator, layer as typeof hidden)
    ),
};

/** Estimators that train a critic, for 100 steps in place of 1,000. */
export const neuralInformation: Subject = {
  name: "information, neural",
  where: "device",
  cases: (bed) =>
    (["mine", "infonce"] as const).flatMap((bound) =>
      cases(bed, neuralPlane({ bound, ...bed.short ? brief : { steps: 100 } }), hidden)
    ).filter(({ name }) => !name.includes("inputs")),
};

function cases(bed: Bed, estimator: PlaneEstimator, layer: typeof hidden): readonly Case[] {
  const samples = bed.short ? 300 : 2000;
  const images = first(bed.data.train, samples);
  const picks = Uint32Array.from({ length: images.count }, (_, i) => i);
  const inputs = {
    count: images.count,
    width: 784,
    values: normaliser(images.normalisation)(images, 784, picks),
  };
  const prepare = async () => unwrap(await estimator.prepare(inputs, images.labels, rng)());
  const point: Case = {
    name: `${estimator.name}, ${images.count} of ${layer === hidden ? "64 units" : "512 bits"}`,
    prepare: async () => {
      const task = await prepare();
      const outputs = await outputsOf(bed, layer, images);
      return {
        call: async () => {
          unwrap(await task.locate(outputs)());
        },
        dispose: () => {},
      };
    },
  };
  const once: Case = {
    name: `${estimator.name}, ${images.count} inputs`,
    prepare: () => ({ call: prepare, dispose: () => {} }),
  };
  return layer === hidden ? [once, point] : [point];
}

async function outputsOf(
  { backend }: Bed,
  layer: typeof hidden,
  images: Bed["data"]["train"],
): Promise<Embeddings> {
  const run = unwrap(createRun({ graph: layer, optimiser, seed: 26 }));
  const outputs = unwrap(await encode(run, images, { env: quietEnv(backend) })());
  dispose(run);
  return outputs;
}
