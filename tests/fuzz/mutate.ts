/**
 * Bytes and texts as accidents and attackers make them: changes of good ones, drawn from a seed.
 *
 * @module
 */
import type { Dice } from "../../graph/rng.ts";

/** Draws one of some things. */
export const pick = <A>(from: readonly A[], { integer }: Dice): A =>
  from[integer(0, from.length - 1)];

// ---- Values

const texts: readonly string[] = [
  ...["", " ", "\0", "\n", "-1", "0", "NaN", "1e999", "9007199254740993", "0x10", "null", "[]"],
  ...["__proto__", "constructor", "../../etc/passwd", "/", "\\", "%00", "'", '"', "<b>", "${0}"],
  ...["\u001b]0;title\u0007", "\u202e", "\ud800", "é", "🐦", "a".repeat(5000), "9".repeat(400)],
];

const numbers: readonly number[] = [
  ...[0, -0, 1, -1, 0.5, 2, 255, 256, 65_536, 2 ** 31, 2 ** 32, 2 ** 53, 1e9, 1e15],
  ...[1e300, -1e300, 5e-324, NaN, Infinity, -Infinity],
];

/** Values of any type that readers may not expect. */
export function interesting(dice: Dice): null | boolean | number | string | readonly number[] {
  switch (dice.integer(0, 7)) {
    case 0:
      return null;
    case 1:
      return dice.integer(0, 1) === 0;
    case 2:
    case 3:
      return pick(texts, dice);
    case 4:
      return Array.from({ length: dice.integer(0, 9) }, () => pick(numbers, dice));
    default:
      return pick(numbers, dice);
  }
}

// ---- Bytes

type Mutation<A> = (whole: A, other: A, dice: Dice) => A;

/** Sizes that overflow something: of 8 bits, 16, 31, 32, 53 and 64. */
const sizes: readonly bigint[] = [
  ...[0n, 1n, 0xffn, 0xffffn, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn],
  ...[0x1f_ffff_ffff_ffffn, 0x7fff_ffff_ffff_ffffn, 0xffff_ffff_ffff_ffffn],
];

/** Headers are short, and at the beginning: every other mutation is there. */
const place = (length: number, { integer }: Dice): number =>
  integer(0, 1) === 0 ? integer(0, Math.min(63, length)) : integer(0, length);

const range = (length: number, { integer }: Dice): readonly [number, number] => {
  const from = integer(0, length);
  return [from, Math.min(length, from + integer(1, 64))];
};

/** Bytes one after the other. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Changes of bytes. */
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
  // A size is declared that is not there, in either order of its bytes, aligned or not.
  (whole, _, dice) => {
    const bytes = new Uint8Array(Math.max(8, whole.length));
    bytes.set(whole);
    const view = new DataView(bytes.buffer);
    const aligned = dice.integer(0, 1) === 0 ? ~3 : ~0;
    const at = Math.min(bytes.length - 8, place(bytes.length, dice)) & aligned;
    const value = dice.integer(0, 1) === 0 ? pick(sizes, dice) : BigInt(dice.integer(0, 300));
    const little = dice.integer(0, 2) > 0;
    if (dice.integer(0, 1) === 0) view.setBigUint64(at, value, little);
    else view.setUint32(at, Number(value & 0xffff_ffffn), little);
    return bytes;
  },
  // A number is not finite.
  (whole, _, dice) => {
    if (whole.length < 4) return whole;
    const bytes = whole.slice();
    const value = pick([NaN, Infinity, -Infinity, 1e38, -0, 1e-40], dice);
    new DataView(bytes.buffer).setFloat32(
      dice.integer(0, (bytes.length >> 2) - 1) * 4,
      value,
      true,
    );
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

/** Changes bytes; `other` are some of the same kind, of which parts are taken. */
export const changedBytes = (whole: Uint8Array, other: Uint8Array, dice: Dice): Uint8Array =>
  pick(onBytes, dice)(whole, other, dice);

// ---- Texts

/** Deeper than any stack, yet short. */
const nest = (open: string, close: string, { integer }: Dice): string => {
  const deep = 4 ** (integer(0, 39) === 0 ? integer(4, 7) : integer(1, 3));
  return open.repeat(deep) + close.repeat(integer(0, 1) * deep);
};

const digits = ["-1", "0", "1e400", "-1e400", "4294967296", "9007199254740993", "0.5", "NaN"];

/** Changes of a text that is made of `words`. */
const onText: readonly ((whole: string, words: readonly string[], dice: Dice) => string)[] = [
  // The end is missing.
  (whole, _, { integer }) => whole.slice(0, integer(0, whole.length)),
  // A part is missing.
  (whole, _, dice) => {
    const [from, to] = range(whole.length, dice);
    return whole.slice(0, from) + whole.slice(to);
  },
  // A part stands elsewhere too.
  (whole, _, dice) => {
    const [from, to] = range(whole.length, dice);
    const at = dice.integer(0, whole.length);
    return whole.slice(0, at) + whole.slice(from, to) + whole.slice(at);
  },
  // A number is another one.
  (whole, _, dice) => {
    const found = [...whole.matchAll(/-?\d[\d.eE]*/g)];
    if (found.length === 0) return whole + pick(digits, dice);
    const { 0: old, index } = pick(found, dice);
    return whole.slice(0, index) + pick(digits, dice) + whole.slice(index + old.length);
  },
  // A word stands where none should, or in another's place.
  (whole, words, dice) => {
    const at = dice.integer(0, whole.length);
    const word = pick(words.length > 0 ? words : texts, dice);
    return whole.slice(0, at) + word + whole.slice(at + dice.integer(0, 1) * word.length);
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
    const [open, close] = pick(pairs, dice);
    return whole.slice(0, at) + nest(open, close, dice) + whole.slice(at);
  },
];

/** Changes a text; `words` are what such texts are made of, none for any. */
export const changedText = (whole: string, words: readonly string[], dice: Dice): string =>
  pick(onText, dice)(whole, words, dice);
