/**
 * The stage that follows layers over the information plane.
 *
 * @module
 */
import { describe, invalidOption, type SparrowError } from "../../graph/error.ts";
import { sizeOf } from "../../graph/shape.ts";
import { E, pipe } from "../../graph/fp_ts.ts";
import type { Nodes } from "../../graph/node.ts";
import { permutation, type Rng, seed as seeded, splitRng } from "../../graph/rng.ts";
import { traitsOf } from "../../graph/traits.ts";
import { entropy, fanoAccuracy } from "../../ops/information/discrete.ts";
import { kMeansPlane, type PlaneEstimator, type PlaneTask } from "../../ops/information/plane.ts";
import type { Samples } from "../../ops/information/samples.ts";
import { checkRanges, integerFrom } from "../../ops/ranges.ts";
import type { Model } from "../core/batches.ts";
import type { Env } from "../core/env.ts";
import type { Row } from "../core/history.ts";
import { findLayers, layerName, layerOutputs } from "../core/layer_outputs.ts";
import type { Run } from "../core/run.ts";
import { pipeline, skip, type Stage, stage } from "../core/stage.ts";
import {
  checkSplit,
  type Dataset,
  type DataSplit,
  labelledSplit,
  type Labels,
} from "../data/dataset.ts";
import { normaliser } from "../data/normalise.ts";
import { subset } from "../data/splits.ts";
import type { Midpoint, Midway } from "./train.ts";

/** Options of {@linkcode infoPlane}. */
export interface InfoPlaneOptions {
  /** Dataset whose images are X and whose classes are Y. */
  readonly dataset: Dataset;
  /** Split that the samples are drawn from. @default "train" */
  readonly split?: "train" | "validation" | "test";
  /** Number of samples, the same ones each time, at least 2; all where there are fewer. @default {2_000} */
  readonly samples?: number;
  /**
   * Layers T by name ("3.kwta") or path ("3").
   *
   * @default every activation and kWTA of the graph itself, or its last node where it has none
   */
  readonly layers?: readonly string[];
  /** Estimators of information. @default k-means alone, which the reference plots */
  readonly estimators?: readonly PlaneEstimator[];
  /** Epochs after which to measure. @default all */
  readonly epochs?: (epoch: number) => boolean;
  /** Steps of the first epoch after which to measure, counted from 1. @default 1, 4, 16, 64, … */
  readonly steps?: (step: number) => boolean;
  /** Seed of the generator that draws the samples and that the estimators use; from 0 to 2^32 − 1. @default 0 */
  readonly seed?: number;
}

/**
 * Runs stages of one epoch, and estimates the informations I(X;T) and I(T;Y) of layers T before training,
 * at steps within the first epoch and after epochs.
 *
 *     infoPlane({ dataset }, (midway) => train({ …, midway }))
 *
 * X are images, Y their classes, all on a fixed sample of a split. Every kWTA is binary, as in
 * evaluation. Estimators draw from a seed of their own: nothing that the run draws is changed, and a
 * run trains the same weights with this stage as without.
 *
 * Rows, for the split, in bits, with the estimator's name and the layer's after colons, as in
 * "information_label:kmeans:3.kwta": "information_input" is I(X;T), "information_label" I(T;Y),
 * "accuracy_bound" the most accurate that a classifier could be that sees T alone, of equally frequent
 * classes (Fano's inequality), "variance_kept" the part of the layer's variance that PCA left (where
 * there is one; also for the layer "input", X itself). "entropy_input:<estimator>" bounds I(X;T) and
 * "entropy_label" I(T;Y). And "info_plane_seconds", for "run", of each measurement; the first holds what
 * is done once, about X.
 *
 * A layer that an estimator refuses, for a constant unit say, is left out and said once per estimator
 * and layer.
 *
 * Errors: `Interrupted`; `InvalidOption` when a number is out of its range, the split is not there or has no labels, a
 * layer is not the graph's, or an option of an estimator is out of its range.
 *
 * Source: N. Tishby, N. Zaslavsky, "Deep learning and the information bottleneck principle", ITW 2015;
 * MutualInfo of dizcza/pytorch-mighty, mighty/monitor/mutual_info/mutual_info.py.
 *
 * @param options Options, as {@linkcode InfoPlaneOptions} describes them.
 * @param body Called with the observer that `train` takes as `midway`; without it the stage measures where the run
 * stands.
 *
 * @example
 * ```ts
 * import { infoPlane } from "./info_plane.ts";
 * import { train } from "./train.ts";
 * import { strokes } from "../data/strokes.ts";
 * import { quietEnv } from "../core/env.ts";
 * import { latest } from "../core/history.ts";
 * import { createRun, dispose } from "../core/run.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { startBackend } from "../../ops/backend.ts";
 * import { supConLoss } from "../../ops/losses/contrastive.ts";
 * import { adam } from "../../ops/optimisers/adam.ts";
 * import { assert } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const dataset = { ...strokes({ seed: 1, train: 200, test: 10 }), sha256: {} };
 * const { train: data } = dataset;
 * const optimiser = adam();
 * const options = { data, loss: supConLoss(), batchSize: 50 };
 * const backend = await orThrow(startBackend("cpu"));
 * const run = orThrow(createRun({ graph: graph`linear(784, 32) ▷ kwta(0.25)`, optimiser }));
 *
 * const epoch = infoPlane({ dataset }, (midway) => train({ ...options, midway }));
 * const done = await orThrow(epoch(run)(quietEnv(backend)));
 * const { history } = done;
 * const bits = orThrow(latest(history, "information_label:kmeans:1.kwta", "train"));
 * assert(bits > 1 && bits <= orThrow(latest(history, "entropy_label", "train")));
 * dispose(done);
 * ```
 */
export function infoPlane(
  options: InfoPlaneOptions,
  body: ((midway: Midway) => Stage) | null = null,
): Stage {
  const settings = withDefaults(options);
  const measure = measurer(settings);
  const here: Stage = stage(async (run, env) =>
    pipe(
      await measure(run, run, env),
      E.map((rows): Run => ({ ...run, history: [...run.history, ...rows] })),
    )
  );
  if (body === null) return here;
  return (run) => {
    const first = run.epoch === 0;
    const midway: Midway = (model, moment, env) =>
      first && moment.done < moment.total && settings.steps(moment.done)
        ? measure(model, moment, env)
        : null;
    return pipeline(
      first ? here : skip,
      body(midway),
      (after) => settings.epochs(after.epoch) ? here(after) : skip(after),
    )(run);
  };
}

type Settings = Required<Omit<InfoPlaneOptions, "layers">> & Pick<InfoPlaneOptions, "layers">;

const withDefaults = (options: InfoPlaneOptions): Settings => ({
  split: "train",
  samples: 2000,
  estimators: [kMeansPlane()],
  epochs: () => true,
  steps: (step) => Number.isInteger(Math.log2(step) / 2),
  seed: 0,
  ...options,
});

function layersOf(graph: Nodes, names: readonly string[] | undefined) {
  const paths = graph.nodes.flatMap((node, path) => traitsOf(node).activation ? [path] : []);
  const known = paths.length > 0 ? paths : [graph.nodes.length - 1];
  return names === undefined ? E.right(known) : findLayers(graph, names);
}

/** The parts of a measurement that do not change from one to the next. */
interface Prepared {
  readonly data: DataSplit;
  readonly labelEntropy: number;
  readonly tasks: readonly (readonly [PlaneEstimator, PlaneTask])[];
}

type Measure = (
  model: Model,
  moment: Pick<Midpoint, "epoch" | "step">,
  env: Env,
) => Promise<E.Either<SparrowError, readonly Row[]>>;

/** Makes a function that measures, and caches its results about X, which stay the same. */
function measurer(settings: Settings): Measure {
  let known: Prepared | null = null;
  const refused = new Set<string>();
  return async (model, { epoch, step }, env) => {
    const begun = env.now();
    const { split, dataset } = settings;
    const paths = layersOf(model.graph, settings.layers);
    if (E.isLeft(paths)) return paths;
    if (known === null) {
      const prepared = await prepare(settings, sizeOf(model.input));
      if (E.isLeft(prepared)) return prepared;
      known = prepared.right;
    }
    const { data, labelEntropy, tasks } = known;
    const outputs = await layerOutputs(
      { ...model, epoch, step },
      data,
      { paths: paths.right, env },
    )();
    if (E.isLeft(outputs)) return outputs;

    const row = (name: string, value: number): Row => ({ epoch, step, split, name, value });
    const rows: Row[] = [row("entropy_label", labelEntropy)];
    for (const [{ name }, task] of tasks) {
      rows.push(row(`entropy_input:${name}`, task.inputEntropy));
      if (task.inputVarianceKept !== null) {
        rows.push(row(`variance_kept:${name}:input`, task.inputVarianceKept));
      }
      for (const [i, path] of paths.right.entries()) {
        if (env.signal.aborted) return E.left({ _tag: "Interrupted", epoch, step });
        const layer = `${name}:${layerName(model.graph, path)}`;
        const found = await task.locate(outputs.right[i])();
        if (E.isLeft(found)) {
          if (found.left._tag !== "InvalidOption") return found;
          if (!refused.has(layer)) {
            env.log(`Information plane without ${layer}. ${describe(found.left)}`);
          }
          refused.add(layer);
          continue;
        }
        const { input, label, varianceKept } = found.right;
        rows.push(row(`information_input:${layer}`, input));
        rows.push(row(`information_label:${layer}`, label));
        const bound = fanoAccuracy(label, dataset.classes.length);
        if (E.isRight(bound)) rows.push(row(`accuracy_bound:${layer}`, bound.right));
        if (varianceKept !== null) rows.push(row(`variance_kept:${layer}`, varianceKept));
      }
    }
    const seconds = (env.now() - begun) / 1000;
    return E.right([
      ...rows,
      { epoch, step, split: "run", name: "info_plane_seconds", value: seconds },
    ]);
  };
}

async function prepare(
  { dataset, split, samples, estimators, seed }: Settings,
  size: number,
): Promise<E.Either<SparrowError, Prepared>> {
  const bad = checkRanges({ samples: [samples, integerFrom(2)], seed: [seed, integerFrom(0)] }) ??
    estimators.find(({ problem }) => problem !== null)?.problem;
  if (bad) return E.left(bad);
  if (seed > 0xffff_ffff) {
    return E.left(invalidOption("seed", seed, "an integer from 0 to 4294967295"));
  }
  const names = estimators.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    return E.left(invalidOption("estimators", `${twice} twice`, "estimators of different names"));
  }
  const whole = dataset[split];
  if (whole === null || whole.count < 2) {
    return E.left(invalidOption("split", split, "one that the dataset has, of 2 samples or more"));
  }
  const wrong = checkSplit(whole, { size, classes: dataset.classes.length });
  if (wrong !== null) return E.left(wrong);
  const labelled = labelledSplit(whole, "the information plane");
  if (E.isLeft(labelled)) return labelled;
  const [order, rng] = permutation(whole.count, seeded(seed));
  const data = subset(labelled.right, order.subarray(0, Math.min(samples, whole.count)));
  const { labels } = data;
  const labelEntropy = entropy(labels);
  if (E.isLeft(labelEntropy)) return labelEntropy;
  const tasks = await prepareAll(estimators, inputsOf(data), labels, rng);
  return E.map((tasks: Prepared["tasks"]): Prepared => ({
    data,
    labelEntropy: labelEntropy.right,
    tasks,
  }))(tasks);
}

async function prepareAll(
  estimators: readonly PlaneEstimator[],
  inputs: Samples,
  labels: Labels,
  rng: Rng,
): Promise<E.Either<SparrowError, Prepared["tasks"]>> {
  const tasks: (readonly [PlaneEstimator, PlaneTask])[] = [];
  let rest = rng;
  for (const estimator of estimators) {
    const [own, next] = splitRng(rest);
    rest = next;
    const task = await estimator.prepare(inputs, labels, own)();
    if (E.isLeft(task)) return task;
    tasks.push([estimator, task.right]);
  }
  return E.right(tasks);
}

/** Returns the images in the form that the model takes. */
function inputsOf(data: DataSplit): Samples {
  const width = data.values.length / data.count;
  const all = Uint32Array.from({ length: data.count }, (_, i) => i);
  return { count: data.count, width, values: normaliser(data.normalisation)(data, width, all) };
}
