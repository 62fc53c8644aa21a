/**
 * Homeostasis of units, in two places. Synaptic scaling multiplies activations: units that fire too
 * often are damped before the winners are chosen, silent ones boosted. Homeostasis of weights
 * multiplies the synapses themselves: a unit that is too active weakens all of its synapses by one
 * factor, one that is too quiet strengthens them.
 *
 * @module
 */
import { scalingPaths } from "../graph/plasticity.ts";
import type { Lowered } from "./lowered.ts";
import { tf } from "./tfjs.ts";
import { type InvalidOption, invalidOption } from "../graph/error.ts";
import type { ArrayValue } from "../graph/params.ts";
import { sizeOf } from "../graph/shape.ts";
import { checkRanges, positive } from "./ranges.ts";

// ---- Synaptic scaling

/**
 * Computes the factor on each unit's activation: exp(strength · (target − duty)), and 1 before the first sample.
 *
 * @param duty [...units], each in [0, 1].
 * @param samples A scalar: how many samples it is the mean of.
 * @param strength A scalar, at least 0.
 * @param target A scalar in [0, 1].
 * @returns The shape of the duty.
 */
export const scalingFactors = (
  duty: tf.Tensor,
  samples: tf.Tensor,
  strength: tf.Tensor,
  target: tf.Tensor,
): tf.Tensor => tf.exp(tf.mul(tf.mul(strength, tf.step(samples)), tf.sub(target, duty)));

/**
 * The mean of each unit's output over all samples so far, from the mean so far and a batch.
 *
 * @param duty The mean so far, [...units].
 * @param samples A scalar: how many samples it is the mean of.
 * @param outputs The outputs of the batch, [batch, ...units].
 */
export const nextDuty = (duty: tf.Tensor, samples: tf.Tensor, outputs: tf.Tensor): tf.Tensor =>
  tf.div(
    tf.add(tf.mul(duty, samples), tf.sum(outputs, 0)),
    tf.add(samples, outputs.shape[0]),
  );

/**
 * A kWTA that is scaled in training where its run has a duty cycle for it, as the stage
 * `synapticScaling` sees to. The gradient is multiplied by the same factors; the duty cycle is a
 * constant to it. Evaluated, nothing is scaled and nothing changes.
 *
 * Source: SynapticScaling of dizcza/EmbedderSDR, models/kwta.py.
 */
export function scaled(kwta: Lowered, path: string): Lowered {
  const paths = scalingPaths(path);
  return {
    evaluate: kwta.evaluate,
    train: (params, signal) => {
      const { plasticity } = signal;
      const duty = plasticity[paths.duty];
      if (duty === undefined) return kwta.train(params, signal);
      const { [paths.samples]: samples, [paths.strength]: strength, [paths.target]: target } =
        plasticity;
      const factors = scalingFactors(duty, samples, strength, target);
      const value = tf.mul(signal.value as tf.Tensor, factors);
      const after = kwta.train(params, { ...signal, value });
      const outputs = after.value as tf.Tensor;
      return {
        ...after,
        plasticity: {
          ...after.plasticity,
          [paths.duty]: nextDuty(duty, samples, outputs),
          [paths.samples]: tf.add(samples, outputs.shape[0]),
        },
      };
    },
  };
}

// ---- Homeostasis of weights

/** Options of {@linkcode homeostasis}. */
export interface HomeostasisOptions {
  /** The rate at which a unit is left alone, in (0, 1]: the sparsity of the layer. */
  readonly target: number;
  /**
   * Exponent β: the fraction of the way to its target that a unit moves in one step, on a logarithmic scale; above 0.
   *
   * @default 0.5
   */
  readonly exponent?: number;
  /** Lower bound of a factor, above 0 and at most 1. @default 0.5 */
  readonly least?: number;
  /** Upper bound of a factor, at least 1. @default 2 */
  readonly most?: number;
}

/** The first option that is out of its range, or null. */
export function checkHomeostasis(
  { target, exponent = 0.5, least = 0.5, most = 2 }: HomeostasisOptions,
): InvalidOption | null {
  return checkRanges({ target: [target, positive], exponent: [exponent, positive] }) ??
    (target <= 1 ? null : invalidOption("target", target, "a number above 0 and at most 1")) ??
    (least > 0 && least <= 1
      ? null
      : invalidOption("least", least, "a number above 0 and at most 1")) ??
    (most >= 1 && most < Infinity
      ? null
      : invalidOption("most", most, "a finite number of at least 1"));
}

/**
 * Weights with those that lead to each unit multiplied by (target / rate)^β, at least `least` and at
 * most `most`. The ratios between a unit's synapses stay as they are.
 *
 * Source: Turrigiano, Leslie, Desai, Rutherford & Nelson 1998, "Activity-dependent scaling of quantal
 * amplitude in neocortical neurons", for scaling that is multiplicative and moves a neuron's rate
 * towards its own; the power law with its limits is the simplest such rule that a silent unit
 * survives.
 *
 * @param weight [...inputs, units].
 * @param rates Duty cycle of each unit, in [0, 1].
 * @param options Options, as {@linkcode HomeostasisOptions} describes them.
 * @returns The new weights; those that are given stay.
 * @throws {RangeError} Where there are not as many rates as units, as a mistake in the program.
 *
 * @example
 * ```ts
 * import { homeostasis } from "./homeostasis.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const weight = { shape: [1, 3], data: Float32Array.of(1, 1, 1) };
 * const { data } = homeostasis(weight, [0.25, 1, 0], { target: 0.25 });
 * assertEquals([...data], [1, 0.5, 2]);
 * ```
 */
export function homeostasis(
  { shape, data }: ArrayValue,
  rates: ArrayLike<number>,
  { target, exponent = 0.5, least = 0.5, most = 2 }: HomeostasisOptions,
): ArrayValue {
  const units = shape[shape.length - 1];
  if (rates.length !== units || data.length !== sizeOf(shape)) {
    throw new RangeError(
      `Cannot scale the weights of ${units} units: current value is ${rates.length} rates`,
    );
  }
  const factors = Float64Array.from(
    rates,
    (rate) => Math.min(most, Math.max(least, (target / rate) ** exponent)),
  );
  return { shape, data: data.map((weight, i) => weight * factors[i % units]) };
}
