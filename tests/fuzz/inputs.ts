/**
 * Inputs by their numbers: the same for the same kind, seed and number, whatever was made before.
 *
 * @module
 */
import { type Dice, draw, seed } from "../../graph/rng.ts";
import type { Kind, Subject } from "./kinds.ts";
import { changedBytes, changedText, pick } from "./mutate.ts";
import { changedTree, type Tree } from "./tree.ts";

/** Makes the inputs of a kind. */
export interface Maker {
  /** Makes an input. */
  readonly at: (number: number) => Uint8Array;
}

/** A hash of a seed and a number. */
function mixed(seed: number, number: number): number {
  let hash = Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) ^ Math.imul(number + 1, 0xc2b2_ae35);
  hash = Math.imul(hash ^ hash >>> 15, 0x2c1b_3c6d);
  hash = Math.imul(hash ^ hash >>> 12, 0x297a_2d39);
  return (hash ^ hash >>> 15) >>> 0;
}

/** Inputs of which one has its bytes changed and not its parts. */
const PLAIN = 4;

/** Makes the inputs of a kind out of its good ones. */
export function makerOf({ format, words }: Kind, { good }: Subject, from: number): Maker {
  const trees: readonly Tree[] = format === undefined ? [] : good.map(format.open);
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  const asText = (at: number, dice: Dice): Uint8Array => {
    let text = decoder.decode(good[at]);
    for (let times = dice.integer(1, 3); times > 0; times--) {
      text = changedText(text, words ?? [], dice);
    }
    return encoder.encode(text);
  };
  const asBytes = (whole: Uint8Array, dice: Dice): Uint8Array => {
    let bytes = whole;
    for (let times = dice.integer(1, 3); times > 0; times--) {
      bytes = changedBytes(bytes, pick(good, dice), dice);
    }
    return bytes;
  };
  const asTree = (at: number, dice: Dice): Uint8Array => {
    let tree = trees[at];
    // One change, or up to four.
    const times = dice.integer(0, 1) === 0 ? 1 : dice.integer(1, 4);
    for (let i = 0; i < times; i++) tree = changedTree(tree, pick(trees, dice), dice);
    const file = format!.close(tree);
    return dice.integer(0, 9) === 0 ? asBytes(file, dice) : file;
  };
  return {
    at: (number) =>
      draw(seed(mixed(from, number)), (dice) => {
        const at = number % good.length;
        if (words !== undefined) return asText(at, dice);
        return format === undefined || dice.integer(1, PLAIN) === 1
          ? asBytes(good[at], dice)
          : asTree(at, dice);
      })[0],
  };
}
