/**
 * The stage that lets boosting fade as training goes on.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { invalidOption } from "../../graph/error.ts";
import { mapLeaves } from "../../graph/rewrite.ts";
import { type Stage, stage } from "../stage.ts";

/**
 * Multiplies the boost of every `k_winners` in the run's graph by a factor, but for the first epoch. It
 * comes before `train`.
 *
 * Source: Ahmad & Scheinkman 2019 (arXiv 1903.11257); nupic.torch's `boost_strength_factor`, 0.9.
 *
 * Errors: `InvalidOption` when the factor is not above 0 and at most 1.
 *
 * @param factor In (0, 1]; 0.9.
 */
export const boostDecay = (factor = 0.9): Stage => {
  const fade = mapLeaves((leaf) =>
    leaf._tag === "k_winners" ? { ...leaf, boost: leaf.boost * factor } : leaf
  );
  return stage((run) =>
    Promise.resolve(
      !(factor > 0 && factor <= 1)
        ? E.left(invalidOption("factor", factor, "a number above 0 and at most 1"))
        : E.right(run.epoch === 0 ? run : { ...run, graph: fade(run.graph) }),
    )
  );
};
