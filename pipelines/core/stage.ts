/**
 * Stages: functions from run to run, with effects described and not done, and their combinators.
 *
 * @module
 */
import { type GpuError, invalidOption, type SparrowError } from "../../graph/error.ts";
import { E, type Monoid as FpMonoid, RTE } from "../../graph/fp_ts.ts";
import { gpuErrorOf } from "../../ops/kernels/gpu.ts";
import type { Env } from "./env.ts";
import { consumption, dispose, free, type Run } from "./run.ts";

/**
 * One step of a pipeline. It consumes the run that it is given: on success the next run owns all
 * tensors, on an error they have been freed.
 */
export type Stage = (run: Run) => RTE.ReaderTaskEither<Env, SparrowError, Run>;

/**
 * Makes a stage of a function that does its work. When the work fails, with an error or by throwing,
 * the run's tensors are freed; a fault of the GPU takes precedence over what it led to. A run that was
 * consumed before is refused with `ConsumedRun`, and the work is not begun.
 *
 * @param act The work: an async function, and not one that returns a `TaskEither`, because the work of a stage usually
 * awaits things. It is called only when the stage is run, so nothing waits early.
 */
export const stage =
  (act: (run: Run, env: Env) => Promise<E.Either<SparrowError, Run>>): Stage =>
  (run) =>
  (env) =>
  async () => {
    const consumed = consumption(run);
    // Its tensors are not freed: the run that came after it may hold some of the same.
    if (consumed !== null) return E.left(consumed);
    try {
      const done = await act(run, env);
      const fault = env.backend.fault();
      const result = fault === null ? done : E.left(fault);
      if (E.isLeft(result)) {
        if (E.isRight(done)) free(done.right);
        free(run);
      } else look(result.right, env);
      return result;
    } catch (thrown) {
      // Another stage was given the same run meanwhile, and has taken its tensors over.
      if (isOfDisposed(thrown)) {
        const taken = consumption(run);
        if (taken !== null) return E.left(taken);
      }
      free(run);
      const fault = gpuErrorOf(thrown) ?? await faultSoon(env.backend);
      if (fault !== null) return E.left(fault);
      throw thrown;
    }
  };

/** Shows the run to the observer. If the observer throws, the run is freed here and nobody gets it. */
function look(run: Run, { observer }: Env): void {
  try {
    observer?.run(run);
  } catch (thrown) {
    free(run);
    throw thrown;
  }
}

/** Whether something was thrown because of a tensor that is gone, as tfjs says it. */
const isOfDisposed = (thrown: unknown): boolean =>
  thrown instanceof Error && /\bdisposed\b/.test(thrown.message);

/** Milliseconds to wait until a lost GPU reports its loss: operations on it throw before that. */
const PATIENCE = 200;

async function faultSoon({ name, fault }: Env["backend"]): Promise<GpuError | null> {
  const until = performance.now() + PATIENCE;
  while (name === "webgpu" && fault() === null && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return fault();
}

/**
 * Makes a stage of a function from run to run, which cannot fail and has no effect.
 *
 * @param change Function that returns the next run.
 */
export const pure = (change: (run: Run) => Run): Stage => (run) => RTE.right(change(run));

/** Stage that does nothing: the unit of composition. */
export const skip: Stage = pure((run) => run);

/**
 * Composes stages, one after the other; an error ends them.
 *
 * @param stages Stages in their order.
 */
export const pipeline = (...stages: readonly Stage[]): Stage => (run) => (env) => async () => {
  let result: E.Either<SparrowError, Run> = E.right(run);
  for (const next of stages) {
    if (E.isLeft(result)) break;
    result = await next(result.right)(env)();
  }
  return result;
};

/**
 * Stages as a monoid under {@linkcode pipeline}, for fp-ts's own combinators.
 *
 * @example fp-ts's `foldMap` makes a pipeline of a list: here, kWTA becomes sparser in steps.
 * ```ts
 * import { pure, stageMonoid } from "./stage.ts";
 * import { quietEnv } from "./env.ts";
 * import { createRun, dispose } from "./run.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { mapKwta } from "../../graph/rewrite.ts";
 * import { show } from "../../graph/show.ts";
 * import { startBackend } from "../../ops/backend.ts";
 * import { adam } from "../../ops/optimisers/adam.ts";
 * import { foldMap } from "npm:fp-ts@2.16.11/lib/ReadonlyArray.js";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const sparserBy = (factor: number) =>
 *   pure((run) => ({
 *     ...run,
 *     graph: mapKwta((kwta) => ({ ...kwta, sparsity: kwta.sparsity * factor }))(run.graph),
 *   }));
 * const stage = foldMap(stageMonoid)(sparserBy)([0.5, 0.5]);
 *
 * const backend = await orThrow(startBackend("cpu"));
 * const run = orThrow(createRun({ graph: graph`linear(8, 4) ▷ kwta(1)`, optimiser: adam() }));
 * const done = await orThrow(stage(run)(quietEnv(backend)));
 * assertEquals(show(done.graph), "linear(8, 4) ▷ kwta(0.25)");
 * dispose(done);
 * ```
 */
export const stageMonoid: FpMonoid<Stage> = {
  empty: skip,
  concat: (first, second) => pipeline(first, second),
};

/** Makes the stage that frees the run and fails, because a number is no number of times, or of epochs. */
const refused = (
  option: string,
  actual: number,
  expected: string,
): Stage => stage(() => Promise.resolve(E.left(invalidOption(option, actual, expected))));

const isCount = (n: number): boolean => Number.isInteger(n) && n >= 0;

/**
 * Repeats a stage n times.
 *
 * Errors: `InvalidOption` where n is not an integer of at least 0.
 *
 * @param n Number of times, an integer of at least 0.
 */
export const repeat =
  (n: number): (body: Stage) => Stage => (body) => (run) => (env) => async () => {
    if (!isCount(n)) return await refused("repeat", n, "an integer of at least 0")(run)(env)();
    let result: E.Either<SparrowError, Run> = E.right(run);
    for (let i = 0; i < n && E.isRight(result); i++) result = await body(result.right)(env)();
    return result;
  };

/**
 * Repeats a stage until the run has trained the given number of epochs; not at all where it has. Unlike {@linkcode
 * repeat} it does only the rest of a run that goes on from a checkpoint.
 *
 * Errors: `InvalidOption` where `epochs` is neither an integer of at least 0 nor Infinity, which is until
 * the body ends in an error, and where the body trains no epoch.
 *
 * @param epochs Number of epochs of the run, an integer of at least 0, or Infinity.
 */
export const until =
  (epochs: number): (body: Stage) => Stage => (body) => (run) => (env) => async () => {
    if (!isCount(epochs) && epochs !== Infinity) {
      return await refused("until", epochs, "an integer of at least 0")(run)(env)();
    }
    let result: E.Either<SparrowError, Run> = E.right(run);
    while (E.isRight(result) && result.right.epoch < epochs) {
      const before: number = result.right.epoch;
      result = await body(result.right)(env)();
      if (E.isRight(result) && result.right.epoch <= before) {
        dispose(result.right);
        return E.left(invalidOption("until", "a stage that trains no epoch", "one that does"));
      }
    }
    return result;
  };

/**
 * Runs a stage only where the predicate holds of the run.
 *
 * @param predicate Condition on the run.
 * @param body Stage to run where it holds.
 */
export const when = (predicate: (run: Run) => boolean, body: Stage): Stage => (run) =>
  predicate(run) ? body(run) : RTE.right(run);

/**
 * Runs a stage after every n-th epoch.
 *
 * Errors: `InvalidOption` where n is not an integer of at least 1.
 *
 * @param n Number of epochs from one time to the next, at least 1.
 * @param body Stage to run.
 */
export const every = (n: number, body: Stage): Stage =>
  isCount(n) && n >= 1
    ? when(({ epoch }) => epoch > 0 && epoch % n === 0, body)
    : refused("every", n, "an integer of at least 1");

/**
 * An effect that reads the run and leaves it unchanged.
 *
 * @param look Function that reads the run; it may wait.
 */
export const tap = (look: (run: Run, env: Env) => void | Promise<void>): Stage =>
  stage(async (run, env) => {
    await look(run, env);
    return E.right(run);
  });
