/**
 * Files as trees whose parts can be changed, whatever the format that they are written in.
 *
 * @module
 */
import type { Dice } from "../../graph/rng.ts";
import { changedBytes, changedText, interesting, pick } from "./mutate.ts";

/** A part of a file: a value, or parts in a list, by name, or in a format of their own. */
export type Tree =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Tree[]
  | Fields
  | Inside;

/** Parts by name. A name may occur more than once. */
export interface Fields {
  readonly fields: readonly (readonly [name: string, value: Tree])[];
}

/** A part that is written in a format of its own, such as JSON in a text. */
export interface Inside {
  readonly inside: Tree;
  readonly format: Format;
}

/** A format: how a file is taken apart, and put together with the lengths and checksums that it must have. */
export interface Format {
  /** Takes a file apart. It must be a good one. */
  readonly open: (file: Uint8Array) => Tree;
  /** Puts it together; any tree gives some bytes. */
  readonly close: (tree: Tree) => Uint8Array;
}

export const isList = (tree: Tree): tree is readonly Tree[] => Array.isArray(tree);

const isObject = (tree: Tree): tree is Fields | Inside =>
  typeof tree === "object" && tree !== null && !Array.isArray(tree) &&
  !(tree instanceof Uint8Array);

export const isFields = (tree: Tree): tree is Fields => isObject(tree) && "fields" in tree;

export const isInside = (tree: Tree): tree is Inside => isObject(tree) && "inside" in tree;

/** Fields by their names. */
export const fieldsOf = (record: Readonly<Record<string, Tree>>): Fields => ({
  fields: Object.entries(record),
});

/** The field of a name, the first of several; undefined where there is none. */
export const field = (tree: Tree, name: string): Tree | undefined =>
  isFields(tree) ? tree.fields.find(([other]) => other === name)?.[1] : undefined;

/** The named fields of a list of parts, or none. */
export const partsOf = (tree: Tree | undefined): readonly Tree[] =>
  tree === undefined
    ? []
    : isList(tree)
    ? tree
    : isFields(tree)
    ? tree.fields.map(([, value]) => value)
    : isInside(tree)
    ? [tree.inside]
    : [];

/** Bytes of any part, where a format wants bytes. */
export function bytesOf(tree: Tree | undefined): Uint8Array {
  if (tree instanceof Uint8Array) return tree;
  if (tree === undefined || tree === null) return new Uint8Array();
  if (isInside(tree)) return tree.format.close(tree.inside);
  if (isObject(tree) || isList(tree)) {
    return new TextEncoder().encode(String(partsOf(tree).length));
  }
  return new TextEncoder().encode(String(tree));
}

/** Text of any part, where a format wants text. */
export const textOf = (tree: Tree | undefined): string =>
  typeof tree === "string" ? tree : new TextDecoder().decode(bytesOf(tree));

/** A number of any part, where a format wants one. */
export const numberOf = (tree: Tree | undefined, otherwise = 0): number => {
  const number = tree === null || tree === undefined || typeof tree === "object"
    ? otherwise
    : Number(tree);
  return Number.isNaN(number) ? otherwise : number;
};

/** The deepest nesting that is made: what puts a tree together recurses. */
const DEEPEST = 1500;

/** A part in others, deeper than readers may expect. */
function nested(tree: Tree, { integer }: Dice): Tree {
  const depth = integer(0, 3) === 0 ? integer(1, DEEPEST) : integer(1, 40);
  let whole = tree;
  const name = isFields(tree) ? tree.fields[0]?.[0] : undefined;
  for (let i = 0; i < depth; i++) {
    whole = name === undefined ? [whole] : { fields: [[name, whole]] };
  }
  return whole;
}

/** Any part of a tree. */
function anyOf(tree: Tree, dice: Dice): Tree {
  const parts = partsOf(tree);
  return parts.length === 0 || dice.integer(0, 3) === 0 ? tree : anyOf(pick(parts, dice), dice);
}

function changedLeaf(leaf: Tree, dice: Dice): Tree {
  if (dice.integer(0, 5) === 0) return interesting(dice);
  if (typeof leaf === "string") return changedText(leaf, [], dice);
  if (leaf instanceof Uint8Array) return changedBytes(leaf, leaf, dice);
  if (typeof leaf === "boolean") return !leaf;
  if (typeof leaf === "bigint") {
    const near = leaf + BigInt(dice.integer(-2, 2));
    return dice.integer(0, 2) === 0 ? near : BigInt(pick(integers, dice));
  }
  if (typeof leaf !== "number") return interesting(dice);
  switch (dice.integer(0, 3)) {
    case 0:
      return leaf + dice.integer(-2, 2);
    case 1:
      return leaf * pick([2, -1, 0.5, 10, 256, 65_536], dice);
    default:
      return pick(integers, dice);
  }
}

/** Integers at which something overflows. */
const integers: readonly number[] = [
  ...[0, 1, 2, 3, 7, 8, 16, 127, 128, 255, 256, 1000, 32_767, 32_768, 65_535, 65_536],
  ...[1e6, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 63],
  ...[-1, -2, -128, -(2 ** 31), -(2 ** 53)],
];

/** A list of parts, some of them left out, doubled, exchanged or from elsewhere. */
function rearranged<A>(parts: readonly A[], foreign: readonly A[], dice: Dice): readonly A[] {
  const { integer } = dice;
  const at = integer(0, Math.max(0, parts.length - 1));
  switch (integer(0, 5)) {
    case 0:
    case 1:
      return parts.toSpliced(at, 1);
    case 2:
      return parts.toSpliced(at, 0, ...parts.slice(at, at + 1));
    case 3: {
      const other = integer(0, Math.max(0, parts.length - 1));
      return parts.length === 0 ? parts : parts.with(at, parts[other]).with(other, parts[at]);
    }
    case 4:
      return foreign.length === 0 ? parts : parts.toSpliced(at, 0, pick(foreign, dice));
    default: {
      const times = integer(0, 9) === 0 ? integer(2, 300) : integer(2, 10);
      return parts.toSpliced(at, 0, ...Array(times).fill(parts.slice(at, at + 1)).flat());
    }
  }
}

const names = ["", "__proto__", "constructor", "length", "0", "toString"];

function changedHere(tree: Tree, other: Tree, dice: Dice): Tree {
  const { integer } = dice;
  if (integer(0, 59) === 0) return nested(tree, dice);
  if (integer(0, 9) === 0) return anyOf(other, dice);
  if (isList(tree)) {
    return integer(0, 9) === 0 ? interesting(dice) : rearranged(tree, partsOf(other), dice);
  }
  if (!isFields(tree)) return changedLeaf(tree, dice);
  const { fields } = tree;
  if (fields.length > 0 && integer(0, 4) === 0) {
    const at = integer(0, fields.length - 1);
    const known = [...fields, ...isFields(other) ? other.fields : []].map(([name]) => name);
    const name = integer(0, 1) === 0 ? pick(names, dice) : pick(known, dice);
    return { fields: fields.with(at, [name, fields[at][1]]) };
  }
  return { fields: rearranged(fields, isFields(other) ? other.fields : [], dice) };
}

/** Probability that a change is made in a part of a part. */
const DEEPER = 0.85;

/**
 * Changes a tree in one place.
 *
 * @param other A tree of the same format, from which parts are taken.
 */
export function changedTree(tree: Tree, other: Tree, dice: Dice): Tree {
  if (isInside(tree)) {
    if (dice.integer(0, 9) === 0) return changedHere(tree.format.close(tree.inside), other, dice);
    const inner = isInside(other) ? other.inside : other;
    return { ...tree, inside: changedTree(tree.inside, inner, dice) };
  }
  const parts = partsOf(tree);
  if (parts.length === 0 || dice.unit() > DEEPER) return changedHere(tree, other, dice);
  const at = dice.integer(0, parts.length - 1);
  const others = partsOf(other);
  const changed = changedTree(parts[at], others[at % Math.max(1, others.length)] ?? other, dice);
  if (isList(tree)) return tree.with(at, changed);
  const { fields } = tree as Fields;
  return { fields: fields.with(at, [fields[at][0], changed]) };
}
