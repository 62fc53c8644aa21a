/**
 * The stage that shows where a model looks.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import type { Graph } from "../../graph/node.ts";
import { encoderOf } from "../../graph/rewrite.ts";
import { splitRng } from "../../graph/rng.ts";
import { inferShapes, isPair, showSpace, sizeOf } from "../../graph/shape.ts";
import { lower } from "../../ops/interpreter.ts";
import { hardKwta, softKwta } from "../../ops/kwta.ts";
import { overlapScore, type Score, unitScore } from "../../ops/saliency/objective.ts";
import { saliency, type SaliencyOptions } from "../../ops/saliency/saliency.ts";
import { tf } from "../../ops/tfjs.ts";
import type { Explanation } from "../core/findings.ts";
import type { Run } from "../core/run.ts";
import { type Stage, stage } from "../core/stage.ts";
import { checkSplit, type Dataset, labelledSplit } from "../data/dataset.ts";
import { normaliser } from "../data/normalise.ts";
import { firstOfEach } from "../data/splits.ts";

/** Options of {@linkcode explain}. */
export interface ExplainOptions {
  /** Images of the test set, the first of each class in turn, at least 0. @default 4 */
  readonly images?: number;
  /**
   * Options of the masks.
   *
   * @default those of `saliency`, but for an area that costs 0.1 and a blur over three quarters of the image's height, which leaves nothing of a small image
   */
  readonly saliency?: SaliencyOptions;
}

/** The hardness of the kWTA that a mask sees: soft enough for a gradient at every unit. */
const HARDNESS = 2;

/**
 * Learns the smallest mask that removes the model's answer, for some images of the test set: of a
 * graph that ends in kWTA the bits of the image's own code, of another the output of its class. An image whose code
 * has no bit is passed over.
 *
 * Errors: `InvalidOption` for a dataset that has no images, for a graph that ends neither in kWTA nor in an output
 * per class, for the latter of images without labels, and for options out of range; `NonFinite`; `Interrupted`.
 *
 * @param dataset Dataset whose test images are explained.
 * @param options Options, as {@linkcode ExplainOptions} describes them.
 */
export const explain = (
  dataset: Dataset,
  { images = 4, saliency: options }: ExplainOptions = {},
): Stage =>
  stage(async (run, env): Promise<E.Either<SparrowError, Run>> => {
    const bad = misfit(run, dataset, images);
    if (bad !== null) return E.left(bad);
    const { labels, count, names } = dataset.test;
    const [height, width, channels = 1] = dataset.shape;
    const shape = [height, width, channels] as const;
    const gather = normaliser(dataset.test.normalisation);
    const explanations: Explanation[] = [];
    let rng = run.rng;
    const picks = labels === null
      ? Array.from({ length: Math.min(images, count) }, (_, i) => i)
      : firstOfEach(labels, dataset.classes.length, images);
    for (const pick of picks) {
      if (env.signal.aborted) {
        return E.left({ _tag: "Interrupted", epoch: run.epoch, step: run.step });
      }
      const size = height * width * channels;
      const image = { shape, data: gather(dataset.test, size, Uint32Array.of(pick)) };
      const label = labels === null ? 0 : labels[pick];
      const [own, rest] = splitRng(rng);
      rng = rest;
      const score = await scoreOf(run, image.data, label);
      if (score === null) continue;
      const found = await saliency({
        score,
        image,
        rng: own,
        options: { areaWeight: 0.1, ...wideBlur(height), ...options },
      })();
      if (E.isLeft(found)) return found;
      const { mask, perturbed, before, after } = found.right;
      const called = labels === null ? names?.[pick] ?? `sample ${pick}` : dataset.classes[label];
      explanations.push({ label: called, image, mask, perturbed, before, after });
    }
    return E.right({ ...run, rng, findings: { ...run.findings, explanations } });
  });

const wideBlur = (height: number) => ({
  blurSize: 2 * Math.floor(3 * height / 8) + 1,
  blurSigma: height / 5,
});

/** The score that the mask is to lower; null for a code without a bit, as of an image whose outputs are all equal. */
async function scoreOf(
  { graph, input, ...weights }: Run,
  image: Float32Array,
  label: number,
): Promise<Score | null> {
  const { nodes } = encoderOf(graph);
  const last = nodes.at(-1);
  const reshaped = (x: tf.Tensor) => tf.reshape(x, [x.shape[0], ...input]);
  if (last?._tag !== "kwta") {
    const { evaluate } = lower({ nodes });
    return unitScore((x) => evaluate(weights, reshaped(x)) as tf.Tensor, label);
  }
  // Evaluated but for the kWTA, which is soft: bits have no gradient.
  const { evaluate } = lower({ nodes: nodes.slice(0, -1) });
  const before = (x: tf.Tensor) => evaluate(weights, reshaped(x)) as tf.Tensor;
  const code = tf.tidy(() => hardKwta(before(tf.tensor(image, [1, ...input])), last.sparsity));
  const bits = Float32Array.from(await code.data());
  code.dispose();
  if (!bits.includes(1)) return null;
  return overlapScore((x) => softKwta(before(x), last.sparsity, HARDNESS), bits);
}

function misfit({ graph, input }: Run, dataset: Dataset, images: number): SparrowError | null {
  if (!Number.isInteger(images) || images < 0) {
    return invalidOption("images", images, "an integer of at least 0");
  }
  const { shape, classes } = dataset;
  if (shape.length < 2 || shape.length > 3) {
    return invalidOption(
      "explain",
      `samples of the shape ${showSpace(shape)}`,
      "images of the shape [height, width] or [height, width, channels]",
    );
  }
  const bad = checkSplit(dataset.test, { size: sizeOf(input), classes: classes.length });
  if (bad !== null) return bad;
  const encoder: Graph = encoderOf(graph);
  const inferred = inferShapes(encoder, input);
  if (E.isLeft(inferred)) return inferred.left;
  const { output } = inferred.right;
  const last = encoder.nodes.at(-1);
  const vector = !isPair(output) && (output as readonly number[]).length === 1;
  const codes = last?._tag === "kwta" && last.over === "sample";
  if (vector && !codes) {
    const labelled = labelledSplit(dataset.test, "explain");
    if (E.isLeft(labelled)) return labelled.left;
  }
  return vector && (codes || (output as readonly number[])[0] >= classes.length)
    ? null
    : invalidOption(
      "explain",
      `a graph that ends in ${showSpace(output)}`,
      `one that ends in kWTA of a vector, or in ${classes.length} outputs, one per class`,
    );
}
