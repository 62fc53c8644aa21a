/**
 * The comparison on unseen classes: pixels, an untrained encoder, and encoders trained by two losses, each
 * without those classes and with them.
 *
 * @module
 */
import type { InvalidOption, SparrowError } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import type { DenseEmbeddings } from "../../../ops/embeddings.ts";
import { tripletCosineLoss } from "../../../ops/losses/triplet.ts";
import {
  encoderFor,
  epochOf,
  kwtaRecipe,
  measure,
  type Recipe,
  referenceOptimiser,
  trainAll,
  type Variant,
} from "../claims/recipes.ts";
import { duration } from "../../cli/text.ts";
import { withoutClasses } from "../../data/splits.ts";
import type { Dataset, ImageSplit } from "../../data/dataset.ts";
import type { Env } from "../../core/env.ts";
import { pipeline, repeat, skip, type Stage } from "../../core/stage.ts";
import { kwtaSchedule } from "../../stages/schedules.ts";
import {
  quantities,
  type Quantity,
  retrieve,
  retrieveByTask,
  rowName,
  type Task,
  tasks,
  valuesOf,
} from "./retrieval.ts";

/** Classes that an encoder was trained on: none, all but the unseen, or all. */
export type TrainedOn = "nothing" | "seen" | "all";

/** A way to come by embeddings. */
export interface Way {
  /** Name of the encoder: "pixels", "untrained", or the loss. */
  readonly name: string;
  /** Classes that the encoder was trained on. */
  readonly trainedOn: TrainedOn;
}

/** A way that is trained, or begins at random: once per seed. */
export interface EncoderWay extends Way {
  /** Training and measurement of the encoder. */
  readonly variant: Variant;
}

/** Data and length of the comparison. */
export interface Comparison {
  /** Dataset whose test set is searched. */
  readonly dataset: Dataset<ImageSplit>;
  /** Indices of the classes that are held out. */
  readonly unseen: readonly number[];
  /** Epochs of every training, at least 1. */
  readonly epochs: number;
}

/** A recipe with the work before each epoch. */
interface Training {
  readonly name: string;
  readonly recipe: Recipe;
  readonly sparsify: Stage;
}

/** The recipes of `mnist_kwta.ts`. */
const trainings: readonly Training[] = [
  {
    name: "triplet",
    recipe: {
      loss: tripletCosineLoss({ margin: 0.5 }),
      optimiser: referenceOptimiser,
    },
    sparsify: kwtaSchedule(),
  },
  { name: "supcon", recipe: kwtaRecipe, sparsify: skip },
];

/**
 * The encoders, 784-64-512 with 26 of 512 units active for images of 28 × 28, as `mnist_kwta.ts` has it:
 * the untrained one first. Nothing of the unseen classes is in the training set of those that were not
 * to see them; the images' normalisation, two numbers, is the dataset's own.
 *
 * @returns The ways; `InvalidOption` where `unseen` are not some of the dataset's classes.
 */
export const encoderWays = (
  { dataset, unseen, epochs }: Comparison,
): E.Either<InvalidOption, readonly EncoderWay[]> =>
  E.map((seen: Dataset<ImageSplit>) => {
    const graph = encoderFor(dataset);
    const judge = retrieve(dataset, unseen);
    const trained = (
      { name, recipe, sparsify }: Training,
      trainedOn: TrainedOn,
      data: Dataset<ImageSplit>,
    ): EncoderWay => ({
      name,
      trainedOn,
      variant: {
        name: `${name}, trained on ${trainedOn === "all" ? "all classes" : "the seen classes"}`,
        begin: { graph, optimiser: recipe.optimiser(epochs) },
        stages: pipeline(
          repeat(epochs)(pipeline(sparsify, epochOf(recipe, { dataset: data }))),
          judge,
        ),
      },
    });
    const untrained: EncoderWay = {
      name: "untrained",
      trainedOn: "nothing",
      variant: {
        name: "untrained",
        begin: { graph },
        stages: judge,
      },
    };
    return [
      untrained,
      ...trainings.flatMap((training) => [
        trained(training, "seen", seen),
        trained(training, "all", dataset),
      ]),
    ];
  })(withoutClasses(dataset, unseen));

/** Measures of a way by task and quantity: one value per seed, a single one for pixels. */
export type Found = Readonly<Record<Task, Readonly<Record<Quantity, readonly number[]>>>>;

/** A method with its results. */
export interface Judged extends Way {
  /** Each value in [0, 1]; NaN where a task has no query with something to find. */
  readonly found: Found;
}

/**
 * Judges the pixels, then the encoders: trains each once per seed, and says a line after each.
 *
 * @returns The ways, pixels first; `InvalidOption` where `unseen` are not some of the dataset's classes;
 * `Interrupted`, or another error of a stage.
 */
export async function compareWays(
  comparison: Comparison,
  seeds: readonly number[],
  env: Env,
): Promise<E.Either<SparrowError, readonly Judged[]>> {
  const ways = encoderWays(comparison);
  if (E.isLeft(ways)) return ways;
  const pixels = await judgePixels(comparison, env);
  if (E.isLeft(pixels)) return pixels;
  const outcomes = await trainAll(seeds, ways.right.map(({ variant }) => variant))(env)();
  if (E.isLeft(outcomes)) return outcomes;
  return E.right([
    pixels.right,
    ...ways.right.map(({ name, trainedOn }, i): Judged => ({
      name,
      trainedOn,
      found: foundBy((row) => measure(row, outcomes.right[i], row).values),
    })),
  ]);
}

const foundBy = (values: (row: string) => readonly number[]): Found =>
  Object.fromEntries(tasks.map((task) => [
    task,
    Object.fromEntries(
      quantities.map((quantity) => [quantity, values(rowName(quantity, task))]),
    ),
  ])) as Found;

/** Images as they are: bytes, of which the cosine is taken. */
async function judgePixels(
  { dataset: { test }, unseen }: Comparison,
  env: Env,
): Promise<E.Either<SparrowError, Judged>> {
  const begun = env.now();
  const found = await retrieveByTask(
    { embeddings: pixelsOf(test), labels: test.labels },
    unseen,
    env,
  );
  if (E.isLeft(found)) return found;
  env.log(`  pixels: in ${duration((env.now() - begun) / 1000)}`);
  const values = new Map(valuesOf(found.right));
  return E.right({
    name: "pixels",
    trainedOn: "nothing",
    found: foundBy((row) => [values.get(row) ?? NaN]),
  });
}

const pixelsOf = ({ count, values: pixels }: Dataset<ImageSplit>["test"]): DenseEmbeddings => ({
  kind: "dense",
  count,
  width: pixels.length / count,
  values: Float32Array.from(pixels),
});
