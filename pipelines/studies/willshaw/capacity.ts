/**
 * Capacity of Willshaw memories: random pairs are stored and recalled, and the counts stand beside the predictions of
 * theory for that size.
 *
 * @module
 */
import type { InvalidOption, SparrowError } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import { type Rng, splitRng } from "../../../graph/rng.ts";
import type { BinaryEmbeddings } from "../../../ops/embeddings.ts";
import { pickCodes } from "../../../ops/codes/codes.ts";
import { moveUnits, randomCodes, subsample } from "../../../ops/codes/noise.ts";
import { codeSizes, overlap } from "../../../ops/codes/algebra.ts";
import {
  emptyMemory,
  expectedFill,
  falseUnitProbability,
  recall,
  recallIterated,
  type RecallRule,
  store,
  storedInformation,
  willshawCapacity,
  type WillshawMemory,
  type WillshawSizes,
} from "../../../ops/codes/willshaw.ts";

/** A memory at one load. */
export interface Load {
  /** Pairs that are stored. */
  readonly pairs: number;
  /** The fraction of the synapses that are set. */
  readonly fill: number;
  /** The probability that a unit fires which should not: p₀₁. */
  readonly added: number;
  /** Wrong units per unit of a target. */
  readonly error: number;
  /** Stored information, in bits per synapse, the channel being the one that was measured. */
  readonly bitsPerSynapse: number;
}

/** The sizes of hetero-association between codes of one kind. */
export const sizesOf = (units: number, active: number): WillshawSizes => ({
  inputs: units,
  outputs: units,
  cueActive: active,
  targetActive: active,
});

/**
 * Stores random pairs, load by load, and recalls some of them by their whole cues.
 *
 * @param loads Numbers of pairs, rising.
 * @param probes Stored pairs that are recalled at each load, all of them where there are fewer.
 * @returns One row per load; `InvalidOption` where a size is out of its range.
 */
export function measureLoads(
  { units, active, loads, probes }: {
    readonly units: number;
    readonly active: number;
    readonly loads: readonly number[];
    readonly probes: number;
  },
  rng: Rng,
): E.Either<InvalidOption, readonly Load[]> {
  const empty = emptyMemory(units);
  if (E.isLeft(empty)) return empty;
  const most = loads[loads.length - 1] ?? 0;
  const cues = randomCodes(most, units, active, rng);
  if (E.isLeft(cues)) return cues;
  const targets = randomCodes(most, units, active, cues.right[1]);
  if (E.isLeft(targets)) return targets;
  const [from, to] = [cues.right[0], targets.right[0]];
  const rows: Load[] = [];
  let memory: WillshawMemory = empty.right;
  for (const pairs of loads) {
    const fresh = range(memory.pairs, pairs);
    memory = store(memory, pickCodes(from, fresh), pickCodes(to, fresh));
    // Spread over all that is stored, early and late.
    const few = Math.min(probes, pairs);
    const asked = Array.from({ length: few }, (_, i) => Math.floor(i * pairs / few));
    const found = recall(memory, pickCodes(from, asked), { kind: "threshold" });
    if (E.isLeft(found)) return found;
    const wanted = pickCodes(to, asked);
    const errors = wrongUnits(found.right.codes, wanted);
    const added = errors / (few * (units - active));
    rows.push({
      pairs,
      fill: memory.fill,
      added,
      error: errors / (few * active),
      bitsPerSynapse: storedInformation(sizesOf(units, active), pairs, added),
    });
  }
  return E.right(rows);
}

/**
 * The load at which errors reach a rate, on a straight line between the logarithms of the two loads around
 * it.
 *
 * @param loads Rising, as {@linkcode measureLoads} returns them.
 * @returns null where the rate is not crossed.
 */
export function loadAtError(
  loads: readonly Load[],
  error: number,
  sizes: WillshawSizes,
): Load | null {
  const after = loads.findIndex((load) => load.error >= error);
  if (after < 1 || loads[after - 1].error === 0) return null;
  const [a, b] = [loads[after - 1], loads[after]];
  const part = Math.log(error / a.error) / Math.log(b.error / a.error);
  const pairs = a.pairs * (b.pairs / a.pairs) ** part;
  const added = error * sizes.targetActive / (sizes.outputs - sizes.targetActive);
  return {
    pairs,
    fill: a.fill + (b.fill - a.fill) * part,
    added,
    error,
    bitsPerSynapse: storedInformation(sizes, pairs, added),
  };
}

/** Error of codes that are completed from damaged cues. */
export interface Completion {
  /** The fraction of a code's units that the cue lacks, or that are elsewhere. */
  readonly damage: number;
  /** Kind of the damage: "part" where units are missing, "noise" where they are moved. */
  readonly kind: "part" | "noise";
  /** Kind of the recall: "one step" or "iterated". */
  readonly recall: "one step" | "iterated";
  /** Wrong units, false or missed, per unit of the code. */
  readonly error: number;
}

/**
 * Stores random codes with themselves, and recalls them from damaged cues by winners.
 *
 * @param damages Fractions in [0, 1].
 * @returns A row per damage, kind and recall; `InvalidOption` where a size is out of its range.
 */
function measureCompletion(
  { units, active, pairs, probes, damages }: {
    readonly units: number;
    readonly active: number;
    readonly pairs: number;
    readonly probes: number;
    readonly damages: readonly number[];
  },
  rng: Rng,
): E.Either<InvalidOption, readonly Completion[]> {
  const empty = emptyMemory(units);
  if (E.isLeft(empty)) return empty;
  const codes = randomCodes(pairs, units, active, rng);
  if (E.isLeft(codes)) return codes;
  const [all, next] = codes.right;
  const memory = store(empty.right, all);
  const wanted = pickCodes(all, range(0, Math.min(probes, pairs)));
  const rule: RecallRule = { kind: "winners", k: active };
  const rows: Completion[] = [];
  for (const damage of damages) {
    for (const kind of ["part", "noise"] as const) {
      const cues = kind === "part"
        ? subsample(wanted, Math.round((1 - damage) * active), next)
        : moveUnits(wanted, damage, next);
      if (E.isLeft(cues)) return cues;
      const once = recall(memory, cues.right[0], rule);
      const often = recallIterated(memory, cues.right[0], rule);
      if (E.isLeft(once)) return once;
      if (E.isLeft(often)) return often;
      for (
        const [recall, found] of [
          ["one step", once.right.codes],
          ["iterated", often.right.codes],
        ] as const
      ) {
        const error = wrongUnits(found, wanted) / (wanted.count * active);
        rows.push({ damage, kind, recall, error });
      }
    }
  }
  return E.right(rows);
}

/** Units that are in one of the two codes of a pair only, of all pairs. */
function wrongUnits(found: BinaryEmbeddings, wanted: BinaryEmbeddings): number {
  const [common, has, should] = [overlap(found, wanted), codeSizes(found), codeSizes(wanted)];
  return common.reduce((sum, both, i) => sum + has[i] + should[i] - 2 * both, 0);
}

const range = (from: number, to: number): Uint32Array =>
  Uint32Array.from({ length: to - from }, (_, i) => from + i);

/** Sizes, loads and damages to measure. */
export interface CapacityPlan {
  /** Numbers of units, rising, each a power of two; of each log₂ n are active. */
  readonly units: readonly number[];
  /** Number of units whose loads are measured in detail; one of `units`. */
  readonly closely: number;
  /** Pairs that are recalled at each load. */
  readonly probes: number;
  /** Number of codes that are stored with themselves. */
  readonly codes: number;
  /** Number of those codes that are completed from a part. */
  readonly completed: number;
}

/** The full plan, which takes some twenty seconds. */
export const FULL: CapacityPlan = {
  units: [256, 512, 1024, 2048, 4096, 8192],
  closely: 4096,
  probes: 4000,
  codes: 40_000,
  completed: 500,
};

/** The quick plan, which takes a second. */
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
  /** Active units of a code. */
  readonly active: number;
  /** Load at the rate of errors; null where no load reached it. */
  readonly measured: Load | null;
  /** Stored information that theory predicts at that rate, in bits per synapse. */
  readonly predicted: number;
  /** Pairs that theory predicts. */
  readonly predictedPairs: number;
}

/** A load, and the prediction of theory for it. */
export interface LoadResult extends Load {
  /** Stored information by theory, in bits per synapse. */
  readonly predicted: number;
}

/** All measurements. */
export interface CapacityResults {
  /** The capacity at the rate of errors, by size. */
  readonly sizes: readonly SizeResult[];
  /** Results for the loads of the size that is measured in detail. */
  readonly loads: readonly LoadResult[];
  /** Completion of damaged cues at that size. */
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
    const [own, rest] = splitRng(next);
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
