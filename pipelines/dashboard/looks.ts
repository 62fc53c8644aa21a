/**
 * What there is to look at of a run besides its numbers, as a message to a page.
 *
 * @module
 */
import type { Findings } from "../findings.ts";

/** A run's findings but for the class codes, which are sent in a form of their own. */
export type Looks = Omit<Findings, "classCodes">;

/** The findings without the class codes. */
export const looksOf = ({ evaluation, reconstructions, explanations }: Findings): Looks => ({
  evaluation,
  reconstructions,
  explanations,
});

/** Before anything was evaluated. */
export const noLooks: Looks = { evaluation: null, reconstructions: [], explanations: [] };

/** What JSON knows. */
export type Plain =
  | null
  | boolean
  | number
  | string
  | readonly Plain[]
  | { readonly [key: string]: Plain };

/** {@linkcode Looks} as JSON writes them: an array of numbers says which kind it was. */
export interface SentLooks {
  readonly evaluation: Plain;
  readonly reconstructions: Plain;
  readonly explanations: Plain;
}

/** More numbers than these would be a long message after every epoch. */
const MOST_NUMBERS = 100_000;

/**
 * Looks that are sent: fractions to four digits, and without a part of more than 100,000 numbers.
 *
 * @example
 * ```ts
 * import { noLooks, receivedLooks, sentLooks } from "./looks.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(receivedLooks(JSON.parse(JSON.stringify(sentLooks(noLooks)))), noLooks);
 * ```
 */
export const sentLooks = ({ evaluation, reconstructions, explanations }: Looks): SentLooks => ({
  evaluation: small(evaluation, null),
  reconstructions: small(reconstructions, []),
  explanations: small(explanations, []),
});

/** The same looks where they were sent to. */
export const receivedLooks = (sent: SentLooks): Looks => fromPlain({ ...sent }) as Looks;

const small = <A>(part: A, otherwise: A): Plain =>
  toPlain(numbersIn(part) > MOST_NUMBERS ? otherwise : part);

const kinds = { Float32Array, Float64Array, Uint8Array, Uint32Array, Int32Array };
type Kind = keyof typeof kinds;
type Numbers = InstanceType<(typeof kinds)[Kind]>;

const isNumbers = (value: unknown): value is Numbers =>
  ArrayBuffer.isView(value) && value.constructor.name in kinds;

function numbersIn(value: unknown): number {
  if (isNumbers(value)) return value.length;
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce((sum: number, part) => sum + numbersIn(part), 0);
}

function toPlain(value: unknown): Plain {
  if (isNumbers(value)) {
    const numbers = Array.from(value, (x) => Math.round(x * 1e4) / 1e4);
    return { kind: value.constructor.name, numbers };
  }
  if (Array.isArray(value)) return value.map(toPlain);
  if (typeof value !== "object" || value === null) return value as Plain;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, toPlain(part)]));
}

function fromPlain(value: Plain): unknown {
  if (Array.isArray(value)) return value.map(fromPlain);
  if (typeof value !== "object" || value === null) return value;
  const { kind, numbers } = value as { readonly [key: string]: Plain };
  return typeof kind === "string" && kind in kinds && Array.isArray(numbers)
    // What is not finite is null in JSON.
    ? kinds[kind as Kind].from((numbers as (number | null)[]).map((x) => x ?? NaN))
    : Object.fromEntries(Object.entries(value).map(([key, part]) => [key, fromPlain(part)]));
}
