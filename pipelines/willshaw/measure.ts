/**
 * What a Willshaw memory really holds: random pairs are stored, and recall is counted.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import type { InvalidOption } from "../../graph/error.ts";
import type { Rng } from "../../graph/rng.ts";
import { pickCodes } from "../../ops/sdr/codes.ts";
import { moveUnits, randomCodes, subsample } from "../../ops/sdr/noise.ts";
import { codeSizes, overlap } from "../../ops/sdr/similarity.ts";
import { emptyMemory, store, type WillshawMemory } from "../../ops/sdr/willshaw.ts";
import { recall, recallIterated, type RecallRule } from "../../ops/sdr/willshaw_recall.ts";
import { storedInformation, type WillshawSizes } from "../../ops/sdr/willshaw_theory.ts";
import type { BinaryEmbeddings } from "../../ops/embeddings.ts";

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

/** How well parts of codes, and codes with noise, are completed. */
export interface Completion {
  /** The fraction of a code's units that the cue lacks, or that are elsewhere. */
  readonly damage: number;
  /** "part" where they lack, "noise" where they are elsewhere. */
  readonly kind: "part" | "noise";
  /** "one step" or "iterated". */
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
export function measureCompletion(
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
