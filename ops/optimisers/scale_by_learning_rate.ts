/**
 * The learning rate as a transform.
 *
 * @module
 */
import { checkRanges, positive } from "../ranges.ts";
import { tf } from "../tfjs.ts";
import { mapUpdates, stateless, type Transform } from "./transform.ts";

/**
 * Multiplies the updates by the state's learning rate, lr · u. Every optimiser holds it exactly
 * once, as a rule at the end.
 *
 * @param learningRate What the rate begins with, above 0; schedules change it in the state, where it
 * may be 0.
 */
export const scaleByLearningRate = (learningRate: number): Transform => ({
  ...stateless(
    "scaleByLearningRate",
    { learningRate },
    (updates, _, { learningRate }) => mapUpdates(updates, (update) => tf.mul(update, learningRate)),
    () => checkRanges({ learningRate: [learningRate, positive] }),
  ),
  fusible: { _tag: "ScaleByLearningRate", learningRate },
});
