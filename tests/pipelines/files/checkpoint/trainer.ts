/**
 * A program that trains for ever, an epoch in a few milliseconds, and goes on where it was killed.
 *
 *     deno run -A tests/pipelines/files/checkpoint/trainer.ts FOLDER
 *
 * @module
 */
import { E } from "../../../../graph/fp_ts.ts";
import { graph } from "../../../../graph/parse.ts";
import { startBackend } from "../../../../ops/backend.ts";
import { tripletCosineLoss } from "../../../../ops/losses/triplet.ts";
import { adam } from "../../../../ops/optimisers/adam.ts";
import { newestCheckpoint } from "../../../../pipelines/files/checkpoint.ts";
import { resumeRun } from "../../../../pipelines/core/resume.ts";
import { strokes } from "../../../../pipelines/data/strokes.ts";
import { type Env, quietEnv } from "../../../../pipelines/core/env.ts";
import { denoFiles } from "../../../../pipelines/files/files.ts";
import { createRun, type Run } from "../../../../pipelines/core/run.ts";
import { pipeline, type Stage, tap, until } from "../../../../pipelines/core/stage.ts";
import { checkpoint } from "../../../../pipelines/stages/checkpoint.ts";
import { train } from "../../../../pipelines/stages/train.ts";

/** Optimiser of the training. */
export const optimiser = adam({ learningRate: 1e-3 });

/** A run before its first epoch. */
export const begin = (): E.Either<unknown, Run> =>
  createRun({
    graph: graph`linear(784, 4) ▷ relu ▷ linear(4, 16) ▷ kwta(0.25)`,
    optimiser,
    seed: 5,
  });

/** An epoch of one step. */
export function epochOfOneStep(): Stage {
  const { train: data } = strokes({ seed: 5, train: 20, test: 10 });
  return train({ data, loss: tripletCosineLoss(), batchSize: 20 });
}

/** The fallback needs no start-up. */
export async function cpu(): Promise<Env> {
  const backend = await startBackend("cpu")();
  if (E.isLeft(backend)) throw new Error("no backend");
  return quietEnv(backend.right);
}

if (import.meta.main) {
  const [folder] = Deno.args;
  const env = await cpu();
  const kept = await newestCheckpoint(folder, denoFiles)();
  if (E.isLeft(kept) || kept.right.damaged.length > 0) throw new Error(JSON.stringify(kept));
  const { checkpoint: last } = kept.right;
  const run = last === null ? begin() : resumeRun(last, optimiser);
  if (E.isLeft(run)) throw new Error(JSON.stringify(run.left));
  const say = tap(({ epoch }) => console.log(`epoch ${epoch}.`));
  await until(Infinity)(pipeline(epochOfOneStep(), checkpoint(folder), say))(run.right)(env)();
}
