/**
 * The stage that trains one layer by a local rule, without a loss, a label or a gradient: its samples, its steps,
 * and synaptic scaling while it learns.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import type { Conv2d, Linear } from "../../graph/node.ts";
import { scalingPaths } from "../../graph/plasticity.ts";
import { draw, permutation, type Rng } from "../../graph/rng.ts";
import { inferShapes, sizeOf } from "../../graph/shape.ts";
import { showNode } from "../../graph/show.ts";
import type { Shape } from "../../graph/types.ts";
import { nextDuty, scalingFactors } from "../../ops/homeostasis.ts";
import { lower } from "../../ops/interpreter.ts";
import type { LocalRule } from "../../ops/local/rules.ts";
import { cutPatch, normaliseContrast, whitening } from "../../ops/local/samples.ts";
import { checkRanges, integerFrom, notNegative, positive } from "../../ops/ranges.ts";
import { tf } from "../../ops/tfjs.ts";
import { forEachForward } from "../core/batches.ts";
import { breathe, type Env } from "../core/env.ts";
import type { Row } from "../core/history.ts";
import type { Run } from "../core/run.ts";
import { type Stage, stage } from "../core/stage.ts";
import { checkSamples, type Samples } from "../data/dataset.ts";
import { subset } from "../data/splits.ts";

/** Options of {@linkcode learnLocally}. */
export interface LearnLocallyOptions {
  /**
   * Images to learn from; labels are not used. Their normalisation should have a mean of 0 (see
   * `withNormalisation`), so that an empty part of an image is exactly 0.
   */
  readonly data: Samples;
  /** Index of the node of the graph that learns: a linear layer or a convolution without bias. */
  readonly path: number;
  /** Rule by which it learns. */
  readonly rule: LocalRule;
  /** Number of passes over all samples, at least 1. @default {1} */
  readonly epochs?: number;
  /** Batch size: samples per step, at least 1. @default {100} */
  readonly batchSize?: number;
  /** Learning rate of the first step, above 0, which falls linearly to 0. @default the rule's */
  readonly rate?: number;
  /**
   * Number of samples to draw from the data, at least 2; of a linear layer at most one per image.
   * @default {100_000}
   */
  readonly samples?: number;
  /** The least deviation of a sample to learn from, at least 0. @default {0.05} */
  readonly floor?: number;
  /** Number added to the variances where samples are whitened, above 0; null for no whitening. @default {null} */
  readonly whiten?: number | null;
}

/** The most samples that the whitening is computed from. */
const WHITENED = 20_000;

/**
 * Trains one layer by a local rule, without a gradient; the layers before it stay as they are.
 *
 * A sample is what the layer's units see: of a convolution a patch of its input at a random place, of a
 * linear layer all of it. Each is brought to mean 0 and deviation 1, whitened if the option is set, and
 * brought to length 1; flat ones are left out. The units begin as samples, whatever the layer's weights were.
 * What is learnt on such samples is then written as weights for inputs as they are: centring and whitening
 * are linear and become part of the weights, and the rest is a positive factor that all units of a sample
 * share. So a kWTA over the same units (`over=location`
 * after a convolution) has the winners that learning had.
 *
 * Where the node after the layer is a kWTA that `synapticScaling` has been applied to, units compete with
 * its factors, and its duty cycle counts the units that learn: of an image the mean over its locations.
 *
 * Rows of each epoch, for "train": "moved" (the length of what the weights changed by, relative to them)
 * and "units_used" (the fraction that has been active).
 *
 * Errors: `Interrupted` at the next step after the signal; `InvalidOption` for an option out of its range,
 * a path that is no such layer, and data in which nothing is left to learn from.
 *
 * @param options Options, as {@linkcode LearnLocallyOptions} describes them.
 *
 * @example
 * ```ts
 * import { learnLocally } from "./learn_locally.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { startBackend } from "../../ops/backend.ts";
 * import { onlineKMeans } from "../../ops/local/rules.ts";
 * import { quietEnv } from "../core/env.ts";
 * import { createRun, dispose } from "../core/run.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const backend = await orThrow(startBackend("cpu"));
 * const encoder = graph`linear(4, 2, bias=false) ▷ kwta(0.5, hard)`;
 * const run = orThrow(createRun({ graph: encoder }));
 * const data = {
 *   count: 2,
 *   values: Uint8Array.of(255, 0, 0, 0, 0, 0, 255, 255),
 *   normalisation: { mean: [0], std: [1] },
 * };
 * const stage = learnLocally({ data, path: 0, rule: onlineKMeans(), epochs: 2 });
 * const done = await orThrow(stage(run)(quietEnv(backend)));
 * assertEquals(done.epoch, 2);
 * dispose(done);
 * ```
 */
export const learnLocally = (options: LearnLocallyOptions): Stage =>
  stage((run, env) => {
    const found = layerAt(run, options);
    return E.isLeft(found) ? Promise.resolve(found) : learnLayer(options, found.right, run, env);
  });

/** A layer that can learn. */
interface Layer {
  /** Node of the graph. */
  readonly node: Linear | Conv2d;
  /** Shape of one of its inputs. */
  readonly input: Shape;
}

function layerAt(run: Run, options: LearnLocallyOptions): E.Either<SparrowError, Layer> {
  const { path, rule, data, epochs = 1, batchSize = 100, rate = rule.rate } = options;
  const { samples = 100_000, floor = 0.05, whiten = null } = options;
  const bad = rule.problem ?? checkRanges({
    epochs: [epochs, integerFrom(1)],
    batchSize: [batchSize, integerFrom(1)],
    rate: [rate, positive],
    samples: [samples, integerFrom(2)],
    floor: [floor, notNegative],
    ...(whiten === null ? {} : { whiten: [whiten, positive] as const }),
  });
  if (bad !== null) return E.left(bad);
  const node = run.graph.nodes[path];
  if ((node?._tag !== "linear" && node?._tag !== "conv2d") || node.bias) {
    const actual = node === undefined ? String(path) : `${path}, ${node._tag}`;
    return E.left(invalidOption("path", actual, "that of a linear or conv2d without bias"));
  }
  if (node._tag === "conv2d" && node.groups > 1) {
    return E.left(
      invalidOption("path", `${path}, ${showNode(node)}`, "that of a conv2d of one group"),
    );
  }
  if (node.outputs < rule.least) {
    return E.left(
      invalidOption("units", node.outputs, `at least ${rule.least} for the rule ${rule.name}`),
    );
  }
  const misfit = checkSamples(data, sizeOf(run.input));
  if (misfit !== null) return E.left(misfit);
  return E.map(({ steps }: { readonly steps: readonly { path: string; input: unknown }[] }) => ({
    node,
    input: steps.find((step) => step.path === String(path))?.input as Shape,
  }))(inferShapes(run.graph, run.input));
}

async function learnLayer(
  options: LearnLocallyOptions,
  { node, input }: Layer,
  run: Run,
  env: Env,
): Promise<E.Either<SparrowError, Run>> {
  const { path, rule, epochs = 1, batchSize = 100, rate = rule.rate, whiten = null } = options;
  const { samples: most = 100_000, floor = 0.05, data } = options;
  const size = node._tag === "conv2d" ? node.size : null;
  const form = { path, input, size, most, floor };
  const gathered = await gatherSamples(run, data, form, env);
  if (E.isLeft(gathered)) return gathered;
  const [samples, rng] = gathered.right;
  const { count, width } = samples;
  if (count < 2) return E.left(invalidOption("data", "flat samples", "samples that vary"));

  let matrix: tf.Tensor2D | null = null;
  if (whiten !== null) {
    const some = Math.min(count, WHITENED);
    const part = { count: some, width, values: samples.values.subarray(0, some * width) };
    const found = whitening(part, whiten);
    if (E.isLeft(found)) return found;
    matrix = tf.tensor2d(found.right, [width, width]);
  }
  const learner = prepared(samples, matrix, batchSize);
  const weightPath = `${path}.weight`;
  const old = run.params[weightPath];
  const [first, afterFirst] = draw(
    rng,
    ({ integer }) => Array.from({ length: node.outputs }, () => integer(0, count - 1)),
  );
  let weights: tf.Tensor2D = tf.tidy(() => tf.mul(tf.transpose(learner(first)), rule.begin));
  let plasticity = run.plasticity;
  let generator = afterFirst;
  const scaling = scalingPaths(String(path + 1));
  const scaled = plasticity[scaling.duty] !== undefined;
  const steps = Math.ceil(count / batchSize);
  const rows: Row[] = [];
  const drop = () => tf.dispose([weights, ...(matrix === null ? [] : [matrix])]);

  for (let epoch = 0; epoch < epochs; epoch++) {
    const [order, next] = permutation(count, generator);
    generator = next;
    const before = weights.clone();
    let used = tf.zeros([node.outputs]);
    for (let step = 0; step < steps; step++) {
      await breathe(env);
      if (env.signal.aborted) {
        drop();
        tf.dispose([before, used]);
        if (plasticity !== run.plasticity) {
          tf.dispose([plasticity[scaling.duty], plasticity[scaling.samples]]);
        }
        return E.left({ _tag: "Interrupted", epoch: run.epoch + epoch, step: run.step + step });
      }
      const eta = rate * (1 - (epoch * steps + step) / (epochs * steps));
      const picks = order.subarray(step * batchSize, (step + 1) * batchSize);
      const made = tf.tidy(() => {
        const batch = learner(picks);
        const factors = scaled ? factorsOf(plasticity, scaling, node.outputs) : undefined;
        const activity = rule.compete(weights, batch, factors);
        const active = tf.step(activity);
        return {
          weights: rule.update(weights, batch, activity, eta),
          used: tf.maximum(used, tf.max(active, 0)),
          ...(scaled ? counted(plasticity, scaling, active) : {}),
        };
      });
      tf.dispose([weights, used]);
      ({ weights, used } = made);
      if (made.duty !== undefined && made.samples !== undefined) {
        if (plasticity !== run.plasticity) {
          tf.dispose([plasticity[scaling.duty], plasticity[scaling.samples]]);
        }
        plasticity = { ...plasticity, [scaling.duty]: made.duty, [scaling.samples]: made.samples };
      }
    }
    const [moved, share]: tf.Tensor[] = tf.tidy(() => [
      tf.sqrt(
        tf.div(tf.sum(tf.square(tf.sub(weights, before))), tf.sum(tf.square(before))),
      ),
      tf.mean(used),
    ]);
    for (const [name, tensor] of [["moved", moved], ["units_used", share]] as const) {
      const [value] = await tensor.data<"float32">();
      const at = { epoch: run.epoch + epoch + 1, step: run.step + (epoch + 1) * steps };
      rows.push({ ...at, split: "train", name, value });
    }
    tf.dispose([before, used, moved, share]);
  }
  const final = tf.tidy(() => {
    const seen = matrix === null ? weights : tf.matMul(matrix, weights);
    const centred = tf.sub(seen, tf.mean(seen, 0, true));
    return tf.reshape(centred, old.shape);
  });
  drop();
  old.dispose();
  if (plasticity !== run.plasticity) {
    tf.dispose([run.plasticity[scaling.duty], run.plasticity[scaling.samples]]);
  }
  return E.right({
    ...run,
    params: { ...run.params, [weightPath]: final },
    plasticity,
    rng: generator,
    epoch: run.epoch + epochs,
    step: run.step + epochs * steps,
    history: [...run.history, ...rows],
  });
}

// ---- Samples

/** Samples of one layer, each of mean 0 and deviation 1. */
export interface LayerSamples {
  /** Number of samples. */
  readonly count: number;
  /** Numbers per sample. */
  readonly width: number;
  /** count × width numbers, row-major. */
  readonly values: Float32Array;
}

/** Options of {@linkcode gatherSamples}. */
export interface SampleForm {
  /** The layer's place in the graph. */
  readonly path: number;
  /** Shape of one of its inputs. */
  readonly input: Shape;
  /** Side of a patch, for a convolution; null where a sample is a whole input. */
  readonly size: number | null;
  /** The most samples. */
  readonly most: number;
  /** The least deviation of a sample. */
  readonly floor: number;
}

/** Patches per image: more would be alike. */
const PER_IMAGE = 10;

/** Images per pass: a convolution's outputs for them must fit into memory. */
const SLICE = 200;

/**
 * Sends images, drawn at random, through the layers before one, and keeps the samples that its units get:
 * patches before a convolution, whole inputs before a linear layer.
 *
 * @returns The samples, and the generator to draw from next; else as `forEachBatch` does.
 */
async function gatherSamples(
  run: Run,
  data: Samples,
  { path, input, size, most, floor }: SampleForm,
  env: Env,
): Promise<E.Either<SparrowError, readonly [LayerSamples, Rng]>> {
  const { evaluate } = lower({ nodes: run.graph.nodes.slice(0, path) });
  const perImage = size === null ? 1 : PER_IMAGE;
  const [order, afterOrder] = permutation(data.count, run.rng);
  const wanted = Math.min(data.count, Math.ceil(most / perImage));
  const inputs = sizeOf(input);
  const [height, rest, channels] = size === null ? [1, 1, inputs] : input;
  const width = size === null ? inputs : size * size * channels;
  const values = new Float32Array(Math.min(most, wanted * perImage) * width);
  let [kept, rng] = [0, afterOrder];
  for (let from = 0; from < wanted; from += SLICE) {
    const picks = order.subarray(from, Math.min(wanted, from + SLICE));
    const done = await forEachForward(run, subset({ ...data, labels: null }, picks), {
      forward: (x) => [evaluate(run, x) as tf.Tensor],
      env,
      use: ({ outputs: [read], count }) => {
        [, rng] = draw(rng, (dice) => {
          for (let i = 0; i < count; i++) {
            const image = (read as Float32Array).subarray(i * inputs, (i + 1) * inputs);
            for (let p = 0; p < perImage && (kept + 1) * width <= values.length; p++) {
              const sample = values.subarray(kept * width, (kept + 1) * width);
              if (size === null) sample.set(image);
              else cutPatch(image, { height, width: rest, channels, size }, dice, sample);
              if (normaliseContrast(sample, floor)) kept++;
            }
          }
        });
      },
    })();
    if (E.isLeft(done)) return done;
  }
  return E.right([{ count: kept, width, values: values.subarray(0, kept * width) }, rng]);
}

/** Returns a function that gathers samples by their numbers: whitened where there is a matrix, of length 1. */
function prepared(
  { values, width }: LayerSamples,
  matrix: tf.Tensor2D | null,
  most: number,
): (picks: ArrayLike<number>) => tf.Tensor2D {
  let rows = new Float32Array(most * width);
  return (picks) => {
    const size = picks.length * width;
    if (rows.length < size) rows = new Float32Array(size);
    for (let i = 0; i < picks.length; i++) {
      rows.set(values.subarray(picks[i] * width, (picks[i] + 1) * width), i * width);
    }
    return tf.tidy(() => {
      const raw = tf.tensor2d(rows.slice(0, size), [picks.length, width]);
      const seen = matrix === null ? raw : tf.matMul(raw, matrix);
      const length = tf.sqrt(tf.sum(tf.square(seen), 1, true));
      return tf.div(seen, tf.maximum(length, 1e-12));
    });
  };
}

// ---- Synaptic scaling

/** The paths at which a run keeps the scaling state of a layer. */
export type Scaling = ReturnType<typeof scalingPaths>;

/** Computes the factors of units; those of a convolution from the mean duty cycle over its locations. */
function factorsOf(plasticity: Run["plasticity"], paths: Scaling, units: number): tf.Tensor {
  const duty = tf.mean(tf.reshape(plasticity[paths.duty], [-1, units]), 0);
  return scalingFactors(
    duty,
    plasticity[paths.samples],
    plasticity[paths.strength],
    plasticity[paths.target],
  );
}

/** Computes the duty cycle and the number of samples after a batch [samples, units]. */
function counted(
  plasticity: Run["plasticity"],
  paths: Scaling,
  active: tf.Tensor,
): { readonly duty: tf.Tensor; readonly samples: tf.Tensor } {
  const { [paths.duty]: duty, [paths.samples]: samples } = plasticity;
  const units = active.shape[1] as number;
  const mean = tf.mean(tf.reshape(duty, [-1, units]), 0);
  const next = nextDuty(mean, samples, active);
  return {
    // A location has none of its own: patches come from all.
    duty: tf.add(tf.zerosLike(duty), next),
    samples: tf.add(samples, active.shape[0]),
  };
}
