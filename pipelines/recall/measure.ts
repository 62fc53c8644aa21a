/**
 * How well a Willshaw memory of images' codes completes those of damaged images, beside a search that
 * needs no memory.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import { activity, type BinaryEmbeddings } from "../../ops/embeddings.ts";
import { codeIndex, search } from "../../ops/sdr/code_index.ts";
import { pickCodes } from "../../ops/sdr/codes.ts";
import { codeSizes, hamming, overlap } from "../../ops/sdr/similarity.ts";
import { emptyMemory, store } from "../../ops/sdr/willshaw.ts";
import { recallIterated } from "../../ops/sdr/willshaw_recall.ts";
import { expectedFill } from "../../ops/sdr/willshaw_theory.ts";
import { distinctCodes } from "../search/distinct.ts";

/** What came of one cue. */
export interface Recollection {
  /** Units of the whole image's code that the cue's code has. */
  readonly before: number;
  /** Units of it that the recalled code has. */
  readonly after: number;
  /** All units of the recalled code. */
  readonly recalledSize: number;
  /** The stored image whose code is nearest to what was recalled. */
  readonly found: number;
  /** Whether that image's code is the whole image's. */
  readonly right: boolean;
  /** The stored image whose code is nearest to the cue's own: without a memory. */
  readonly nearest: number;
  /** Units of the whole image's code that its code has. */
  readonly nearestAfter: number;
  /** Whether that image's code is the whole image's. */
  readonly nearestRight: boolean;
}

/** What a memory of images does. */
export interface RecallResult {
  /** Codes stored. */
  readonly stored: number;
  /** How many of them differ. */
  readonly distinct: number;
  /** Units per code. */
  readonly units: number;
  /** Units that are set in a code, at the most: the winners of a recall. */
  readonly active: number;
  /** The fraction of the memory's synapses that are set. */
  readonly fill: number;
  /** The fraction that as many random codes would set. */
  readonly randomFill: number;
  /** The share of whole codes that come back as they are. */
  readonly wholeExact: number;
  /** Units of what is recalled from whole codes, on average. */
  readonly wholeSize: number;
  /** Cues that still changed in the last of several steps; 0 where there was one. */
  readonly unsettled: number;
  /** In the order of the images. */
  readonly cues: readonly Recollection[];
}

/** The fill from which on a memory is saturated. */
const FULL = 0.5;
/** The least share of whole codes that must come back. */
const SOUND = 0.99;

/**
 * What is wrong with a memory: "full", where more than half of its synapses are set, beyond which it soon
 * recalls everything; "confused", where fewer are and yet some of what was stored does not come back from
 * itself, because codes share units; null for nothing.
 */
export const faultOf = (
  { fill, wholeExact }: Pick<RecallResult, "fill" | "wholeExact">,
): "full" | "confused" | null => fill > FULL ? "full" : wholeExact < SOUND ? "confused" : null;

/**
 * Stores codes in an auto-associative memory, and recalls each from a cue by as many winners as a code has
 * units. What was recalled is looked up among what was stored.
 *
 * @param codes Of the whole images; at least one, of at least one unit.
 * @param cues Of the damaged ones, as many and as wide.
 * @param steps Of a recall at most, at least 1. More than one seldom help where codes are alike.
 * @returns `InvalidOption` where a code's width is too large for a memory, or no unit is set at all.
 */
export function measureRecall(
  codes: BinaryEmbeddings,
  cues: BinaryEmbeddings,
  steps = 1,
): E.Either<SparrowError, RecallResult> {
  const { width: units, count: stored } = codes;
  const { most: active } = activity(codes);
  if (active === 0) return E.left(invalidOption("the codes", "no unit set", "at least one"));
  const empty = emptyMemory(units);
  if (E.isLeft(empty)) return empty;
  const memory = store(empty.right, codes);
  const rule = { kind: "winners", k: active } as const;
  const whole = recallIterated(memory, codes, rule, steps);
  if (E.isLeft(whole)) return whole;
  const recalled = recallIterated(memory, cues, rule, steps);
  if (E.isLeft(recalled)) return recalled;

  const index = codeIndex(codes);
  const [found, nearest] = [
    search(index, recalled.right.codes, { k: 1 }),
    search(index, cues, { k: 1 }),
  ];
  if (E.isLeft(found)) return found;
  if (E.isLeft(nearest)) return nearest;
  const [ours, theirs] = [found, nearest].map(({ right }) => pickCodes(codes, right.indices));
  const [before, after, sizes] = [
    overlap(cues, codes),
    overlap(recalled.right.codes, codes),
    codeSizes(recalled.right.codes),
  ];
  const [wrong, nearestWrong] = [hamming(ours, codes), hamming(theirs, codes)];
  const nearestAfter = overlap(theirs, codes);
  const changed = hamming(whole.right.codes, codes);
  const sizesOfWhole = codeSizes(whole.right.codes);
  return E.right({
    stored,
    distinct: distinctCodes(codes),
    units,
    active,
    fill: memory.fill,
    randomFill: expectedFill(
      { inputs: units, outputs: units, cueActive: active, targetActive: active },
      stored,
    ),
    wholeExact: changed.reduce((sum, units) => sum + (units === 0 ? 1 : 0), 0) / stored,
    wholeSize: sizesOfWhole.reduce((sum, size) => sum + size, 0) / stored,
    unsettled: steps === 1 ? 0 : recalled.right.unsettled,
    cues: Array.from({ length: stored }, (_, i) => ({
      before: before[i],
      after: after[i],
      recalledSize: sizes[i],
      found: found.right.indices[i],
      right: wrong[i] === 0,
      nearest: nearest.right.indices[i],
      nearestAfter: nearestAfter[i],
      nearestRight: nearestWrong[i] === 0,
    })),
  });
}
