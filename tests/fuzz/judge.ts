/**
 * Judgement of a reader that is fed with rubbish: it owes a value, or an error of Sparrow's in words, in a second of the
 * processor, and in memory that the input has paid for.
 *
 * @module
 */
import process from "node:process";
import { describe, type SparrowError } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import { assert } from "../assert.ts";
import type { Verdict } from "./kinds.ts";

/** Most milliseconds of the processor, not of the clock: a machine may be busy. */
export const MOST_TIME = 1000;

/** Times the size of what is read, and of what comes out. */
export const MOST_MEMORY = 4;

/** Bytes beside that of the process above where it was at rest. */
export const SPARE = 64 * 2 ** 20;

/** Bytes of buffers that an empty reader allocates: streams have some of their own. */
const OWN_BUFFERS = 262_144;

/** Says in a word what became of an input: "read", or what it was refused as; throws where a refusal is no error. */
export function verdictOf(result: Verdict): string {
  if (E.isRight(result)) return "read";
  const error = result.left as SparrowError | string;
  const words = typeof error === "string" ? error : describe(error);
  if (!/expected .*, current value is|^Cannot .|expected |^(it|this) is /s.test(words)) {
    throw new Error(`an error that says nothing: ${words.slice(0, 200)}`);
  }
  return typeof error === "string" ? "words" : error._tag;
}

/** The time that some work takes of this thread, in milliseconds. */
export async function timeOf(work: () => unknown): Promise<number> {
  const begun = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(begun);
  return (user + system) / 1000;
}

/** A reader of something of so many bytes or characters. */
export type Reader<A> = (input: A) => Verdict | Promise<Verdict>;

/** Numbers of inputs that were refused, and that were read nevertheless. */
export interface Outcome {
  readonly refused: number;
  readonly read: number;
}

/**
 * Reads every input, and fails where one makes the reader throw, takes a second, or makes it allocate more than
 * four times its own size in buffers. A refusal must be an error that `describe` knows, or its words.
 *
 * @param output Bytes that come out besides. @default {0}
 * @param buffers Bytes of buffers that the reader may have of its own. @default 256 KiB
 */
export async function survive<A extends Uint8Array | string>(
  inputs: Iterable<A>,
  reader: Reader<A>,
  output: (verdict: Verdict) => number = () => 0,
  buffers = OWN_BUFFERS,
): Promise<Outcome> {
  let [refused, read, i] = [0, 0, 0];
  for (const input of inputs) {
    const what = `input ${i++}, ${excerpt(input)}`;
    const { external } = Deno.memoryUsage();
    let result: Verdict = E.left("it is not read");
    try {
      const took = await timeOf(async () => result = await reader(input));
      assert(took < MOST_TIME, `it took ${took} ms`);
      const allocated = Deno.memoryUsage().external - external;
      const most = MOST_MEMORY * (input.length + output(result)) + buffers;
      assert(
        allocated <= most,
        `of ${input.length}, it made the reader allocate ${allocated} bytes`,
      );
      if (verdictOf(result) === "read") read++;
      else refused++;
    } catch (thrown) {
      throw new Error(`${what}: ${thrown}`, { cause: thrown });
    }
  }
  return { refused, read };
}

const excerpt = (input: Uint8Array | string): string =>
  typeof input === "string"
    ? JSON.stringify(input.slice(0, 300))
    : input.subarray(0, 300).toBase64();
