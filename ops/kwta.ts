/**
 * k-winners-take-all on tensors: hard and soft kWTA, kWTA by a threshold that is learned or predicted, and k winners
 * by boosted activation.
 *
 * Source: models/kwta.py of dizcza/EmbedderSDR; for k winners Ahmad & Scheinkman 2019 (arXiv 1903.11257).
 *
 * @module
 */
import { type Params, tf } from "./tfjs.ts";
import type { Gate, KWinners, Over, Soft } from "../graph/node.ts";
import "./kernels/kwta_gpu.ts";
import { HARD_KWTA, SOFT_KWTA, WINNERS, type WinnersAttributes } from "./kernels/kwta.ts";
import { winnerCount } from "./kernels/select_edges.ts";
import { linear } from "./layers.ts";
import type { Lowered } from "./lowered.ts";

// ---- kWTA

/** A function on rows [samples, units] made one on any shape, a sample's units flattened. */
const onRows = <T extends tf.Tensor>(x: T, f: (rows: tf.Tensor2D) => tf.Tensor): T => {
  if (x.rank === 2) return f(x as unknown as tf.Tensor2D) as T;
  const rows = x.shape[0];
  return tf.reshape(f(tf.reshape(x, [rows, x.size / Math.max(rows, 1)])), x.shape) as T;
};

/**
 * Hard kWTA: 1 where a unit is above the threshold of its sample, else 0.
 *
 * The threshold is midway between the k-th and the (k+1)-th largest value; the comparison is
 * strict, so a tie at the boundary loses as a whole, and fewer than k units may fire. The gradient
 * is straight through: that of the identity.
 *
 * @param x [samples, …units], float32.
 * @param sparsity Fraction of the units that win, in (0, 1].
 * @returns The same shape, zeros and ones.
 */
export const hardKwta = <T extends tf.Tensor>(x: T, sparsity: number): T =>
  onRows(
    x,
    (rows) =>
      tf.engine().runKernel(HARD_KWTA, { x: rows }, { k: winnerCount(sparsity, rows.shape[1]) }),
  );

/**
 * Winner-take-all: 1 for the largest unit of a sample, 0 for all others. It is {@linkcode hardKwta} with k = 1.
 *
 * @param x [samples, …units], float32.
 * @returns The same shape; of a sample whose largest value stands twice, zeros.
 */
export const winnerTakeAll = <T extends tf.Tensor>(x: T): T =>
  onRows(x, (rows) => tf.engine().runKernel(HARD_KWTA, { x: rows }, { k: 1 }));

/**
 * gate(hardness · (x − threshold)), which tends to {@linkcode hardKwta} as the hardness grows.
 *
 * The gradient flows through the threshold too: with a_i = h·gate′(z_i)·dy_i it is a_i − ½ Σ a_j
 * for the k-th and the (k+1)-th largest and a_i for all others; it sums to 0 in every sample.
 *
 * @param x [samples, …units], float32.
 * @param sparsity Fraction of the units that win, in (0, 1].
 * @param hardness Above 0.
 * @param gate "sigmoid", or "hard_sigmoid": clamp(z + 3, 0, 6) / 6.
 * @returns The same shape, in [0, 1].
 */
export const softKwta = <T extends tf.Tensor>(
  x: T,
  sparsity: number,
  hardness: number,
  gate: Gate = "sigmoid",
): T =>
  onRows(x, (rows) => {
    const k = winnerCount(sparsity, rows.shape[1]);
    const outputs = tf.engine().runKernel(SOFT_KWTA, { x: rows }, { k, hardness, gate });
    return (outputs as unknown as tf.Tensor[])[0];
  });

/**
 * A function of competing units made one on images: with `over` "channel" those of each channel
 * compete, with "location" the channels at each place, with "sample" all.
 *
 * @param x [samples, height, width, channels]; any shape for "sample".
 * @param f Function of tensors whose first axis separates the competitions; keeps their shape.
 * @returns The same shape.
 */
export function competing(x: tf.Tensor, over: Over, f: (rows: tf.Tensor) => tf.Tensor): tf.Tensor {
  if (over === "sample") return f(x);
  const [samples, height, width, channels] = x.shape;
  if (over === "location") {
    return tf.reshape(f(tf.reshape(x, [samples * height * width, channels])), x.shape);
  }
  const maps = tf.transpose(x, [0, 3, 1, 2]);
  const result = f(tf.reshape(maps, [samples * channels, height * width]));
  return tf.transpose(tf.reshape(result, maps.shape), [0, 2, 3, 1]);
}

// ---- kWTA by a threshold

/** clamp(z + 3, 0, 6) / 6, or 1 / (1 + exp(−z)). */
const open = (z: tf.Tensor, gate: Gate): tf.Tensor =>
  gate === "sigmoid" ? tf.sigmoid(z) : tf.div(tf.clipByValue(tf.add(z, 3), 0, 6), 6);

/**
 * Compares x with a threshold: 1 where x is above, else 0. The gradient is straight through to x, and none goes to the
 * threshold. A soft activation is gate(hardness · (x − threshold)), with gradients to both.
 *
 * @param x [samples, …units], float32.
 * @param threshold Broadcast to the shape of x.
 * @param soft null: hard.
 * @returns The shape of x.
 */
export function thresholded(x: tf.Tensor, threshold: tf.Tensor, soft: Soft | null): tf.Tensor {
  if (soft !== null) return open(tf.mul(tf.sub(x, threshold), soft.hardness), soft.gate);
  const above = tf.customGrad((values) => ({
    // The sign of the difference: a comparison that broadcasts is slow on wasm.
    value: tf.step(tf.sub(values as tf.Tensor, threshold)),
    gradFunc: (dy: tf.Tensor) => tf.clone(dy),
  }));
  return above(x);
}

/**
 * Coefficients of erfinv(x) / x as a polynomial in w − 2.5, highest power first, for w = −log(1 − x²) <
 * 5.
 */
const CENTRE = [
  2.81022636e-08,
  3.43273939e-07,
  -3.5233877e-06,
  -4.39150654e-06,
  0.00021858087,
  -0.00125372503,
  -0.00417768164,
  0.246640727,
  1.50140941,
];

/** Coefficients of the same in √w − 3, for w ≥ 5. */
const TAIL = [
  -0.000200214257,
  0.000100950558,
  0.00134934322,
  -0.00367342844,
  0.00573950773,
  -0.0076224613,
  0.00943887047,
  1.00167406,
  2.83297682,
];

const horner = (coefficients: readonly number[], x: tf.Tensor): tf.Tensor =>
  coefficients.slice(1).reduce<tf.Tensor>(
    (sum, coefficient) => tf.add(tf.mul(sum, x), coefficient),
    tf.fill(x.shape, coefficients[0]),
  );

/**
 * z with P(Z > z) = p for a standard normal Z: √2 · erfinv(1 − 2p), elementwise. Its derivative is
 * −√(2π) · exp(z² / 2).
 *
 * Source: Giles 2010, "Approximating the erfinv function", table 5 (single precision); within 2e-6.
 *
 * @param p Probabilities, in (0, 1), float32.
 * @returns The same shape.
 */
export const upperQuantile = tf.customGrad((input, save) => {
  const p = input as tf.Tensor;
  const x = tf.sub(1, tf.mul(p, 2));
  // 1 − x² = 4p(1 − p), without the cancellation near 1.
  const w = tf.neg(tf.log(tf.mul(tf.mul(p, 4), tf.sub(1, p))));
  const centre = horner(CENTRE, tf.sub(w, 2.5));
  const tail = horner(TAIL, tf.sub(tf.sqrt(tf.relu(w)), 3));
  const value = tf.mul(tf.mul(tf.where(tf.less(w, 5), centre, tail), x), Math.SQRT2);
  (save as tf.GradSaveFunc)([value]);
  const gradFunc = (dy: tf.Tensor, [z]: tf.Tensor[]) =>
    tf.mul(dy, tf.mul(tf.exp(tf.mul(tf.square(z), 0.5)), -Math.sqrt(2 * Math.PI)));
  return { value, gradFunc };
}) as (p: tf.Tensor) => tf.Tensor;

/**
 * The threshold that a predicted fraction of a sample's units exceeds, if they are normally
 * distributed: mean + std · z(s), s = max(sigmoid(x·w) · most, least), P(Z > z(s)) = s, of the units'
 * mean and unbiased standard deviation.
 *
 * Source: SparsityPredictor of dizcza/EmbedderSDR, models/kwta.py.
 *
 * @param rows [samples, units].
 * @param weight [units, 1].
 * @param most Upper bound of the sparsity, in (0, 1].
 * @param least Lower bound of the sparsity, in (0, most).
 * @returns [samples, 1].
 */
export function predictedThreshold(
  rows: tf.Tensor2D,
  weight: tf.Tensor2D,
  most: number,
  least: number,
): tf.Tensor2D {
  const units = rows.shape[1];
  const sparsity = tf.maximum(tf.mul(tf.sigmoid(linear(rows, weight)), most), least);
  const mean = tf.mean(rows, 1, true);
  const squares = tf.sum(tf.square(tf.sub(rows, mean)), 1, true);
  // Of a constant row the root would have an infinite slope.
  const deviation = tf.sqrt(tf.maximum(tf.div(squares, units - 1), 1e-20));
  return tf.add(mean, tf.mul(deviation, upperQuantile(sparsity))) as tf.Tensor2D;
}

// ---- k winners by boosted activation

/** The nearest integer, of two the even one, as Python rounds. */
function roundHalfToEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
}

/**
 * Computes the number of winners among n units, in training and in evaluation.
 *
 * @param image Whether the units are those of an image, where a larger k is rounded, not truncated.
 *
 * @example
 * ```ts
 * import { boostedWinners } from "./kwta.ts";
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
  // The fractions first, as the reference does: 60 · (0.35 · 1.5) is below 31.5, (60 · 0.35) · 1.5 is not.
  const evaluate = image
    ? roundHalfToEven(n * (sparsity * inferenceFactor))
    : Math.trunc(train * inferenceFactor);
  return { train, evaluate: Math.min(n, evaluate) };
}

/** Marks the winners: 1 where a unit wins its row, else 0. */
function winnersOf(rows: tf.Tensor, k: number, breakTies: boolean): tf.Tensor {
  const units = rows.shape[1] as number;
  if (k <= 0) return tf.zerosLike(rows);
  if (k >= units) return tf.onesLike(rows);
  const attributes: WinnersAttributes = { k, ties: !breakTies };
  return tf.engine().runKernel(WINNERS, { x: rows }, attributes as unknown as tf.NamedAttrMap);
}

/**
 * The winners of x · exp(−boost · duty), transmitted as they are in x; all others 0.
 *
 * Source: Ahmad & Scheinkman 2019, and the formulas of nupic.torch's KWinners and KWinners2d.
 *
 * @param x [samples, …, units], float32.
 * @param duty [units].
 * @param k Number of winners of each competition; all of n and none are possible.
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
    const chosen = competing(
      boosted,
      over,
      (competitors) => onRows(competitors, (rows) => winnersOf(rows, k, break_ties)),
    );
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

/**
 * A `k_winners` node, lowered: {@linkcode kWinners}, with the duty cycle and the count of samples kept
 * up.
 */
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
