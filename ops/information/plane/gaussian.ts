/**
 * The information plane by Gaussians.
 *
 * @module
 */
import { TE } from "../../../graph/fp_ts.ts";
import { checkRanges, integerFrom } from "../../ranges.ts";
import { copulaInformation } from "../gaussian/gcmi.ts";
import { mixtureClassInformation } from "../gaussian/mixture_information.ts";
import { type PlaneEstimator, planePoint } from "./estimator.ts";
import { reducedPlane } from "./reduced.ts";

/** Options of {@linkcode gaussianPlane}. */
export interface GaussianPlaneOptions {
  /** Principal components of the input and of each layer, at least 1; 10. */
  readonly components?: number;
}

/**
 * Principal components, then Gaussians: I(X;T) by the Gaussian copula (`copulaInformation`), of which it
 * is a lower bound, I(T;Y) by a mixture of one Gaussian per class (`mixtureClassInformation`).
 *
 * Quick and of little variance, and blind to whatever is not in ranks and covariances: of a layer that
 * is a nonlinear function of its input it sees a part. A class of as few samples as there are
 * components is refused, and one whose samples are all equal.
 *
 * Source: MutualInfoGCMI of dizcza/pytorch-mighty, mighty/monitor/mutual_info/gcmi.py, whose I(T;Y) may
 * exceed H(Y); R. Ince et al., Human Brain Mapping 38:1541, 2017.
 *
 * @example
 * ```ts
 * import { gaussianPlane } from "./gaussian.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { seed } from "../../../graph/rng.ts";
 * import { assert } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const values = Float32Array.from({ length: 200 }, (_, i) => (i % 2) * 10 + Math.sin(i * i));
 * const labels = Array.from(values, (_, i) => i % 2);
 * const noise = Float32Array.from({ length: 200 }, (_, i) => Math.cos(i * i * i));
 * const inputs = { count: 200, width: 1, values: noise };
 * const task = await gaussianPlane().prepare(inputs, labels, seed(1))();
 * if (E.isLeft(task)) throw new Error("no task");
 * const point = await task.right.locate({ kind: "dense", count: 200, width: 1, values })();
 * assert(E.isRight(point) && Math.abs(point.right.label - 1) < 0.05 && point.right.input < 0.1);
 * ```
 */
export const gaussianPlane = ({ components = 10 }: GaussianPlaneOptions = {}): PlaneEstimator =>
  reducedPlane(
    { name: "gaussian", problem: checkRanges({ components: [components, integerFrom(1)] }) },
    components,
    (input, layer, labels) =>
      TE.fromEither(
        planePoint(copulaInformation(input, layer), mixtureClassInformation(layer, labels)),
      ),
  );
