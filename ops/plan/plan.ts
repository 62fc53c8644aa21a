/**
 * A training step as a static plan of kernel calls on memory that is reserved once, on the wasm backend.
 *
 * @module
 */
import { E, pipe } from "../../graph/fp_ts.ts";
import type { Nodes } from "../../graph/node.ts";
import type { Rng } from "../../graph/rng.ts";
import { sizeOf } from "../../graph/shape.ts";
import type { Shape } from "../../graph/types.ts";
import { type SimdBackend, simdOf } from "../kernels/simd/module.ts";
import { type Plannable, plannableOf } from "../losses/loss.ts";
import { profiled } from "../profiler.ts";
import { type Params, tf } from "../tfjs.ts";
import type { Batch, Trainer, TrainState } from "../train_step.ts";
import { buildLoss } from "./losses.ts";
import { addressOf, OutOfMemory, type PlanMemory, planMemory } from "./memory.ts";
import { type Build, planned } from "./nodes.ts";
import { type PlannedOptimiser, plannedOptimiser } from "./optimisers.ts";
import { buildSite, type Matrix, type Now, type Place, type Weight } from "./site.ts";

/** A plan at work: it holds the state of a training in its own memory. */
export interface Plan {
  /** Takes a step; a batch whose values are a tensor is disposed of. */
  readonly take: (
    batch: Batch,
    rng: Rng,
  ) => { readonly loss: number; readonly terms: number; readonly rng: Rng };
  /** The weights and the optimiser's state as tensors, which the caller disposes of. */
  readonly state: () => Pick<TrainState, "params" | "optimiserState">;
  /** Frees its memory. */
  readonly dispose: () => void;
}

/**
 * Starts a plan from a state, whose tensors stay the caller's, for batches of at most so many rows; a left where
 * the backend has no memory for it.
 */
export type Start = (state: TrainState, most: number) => E.Either<string, Plan>;

/** A trainer with the graph that its model was lowered from. */
export type GraphTrainer = Trainer & { readonly graph: Nodes };

/** A training to compile a plan for. */
export type Planning = Omit<GraphTrainer, "model">;

/**
 * Compiles a training step.
 *
 * @returns What starts the plan, or why there is none: the backend is not wasm with SIMD, or the plan does not
 * know a node, the loss or the optimiser, or an observer wants to see every gradient.
 *
 * @example
 * ```ts
 * import { compile } from "./plan.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { E, pipe } from "../../graph/fp_ts.ts";
 * import { startBackend } from "../backend.ts";
 * import { tripletCosineLoss } from "../losses/triplet.ts";
 * import { adam } from "../optimisers/adam.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("wasm")();
 * const compiled = (nodes: ReturnType<typeof graph>) => {
 *   const [loss, optimiser] = [tripletCosineLoss(), adam()];
 *   return compile({ graph: nodes, input: [8], loss, optimiser });
 * };
 * assertEquals(E.isRight(compiled(graph`linear(8, 16) ▷ relu ▷ kwta(0.25)`)), true);
 * assertEquals(compiled(graph`linear(8, 16) ▷ gelu`), E.left("the plan does not know gelu"));
 * ```
 */
export const compile = (trainer: Planning): E.Either<string, Start> =>
  E.map((parts: Parts): Start => (state, most) => {
    const memory = planMemory(parts.kernels);
    try {
      return E.right(startPlan(parts, memory, trainer.input, state, most));
    } catch (thrown) {
      memory.dispose();
      if (thrown instanceof OutOfMemory) return E.left(thrown.message);
      throw thrown;
    }
  })(partsOf(trainer));

/** Finds the reason for which a training is by the tape; null where none is known before it starts. */
export function whyTape(trainer: Omit<Planning, "input">): string | null {
  const parts = partsOf(trainer);
  return E.isLeft(parts) ? parts.left : null;
}

function partsOf(
  { graph, loss, optimiser, observe }: Omit<Planning, "input">,
): E.Either<string, Parts> {
  if (tf.getBackend() !== "wasm") return E.left(`the backend is ${tf.getBackend()}`);
  const kernels = simdOf(tf.backend());
  if (kernels === null) return E.left("the engine has no SIMD");
  if (observe !== undefined) return E.left("every gradient is observed");
  const plannable = plannableOf(loss);
  if (plannable === undefined) return E.left(`the plan does not know the loss ${loss.name}`);
  return pipe(
    planned(graph),
    E.chain((build) =>
      pipe(plannedOptimiser(optimiser), E.map((rule) => ({ kernels, build, rule, plannable })))
    ),
  );
}

/** The parts of a plan. */
interface Parts {
  readonly kernels: SimdBackend;
  readonly build: Build;
  readonly rule: PlannedOptimiser;
  readonly plannable: Plannable;
}

function startPlan(
  { build, rule, plannable }: Parts,
  memory: PlanMemory,
  input: Shape,
  state: TrainState,
  most: number,
): Plan {
  const { simd } = memory.kernels;
  const now: Now = { rows: 0, active: 0, rng: state.rng };
  const weights = reserveWeights(memory, state, rule.slots);
  const built = buildSite(
    memory,
    most,
    now,
    new Map(weights.map(({ weight }) => [weight.path, weight])),
  );
  const x = inputMatrix(input);
  const y = build(built.site, x) as Matrix;
  const lossAt = memory.reserve(1);
  const loss = buildLoss(plannable, built.site, y, lossAt);
  const list = memory.reserve(most);
  const backward = built.backward();
  // The loss's gradient comes with all rows, as the values do.
  const saved: readonly (readonly [Place, number])[] = [
    ...built.saved,
    [{ at: y.slope }, y.size],
  ];
  const inputAt = memory.reserve(most * x.size);
  let { step } = state.optimiserState;
  const { learningRate } = state.optimiserState;

  const leaveOut = () => {
    for (const [{ at }, size] of saved) simd.keepRows(at, size, list, now.active);
  };
  const descend = () => {
    for (const { weight, slots } of weights) rule.step(memory, weight, slots, learningRate, step);
  };

  return {
    take: ({ values, labels }, rng) => {
      const rows = labels.length;
      if (rows > most) throw new RangeError(`A plan for ${most} rows cannot take ${rows}`);
      if (values instanceof tf.Tensor) x.place.at = addressOf(values);
      else {
        memory.floats(inputAt, values.length).set(values);
        x.place.at = inputAt;
      }
      const [terms, drawn] = profiled("draws of the loss", () => loss.draw(labels, rng));
      [now.rows, now.rng] = [rows, drawn];
      for (const { name, run } of built.forward) profiled(name, run);
      const flags = profiled("loss", loss.run);
      now.active = flags === 0 ? rows : simd.listRows(flags, rows, list);
      if (now.active < rows) profiled("rows without a gradient left out", leaveOut);
      for (const { name, run } of backward) profiled(name, run);
      step++;
      profiled("optimiser", descend);
      if (values instanceof tf.Tensor) values.dispose();
      return { loss: memory.floats(lossAt, 1)[0], terms, rng: now.rng };
    },
    state: () => {
      const tensors = (at: (blocks: Blocks) => number): Params =>
        Object.fromEntries(
          weights.map((blocks) => {
            const { path, shape } = blocks.weight;
            return [path, memory.tensor(at(blocks), shape)] as const;
          }),
        );
      const slots = rule.slots.map((name, i) => [name, tensors(({ slots }) => slots[i])] as const);
      return {
        params: tensors(({ weight }) => weight.at),
        optimiserState: { step, learningRate, slots: Object.fromEntries(slots) },
      };
    },
    dispose: memory.dispose,
  };
}

/** The blocks of a weight. */
interface Blocks {
  readonly weight: Weight;
  /** Addresses of the optimiser's slots. */
  readonly slots: readonly number[];
}

/** Reserves the weights and what the optimiser remembers of them, with the numbers of a state. */
const reserveWeights = (
  memory: PlanMemory,
  { params, optimiserState }: TrainState,
  slots: readonly string[],
): readonly Blocks[] =>
  Object.entries(params).map(([path, tensor]) => {
    const { shape, size } = tensor;
    const copied = (tensor: tf.Tensor): number => {
      const at = memory.reserve(size);
      memory.take(tensor, at);
      return at;
    };
    return {
      weight: { path, shape, size, at: copied(tensor), slope: memory.reserve(size) },
      slots: slots.map((name) => copied(optimiserState.slots[name][path])),
    };
  });

/** The batch, whose place is known in each step, and of which no gradient is wanted. */
const inputMatrix = (shape: Shape): Matrix => ({
  shape,
  size: sizeOf(shape),
  place: { at: 0 },
  slope: 0,
  kept: true,
});
