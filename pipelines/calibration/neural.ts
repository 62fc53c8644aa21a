/**
 * The neural bounds, on a repetition of a setting.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import type { SparrowError } from "../../graph/error.ts";
import { neuralInformation } from "../../ops/information/neural/neural_information.ts";
import type { NeuralBound } from "../../ops/information/neural/options.ts";
import type { Env } from "../env.ts";
import { drawSamples, type Task } from "./direct.ts";

/** An estimate, bits, and what it took. */
export interface Trained {
  /** The bound on pairs that were held out, in bits. */
  readonly bits: number;
  /** Without the drawing of the samples. */
  readonly seconds: number;
}

/**
 * Trains a critic on the samples of a repetition and takes its bound on the held-out ones.
 *
 * @param steps Of training.
 * @returns The estimate, or the errors of `neuralInformation`.
 */
export async function estimateNeurally(
  { setting, repetition, estimator }: Task & { readonly estimator: NeuralBound },
  steps: number,
  { now, signal, backend: { fault } }: Env,
): Promise<E.Either<SparrowError, Trained>> {
  const { kind, data, rng } = drawSamples(setting, repetition);
  const samples = kind === "pairs" ? data : { x: data.x, labels: data.labels };
  const begun = now();
  const found = await neuralInformation(
    { ...samples, bound: estimator, steps, signal, fault },
    rng,
  )();
  return E.map(({ bits }: { readonly bits: number }) => ({
    bits,
    seconds: (now() - begun) / 1000,
  }))(found);
}
