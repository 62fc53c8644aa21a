/**
 * The weights of a critic at the step that was best on some pairs.
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import type { NonFinite } from "../../../graph/error.ts";
import type { Weights } from "../../lowered.ts";
import { type Params, tf } from "../../tfjs.ts";
import type { Critic } from "./critic.ts";
import { type Pairs, selectPairs } from "./pairs.ts";
import { disposeWeights } from "./train_critic.ts";

/** Weights with what they reached. */
export interface Checkpoint {
  /** Copies of its own. */
  readonly weights: Weights;
  /** The bound, in bits. */
  readonly bits: number;
}

/** Pairs that a step is judged by, at most: all of them, at every look, would take longer than training. */
const MOST_PAIRS = 1024;

/**
 * The better of a checkpoint and of the weights as they are now. A checkpoint that is superseded is
 * disposed of.
 *
 * @param best None before the first.
 * @param pairs That did not train the critic.
 */
export async function keepBetter(
  critic: Critic,
  best: Checkpoint | null,
  now: Weights,
  pairs: Pairs,
): Promise<E.Either<NonFinite, Checkpoint>> {
  const some = pairs.count <= MOST_PAIRS
    ? pairs
    : selectPairs(pairs, Array.from({ length: MOST_PAIRS }, (_, i) => i));
  const judged = await critic.judge(now, some, 1);
  if (E.isRight(judged) && best !== null && judged.right <= best.bits) return E.right(best);
  if (E.isLeft(judged)) return judged;
  if (best !== null) disposeWeights(best.weights);
  const { params, plasticity } = now;
  const weights = { params: copies(params), plasticity: copies(plasticity) };
  return E.right({ weights, bits: judged.right });
}

const copies = (params: Params): Params =>
  Object.fromEntries(Object.entries(params).map(([path, tensor]) => [path, tf.clone(tensor)]));
