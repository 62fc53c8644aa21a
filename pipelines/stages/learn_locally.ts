/**
 * The stage that trains one layer by a local rule: no loss, no label, no gradient.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import type { Conv2d, Linear } from "../../graph/node.ts";
import { draw, permutation } from "../../graph/rng.ts";
import { scalingPaths } from "../../graph/scaling.ts";
import { inferShapes, sizeOf } from "../../graph/shape.ts";
import type { Shape } from "../../graph/types.ts";
import { whitening } from "../../ops/local/whitening.ts";
import type { LocalRule } from "../../ops/local/local_rule.ts";
import { checkRanges, integerFrom, notNegative, positive } from "../../ops/ranges.ts";
import { tf } from "../../ops/tfjs.ts";
import { breathe } from "../breathe.ts";
import type { Images } from "../data/dataset.ts";
import type { Env } from "../env.ts";
import type { Row } from "../history.ts";
import { gatherSamples, type LayerSamples } from "../layer_samples.ts";
import type { Run } from "../run.ts";
import { type Stage, stage } from "../stage.ts";
import { counted, factorsOf } from "./learnt_duty.ts";

/** Options of {@linkcode learnLocally}. */
export interface LearnLocallyOptions {
  /**
   * Images to learn from; labels are not used. Their normalisation should have a mean of 0 (see
   * `withNormalisation`), so that an empty part of an image is exactly 0.
   */
  readonly data: Images;
  /** Which node of the graph learns: a linear layer or a convolution without bias. */
  readonly path: number;
  /** How. */
  readonly rule: LocalRule;
  /** Times that it sees all samples, at least 1; 1. */
  readonly epochs?: number;
  /** Samples per step, at least 1; 100. */
  readonly batchSize?: number;
  /** The first step's rate, which falls to 0 in a line, above 0; the rule's. */
  readonly rate?: number;
  /** Samples that are drawn from the data, at least 2; 100,000. Of a linear layer one per image at most. */
  readonly samples?: number;
  /** The least deviation of a sample that is learnt from, at least 0; 0.05. */
  readonly floor?: number;
  /** Added to the variances where samples are whitened, above 0; null, the default: they are not. */
  readonly whiten?: number | null;
}

/** Of so many samples the whitening is found. */
const WHITENED = 20_000;

/**
 * Trains one layer by a local rule, without a gradient; the layers before it stay as they are.
 *
 * A sample is what the layer's units see: of a convolution a patch of its input at a random place, of a
 * linear layer all of it. Each is brought to mean 0 and deviation 1, whitened if that is asked for, and
 * brought to length 1; flat ones are left out. The units begin as samples, whatever the layer's weights were.
 * What is learnt on such samples is then written as weights
 * for inputs as they are: centring and whitening are linear and become part of the weights, and the rest
 * is a positive factor that all units of a sample share. So a kWTA over the same units (`over=location`
 * after a convolution) has the winners that learning had.
 *
 * Where the node after the layer is a kWTA that `synapticScaling` has been applied to, units compete with
 * its factors, and its duty cycle counts who learns: of an image the mean over its locations.
 *
 * Rows of each epoch, for "train": "moved" (the length of what the weights changed by, relative to them)
 * and "units_used" (the fraction that has been active).
 *
 * Errors: `Interrupted` at the next step after the signal; `InvalidOption` for an option out of its range,
 * a path that is no such layer, and data in which nothing is left to learn from.
 *
 * @example
 * ```ts
 * import { learnLocally } from "./learn_locally.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { startBackend } from "../../ops/backend.ts";
 * import { onlineKMeans } from "../../ops/local/online_k_means.ts";
 * import { quietEnv } from "../env.ts";
 * import { createRun, dispose } from "../run.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const backend = await startBackend("cpu")();
 * const encoder = graph`linear(4, 2, bias=false) ▷ kwta(0.5, hard)`;
 * const run = createRun({ graph: encoder });
 * if (E.isLeft(run) || E.isLeft(backend)) throw new Error("no start");
 * const data = {
 *   count: 2,
 *   pixels: Uint8Array.of(255, 0, 0, 0, 0, 0, 255, 255),
 *   normalisation: { mean: [0], std: [1] },
 * };
 * const stage = learnLocally({ data, path: 0, rule: onlineKMeans(), epochs: 2 });
 * const done = await stage(run.right)(quietEnv(backend.right))();
 * if (E.isLeft(done)) throw new Error("nothing was learnt");
 * assertEquals(done.right.epoch, 2);
 * dispose(done.right);
 * ```
 */
export const learnLocally = (options: LearnLocallyOptions): Stage =>
  stage((run, env) => {
    const found = layerAt(run, options);
    return E.isLeft(found) ? Promise.resolve(found) : learnLayer(options, found.right, run, env);
  });

/** A layer that can learn. */
interface Layer {
  /** The node. */
  readonly node: Linear | Conv2d;
  /** Of one of its inputs. */
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
  if (node.outputs < rule.least) {
    return E.left(
      invalidOption("units", node.outputs, `at least ${rule.least} for the rule ${rule.name}`),
    );
  }
  const size = sizeOf(run.input);
  if (data.pixels.length !== data.count * size) {
    const actual = `samples of ${data.pixels.length / data.count}`;
    return E.left(invalidOption("data", actual, `samples of ${size} numbers`));
  }
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

/** Samples by their numbers as a learner sees them: whitened where there is a matrix, of length 1. */
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
