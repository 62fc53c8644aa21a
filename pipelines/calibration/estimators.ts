/**
 * The estimators that are calibrated: what they are called and how they are drawn.
 *
 * @module
 */
import type { Kind } from "./setting.ts";

/** What estimators have in common, and so their colour. */
export type Family = "neighbours" | "gaussian" | "counting" | "neural";

/** Which of a family's lines it is. */
export type Dash = "solid" | "dashed" | "dotted";

/** An estimator as tables and figures show it. */
export interface EstimatorInfo {
  /** What it is called at the head of a column. */
  readonly label: string;
  /** Its relations. */
  readonly family: Family;
  /** Its line among theirs. */
  readonly dash: Dash;
}

const of = (label: string, family: Family, dash: Dash): EstimatorInfo => ({ label, family, dash });

/** Those of two continuous variables, in the order of the columns. */
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

/** Those of a continuous variable and a class. */
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

/** As `--estimators` has it. The same name stands for the same idea on pairs and on classes. */
export type EstimatorName = keyof typeof pairEstimators | keyof typeof classEstimators;

/** Every name, once. */
export const estimatorNames = [
  ...new Set([...Object.keys(pairEstimators), ...Object.keys(classEstimators)]),
] as readonly EstimatorName[];

/** The estimators of a kind by name, in the order of the columns. */
export const estimatorsOf = (kind: Kind): Readonly<Partial<Record<EstimatorName, EstimatorInfo>>> =>
  kind === "pairs" ? pairEstimators : classEstimators;

/** Whether it trains a network. */
export const isNeural = (name: EstimatorName): name is "mine" | "smile" | "infonce" =>
  pairEstimators[name as keyof typeof pairEstimators]?.family === "neural";
