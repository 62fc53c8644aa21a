/**
 * Runs: the state of an experiment as an immutable value, and how it is created, copied and disposed of.
 *
 * @module
 */
import {
  type ConsumedRun,
  type InvalidOption,
  invalidOption,
  type SparrowError,
} from "../../graph/error.ts";
import { E, pipe } from "../../graph/fp_ts.ts";
import type { Graph, Nodes } from "../../graph/node.ts";
import { initialParams, type ParamArrays, paramSpecs } from "../../graph/params.ts";
import {
  initialPlasticity,
  plasticitySpecs,
  scalingState,
  type StateSpec,
} from "../../graph/plasticity.ts";
import { type Rng, seed, splitRng } from "../../graph/rng.ts";
import { inferShapes, isPair, sameSpace, showSpace, sizeOf } from "../../graph/shape.ts";
import type { Shape } from "../../graph/types.ts";
import type { Optimiser, OptimiserState } from "../../ops/optimisers/transform.ts";
import { type Params, tf } from "../../ops/tfjs.ts";
import { type Findings, noFindings } from "./findings.ts";
import type { History } from "./history.ts";

/**
 * State of an experiment. Its tensors are its own: a stage consumes the run that it is given and refuses one that was
 * consumed, with `ConsumedRun`; {@linkcode fork} makes a copy. The last run is freed with {@linkcode dispose}.
 */
export interface Run {
  /** The model, with every dimension known. */
  readonly graph: Graph;
  /** The shape of one sample. */
  readonly input: Shape;
  /** The weights, by path. */
  readonly params: Params;
  /** The optimiser that `train` uses; null of a run that is not trained by gradients. */
  readonly optimiser: Optimiser | null;
  /** The optimiser's moments, steps and learning rate. */
  readonly optimiserState: OptimiserState;
  /** State of the units beside the weights, by path: a batch norm's running statistics, duty cycles. */
  readonly plasticity: Params;
  /** The generator that the next stage draws from. */
  readonly rng: Rng;
  /** The number of epochs that are done. */
  readonly epoch: number;
  /** The number of training steps that are done, over all epochs. */
  readonly step: number;
  /** All measurements so far, oldest first. */
  readonly history: History;
  /** Findings of stages besides numbers, which reports and the dashboard show. */
  readonly findings: Findings;
  /** The path of the last model or checkpoint that was saved; null before. */
  readonly saved: string | null;
  /** Unique name of the run, which its checkpoints carry. @default none */
  readonly identity?: string;
}

/** Options of {@linkcode createRun}. */
export interface RunOptions {
  /** The model. Dimensions may be left out where shape inference finds them. */
  readonly graph: Nodes;
  /** The optimiser that `train` uses. @default none, and then `train` refuses the run */
  readonly optimiser?: Optimiser;
  /** The shape of one sample. @default the shape that the graph requires, where it requires one */
  readonly input?: Shape;
  /** The seed of all randomness, an integer from 0 to 2^32 − 1. @default 0 */
  readonly seed?: number;
  /** A generator in place of a seed. @default the generator of `seed` */
  readonly rng?: Rng;
  /** Weights to begin with, by path; those that are left out are drawn at random. @default {} */
  readonly params?: ParamArrays;
  /** Initial state of the units, by path. @default {}, with new state for all */
  readonly plasticity?: ParamArrays;
}

/**
 * Creates a run before its first epoch, with its tensors on the current backend.
 *
 * @param options Graph and settings of the run.
 * @returns The run, or what shape inference refuses; `InvalidOption` for a seed out of range, a graph
 * that begins with a pair, weights that the graph does not have or of another shape, more than 2^29
 * weights, which are 2 GiB, or what the optimiser's `check` finds.
 */
export const createRun = (options: RunOptions): E.Either<SparrowError, Run> =>
  runOf(options, "drawn");

/**
 * Creates a run as {@linkcode createRun} does, of weights and states that come from elsewhere: one that is
 * left out is refused with `InvalidOption`, and none is drawn.
 */
export const restoreRun = (options: RunOptions): E.Either<SparrowError, Run> =>
  runOf(options, "refused");

/** Weights and states of a run, which are 2 GiB; a graph may declare any number. */
const MOST_WEIGHTS = 2 ** 29;

/** @param absent Treatment of weights and states that are missing. */
function runOf(
  options: RunOptions,
  absent: "drawn" | "refused",
): E.Either<SparrowError, Run> {
  const { optimiser = null } = options;
  const number = options.seed ?? 0;
  if (!Number.isInteger(number) || number < 0 || number > 0xffff_ffff) {
    return E.left(invalidOption("seed", number, "an integer from 0 to 4294967295"));
  }
  return pipe(
    inferShapes(options.graph, options.input),
    E.chain(({ graph, input, steps }): E.Either<SparrowError, Run> => {
      if (isPair(input)) return E.left(invalidOption("graph", "a pair", "one tensor as its input"));
      const [weights, rest] = splitRng(options.rng ?? seed(number));
      const given = { params: options.params ?? {}, plasticity: options.plasticity ?? {} };
      const scaling = scalingState(steps, (path) => Object.hasOwn(given.plasticity, path));
      const [specs, states] = [paramSpecs(graph), plasticitySpecs(graph)];
      const optional = new Set(absent === "drawn" ? [...specs, ...states] : []);
      // Before anything is made for it: all that a graph declares may be too much, and not be there.
      const bad = misfit("params", specs, given.params, optional) ??
        misfit("plasticity", [...states, ...scaling], given.plasticity, optional) ??
        tooMany([...specs, ...states]) ??
        optimiser?.check(specs.map(({ path }) => path)) ?? null;
      if (bad !== null) return E.left(bad);
      const [arrays, state] = absent === "drawn"
        ? [
          { ...initialParams(graph, weights)[0], ...given.params },
          { ...initialPlasticity(graph), ...given.plasticity },
        ]
        : [given.params, given.plasticity];
      const params = toTensors(arrays);
      return E.right({
        graph,
        input: input as Shape,
        params,
        optimiser,
        optimiserState: optimiser?.init(params) ?? untrained,
        plasticity: toTensors(state),
        rng: rest,
        epoch: 0,
        step: 0,
        history: [],
        findings: noFindings,
        saved: null,
      });
    }),
  );
}

/** The state of a run without an optimiser. */
const untrained: OptimiserState = { step: 0, learningRate: 0, slots: {} };

/** The error of a graph that declares more weights than a run may have, if it does. */
function tooMany(specs: readonly StateSpec[]): InvalidOption | null {
  const count = specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return count <= MOST_WEIGHTS ? null : invalidOption(
    "graph",
    `one of ${count}`,
    `a graph of at most ${MOST_WEIGHTS} weights`,
  );
}

/**
 * The error of the first tensor that the graph has no place for, of another shape, or that is lacking, if
 * any.
 *
 * @param optional Names that may be missing.
 */
function misfit(
  what: string,
  wanted: readonly StateSpec[],
  given: ParamArrays,
  optional: ReadonlySet<StateSpec>,
): InvalidOption | null {
  const paths = new Set(wanted.map(({ path }) => path));
  const extra = Object.keys(given).find((path) => !paths.has(path));
  if (extra !== undefined) {
    const places = [...paths].join(", ");
    return invalidOption(what, extra, places === "" ? "none" : `one of ${places}`);
  }
  for (const spec of wanted) {
    const { path, shape } = spec;
    if (!Object.hasOwn(given, path)) {
      if (optional.has(spec)) continue;
      return invalidOption(`${what} ${path}`, "none", `the shape ${showSpace(shape)}`);
    }
    const { shape: actual, data } = given[path];
    if (!sameSpace(shape, actual) || data.length !== sizeOf(actual)) {
      return invalidOption(
        `${what} ${path}`,
        `${data.length} numbers of shape ${showSpace(actual)}`,
        `the shape ${showSpace(shape)}`,
      );
    }
  }
  return null;
}

/**
 * Uploads weights to the current backend.
 *
 * @param arrays Arrays by path.
 */
export const toTensors = (arrays: ParamArrays): Params =>
  Object.fromEntries(
    Object.entries(arrays).map(([path, { shape, data }]) => [path, tf.tensor(data, [...shape])]),
  );

/**
 * Reads tensors as plain data.
 *
 * @param params Tensors by path.
 */
export async function toArrays(params: Params): Promise<ParamArrays> {
  const entries = await Promise.all(
    Object.entries(params).map(async ([path, tensor]) =>
      [path, { shape: tensor.shape, data: await tensor.data<"float32">() }] as const
    ),
  );
  return Object.fromEntries(entries);
}

/** Copies tensors, so that either copy can be disposed of; both share their numbers. */
export const copyTensors = (tensors: Params): Params =>
  // A reshape, for a clone copies its numbers on wasm.
  Object.fromEntries(
    Object.entries(tensors).map(([path, tensor]) => [path, tf.reshape(tensor, tensor.shape)]),
  );

/** Copies the tensors of a run, or of the state of a training, as {@linkcode copyTensors} does. */
export const copyState = <S extends RunTensors>(state: S): S => ({
  ...state,
  params: copyTensors(state.params),
  plasticity: copyTensors(state.plasticity),
  optimiserState: {
    ...state.optimiserState,
    slots: Object.fromEntries(
      Object.entries(state.optimiserState.slots).map(([role, slot]) => [role, copyTensors(slot)]),
    ),
  },
});

/** The tensors of a run, or of the state of a training. */
type RunTensors = Pick<Run, "params" | "optimiserState" | "plasticity">;

const tensorsOf = ({ params, optimiserState, plasticity }: RunTensors): readonly tf.Tensor[] =>
  [params, ...Object.values(optimiserState.slots), plasticity].flatMap((part) =>
    Object.values(part)
  );

const isConsumed = (run: RunTensors): boolean => tensorsOf(run).some((tensor) => tensor.isDisposed);

/**
 * The error of a run, or of a model, that a stage has consumed, or that was disposed of: one of its
 * tensors is gone. Null where all are there.
 */
export const consumption = (
  run: Pick<Run, "params" | "plasticity" | "epoch" | "step"> & Partial<RunTensors>,
): ConsumedRun | null =>
  isConsumed({ optimiserState: untrained, ...run })
    ? { _tag: "ConsumedRun", epoch: run.epoch, step: run.step }
    : null;

/**
 * Copies a run, so that two stages can each be given one: a stage consumes the run that it is given.
 * Both go on from the same weights, optimiser state, generator and history, to the same bits.
 *
 * @param run Run to copy, which stays usable.
 * @returns The copy, with tensors of its own, which the holder of its last descendant disposes of;
 * `ConsumedRun` where the tensors of the run are gone.
 *
 * @example
 * ```ts
 * import { createRun, dispose, fork } from "./run.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { startBackend } from "../../ops/backend.ts";
 * import { assertEquals, assertThrows } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await orThrow(startBackend("cpu"));
 * const run = orThrow(createRun({ graph: graph`linear(4, 2)`, seed: 26 }));
 * const copy = orThrow(fork(run));
 * const before = run.params["0.weight"].dataSync();
 * dispose(run);
 * assertEquals(copy.params["0.weight"].dataSync(), before);
 * assertThrows(() => orThrow(fork(run)), Error, "Cannot use the run of epoch 0, step 0 again");
 * dispose(copy);
 * ```
 */
export function fork(run: Run): E.Either<ConsumedRun, Run> {
  const bad = consumption(run);
  if (bad !== null) return E.left(bad);
  return E.right(copyState(run));
}

/**
 * Frees a run's tensors; its plain data remains readable. A run that a stage has consumed, or that was
 * disposed of before, is left as it is: the run that came after it may hold some of the same tensors.
 *
 * @param run Run to free.
 */
export function dispose(run: Pick<Run, "params" | "optimiserState" | "plasticity">): void {
  if (!isConsumed(run)) free(run);
}

/** Frees the tensors of a run, or of the state of a training, of which some may be gone. */
export function free(run: RunTensors): void {
  tf.dispose(tensorsOf(run) as tf.Tensor[]);
}
