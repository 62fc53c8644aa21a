/**
 * Momentum.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { belowOne, checkRanges } from "../ranges.ts";
import { tf } from "../tfjs.ts";
import { mapUpdates, type Transform, zerosLike } from "./transform.ts";

/** Options of {@linkcode accumulateMomentum}. */
export interface MomentumOptions {
  /** What remains of the accumulated updates after a step, in [0, 1). */
  readonly momentum: number;
  /** What is kept back of the fresh update, in [0, 1); 0. */
  readonly dampening?: number;
  /** Looks one step ahead; needs a momentum above 0 and no dampening; false. */
  readonly nesterov?: boolean;
}

/**
 * Accumulates updates: b = momentum · b + (1 − dampening) · u, where the first step takes b = u,
 * undamped. Hands on b, or u + momentum · b with Nesterov.
 *
 * Source: torch.optim.SGD; Sutskever et al. 2013 for Nesterov's in this form. torch counts the first
 * step of each weight apart; here it is the optimiser's first, which matters only to a weight whose
 * gradient comes later, under dampening.
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
