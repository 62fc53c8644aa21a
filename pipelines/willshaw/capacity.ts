/**
 * The capacity of Willshaw memories, measured against what theory predicts for their size.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import type { InvalidOption, SparrowError } from "../../graph/error.ts";
import { fork, type Rng } from "../../graph/rng.ts";
import {
  expectedFill,
  falseUnitProbability,
  storedInformation,
  willshawCapacity,
} from "../../ops/sdr/willshaw_theory.ts";
import {
  type Completion,
  type Load,
  loadAtError,
  measureCompletion,
  measureLoads,
  sizesOf,
} from "./measure.ts";

/** What is measured. */
export interface CapacityPlan {
  /** Numbers of units, rising, each a power of two; of each log₂ n are active. */
  readonly units: readonly number[];
  /** The one whose loads are looked at closely: one of them. */
  readonly closely: number;
  /** Pairs that are recalled at each load. */
  readonly probes: number;
  /** Codes that are stored with themselves… */
  readonly codes: number;
  /** …and those of them that are completed. */
  readonly completed: number;
}

/** All of it takes some twenty seconds… */
export const FULL: CapacityPlan = {
  units: [256, 512, 1024, 2048, 4096, 8192],
  closely: 4096,
  probes: 4000,
  codes: 40_000,
  completed: 500,
};

/** …and this a second. */
export const QUICK: CapacityPlan = {
  units: [256, 512],
  closely: 512,
  probes: 1000,
  codes: 1000,
  completed: 200,
};

/** Wrong units per unit at which capacity is read. */
export const ERROR = 0.01;

/** One size of codes. */
export interface SizeResult {
  /** Units of a code. */
  readonly units: number;
  /** Those that are active. */
  readonly active: number;
  /** At the rate of errors; null where no load reached it. */
  readonly measured: Load | null;
  /** Stored information that theory predicts at that rate, in bits per synapse. */
  readonly predicted: number;
  /** Pairs that theory predicts. */
  readonly predictedPairs: number;
}

/** A load, and what theory says of it. */
export interface LoadResult extends Load {
  /** Stored information by theory, in bits per synapse. */
  readonly predicted: number;
}

/** What was measured. */
export interface CapacityResults {
  /** The capacity at the rate of errors, by size. */
  readonly sizes: readonly SizeResult[];
  /** Loads of the size that is looked at closely. */
  readonly loads: readonly LoadResult[];
  /** How damaged cues are completed at that size. */
  readonly completion: readonly Completion[];
}

/** Loads as parts of the predicted capacity: close to it for the crossing, far for the figure. */
const NEAR = [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2];
const FAR = [0.1, 0.2, 0.3, 0.4, ...NEAR, 1.4, 1.6, 1.8, 2, 2.3];

/**
 * Measures a plan.
 *
 * @param goesOn Called before each size; false ends with `Interrupted`.
 */
export function measureCapacity(
  { units, closely, probes, codes, completed }: CapacityPlan,
  rng: Rng,
  goesOn: () => boolean,
): E.Either<SparrowError, CapacityResults> {
  const sizes: SizeResult[] = [];
  let [loads, next]: readonly [readonly LoadResult[], Rng] = [[], rng];
  for (const [step, n] of units.entries()) {
    if (!goesOn()) return E.left({ _tag: "Interrupted", epoch: 1, step });
    const [own, rest] = fork(next);
    next = rest;
    const one = measureSize(n, n === closely ? FAR : NEAR, probes, own);
    if (E.isLeft(one)) return one;
    sizes.push(one.right.size);
    if (n === closely) loads = one.right.loads;
  }
  const completion = measureCompletion({
    units: closely,
    active: Math.log2(closely),
    pairs: codes,
    probes: completed,
    damages: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8],
  }, next);
  return E.map((completion: readonly Completion[]) => ({ sizes, loads, completion }))(completion);
}

function measureSize(
  units: number,
  parts: readonly number[],
  probes: number,
  rng: Rng,
): E.Either<InvalidOption, { readonly size: SizeResult; readonly loads: readonly LoadResult[] }> {
  const active = Math.log2(units);
  const sizes = sizesOf(units, active);
  const capacity = willshawCapacity(sizes, ERROR);
  if (E.isLeft(capacity)) return capacity;
  const { pairs, bitsPerSynapse } = capacity.right;
  const loads = parts.map((part) => Math.round(part * pairs));
  return E.map((found: readonly Load[]) => ({
    size: {
      units,
      active,
      measured: loadAtError(found, ERROR, sizes),
      predicted: bitsPerSynapse,
      predictedPairs: pairs,
    },
    loads: found.map((load) => {
      const added = falseUnitProbability(expectedFill(sizes, load.pairs), active);
      return { ...load, predicted: storedInformation(sizes, load.pairs, added) };
    }),
  }))(measureLoads({ units, active, loads, probes }, rng));
}
