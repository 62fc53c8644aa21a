/**
 * The read-out by a Willshaw memory.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { draw, type Rng } from "../../graph/rng.ts";
import { wordsPerCode } from "../embeddings.ts";
import { eachBit } from "../metrics/rows.ts";
import { emptyCodes } from "../sdr/codes.ts";
import { emptyMemory, store } from "../sdr/willshaw.ts";
import { nearestCodes } from "./nearest_codes.ts";
import { checkLabelled, type LabelledCodes, type ReadOut } from "./read_out.ts";

/**
 * A read-out by a Willshaw memory, which associates codes with classes. A class is so many units of the
 * memory's output; each code is associated with one of its class's, drawn at random, and a cue is given
 * the class of the unit with the largest sum, each sum divided by the root of the number of the unit's
 * synapses; of units beyond the 30 largest sums that is not looked at.
 *
 * With one unit per class nearly every synapse is soon set, and the memory tells nothing: what a unit
 * stores is the union of its codes.
 *
 * Source: D. J. Willshaw, O. P. Buneman, H. C. Longuet-Higgins, "Non-holographic associative memory",
 * Nature 222, 1969, for the memory; units per class and the division are ours.
 *
 * @param perClass Units per class, at least 1.
 * @param rng What the units are drawn from.
 * @returns The read-out and the generator to draw from next; `InvalidOption` for too many units.
 */
export function willshawClasses(
  labelled: LabelledCodes,
  perClass: number,
  rng: Rng,
): E.Either<InvalidOption, readonly [ReadOut, Rng]> {
  if (!Number.isInteger(perClass) || perClass < 1) {
    return E.left(invalidOption("perClass", perClass, "an integer of at least 1"));
  }
  checkLabelled(labelled);
  const { codes, labels, classes } = labelled;
  const outputs = classes * perClass;
  const [targets, next] = draw(rng, ({ integer }) => {
    const chosen = emptyCodes(codes.count, outputs);
    const perCode = wordsPerCode(outputs);
    for (let i = 0; i < codes.count; i++) {
      const unit = labels[i] * perClass + integer(0, perClass - 1);
      chosen.words[i * perCode + (unit >>> 5)] |= 1 << (unit & 31);
    }
    return chosen;
  });
  const empty = emptyMemory(codes.width, outputs);
  if (E.isLeft(empty)) return empty;
  const { synapses: { words } } = store(empty.right, codes, targets);
  // Turned round: what each output unit has synapses with, so that sums are overlaps.
  const unions = emptyCodes(outputs, codes.width);
  const [perRow, perUnion] = [wordsPerCode(outputs), wordsPerCode(codes.width)];
  for (let unit = 0; unit < codes.width; unit++) {
    eachBit(words, unit * perRow, perRow, (target) => {
      unions.words[target * perUnion + (unit >>> 5)] |= 1 << (unit & 31);
    });
  }
  const classOf = Uint32Array.from({ length: outputs }, (_, unit) => Math.floor(unit / perClass));
  return E.map(({ predict }: ReadOut): readonly [ReadOut, Rng] => [
    { name: "willshaw", predict },
    next,
  ])(nearestCodes({ codes: unions, labels: classOf, classes }, 1));
}
