/**
 * k-means on the fly: the nearest centroid moves towards the sample.
 *
 * @module
 */
import { checkRanges } from "../ranges.ts";
import { linear } from "../linear.ts";
import { tf } from "../tfjs.ts";
import type { LocalRule } from "./local_rule.ts";
import { driven, topUnits } from "./winners.ts";

/**
 * Spherical k-means, online: weights are centroids of length 1, the unit of the largest x·w wins, and
 * moves to the samples that it won. Of n samples in a batch it goes the part 1 − (1 − η)ⁿ of the way to
 * their mean, as n steps of w + η (x − w) would if they were equal, and is brought back to length 1.
 *
 * It is meant for whitened samples of equal length.
 *
 * Sources: A. Coates, A. Y. Ng, "Learning feature representations with k-means", in Neural Networks:
 * Tricks of the Trade, 2012, for centroids of length 1 on whitened patches; J. MacQueen, "Some methods for
 * classification and analysis of multivariate observations", 1967, for moving one sample at a time.
 *
 * @example
 * ```ts
 * import { onlineKMeans } from "./online_k_means.ts";
 * import { startBackend } from "../backend.ts";
 * import { tf } from "../tfjs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("cpu")();
 * const { compete, update } = onlineKMeans();
 * const [weights, batch] = [tf.tensor2d([[1, 0], [0, 1]]), tf.tensor2d([[0.5, 0.125], [1, 0]])];
 * const activity = compete(weights, batch);
 * assertEquals(await activity.array(), [[1, 0], [1, 0]]);
 * assertEquals((await update(weights, batch, activity, 0.5).array()).map((row) => row[1]), [0, 1]);
 * ```
 */
export const onlineKMeans = (): LocalRule => ({
  name: "k_means",
  options: {},
  problem: checkRanges({}),
  least: 2,
  rate: 0.02,
  begin: 1,
  compete: (weights, batch, excitability) =>
    tf.tidy(() => topUnits(driven(linear(batch, weights), excitability), 1)),
  update: (weights, batch, activity, rate) =>
    tf.tidy(() => {
      const won = tf.sum(activity, 0, true);
      const mean = tf.div(linear(tf.transpose(batch), activity), tf.maximum(won, 1));
      const part = tf.sub(1, tf.pow(1 - rate, won));
      const moved = tf.add(weights, tf.mul(tf.sub(mean, weights), part));
      const length = tf.sqrt(tf.sum(tf.square(moved), 0, true));
      return tf.div(moved, tf.maximum(length, 1e-12));
    }),
});
