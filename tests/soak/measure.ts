/**
 * Resources held during a long training: memory and tensors, epoch by epoch.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import type { SparrowError } from "../../graph/error.ts";
import { graph } from "../../graph/parse.ts";
import { type BackendName, startBackend } from "../../ops/backend.ts";
import { tripletCosineLoss } from "../../ops/losses/triplet.ts";
import { adam } from "../../ops/optimisers/adam.ts";
import { tf } from "../../ops/tfjs.ts";
import type { Dataset } from "../../pipelines/data/dataset.ts";
import { quietEnv } from "../../pipelines/core/env.ts";
import { createRun, dispose, type Run } from "../../pipelines/core/run.ts";
import type { Stage } from "../../pipelines/core/stage.ts";
import { train } from "../../pipelines/stages/train.ts";

/** Resources that the process holds after some steps. */
export interface Held {
  /** Number of training steps so far. */
  readonly steps: number;
  /** Resident memory in bytes. */
  readonly resident: number;
  /** Tensors alive. */
  readonly tensors: number;
}

/** Options of a long training. */
export interface SoakOptions {
  /** Backend to train on. */
  readonly backend: BackendName;
  /** Least number of steps; whole epochs are trained. */
  readonly steps: number;
  /** The images; an epoch is what is measured after. */
  readonly dataset: Pick<Dataset, "train">;
  /** Samples per step. */
  readonly batchSize: number;
  /** Wraps the stage that trains, for a test that adds a leak. @default none */
  readonly around?: (training: Stage) => Stage;
  /** Called with every measurement. @default none */
  readonly tell?: (held: Held) => void;
}

/**
 * Trains the MNIST encoder with the stage that everybody uses, and measures after every epoch.
 *
 * @returns The resources held after each epoch, in order; the error of starting or training.
 */
export async function soak(
  { backend: name, steps, dataset, batchSize, around = (training) => training, tell }: SoakOptions,
): Promise<E.Either<SparrowError, readonly Held[]>> {
  const backend = await startBackend(name)();
  if (E.isLeft(backend)) return backend;
  const optimiser = adam({ learningRate: 1e-3, weightDecay: 1e-5 });
  const encoder = graph`linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)`;
  const created = createRun({ graph: encoder, optimiser, seed: 26 });
  if (E.isLeft(created)) return created;
  const { train: data } = dataset;
  const epoch = around(
    train({ data, loss: tripletCosineLoss(), batchSize }),
  );
  const env = quietEnv(backend.right);
  const measured: Held[] = [];
  let run: Run = created.right;
  while (run.step < steps) {
    const trained = await epoch(run)(env)();
    if (E.isLeft(trained)) return trained;
    // The history is meant to grow: it is what was measured, and no part of training.
    run = { ...trained.right, history: [] };
    // What V8 has not collected yet is no growth; only `--v8-flags=--expose-gc` lets one ask for it.
    (globalThis as { readonly gc?: () => void }).gc?.();
    const held = {
      steps: run.step,
      resident: Deno.memoryUsage().rss,
      tensors: tf.memory().numTensors,
    };
    measured.push(held);
    tell?.(held);
  }
  dispose(run);
  return E.right(measured);
}
