/**
 * The stage that scales the weights of units that fire too often or too seldom.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { encoderOf } from "../../graph/encoder.ts";
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { checkHomeostasis, homeostasis, type HomeostasisOptions } from "../../ops/homeostasis.ts";
import { dutyCycles } from "../../ops/metrics/unit_activity.ts";
import { tf } from "../../ops/tfjs.ts";
import type { DataSplit } from "../data/dataset.ts";
import { encode } from "../encode/encode.ts";
import type { Run } from "../run.ts";
import { type Stage, stage } from "../stage.ts";

/** Options of {@linkcode weightHomeostasis}. */
export interface WeightHomeostasisOptions extends Partial<HomeostasisOptions> {
  /** What the rates are measured on: a part of the training set. */
  readonly data: DataSplit;
}

/**
 * Encodes the data, and multiplies the weights that lead to each unit of the code by
 * (target / rate)^exponent, clipped: `homeostasis` of the layer before the last kWTA, whose sparsity is
 * the target where none is given.
 *
 * Errors: `InvalidOption` when the encoder does not end in a linear layer and a kWTA, or for an option
 * out of its range; `Interrupted`.
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
    const bad = checkHomeostasis(settings);
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
