/**
 * Stochastic gradient descent, and momentum as a transform for custom chains.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { belowOne, checkRanges } from "../ranges.ts";
import { tf } from "../tfjs.ts";
import { mapUpdates, type Transform, zerosLike } from "./transform.ts";
import { rateValue, type Schedule } from "./schedules.ts";
import { addDecayedWeights, scaleByLearningRate } from "./transforms.ts";
import { type Chain, chain } from "./chain.ts";

/** Options of {@linkcode sgd}. */
export interface SgdOptions {
  /** The learning rate, above 0, or a schedule of it, which `train` follows. @default 1e-2 */
  readonly learningRate?: number | Schedule;
  /** Momentum: the factor by which accumulated gradients decay in a step, in [0, 1). @default 0 */
  readonly momentum?: number;
  /** Dampening: the fraction of the fresh gradient that momentum leaves out, in [0, 1). @default 0 */
  readonly dampening?: number;
  /**
   * Whether to look one step ahead, as Nesterov does; needs a momentum above 0 and no dampening.
   *
   * @default false
   */
  readonly nesterov?: boolean;
  /** L2 coupled to the gradient: g + weightDecay · w; at least 0. @default 0 */
  readonly weightDecay?: number;
}

/**
 * Stochastic gradient descent: w − lr · b, where b is the gradient, or with momentum
 * b = momentum · b + (1 − dampening) · g, or with Nesterov's g + momentum · b.
 *
 * Source: torch.optim.SGD.
 *
 * @param options Options, as {@linkcode SgdOptions} describes them.
 *
 * @example
 * ```ts
 * import { sgd } from "./sgd.ts";
 * import { tf } from "../tfjs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await tf.setBackend("cpu");
 * const { init, update } = sgd({ learningRate: 0.5, momentum: 0.5 });
 * let params: Readonly<Record<string, tf.Tensor>> = { w: tf.tensor1d([1]) };
 * let state = init(params);
 * [params, state] = update({ w: tf.tensor1d([1]) }, state, params);
 * [params, state] = update({ w: tf.tensor1d([1]) }, state, params);
 * assertEquals(params.w.dataSync()[0], 1 - 0.5 * 1 - 0.5 * 1.5);
 * ```
 */
export function sgd(options: SgdOptions = {}): Chain {
  const { learningRate = 1e-2, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } =
    options;
  const plain = momentum === 0 && dampening === 0 && !nesterov;
  return {
    ...chain(
      ...(weightDecay === 0 ? [] : [addDecayedWeights(weightDecay)]),
      ...(plain ? [] : [accumulateMomentum({ momentum, dampening, nesterov })]),
      scaleByLearningRate(learningRate),
    ),
    name: "sgd",
    options: { learningRate: rateValue(learningRate), momentum, dampening, nesterov, weightDecay },
  };
}

/** Options of {@linkcode accumulateMomentum}. */
export interface MomentumOptions {
  /** Factor by which accumulated updates decay in a step, in [0, 1). */
  readonly momentum: number;
  /** Dampening: the fraction of the fresh update that is left out, in [0, 1). @default 0 */
  readonly dampening?: number;
  /**
   * Whether to look one step ahead, as Nesterov does; needs a momentum above 0 and no dampening.
   *
   * @default false
   */
  readonly nesterov?: boolean;
}

/**
 * Accumulates updates: b = momentum · b + (1 − dampening) · u, where the first step takes b = u,
 * undamped. Hands on b, or u + momentum · b with Nesterov.
 *
 * Source: torch.optim.SGD; Sutskever et al. 2013 for Nesterov's in this form. torch counts the first
 * step of each weight apart; here it is the optimiser's first, which matters only to a weight whose
 * gradient comes later, under dampening.
 *
 * @param options Options, as {@linkcode MomentumOptions} describes them.
 */
export function accumulateMomentum(options: MomentumOptions): Transform {
  const { momentum, dampening = 0, nesterov = false } = options;
  return {
    name: "accumulateMomentum",
    options: { momentum, dampening, nesterov },
    init: (params) => ({ momentum: zerosLike(params) }),
    update: (updates, { step, slots }) => {
      const accumulated = mapUpdates(
        updates,
        (update, path) =>
          step === 1
            ? update.clone()
            : tf.add(tf.mul(slots.momentum[path], momentum), tf.mul(update, 1 - dampening)),
      );
      const next = nesterov
        ? mapUpdates(updates, (update, path) => tf.add(update, tf.mul(accumulated[path], momentum)))
        : accumulated;
      return [next, { momentum: accumulated }];
    },
    check: () => checkMomentum(momentum, dampening, nesterov),
  };
}

function checkMomentum(
  momentum: number,
  dampening: number,
  nesterov: boolean,
): InvalidOption | null {
  const bad = checkRanges({ momentum: [momentum, belowOne], dampening: [dampening, belowOne] });
  if (bad !== null || !nesterov || (momentum > 0 && dampening === 0)) return bad;
  return invalidOption("nesterov", nesterov, "a momentum above 0 and a dampening of 0 with it");
}
