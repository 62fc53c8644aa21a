/**
 * A small experiment for tests: 300 built-in digits, 16 of 64 units.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { describe } from "../../graph/error.ts";
import { graph } from "../../graph/parse.ts";
import { adam } from "../../ops/optimisers/adam.ts";
import { type BackendName, startBackend } from "../../ops/backend.ts";
import { tripletCosineLoss } from "../../ops/losses/triplet.ts";
import type { Dataset, ImageSplit } from "../../pipelines/data/dataset.ts";
import { loadStrokes } from "../../pipelines/data/strokes.ts";
import { type Env, quietEnv } from "../../pipelines/core/env.ts";
import { createRun, type Run } from "../../pipelines/core/run.ts";
import type { Stage } from "../../pipelines/core/stage.ts";
import { train } from "../../pipelines/stages/train.ts";
import { fail } from "../assert.ts";

/** The value of a right; fails with the error's own words otherwise. */
export function right<A>(result: E.Either<unknown, A>): A {
  if (E.isRight(result)) return result.right;
  const { left } = result;
  fail(
    typeof left === "object" && left !== null && "_tag" in left
      ? describe(left as Parameters<typeof describe>[0])
      : JSON.stringify(left),
  );
}

/** The value of a left; fails otherwise. */
export function left<B>(result: E.Either<B, unknown>): B {
  if (E.isLeft(result)) return result.left;
  fail(`expected an error, got ${JSON.stringify(result.right)?.slice(0, 200)}`);
}

/** Loads 300 training and 100 test images. */
export const digits = async (): Promise<Dataset<ImageSplit>> =>
  right(await loadStrokes({ seed: 26, train: 300, test: 100 })());

/** Encoder 784-16-64 with 4 bits set. */
export const encoder = graph`linear(784, 16) ▷ relu ▷ linear(16, 64) ▷ kwta(0.0625)`;

/** The optimiser of {@linkcode begin} and {@linkcode trainTiny}. */
export const optimiser = adam({ learningRate: 3e-3 });

/** A run before its first epoch. */
export const begin = (seed = 26): Run => right(createRun({ graph: encoder, optimiser, seed }));

/** One epoch: ten steps. */
export const trainTiny = ({ train: data }: Dataset): Stage =>
  train({ data, loss: tripletCosineLoss(), batchSize: 32 });

/** An environment on a backend, some of it replaced. */
export const envOn = async (name: BackendName, changes: Partial<Env> = {}): Promise<Env> => ({
  ...quietEnv(right(await startBackend(name)())),
  ...changes,
});
