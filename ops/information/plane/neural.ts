/**
 * The information plane by neural bounds.
 *
 * @module
 */
import { pipe, TE } from "../../../graph/fp_ts.ts";
import { splitRng } from "../../../graph/rng.ts";
import { checkRanges, integerFrom } from "../../ranges.ts";
import { neuralInformation } from "../neural/neural_information.ts";
import { checkOptions, type NeuralOptions, withDefaults } from "../neural/options.ts";
import type { PlaneEstimator } from "./estimator.ts";
import { reducedPlane } from "./reduced.ts";

/** Options of {@linkcode neuralPlane}, and those of the bound itself. */
export interface NeuralPlaneOptions extends NeuralOptions {
  /** Principal components of the input and of each layer, at least 1; 50. */
  readonly components?: number;
}

/**
 * Principal components, then a critic that is trained for each layer and measurement anew: both
 * informations from below, by `neuralInformation`. It costs seconds where the other estimators take
 * hundredths, and needs more than the plane's 2,000 samples to come close to an I(X;T) of many bits.
 *
 * Source: MutualInfoNeuralEstimation of dizcza/pytorch-mighty,
 * mighty/monitor/mutual_info/neural_estimation.py.
 *
 * @example
 * ```ts
 * import { neuralPlane } from "./neural.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { seed } from "../../../graph/rng.ts";
 * import { startBackend } from "../../backend.ts";
 * import { assert } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("cpu")();
 * const values = Float32Array.from({ length: 400 }, (_, i) => (i % 2) * 10 + Math.sin(i * i));
 * const layer = { kind: "dense", count: 400, width: 1, values } as const;
 * const labels = Array.from(values, (_, i) => i % 2);
 * const plane = neuralPlane({ steps: 100, batchSize: 50, hidden: [10], learningRate: 0.01 });
 * const task = await plane.prepare(layer, labels, seed(1))();
 * if (E.isLeft(task)) throw new Error("no task");
 * const point = await task.right.locate(layer)();
 * assert(E.isRight(point) && point.right.label > 0.8);
 * ```
 */
export const neuralPlane = (
  { components = 50, ...options }: NeuralPlaneOptions = {},
): PlaneEstimator =>
  reducedPlane(
    {
      name: options.bound ?? "mine",
      problem: checkRanges({ components: [components, integerFrom(1)] }) ??
        checkOptions(withDefaults(options)),
    },
    components,
    (x, t, labels, rng) => {
      const [forInput, forLabel] = splitRng(rng);
      return pipe(
        neuralInformation({ ...options, x, y: t }, forInput),
        TE.chain((input) =>
          pipe(
            neuralInformation({ ...options, x: t, labels }, forLabel),
            TE.map((label) => ({ input: input.bits, label: label.bits })),
          )
        ),
      );
    },
  );
