/**
 * Weight decay.
 *
 * @module
 */
import { checkRanges, notNegative } from "../ranges.ts";
import { tf } from "../tfjs.ts";
import { mapUpdates, stateless, type Transform } from "./transform.ts";

/**
 * Adds the weights to their updates: u + weightDecay · w. Before the transforms that rescale it is
 * the L2 penalty of torch.optim.SGD and Adam (coupled), after them the decoupled decay of AdamW.
 * What has no update is not decayed either.
 *
 * Source: Loshchilov & Hutter 2019 (arXiv 1711.05101), algorithm 2, for the difference.
 *
 * @param weightDecay At least 0.
 */
export const addDecayedWeights = (weightDecay: number): Transform => ({
  ...stateless(
    "addDecayedWeights",
    { weightDecay },
    (updates, params) =>
      mapUpdates(updates, (update, path) => tf.add(update, tf.mul(params[path], weightDecay))),
    () => checkRanges({ weightDecay: [weightDecay, notNegative] }),
  ),
  fusible: { _tag: "AddDecayedWeights", weightDecay },
});
