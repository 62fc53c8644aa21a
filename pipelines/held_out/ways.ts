/**
 * The encoders that are compared on unseen classes: untrained, and trained by two losses, each without
 * those classes and with them.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import type { InvalidOption } from "../../graph/error.ts";
import { tripletCosineLoss } from "../../ops/losses/triplet_cosine_loss.ts";
import { adam } from "../../ops/optimisers/adam.ts";
import { stepLr } from "../../ops/schedules.ts";
import { encoderFor, epochOf, kwtaRecipe, type Recipe } from "../claims/recipes.ts";
import type { Variant } from "../claims/variant.ts";
import { withoutClasses } from "../data/classes.ts";
import type { Dataset } from "../data/dataset.ts";
import { pipeline, repeat, skip, type Stage } from "../stage.ts";
import { kwtaSchedule } from "../stages/kwta_schedule.ts";
import { retrieve } from "./retrieve.ts";

/** What an encoder was trained on: nothing, all classes but the unseen, or all. */
export type TrainedOn = "nothing" | "seen" | "all";

/** A way to come by embeddings. */
export interface Way {
  /** "pixels", "untrained", or the loss. */
  readonly name: string;
  /** Whether it has seen the classes that are asked for. */
  readonly trainedOn: TrainedOn;
}

/** A way that is trained, or begins at random: once per seed. */
export interface EncoderWay extends Way {
  /** What is run. */
  readonly variant: Variant;
}

/** What is trained. */
export interface Comparison {
  /** Its test set is what is searched. */
  readonly dataset: Dataset;
  /** Indices of the classes that are held out. */
  readonly unseen: readonly number[];
  /** Of every training, at least 1. */
  readonly epochs: number;
}

/** A recipe with what is done before each epoch. */
interface Training {
  readonly name: string;
  readonly recipe: Recipe;
  readonly sparsify: Stage;
}

/** Those of `mnist_kwta.ts`. */
const trainings: readonly Training[] = [
  {
    name: "triplet",
    recipe: {
      loss: tripletCosineLoss({ margin: 0.5 }),
      optimiser: adam({ learningRate: 1e-3, weightDecay: 1e-5 }),
      rate: () => stepLr(1e-3, 10, 0.5),
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
  E.map((seen: Dataset) => {
    const graph = encoderFor(dataset);
    const judge = retrieve(dataset, unseen);
    const trained = (
      { name, recipe, sparsify }: Training,
      trainedOn: TrainedOn,
      data: Dataset,
    ): EncoderWay => ({
      name,
      trainedOn,
      variant: {
        name: `${name}, trained on ${trainedOn === "all" ? "all classes" : "the seen classes"}`,
        begin: { graph, optimiser: recipe.optimiser },
        stages: pipeline(
          repeat(epochs)(pipeline(sparsify, epochOf(recipe, { dataset: data, epochs }))),
          judge,
        ),
      },
    });
    const untrained: EncoderWay = {
      name: "untrained",
      trainedOn: "nothing",
      variant: {
        name: "untrained",
        begin: { graph, optimiser: kwtaRecipe.optimiser },
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
