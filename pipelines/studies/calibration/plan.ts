/**
 * Estimators that are calibrated, and the settings that they are measured on: how often, in which order.
 *
 * @module
 */
import type { Kind, Setting } from "./laws.ts";

/** Family of an estimator, which determines its colour. */
export type Family = "neighbours" | "gaussian" | "counting" | "neural";

/** Style of an estimator's line among those of its family. */
export type Dash = "solid" | "dashed" | "dotted";

/** An estimator as tables and figures show it. */
export interface EstimatorInfo {
  /** Heading of the estimator's column. */
  readonly label: string;
  /** Family of the estimator. */
  readonly family: Family;
  /** Style of the estimator's line. */
  readonly dash: Dash;
}

const of = (label: string, family: Family, dash: Dash): EstimatorInfo => ({ label, family, dash });

/** Estimators for two continuous variables, in the order of the columns. */
export const pairEstimators = {
  ksg: of("KSG", "neighbours", "solid"),
  gcmi: of("GCMI", "gaussian", "solid"),
  gaussian: of("Gaussian", "gaussian", "dashed"),
  bins: of("bins", "counting", "solid"),
  mass_bins: of("equal-mass bins", "counting", "dashed"),
  kmeans: of("k-means", "counting", "dotted"),
  mine: of("MINE", "neural", "solid"),
  smile: of("SMILE", "neural", "dashed"),
  infonce: of("InfoNCE", "neural", "dotted"),
} as const satisfies Readonly<Record<string, EstimatorInfo>>;

/** Estimators for a continuous variable and a class, in the order of the columns. */
export const classEstimators = {
  ross: of("Ross", "neighbours", "solid"),
  micd: of("micd", "neighbours", "dashed"),
  mixture: of("mixture", "gaussian", "dotted"),
  gcmi: of("GCMI", "gaussian", "solid"),
  gaussian: of("Gaussian", "gaussian", "dashed"),
  bins: of("bins", "counting", "solid"),
  mass_bins: of("equal-mass bins", "counting", "dashed"),
  kmeans: of("k-means", "counting", "dotted"),
  mine: of("MINE", "neural", "solid"),
} as const satisfies Readonly<Record<string, EstimatorInfo>>;

/** Name of an estimator on the command line. The same name means the same method on pairs and on classes. */
export type EstimatorName = keyof typeof pairEstimators | keyof typeof classEstimators;

/** Every name, once. */
export const estimatorNames = [
  ...new Set([...Object.keys(pairEstimators), ...Object.keys(classEstimators)]),
] as readonly EstimatorName[];

/** The estimators of a kind by name, in the order of the columns. */
export const estimatorsOf = (kind: Kind): Readonly<Partial<Record<EstimatorName, EstimatorInfo>>> =>
  kind === "pairs" ? pairEstimators : classEstimators;

/** Whether an estimator trains a network. */
export const isNeural = (name: EstimatorName): name is "mine" | "smile" | "infonce" =>
  pairEstimators[name as keyof typeof pairEstimators]?.family === "neural";

/** Laws and numbers of samples, all combinations of them. */
export interface Grid {
  /** Numbers per sample, d. */
  readonly dimensions: readonly number[];
  /** The truths, in bits. */
  readonly bits: readonly number[];
  /** Numbers of samples. */
  readonly samples: readonly number[];
}

/** The settings to measure, and the estimators to measure them with. */
export interface Plan {
  /** The settings of each kind. */
  readonly kinds: Readonly<Record<Kind, Grid>>;
  /** Estimators that may be used; each is used for the kinds that it suits. */
  readonly estimators: readonly EstimatorName[];
  /** Repetitions of every estimate, at least 1. */
  readonly seeds: number;
  /** Largest number of steps of a training. */
  readonly steps: number;
}

/** A setting with the estimators that are measured on it. */
export interface Job {
  /** Law and number of samples. */
  readonly setting: Setting;
  /** Estimators of the job; all of them are neural or none is. */
  readonly estimators: readonly EstimatorName[];
  /** Repetitions. */
  readonly seeds: number;
}

/** Repetitions of a full calibration. */
export const SEEDS = 10;

/** Repetitions of a quick one. */
export const QUICK_SEEDS = 2;

const samples = [500, 2_000, 10_000];

const full: Plan["kinds"] = {
  pairs: { dimensions: [1, 2, 5, 10, 20], bits: [0.1, 0.5, 1, 2, 4, 6], samples },
  classes: { dimensions: [1, 5, 20], bits: [0.2, 1, 1.8], samples },
};

const quick: Plan["kinds"] = {
  pairs: { dimensions: [1, 5], bits: [0.5, 2], samples: [500] },
  classes: { dimensions: [1, 5], bits: [1], samples: [500] },
};

/**
 * Makes the plan of a full calibration, or of a quick one, which leaves out neural bounds unless they are requested.
 *
 * @param seeds Repetitions; null for as many as the form has.
 * @param estimators Requested estimators; null for all that the form has.
 */
export const planOf = (
  isQuick: boolean,
  seeds: number | null,
  estimators: readonly EstimatorName[] | null,
): Plan => ({
  kinds: isQuick ? quick : full,
  estimators: estimators ?? estimatorNames.filter((name) => !isQuick || !isNeural(name)),
  seeds: seeds ?? (isQuick ? QUICK_SEEDS : SEEDS),
  steps: isQuick ? 100 : 1_000,
});

/**
 * The jobs of a plan. What computes at once comes first, few samples before many, so that most results are
 * there early.
 *
 * @example
 * ```ts
 * import { jobsOf, planOf } from "./plan.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const jobs = jobsOf(planOf(true, null, ["mine", "ksg"]));
 * assertEquals(jobs.map(({ estimators }) => estimators.join()).slice(0, 4), Array(4).fill("ksg"));
 * assertEquals(jobs.at(-1)?.estimators, ["mine"]);
 * ```
 */
export const jobsOf = (plan: Plan): readonly Job[] =>
  [false, true].flatMap((neural) =>
    (["pairs", "classes"] as const).flatMap((kind): readonly Job[] => {
      const names = Object.keys(estimatorsOf(kind)) as readonly EstimatorName[];
      const estimators = names.filter((name) =>
        isNeural(name) === neural && plan.estimators.includes(name)
      );
      if (estimators.length === 0) return [];
      const { seeds } = plan;
      return settingsOf(kind, plan.kinds[kind]).map((setting) => ({ setting, estimators, seeds }));
    })
  );

const settingsOf = (kind: Kind, { dimensions, bits, samples }: Grid): readonly Setting[] =>
  samples.flatMap((samples) =>
    dimensions.flatMap((dimension) =>
      bits.map((bits): Setting => ({ kind, dimension, bits, samples }))
    )
  );
