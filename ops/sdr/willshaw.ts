/**
 * An associative memory with binary synapses: what is stored of a pair is which units of a cue were
 * active together with which of its target.
 *
 * Source: D. J. Willshaw, O. P. Buneman, H. C. Longuet-Higgins, "Non-holographic associative memory",
 * Nature 222, 1969.
 *
 * A memory is a value. {@linkcode store} returns a new one: it copies the synapses once (2 MB for 4,096
 * units on both sides, a fraction of a millisecond) and takes any number of pairs, so that a stream is
 * stored in batches and a memory that someone recalls from never changes under their hands. There is no
 * builder, for it would be the same function with something mutable in front.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { type BinaryEmbeddings, wordsPerCode } from "../embeddings.ts";
import { checkLength } from "../metrics/check.ts";
import { eachBit } from "../metrics/rows.ts";
import { checkWidth, emptyCodes } from "./codes.ts";
import { codeSizes } from "./similarity.ts";

/** The synapses, and how full they are. */
export interface WillshawMemory {
  /** Code i holds the targets' units that unit i of the cues has a synapse with. */
  readonly synapses: BinaryEmbeddings;
  /** How many pairs were stored. */
  readonly pairs: number;
  /**
   * The fraction of the synapses that are set, in [0, 1]. A false unit is recalled with a probability of
   * about fill to the power of the cue's size, so that beyond a half a memory soon recalls everything.
   */
  readonly fill: number;
}

/** The most synapses: 512 MB. */
const MOST_SYNAPSES = 2 ** 32;

/**
 * A memory that nothing is stored in.
 *
 * @param inputs Units of a cue.
 * @param outputs Units of a target; as many by default, for auto-association.
 * @returns The memory; `InvalidOption` where a number is out of range, or there would be more than 2³²
 * synapses.
 *
 * @example
 * ```ts
 * import { emptyMemory, store } from "./willshaw.ts";
 * import { recall } from "./willshaw_recall.ts";
 * import { fromIndices, toIndices } from "./codes.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const [memory, codes, cue] = [
 *   emptyMemory(64),
 *   fromIndices([[1, 20, 63], [2, 20, 40]], 64),
 *   fromIndices([[1, 63]], 64),
 * ];
 * if (E.isLeft(memory) || E.isLeft(codes) || E.isLeft(cue)) throw new Error("out of range");
 * const full = store(memory.right, codes.right);
 * const recalled = recall(full, cue.right, { kind: "threshold" });
 * if (E.isLeft(recalled)) throw new Error("a bad rule");
 * assertEquals(toIndices(recalled.right.codes), [[1, 20, 63]]);
 * ```
 */
export function emptyMemory(
  inputs: number,
  outputs: number = inputs,
): E.Either<InvalidOption, WillshawMemory> {
  for (const width of [inputs, outputs]) {
    const checked = checkWidth(width);
    if (E.isLeft(checked)) return checked;
  }
  return inputs * 32 * wordsPerCode(outputs) > MOST_SYNAPSES
    ? E.left(invalidOption("inputs × outputs", inputs * outputs, "at most 2^32 synapses"))
    : E.right({ synapses: emptyCodes(inputs, outputs), pairs: 0, fill: 0 });
}

/**
 * Stores pairs of codes: sets the synapses between all active units of a cue and all of its target.
 *
 * The order of pairs does not matter, nor does it how they are divided into calls; a pair that is stored
 * again changes nothing but `pairs`.
 *
 * @param cues As wide as the memory's inputs.
 * @param targets As many, as wide as its outputs; the cues themselves by default.
 * @returns A new memory; the old one stays as it is.
 * @throws {RangeError} Where the counts or the widths differ.
 */
export function store(
  { synapses, pairs }: WillshawMemory,
  cues: BinaryEmbeddings,
  targets: BinaryEmbeddings = cues,
): WillshawMemory {
  checkLength("store cues", cues.width, synapses.count);
  checkLength("store targets", targets.width, synapses.width);
  checkLength("store pairs", targets.count, cues.count);
  const [perCue, perRow] = [wordsPerCode(cues.width), wordsPerCode(targets.width)];
  const words = synapses.words.slice();
  // Of a sparse target most words are 0.
  const places = new Uint32Array(perRow);
  for (let i = 0; i < cues.count; i++) {
    const target = targets.words.subarray(i * perRow, (i + 1) * perRow);
    let filled = 0;
    for (let w = 0; w < perRow; w++) if (target[w] !== 0) places[filled++] = w;
    eachBit(cues.words, i * perCue, perCue, (unit) => {
      const row = unit * perRow;
      for (let p = 0; p < filled; p++) words[row + places[p]] |= target[places[p]];
    });
  }
  const grown = { ...synapses, words };
  const set = codeSizes(grown).reduce((sum, size) => sum + size, 0);
  return {
    synapses: grown,
    pairs: pairs + cues.count,
    fill: set / (synapses.count * synapses.width),
  };
}
