/**
 * The stage that measures how the codes of composites are made of the codes of their parts.
 *
 * @module
 */
import type { SparrowError } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import { seed as seeded } from "../../../graph/rng.ts";
import type { Embeddings } from "../../../ops/embeddings.ts";
import { pickCodes } from "../../../ops/sdr/codes.ts";
import { difference, union } from "../../../ops/sdr/set_algebra.ts";
import { chanceContainment, containment } from "../../../ops/sdr/similarity.ts";
import type { Dataset } from "../../data/dataset.ts";
import { encode } from "../../encode.ts";
import type { Run } from "../../run.ts";
import { type Stage, stage } from "../../stage.ts";
import { otherClasses } from "./other_part.ts";
import { composites, type Pairs, unrelatedPairs } from "./superpose.ts";

/** What is measured, by the names of the rows, in words. */
export const quantities = {
  own_union: "bits in the union of its parts",
  unrelated_union: "bits in the union of an unrelated pair",
  random_union: "bits in the union of its parts, random codes",
  weaker_part: "bits of the part that has fewer",
  by_difference: "second part found by set difference",
  by_itself: "second part found without the difference",
  by_difference_of_all: "second part found by set difference, of all classes",
  by_itself_of_all: "second part found without the difference, of all classes",
} as const;

/** The name of a row of {@linkcode evaluateComposites}. */
export type Quantity = keyof typeof quantities;

/** Options of {@linkcode evaluateComposites}. */
export interface CompositeOptions {
  /** How many composites of the test set. */
  readonly count: number;
  /** Of the draw; the same gives the same composites whatever the run. */
  readonly seed: number;
}

/**
 * Encodes the test set and composites of it, and compares. It comes after `evaluate`, whose class
 * centroids it uses.
 *
 * Rows, for "test", each a mean over composites in [0, 1]: "own_union" (the part of a composite's bits
 * that are in the union of its parts' codes), "unrelated_union" (in that of two images of other
 * classes), "random_union" (in that of its parts, if its code were any other of its size: computed),
 * "weaker_part" (the part of its bits that it shares with the one of its parts that has fewer of
 * them), "by_difference" (how often its bits less those of the first part are nearest to the second's
 * class, of all classes but the first's), "by_itself" (the same of all of its bits, which is what
 * leaving out the first's class does alone), "by_difference_of_all" and "by_itself_of_all" (the same
 * of all classes, where nothing but the difference tells the first part's class from the second's).
 *
 * Errors: `Interrupted`.
 *
 * @param dataset Whose test set has at least four classes.
 */
export const evaluateComposites = (
  dataset: Dataset,
  { count, seed }: CompositeOptions,
): Stage => {
  const { test, normalisation } = dataset;
  const [scenes, rng] = composites(test, count, seeded(seed));
  const [unrelated] = unrelatedPairs(test, scenes, rng);
  return stage(async (run, env): Promise<E.Either<SparrowError, Run>> => {
    const parts = await encode(run, test, normalisation, env, run);
    if (E.isLeft(parts)) return parts;
    const wholes = await encode(run, scenes, normalisation, env, run);
    if (E.isLeft(wholes)) return wholes;
    const [singles, codes] = [codesOf(parts.right), codesOf(wholes.right)];
    const pick = (picks: Uint32Array) => pickCodes(singles, picks);
    const unionOf = ({ firsts, seconds }: Pairs) => union(pick(firsts), pick(seconds));
    const [first, second] = [pick(scenes.firsts), pick(scenes.seconds)];
    const [ofFirst, ofSecond] = [containment(codes, first), containment(codes, second)];
    const found = (rest: typeof codes, known: ArrayLike<number>): number =>
      mean(
        otherClasses(rest, known, run.classCodes?.codes ?? []).map((label, i) =>
          label === test.labels[scenes.seconds[i]] ? 1 : 0
        ),
      );
    const rest = difference(codes, first);
    const none = new Int32Array(count).fill(-1);
    const measured: Readonly<Record<Quantity, number>> = {
      own_union: mean(containment(codes, unionOf(scenes))),
      unrelated_union: mean(containment(codes, unionOf(unrelated))),
      random_union: mean(chanceContainment(codes, unionOf(scenes))),
      weaker_part: mean(ofFirst.map((part, i) => Math.min(part, ofSecond[i]))),
      by_difference: found(rest, scenes.labels),
      by_itself: found(codes, scenes.labels),
      by_difference_of_all: found(rest, none),
      by_itself_of_all: found(codes, none),
    };
    const { epoch, step } = run;
    const rows = Object.entries(measured).map(([name, value]) =>
      ({ epoch, step, split: "test", name, value }) as const
    );
    return E.right({ ...run, history: [...run.history, ...rows] });
  });
};

/** A mistake of the program, not of its user: hence thrown, not returned. */
function codesOf(embeddings: Embeddings) {
  if (embeddings.kind === "binary") return embeddings;
  throw new TypeError("Cannot compose codes: expected binary embeddings, current value is dense");
}

function mean(values: Float64Array | Int32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
