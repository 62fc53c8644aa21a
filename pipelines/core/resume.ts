/**
 * A run as plain data, from which it goes on: a checkpoint of a run, and a run of a checkpoint.
 *
 * @module
 */
import { type ConsumedRun, invalidOption, type SparrowError } from "../../graph/error.ts";
import { E, pipe, type TE } from "../../graph/fp_ts.ts";
import { sameSpace, showSpace } from "../../graph/shape.ts";
import type { Optimiser } from "../../ops/optimisers/transform.ts";
import { tf } from "../../ops/tfjs.ts";
import type { Checkpoint } from "../files/checkpoint.ts";
import { consumption, dispose, restoreRun, type Run, toArrays, toTensors } from "./run.ts";

/**
 * Reads a run's tensors, so that all of it is plain data. The run stays as it is.
 *
 * @param run Run to read, which is not consumed.
 * @returns The checkpoint; `ConsumedRun` where the tensors of the run are gone.
 */
export const checkpointOf = (run: Run): TE.TaskEither<ConsumedRun, Checkpoint> => async () => {
  const consumed = consumption(run);
  return consumed === null ? E.right(await read(run)) : E.left(consumed);
};

async function read(run: Run): Promise<Checkpoint> {
  const { params, plasticity, optimiser: _, optimiserState, ...rest } = run;
  const roles = await Promise.all(
    Object.entries(optimiserState.slots).map(async ([role, slot]) =>
      [role, await toArrays(slot)] as const
    ),
  );
  return {
    ...rest,
    params: await toArrays(params),
    plasticity: await toArrays(plasticity),
    optimiserState: { ...optimiserState, slots: Object.fromEntries(roles) },
  };
}

/**
 * Makes the run of a checkpoint, with its tensors on the current backend.
 *
 * @param checkpoint Checkpoint of the run.
 * @param optimiser The optimiser that the run was trained with; none of a run that had none.
 * @returns The run; `InvalidOption` where weights, states or the optimiser's tensors are not those of the
 * graph and the optimiser or are absent, for none is drawn; or what shape inference refuses.
 */
export const resumeRun = (
  checkpoint: Checkpoint,
  optimiser?: Optimiser,
): E.Either<SparrowError, Run> => {
  const { graph, input, params, plasticity, rng, optimiserState: state, ...rest } = checkpoint;
  return pipe(
    restoreRun({ graph, input, optimiser, params, plasticity, rng }),
    E.chain((fresh): E.Either<SparrowError, Run> => {
      const wanted = fresh.optimiserState.slots;
      const bad = misfit(wanted, state.slots);
      if (bad !== null) {
        dispose(fresh);
        return E.left(invalidOption("optimiser", optimiser?.name ?? "none", bad));
      }
      tf.dispose(wanted as unknown as tf.TensorContainer);
      const slots = Object.fromEntries(
        Object.entries(state.slots).map(([role, arrays]) => [role, toTensors(arrays)]),
      );
      return E.right({ ...fresh, ...rest, rng, optimiserState: { ...state, slots } });
    }),
  );
};

/** Returns the kind of optimiser that these states belong to; null where the given one fits. */
function misfit(
  wanted: Run["optimiserState"]["slots"],
  given: Checkpoint["optimiserState"]["slots"],
): string | null {
  const names = (slots: object) => Object.keys(slots).toSorted().join(", ") || "no states";
  if (names(wanted) !== names(given)) return `one that remembers ${names(given)}`;
  for (const [role, slot] of Object.entries(wanted)) {
    for (const [path, { shape }] of Object.entries(slot)) {
      if (!Object.hasOwn(given[role], path) || !sameSpace(given[role][path].shape, shape)) {
        return `one whose "${role}" of ${path} has the shape ${showSpace(shape)}`;
      }
    }
  }
  return null;
}
