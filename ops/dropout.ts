/**
 * Nodes that leave something out in training.
 *
 * @module
 */
import { dropoutMask, type Rng } from "../graph/rng.ts";
import { sizeOf } from "../graph/space.ts";
import type { Lowered } from "./lowered.ts";
import { type Params, tf } from "./tfjs.ts";

/** A tensor with each element 0 with a probability and otherwise times a factor. */
function thinned<T extends tf.Tensor>(
  x: T,
  rate: number,
  factor: number,
  rng: Rng,
): readonly [T, Rng] {
  const [kept, rest] = dropoutMask(sizeOf(x.shape), rate, factor, rng);
  return [tf.mul(x, tf.tensor(kept, x.shape)) as T, rest];
}

/** A dropout of values, divided by 1 − rate where they stay. */
export const dropout = (rate: number): Lowered => ({
  evaluate: (_, x) => x,
  train: (_, signal) => {
    if (rate === 0) return signal;
    const [value, rng] = thinned(signal.value as tf.Tensor, rate, 1 / (1 - rate), signal.rng);
    return { ...signal, value, rng };
  },
});

/**
 * f with some of its weights 0 in training.
 *
 * @param prefix Of the paths of its params.
 * @param factor Of the weights that stay.
 */
export const dropConnect = (
  f: Lowered,
  prefix: string,
  rate: number,
  factor: number,
): Lowered => ({
  evaluate: f.evaluate,
  train: (params, signal) => {
    let rng = signal.rng;
    const thin = ([path, tensor]: readonly [string, tf.Tensor]) => {
      if (rate === 0 || !isConnection(path, tensor, prefix)) return [path, tensor] as const;
      const [kept, rest] = thinned(tensor, rate, factor, rng);
      rng = rest;
      return [path, kept] as const;
    };
    const thinner: Params = Object.fromEntries(Object.entries(params).map(thin));
    return f.train(thinner, { ...signal, rng });
  },
});

/** Weights that connect units are matrices at least; a bias, a scale or a threshold is not. */
const isConnection = (path: string, { rank }: tf.Tensor, prefix: string): boolean =>
  path.startsWith(prefix) && path.endsWith(".weight") && rank >= 2;
