/**
 * Requirements of a reader that is given invalid data.
 *
 * @module
 */
import process from "node:process";
import { E } from "../../../graph/fp_ts.ts";
import { describe, type SparrowError } from "../../../graph/error.ts";
import { assert, fail } from "../../assert.ts";

/** Mutations of each kind of input. */
export const COUNT = 2000;

/**
 * Limit of the processor time, in milliseconds. It is generous: a machine may be busy, and tests run in parallel in
 * other threads.
 */
const MOST_TIME = 1000;

/** Times the size of what is read. */
const MOST_MEMORY = 4;

/** Allocation of a reader without input, in bytes: streams and decoders have buffers of their own. */
const OWN_BUFFERS = 262_144;

/** Reader of an input in memory. */
export type Reader<A> = (input: A) => Promise<E.Either<unknown, unknown>>;

/** Numbers of refused and of accepted inputs. */
export interface Outcome {
  readonly refused: number;
  readonly read: number;
}

/**
 * Reads every input, and fails where one makes the reader throw, takes a second, or makes it allocate more than
 * four times its own size in buffers. A refusal must be an error that `describe` knows, or its words.
 */
export async function survive<A extends Uint8Array | string>(
  inputs: Iterable<A>,
  reader: Reader<A>,
): Promise<Outcome> {
  let [refused, read, i] = [0, 0, 0];
  for (const input of inputs) {
    const what = () => `mutation ${i}, ${excerpt(input)}`;
    const { external } = Deno.memoryUsage();
    const begun = process.threadCpuUsage();
    let result: E.Either<unknown, unknown>;
    try {
      result = await reader(input);
    } catch (thrown) {
      fail(`${what()} made the reader throw ${thrown}`);
    }
    const { user, system } = process.threadCpuUsage(begun);
    const took = (user + system) / 1000;
    const allocated = Deno.memoryUsage().external - external;
    assert(took < MOST_TIME, `${what()} took ${took} ms`);
    assert(
      allocated <= MOST_MEMORY * input.length + OWN_BUFFERS,
      `${what()} of ${input.length} made the reader allocate ${allocated} bytes`,
    );
    if (E.isLeft(result)) {
      const words = typeof result.left === "string"
        ? result.left
        : describe(result.left as SparrowError);
      assert(/expected .*, current value is|^Cannot |expected |^it is /s.test(words), words);
      refused++;
    } else read++;
    i++;
  }
  return { refused, read };
}

const excerpt = (input: Uint8Array | string): string =>
  typeof input === "string"
    ? JSON.stringify(input.slice(0, 300))
    : input.subarray(0, 300).toBase64();
