/**
 * The learning rate as a transform.
 *
 * @module
 */
import { checkRanges, positive } from "../ranges.ts";
import { rateValue, type Schedule } from "../schedules.ts";
import { tf } from "../tfjs.ts";
import { mapUpdates, stateless, type Transform } from "./transform.ts";

/**
 * Multiplies the updates by the state's learning rate, lr · u. Every optimiser holds it exactly
 * once, as a rule at the end.
 *
 * @param learningRate The rate to begin with, above 0, or the schedule that `train` follows. In the
 * state it may be 0.
 */
export const scaleByLearningRate = (learningRate: number | Schedule): Transform => ({
  ...stateless(
    "scaleByLearningRate",
    { learningRate: rateValue(learningRate) },
    (updates, _, { learningRate }) => mapUpdates(updates, (update) => tf.mul(update, learningRate)),
    () =>
      typeof learningRate === "number"
        ? checkRanges({ learningRate: [learningRate, positive] })
        : learningRate.problem ?? null,
  ),
  fusible: { _tag: "ScaleByLearningRate", learningRate },
});
