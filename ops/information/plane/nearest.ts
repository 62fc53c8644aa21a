/**
 * The information plane by nearest neighbours.
 *
 * @module
 */
import { TE } from "../../../graph/fp_ts.ts";
import { checkRanges, integerFrom } from "../../ranges.ts";
import { ksgInformation } from "../nearest/ksg.ts";
import { rossInformation } from "../nearest/ross.ts";
import { type PlaneEstimator, planePoint } from "./estimator.ts";
import { reducedPlane } from "./reduced.ts";

/** Options of {@linkcode nearestPlane}. */
export interface NearestPlaneOptions {
  /** The neighbour that counts, at least 1 and below the samples; 4. */
  readonly k?: number;
  /** Principal components of the input and of each layer, at least 1; 10. */
  readonly components?: number;
}

/**
 * Principal components, then nearest neighbours: I(X;T) by Kraskov, Stögbauer and Grassberger
 * (`ksgInformation`), I(T;Y) by Ross (`rossInformation`).
 *
 * I(X;T) of a deterministic layer is infinite where both are continuous: what a sample shows of it is
 * far below, and grows with the sample (about log₂ n is the most). Read it as "how much of the
 * neighbourhoods of the input are left in the layer", and compare only equal sample sizes and
 * components. I(T;Y) is sound where ten components hold the classes.
 *
 * Source: MutualInfoNPEET of dizcza/pytorch-mighty, mighty/monitor/mutual_info/npeet.py, which reduces to
 * 100 components and takes a class-conditional difference for I(T;Y).
 *
 * @example
 * ```ts
 * import { nearestPlane } from "./nearest.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { seed } from "../../../graph/rng.ts";
 * import { assert } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const values = Float32Array.from({ length: 200 }, (_, i) => (i % 2) * 10 + Math.sin(i * i));
 * const layer = { kind: "dense", count: 200, width: 1, values } as const;
 * const labels = Array.from(values, (_, i) => i % 2);
 * const task = await nearestPlane().prepare(layer, labels, seed(1))();
 * if (E.isLeft(task)) throw new Error("no task");
 * const point = await task.right.locate(layer)();
 * assert(E.isRight(point) && Math.abs(point.right.label - 1) < 0.05);
 * ```
 */
export const nearestPlane = (
  { k = 4, components = 10 }: NearestPlaneOptions = {},
): PlaneEstimator =>
  reducedPlane(
    {
      name: "ksg",
      problem: checkRanges({ k: [k, integerFrom(1)], components: [components, integerFrom(1)] }),
    },
    components,
    (input, layer, labels) =>
      TE.fromEither(
        planePoint(ksgInformation(input, layer, { k }), rossInformation(layer, labels, { k })),
      ),
  );
