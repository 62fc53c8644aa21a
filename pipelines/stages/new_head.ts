/**
 * The stage that keeps a trained trunk and puts a new head on it.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { E, pipe } from "../../graph/fp_ts.ts";
import type { Nodes } from "../../graph/node.ts";
import { swapHead } from "../../graph/rewrite.ts";
import { splitRng } from "../../graph/rng.ts";
import type { Optimiser } from "../../ops/optimisers/transform.ts";
import { createRun, dispose, type Run, toArrays } from "../core/run.ts";
import { type Stage, stage } from "../core/stage.ts";

/** Options of {@linkcode newHead}. */
export interface NewHeadOptions {
  /** Number of the graph's top-level nodes that stay, from 0 to all of them. */
  readonly keep: number;
  /** Nodes that come after them. */
  readonly head: Nodes;
  /** The run's optimiser from now on; `freeze` in it keeps the trunk as it is. @default the one it has */
  readonly optimiser?: Optimiser;
}

/**
 * Replaces the nodes of the run's graph after the first `keep`. The kept nodes keep their weights and their state; the
 * weights of the new nodes are drawn from the run's generator. Training begins with a new optimiser, or with a new
 * state of the same one. Epochs, steps and history go on. Weights can be frozen, running statistics cannot: a batch
 * norm in the trunk goes on following its batches, as in PyTorch.
 *
 * Errors: `InvalidOption` when `keep` is out of range; what shape inference and the optimiser's `check` refuse.
 *
 * @param options Options, as {@linkcode NewHeadOptions} describes them.
 */
export const newHead = ({ keep, head, ...options }: NewHeadOptions): Stage =>
  stage(async (run): Promise<E.Either<SparrowError, Run>> => {
    const most = run.graph.nodes.length;
    if (!Number.isInteger(keep) || keep < 0 || keep > most) {
      return E.left(invalidOption("keep", keep, `an integer from 0 to ${most}`));
    }
    const kept = (arrays: Awaited<ReturnType<typeof toArrays>>) =>
      swapHead({ graph: run.graph, params: arrays }, keep, head);
    const { graph, params } = kept(await toArrays(run.params));
    const { params: plasticity } = kept(await toArrays(run.plasticity));
    const [forWeights, rng] = splitRng(run.rng);
    const optimiser = options.optimiser ?? run.optimiser ?? undefined;
    return pipe(
      createRun({ graph, optimiser, input: run.input, rng: forWeights, params, plasticity }),
      E.map((begun) => {
        dispose(run);
        const { epoch, step, history, saved, identity } = run;
        const known = identity === undefined ? {} : { identity };
        return { ...begun, rng, epoch, step, history, saved, ...known };
      }),
    );
  });
