/**
 * The estimators that compute at once, on a repetition of a setting.
 *
 * @module
 */
import { E, pipe } from "../../../graph/fp_ts.ts";
import { type Rng, splitRng } from "../../../graph/rng.ts";
import { quantise } from "../../../ops/information/k_means.ts";
import { equalMassBins, equalWidthBins } from "../../../ops/information/binning.ts";
import { mutualInformation } from "../../../ops/information/discrete.ts";
import { symbolsOfRows } from "../../../ops/information/symbols.ts";
import {
  copulaClassInformation,
  gaussianClassInformation,
  mixtureClassInformation,
} from "../../../ops/information/gaussian_classes.ts";
import { copulaInformation, gaussianInformation } from "../../../ops/information/copula.ts";
import {
  classConditionalInformation,
  ksgInformation,
  rossInformation,
} from "../../../ops/information/nearest.ts";
import type { Estimate, Samples } from "../../../ops/information/samples.ts";
import {
  type ContinuousPairs,
  drawClasses,
  drawPairs,
  generatorOf,
  type LabelledSamples,
  type Setting,
} from "./laws.ts";
import type { classEstimators, EstimatorName, pairEstimators } from "./plan.ts";

/** One estimate that is to be made. */
export interface Task {
  /** Law and number of samples. */
  readonly setting: Setting;
  /** Counted from 0. */
  readonly repetition: number;
  /** Estimator to use; it suits the setting's kind. */
  readonly estimator: EstimatorName;
}

/** An estimate and its duration. */
export interface Timed {
  /** Bits, or why there are none. */
  readonly estimate: Estimate;
  /** Duration in seconds, without drawing the samples. */
  readonly seconds: number;
}

/** Neighbours of KSG, Ross and micd: those of the reference's monitor. */
export const NEIGHBOURS = 4;

/** Bins per unit. */
export const BINS = 30;

/** Clusters of each continuous variable. */
export const CLUSTERS = 20;

type Neural = "mine" | "smile" | "infonce";

/** The samples of a repetition, and the generator that estimators draw from. */
export type Drawn =
  | { readonly kind: "pairs"; readonly data: ContinuousPairs; readonly rng: Rng }
  | { readonly kind: "classes"; readonly data: LabelledSamples; readonly rng: Rng };

/** Draws the samples of a repetition: the same for all estimators. */
export function drawSamples(setting: Setting, repetition: number): Drawn {
  const { kind, dimension, bits, samples } = setting;
  const [forData, rng] = splitRng(generatorOf(setting, repetition));
  return kind === "pairs"
    ? { kind, data: drawPairs(dimension, bits, samples, forData), rng }
    : { kind, data: drawClasses(dimension, bits, samples, forData), rng };
}

/**
 * Makes an estimate at once.
 *
 * @param task Task with an estimator that suits the setting's kind and trains nothing.
 * @param now Milliseconds that only grow.
 */
export function estimateDirectly(
  { setting, repetition, estimator }: Task,
  now: () => number = () => performance.now(),
): Timed {
  const drawn = drawSamples(setting, repetition);
  const begun = now();
  const estimate = drawn.kind === "pairs"
    ? ofPairs[estimator as keyof typeof ofPairs](drawn.data, drawn.rng)
    : ofClasses[estimator as keyof typeof ofClasses](drawn.data, drawn.rng);
  return { estimate, seconds: (now() - begun) / 1000 };
}

const k = NEIGHBOURS;

const ofPairs: Readonly<
  Record<
    Exclude<keyof typeof pairEstimators, Neural>,
    (pairs: ContinuousPairs, rng: Rng) => Estimate
  >
> = {
  ksg: ({ x, y }) => ksgInformation(x, y, { k }),
  gcmi: ({ x, y }) => copulaInformation(x, y),
  gaussian: ({ x, y }) => gaussianInformation(x, y),
  bins: ({ x, y }) => counted(widthBins(x), widthBins(y)),
  mass_bins: ({ x, y }) => counted(massBins(x), massBins(y)),
  kmeans: ({ x, y }, rng) => counted(clusters(x, rng), clusters(y, rng)),
};

const ofClasses: Readonly<
  Record<
    Exclude<keyof typeof classEstimators, Neural>,
    (samples: LabelledSamples, rng: Rng) => Estimate
  >
> = {
  ross: ({ x, labels }) => rossInformation(x, labels, { k }),
  micd: ({ x, labels }) => classConditionalInformation(x, labels, { k }),
  mixture: ({ x, labels }) => mixtureClassInformation(x, labels),
  gcmi: ({ x, labels }) => copulaClassInformation(x, labels),
  gaussian: ({ x, labels }) => gaussianClassInformation(x, labels),
  bins: ({ x, labels }) => counted(widthBins(x), E.right(labels)),
  mass_bins: ({ x, labels }) => counted(massBins(x), E.right(labels)),
  kmeans: ({ x, labels }, rng) => counted(clusters(x, rng), E.right(labels)),
};

type Symbols = E.Either<Estimate extends E.Either<infer L, number> ? L : never, ArrayLike<number>>;

const widthBins = (samples: Samples): Symbols =>
  pipe(
    equalWidthBins(samples, { bins: BINS }),
    E.map((codes) => symbolsOfRows(codes, samples.width)),
  );

const massBins = (samples: Samples): Symbols =>
  pipe(
    equalMassBins(samples, { bins: BINS }),
    E.map((codes) => symbolsOfRows(codes, samples.width)),
  );

const clusters = (samples: Samples, rng: Rng): Symbols =>
  pipe(quantise(samples, { clusters: CLUSTERS }, rng), E.map(([{ clusters }]) => clusters));

const counted = (x: Symbols, y: Symbols): Estimate =>
  pipe(x, E.chain((x) => E.chain((y: ArrayLike<number>) => mutualInformation(x, y))(y)));
