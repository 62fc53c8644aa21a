/**
 * k winners by boosted activation.
 *
 * Source: Ahmad & Scheinkman 2019 (arXiv 1903.11257), and the formulas of nupic.torch's KWinners and
 * KWinners2d.
 *
 * @module
 */
import type { KWinners } from "../graph/node.ts";
import "./kernels/kwta_gpu.ts";
import "./kernels/kwta_simd.ts";
import { WINNERS, type WinnersAttributes } from "./kernels/kwta.ts";
import { competing } from "./kwta.ts";
import type { Lowered } from "./lowered.ts";
import { type Params, tf } from "./tfjs.ts";

/** The nearest integer, of two the even one, as Python rounds. */
function roundHalfToEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
}

/**
 * How many of n units win, in training and evaluated.
 *
 * @param image Whether the units are those of an image, where a larger k is rounded, not truncated.
 *
 * @example
 * ```ts
 * import { boostedWinners } from "./k_winners.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(boostedWinners(20, 0.125, 1.5, false), { train: 2, evaluate: 3 });
 * assertEquals(boostedWinners(20, 0.125, 1.5, true), { train: 2, evaluate: 4 });
 * ```
 */
export function boostedWinners(
  n: number,
  sparsity: number,
  inferenceFactor: number,
  image: boolean,
): { readonly train: number; readonly evaluate: number } {
  const train = roundHalfToEven(n * sparsity);
  const evaluate = image
    ? roundHalfToEven(n * sparsity * inferenceFactor)
    : Math.trunc(train * inferenceFactor);
  return { train, evaluate: Math.min(n, evaluate) };
}

/** 1 where a unit wins its row, else 0. */
function winnersOf(rows: tf.Tensor, k: number, breakTies: boolean): tf.Tensor {
  const units = rows.shape[1] as number;
  if (k <= 0) return tf.zerosLike(rows);
  if (k >= units) return tf.onesLike(rows);
  const attributes: WinnersAttributes = { k, ties: !breakTies };
  return tf.engine().runKernel(WINNERS, { x: rows }, attributes as unknown as tf.NamedAttrMap);
}

/** [samples, …units] as rows where it is one competition per sample. */
const flat = (f: (rows: tf.Tensor) => tf.Tensor) => (x: tf.Tensor): tf.Tensor =>
  x.rank === 2 ? f(x) : tf.reshape(f(tf.reshape(x, [x.shape[0], -1])), x.shape);

/**
 * The winners of x · exp(−boost · duty), transmitted as they are in x; all others 0.
 *
 * @param x [samples, …, units], float32.
 * @param duty [units].
 * @param k How many win each competition; all of n and none are possible.
 */
export function kWinners(
  x: tf.Tensor,
  duty: tf.Tensor,
  k: number,
  { boost, over, break_ties, relu }: Pick<KWinners, "boost" | "over" | "break_ties" | "relu">,
): tf.Tensor {
  const transmit = tf.customGrad((values, save) => {
    const given = values as tf.Tensor;
    const boosted = tf.mul(given, tf.exp(tf.mul(duty, -boost)));
    const chosen = competing(boosted, over, flat((rows) => winnersOf(rows, k, break_ties)));
    const open = relu ? tf.mul(chosen, tf.step(given)) : chosen;
    (save as tf.GradSaveFunc)([open]);
    return {
      value: tf.mul(given, open),
      gradFunc: (dy: tf.Tensor, [mask]: tf.Tensor[]) => tf.mul(dy, mask),
    };
  });
  return transmit(x);
}

/** The duty cycle after a batch, over about the last `period` samples. */
function nextDuty(duty: tf.Tensor, seen: tf.Tensor, y: tf.Tensor, period: number): tf.Tensor {
  const batch = y.shape[0];
  const places = y.size / Math.max(1, batch * (y.shape[y.rank - 1] as number));
  const fired = tf.sum(tf.reshape(tf.step(y), [-1, duty.shape[0] as number]), 0);
  // A batch that is longer than the period is all that is remembered.
  const span = tf.maximum(tf.minimum(seen, period), batch);
  return tf.div(tf.add(tf.mul(duty, tf.sub(span, batch)), tf.div(fired, places)), span);
}

/** The node, lowered. */
export function kWinnersAt(node: KWinners, path: string): Lowered {
  const { sparsity, inference_factor, over, period } = node;
  const [dutyPath, samplesPath] = [`${path}.duty_cycle`, `${path}.samples`];
  const counts = (x: tf.Tensor) => {
    const [, height, width, channels] = x.shape as number[];
    const units = over === "location"
      ? channels
      : over === "channel"
      ? height * width
      : x.size / Math.max(1, x.shape[0]);
    return boostedWinners(units, sparsity, inference_factor, x.rank === 4);
  };
  return {
    evaluate: ({ plasticity }, value) => {
      const x = value as tf.Tensor;
      return kWinners(x, plasticity[dutyPath], counts(x).evaluate, node);
    },
    train: (_: Params, signal) => {
      const x = signal.value as tf.Tensor;
      const { [dutyPath]: duty, [samplesPath]: samples } = signal.plasticity;
      const value = kWinners(x, duty, counts(x).train, node);
      const seen = tf.add(samples, x.shape[0]);
      const plasticity = {
        ...signal.plasticity,
        [dutyPath]: nextDuty(duty, seen, value, period),
        [samplesPath]: seen,
      };
      return { ...signal, value, plasticity };
    },
  };
}
