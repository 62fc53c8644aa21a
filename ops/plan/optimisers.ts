/**
 * The optimisers of a plan: each steps the weights where they stand.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { stepByAdam } from "../kernels/adam.ts";
import { adamOf } from "../optimisers/chain.ts";
import type { Optimiser } from "../optimisers/transform.ts";
import type { PlanMemory } from "./memory.ts";
import type { Weight } from "./site.ts";

/** A step of an optimiser. */
export interface PlannedOptimiser {
  /** Names of the slots, of each of which there is one block per weight. */
  readonly slots: readonly string[];
  /**
   * Steps a weight.
   *
   * @param slots The addresses of its slots, in their order.
   * @param step The number of the step, counted from 1.
   */
  readonly step: (
    memory: PlanMemory,
    weight: Weight,
    slots: readonly number[],
    learningRate: number,
    step: number,
  ) => void;
}

/** Finds the step of an optimiser, or the reason for which a plan has none. */
export function plannedOptimiser(optimiser: Optimiser): E.Either<string, PlannedOptimiser> {
  const adam = adamOf(optimiser);
  if (adam === undefined) return E.left(`the plan does not know the optimiser ${optimiser.name}`);
  return E.right({
    slots: ["first", "second"],
    step: ({ kernels: { simd } }, weight, slots, learningRate, step) => {
      const stepped = [weight.at, ...slots];
      stepByAdam(
        simd,
        { ...adam, learningRate, step },
        weight.size,
        weight.slope,
        stepped,
        stepped,
      );
    },
  });
}
