/**
 * Homeostasis as stages: they keep units from firing always, or never, by scaling their activations in training
 * or the weights that lead to them.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import { competitions, scalingPaths } from "../../graph/plasticity.ts";
import { encoderOf } from "../../graph/rewrite.ts";
import { inferShapes, sizeOf } from "../../graph/shape.ts";
import { checkHomeostasis, homeostasis, type HomeostasisOptions } from "../../ops/homeostasis.ts";
import { dutyCycles } from "../../ops/metrics/activity.ts";
import { checkRanges, notNegative, type Range } from "../../ops/ranges.ts";
import { tf } from "../../ops/tfjs.ts";
import type { Run } from "../core/run.ts";
import { type Stage, stage } from "../core/stage.ts";
import { checkSplit, type DataSplit } from "../data/dataset.ts";
import { encode } from "../encode/encode.ts";

/** Options of {@linkcode synapticScaling}. */
export interface SynapticScalingOptions {
  /** Strength with which a unit that is off its target is scaled, at least 0. @default {1} */
  readonly strength?: number;
  /** Duty cycle at which a unit is not scaled, in [0, 1]; at 0 every unit is damped. @default {0} */
  readonly target?: number;
  /** Factor of the strength after each epoch, above 0 and at most 1. @default {1} */
  readonly decay?: number;
  /** Whether duty cycles are reset at each epoch, in place of going over all epochs. @default {false} */
  readonly forget?: boolean;
}

/**
 * Turns synaptic scaling on: from now on, every kWTA of the run's graph multiplies its activations in
 * training by exp(strength · (target − duty cycle)) before it chooses the winners. A unit's duty cycle is the mean
 * of its output, soft values for a soft kWTA, over all samples that it was trained on; it lives in the
 * run's plasticity, as "3.duty_cycle" for the node at 3. The first batch is not scaled, and neither is
 * anything that is evaluated.
 *
 * It comes before `train`.
 *
 * Source: SynapticScaling of dizcza/EmbedderSDR, models/kwta.py; the decay of the strength is that of
 * Ahmad & Scheinkman 2019 (arXiv 1903.11257), section "Boosting".
 *
 * Errors: `InvalidOption` for an option out of its range.
 *
 * @param options Options, as {@linkcode SynapticScalingOptions} describes them.
 */
export const synapticScaling = (options: SynapticScalingOptions = {}): Stage => {
  const { strength = 1, target = 0, decay = 1, forget = false } = options;
  return stage((run): Promise<E.Either<SparrowError, Run>> => {
    const bad = checkRanges({
      strength: [strength, notNegative],
      target: [target, fraction],
      decay: [decay, factor],
    });
    if (bad !== null) return Promise.resolve(E.left(bad));
    const inferred = inferShapes(run.graph, run.input);
    if (E.isLeft(inferred)) return Promise.resolve(inferred);
    const plasticity: Record<string, tf.Tensor> = { ...run.plasticity };
    const put = (path: string, tensor: tf.Tensor) => {
      plasticity[path]?.dispose();
      plasticity[path] = tensor;
    };
    for (const { path, shape } of competitions(inferred.right.steps)) {
      const paths = scalingPaths(path);
      if (forget || plasticity[paths.duty] === undefined) {
        put(paths.duty, tf.zeros([...shape]));
        put(paths.samples, tf.scalar(0));
      }
      put(paths.strength, tf.scalar(strength * decay ** run.epoch));
      put(paths.target, tf.scalar(target));
    }
    return Promise.resolve(E.right({ ...run, plasticity }));
  });
};

const fraction: Range = {
  holds: (x) => x >= 0 && x <= 1,
  words: "a number of at least 0 and at most 1",
};

const factor: Range = {
  holds: (x) => x > 0 && x <= 1,
  words: "a number above 0 and at most 1",
};

/** Options of {@linkcode weightHomeostasis}. */
export interface WeightHomeostasisOptions extends Partial<HomeostasisOptions> {
  /** Samples that the rates are measured on: a part of the training set. */
  readonly data: DataSplit;
}

/**
 * Encodes the data, and multiplies the weights that lead to each unit of the code by
 * (target / rate)^exponent, clipped: `homeostasis` of the layer before the last kWTA, whose sparsity is
 * the target where none is given.
 *
 * Errors: `InvalidOption` when the encoder does not end in a linear layer and a kWTA, or for an option
 * out of its range; `Interrupted`.
 *
 * @param options Options, as {@linkcode WeightHomeostasisOptions} describes them.
 */
export const weightHomeostasis = (
  { data, ...options }: WeightHomeostasisOptions,
): Stage =>
  stage(async (run, env): Promise<E.Either<SparrowError, Run>> => {
    const { nodes } = encoderOf(run.graph);
    const kwta = nodes.at(-1);
    if (kwta?._tag !== "kwta" || nodes.at(-2)?._tag !== "linear") {
      return E.left(
        invalidOption("weightHomeostasis", "another graph", "one that ends in linear ▷ kwta"),
      );
    }
    const settings = { target: kwta.sparsity, ...options };
    const bad = checkHomeostasis(settings) ?? checkSplit(data, { size: sizeOf(run.input) });
    if (bad !== null) return E.left(bad);
    const encoded = await encode(run, data, { env })();
    if (E.isLeft(encoded)) return encoded;
    const path = `${nodes.length - 2}.weight`;
    const old = run.params[path];
    const weight = { shape: old.shape, data: await old.data<"float32">() };
    const scaled = homeostasis(weight, dutyCycles(encoded.right), settings);
    const params = { ...run.params, [path]: tf.tensor(scaled.data, [...scaled.shape]) };
    old.dispose();
    return E.right({ ...run, params });
  });
