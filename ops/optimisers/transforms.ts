/**
 * Transforms without state: the learning rate, weight decay, clipping, and
 * freezing weights. Those with moments stand with their optimisers, in `adam.ts` and `sgd.ts`.
 *
 * @module
 */
import { checkRanges, notNegative, positive } from "../ranges.ts";
import { rateValue, type Schedule } from "./schedules.ts";
import { type Params, tf } from "../tfjs.ts";
import { mapUpdates, stateless, type Transform } from "./transform.ts";
import { invalidOption } from "../../graph/error.ts";

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

/**
 * Clamps every element of the updates: min(max(u, −limit), limit).
 *
 * Source: torch.nn.utils.clip_grad_value_.
 *
 * @param limit Above 0.
 *
 * @example
 * ```ts
 * import { chain } from "./chain.ts";
 * import { clipByValue } from "./transforms.ts";
 * import { sgd } from "./sgd.ts";
 * import { tf } from "../tfjs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await tf.setBackend("cpu");
 * const { init, update } = chain(clipByValue(0.5), sgd({ learningRate: 1 }));
 * const params = { w: tf.tensor1d([0, 0]) };
 * const [{ w }] = update({ w: tf.tensor1d([-3, 0.25]) }, init(params), params);
 * assertEquals([...w.dataSync()], [0.5, -0.25]);
 * ```
 */
export const clipByValue = (limit: number): Transform =>
  stateless(
    "clipByValue",
    { limit },
    (updates) => mapUpdates(updates, (update) => tf.clipByValue(update, -limit, limit)),
    () => checkRanges({ limit: [limit, positive] }),
  );

/**
 * Scales all updates by one factor, so that their global norm is at most `maxNorm`:
 * u · min(1, maxNorm / (√(Σ u²) + 1e-6)). Smaller ones pass unchanged. The norm is over the
 * updates that arrive: after `freeze`, those of the weights that are trained.
 *
 * Source: Pascanu et al. 2013 (arXiv 1211.5063), as torch.nn.utils.clip_grad_norm_ computes it.
 *
 * @param maxNorm Above 0.
 *
 * @example
 * ```ts
 * import { chain } from "./chain.ts";
 * import { clipByNorm } from "./transforms.ts";
 * import { sgd } from "./sgd.ts";
 * import { tf } from "../tfjs.ts";
 * import { assertAlmostEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await tf.setBackend("cpu");
 * const { init, update } = chain(clipByNorm(1), sgd({ learningRate: 1 }));
 * const params = { a: tf.tensor1d([0]), b: tf.tensor1d([0]) };
 * const gradients = { a: tf.tensor1d([3]), b: tf.tensor1d([-4]) };
 * const [{ a, b }] = update(gradients, init(params), params);
 * assertAlmostEquals(a.dataSync()[0], -0.6, 1e-6);
 * assertAlmostEquals(b.dataSync()[0], 0.8, 1e-6);
 * ```
 */
export const clipByNorm = (maxNorm: number): Transform =>
  stateless(
    "clipByNorm",
    { maxNorm },
    (updates) => {
      // The factor stays on the device: reading it back would stall a GPU in every step.
      const factor = tf.minimum(tf.div(maxNorm, tf.add(globalNorm(updates), GUARD)), 1);
      return mapUpdates(updates, (update) => tf.mul(update, factor));
    },
    () => checkRanges({ maxNorm: [maxNorm, positive] }),
  );

/** Keeps the quotient finite where all updates are zero; torch's constant. */
const GUARD = 1e-6;

/**
 * The Euclidean norm of all updates taken as one vector, √(Σ u²), a scalar. It is Infinity where the
 * sum of squares exceeds float32 (norms above 1.8e19).
 */
const globalNorm = (updates: Params): tf.Scalar =>
  tf.tidy(() => {
    const squares = Object.values(updates).map((update) => tf.sum(tf.square(update)));
    return tf.sqrt(squares.reduce((sum, square) => tf.add(sum, square), tf.scalar(0))) as tf.Scalar;
  });

/** Selection of weights: a weight's path ("0.weight"), a node's ("0": all of its weights), or a predicate on paths. */
export type Selector = string | ((path: string) => boolean);

const selects = (selector: Selector, path: string): boolean =>
  typeof selector === "string"
    ? path === selector || path.startsWith(`${selector}.`)
    : selector(path);

/**
 * Drops the updates of the selected weights: they stay, to the bit, and are not decayed. As the
 * first of a chain, where it belongs, it keeps their gradients from the norm that `clipByNorm` takes,
 * and leaves their moments at zero; as the last it does neither, and Adam before it is not fused.
 *
 * Its `check` refuses a name that selects nothing; a predicate may.
 *
 * @param selectors Paths of weights, paths of nodes for all of their weights, or predicates on paths.
 *
 * @example
 * ```ts
 * import { adam } from "./adam.ts";
 * import { chain } from "./chain.ts";
 * import { freeze } from "./transforms.ts";
 * import { tf } from "../tfjs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await tf.setBackend("cpu");
 * const { init, update, check } = chain(freeze("0"), adam({ weightDecay: 0.1 }));
 * const params = { "0.weight": tf.tensor1d([1]), "2.weight": tf.tensor1d([1]) };
 * const gradients = { "0.weight": tf.tensor1d([1]), "2.weight": tf.tensor1d([1]) };
 * const [after] = update(gradients, init(params), params);
 * assertEquals(after["0.weight"].dataSync()[0], 1);
 * assertEquals(after["2.weight"].dataSync()[0] < 1, true);
 * assertEquals(check(["2.weight"])?.actual, '"0"');
 * ```
 */
export const freeze = (...selectors: readonly Selector[]): Transform =>
  stateless(
    "freeze",
    {
      frozen: selectors.map((one) => typeof one === "string" ? one : "(predicate)").join(", "),
    },
    (updates) =>
      Object.fromEntries(
        Object.entries(updates).filter(([path]) => !selectors.some((one) => selects(one, path))),
      ),
    (paths) => {
      const lost = selectors.find((one) =>
        typeof one === "string" && !paths.some((path) => selects(one, path))
      );
      return lost === undefined
        ? null
        : invalidOption("freeze", lost, `the path of a weight or a node, of ${paths.join(", ")}`);
    },
  );
