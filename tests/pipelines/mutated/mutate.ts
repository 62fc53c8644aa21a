/**
 * Files and texts as accidents and attackers make them: mutations of good ones, drawn from a seed.
 *
 * @module
 */
import { type Dice, draw, seed } from "../../../graph/rng.ts";

type Mutation<A> = (whole: A, other: A, dice: Dice) => A;

/** Sizes that overflow something: of 8 bits, 16, 31, 32, 53 and 64. */
const sizes: readonly bigint[] = [
  0n,
  0xffn,
  0xffffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1f_ffff_ffff_ffffn,
  0xffff_ffff_ffff_ffffn,
];

/** Headers are short, and at the beginning: every other mutation is there. */
const place = (length: number, { integer }: Dice): number =>
  integer(0, 1) === 0 ? integer(0, Math.min(63, length)) : integer(0, length);

const range = (length: number, { integer }: Dice): readonly [number, number] => {
  const from = integer(0, length);
  return [from, Math.min(length, from + integer(1, 64))];
};

const joined = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

/** Mutations of bytes. */
const onBytes: readonly Mutation<Uint8Array>[] = [
  // Bits flip.
  (whole, _, dice) => {
    const bytes = whole.slice();
    for (let flips = dice.integer(1, 8); flips > 0 && bytes.length > 0; flips--) {
      bytes[Math.min(bytes.length - 1, place(bytes.length, dice))] ^= 1 << dice.integer(0, 7);
    }
    return bytes;
  },
  // The end is missing.
  (whole, _, dice) => whole.slice(0, place(whole.length, dice)),
  // Something follows.
  (whole, _, dice) => {
    const bytes = new Uint8Array(whole.length + dice.integer(1, 600));
    bytes.set(whole);
    for (let i = whole.length; i < bytes.length; i++) bytes[i] = dice.integer(0, 255);
    return bytes;
  },
  // A size is declared that is not there, in either order of its bytes.
  (whole, _, dice) => {
    const bytes = new Uint8Array(Math.max(8, whole.length));
    bytes.set(whole);
    const view = new DataView(bytes.buffer);
    const at = Math.min(bytes.length - 8, place(bytes.length, dice));
    const value = sizes[dice.integer(0, sizes.length - 1)];
    const little = dice.integer(0, 1) === 0;
    if (dice.integer(0, 1) === 0) view.setBigUint64(at, value, little);
    else view.setUint32(at, Number(value & 0xffff_ffffn), little);
    return bytes;
  },
  // A part is missing.
  (whole, _, dice) => {
    const [from, to] = range(whole.length, dice);
    return joined(whole.subarray(0, from), whole.subarray(to));
  },
  // A part stands where another one was, or between others; of this file, or of one like it.
  (whole, other, dice) => {
    const source = dice.integer(0, 1) === 0 ? whole : other;
    const [from, to] = range(source.length, dice);
    const at = place(whole.length, dice);
    const after = dice.integer(0, 1) === 0 ? at : Math.min(whole.length, at + to - from);
    return joined(whole.subarray(0, at), source.subarray(from, to), whole.subarray(after));
  },
];

/** Deeper than any stack, yet short. */
const nest = (open: string, close: string, { integer }: Dice): string => {
  const deep = 4 ** integer(1, 7);
  return open.repeat(deep) + close.repeat(integer(0, 1) * deep);
};

const numbers = ["-1", "0", "1e400", "-1e400", "4294967296", "9007199254740993", "0.5", "NaN"];

/** Mutations of a text; `words` are its parts. */
const onText = (words: readonly string[]): readonly Mutation<string>[] => [
  // The end is missing.
  (whole, _, { integer }) => whole.slice(0, integer(0, whole.length)),
  // A part is missing.
  (whole, _, dice) => {
    const [from, to] = range(whole.length, dice);
    return whole.slice(0, from) + whole.slice(to);
  },
  // A part stands elsewhere too.
  (whole, other, dice) => {
    const source = dice.integer(0, 1) === 0 ? whole : other;
    const [from, to] = range(source.length, dice);
    const at = dice.integer(0, whole.length);
    return whole.slice(0, at) + source.slice(from, to) + whole.slice(at);
  },
  // A number is another one.
  (whole, _, { integer }) => {
    const found = [...whole.matchAll(/-?\d[\d.eE]*/g)];
    if (found.length === 0) return whole + numbers[integer(0, numbers.length - 1)];
    const { 0: old, index } = found[integer(0, found.length - 1)];
    const value = numbers[integer(0, numbers.length - 1)];
    return whole.slice(0, index) + value + whole.slice(index + old.length);
  },
  // A word stands where none should.
  (whole, _, { integer }) => {
    const at = integer(0, whole.length);
    return whole.slice(0, at) + words[integer(0, words.length - 1)] + whole.slice(at);
  },
  // A sign is any other.
  (whole, _, { integer }) => {
    const at = integer(0, whole.length);
    return whole.slice(0, at) + String.fromCharCode(integer(0, 0xffff)) + whole.slice(at + 1);
  },
  // It nests without end.
  (whole, _, dice) => {
    const at = dice.integer(0, whole.length);
    const pairs = [["[", "]"], ["(", ")"], ['{"nodes":[', "]}"], ["residual(", ")"]] as const;
    const [open, close] = pairs[dice.integer(0, pairs.length - 1)];
    return whole.slice(0, at) + nest(open, close, dice) + whole.slice(at);
  },
];

function* mutations<A>(
  kinds: readonly Mutation<A>[],
  good: readonly A[],
  count: number,
  from: number,
): Generator<A> {
  let rng = seed(from);
  for (let i = 0; i < count; i++) {
    const [made, next] = draw(rng, (dice) => {
      const whole = good[i % good.length];
      const other = good[dice.integer(0, good.length - 1)];
      let bad = whole;
      // One accident, or up to three.
      for (let times = dice.integer(1, 3); times > 0; times--) {
        bad = kinds[dice.integer(0, kinds.length - 1)](bad, other, dice);
      }
      return bad;
    });
    rng = next;
    yield made;
  }
}

/** Generates `count` mutations of good files, the same for the same seed. */
export const mutatedBytes = (
  good: readonly Uint8Array[],
  count: number,
  from: number,
): Generator<Uint8Array> => mutations(onBytes, good, count, from);

/**
 * Generates `count` mutations of good texts that are made of some words, the same for the same
 * seed.
 */
export const mutatedTexts = (
  good: readonly string[],
  words: readonly string[],
  count: number,
  from: number,
): Generator<string> => mutations(onText(words), good, count, from);
