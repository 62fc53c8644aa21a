/**
 * The harness: cases that take turns, warmed up, timed until the device has done its work.
 *
 * Why not a library. `Deno.bench` cannot be started from a program or a test, chooses its iterations
 * itself, and reports neither median nor lower quartile. tinybench and mitata time asynchronous
 * functions and hand out their samples, but run one case to its end before the next: on a machine
 * that is busy for a while, whatever is measured then looks slow. Here a round is one sample of every
 * case, and what remains once turns, the wait for the GPU and the look for leaks are written is a loop
 * of a few lines. The quantiles are a library's (`summary.ts`).
 *
 * What is in a time: `call`, as often as fills a sample, and the wait for the device after the last of
 * them. What is not: `prepare`, the warm-up (compilation included), `dispose`.
 *
 * @module
 */
import type { Backend } from "../../ops/backend.ts";
import { describe } from "../../graph/error.ts";
import { tf, type WebGPUBackend } from "../../ops/tfjs.ts";
import { summarise, type Summary } from "./summary.ts";

/** A function that can be timed. */
export interface Prepared {
  /** Does it once; what it promises is waited for. It leaves no tensor behind. */
  readonly call: () => unknown;
  /** Frees what `prepare` made. */
  readonly dispose: () => void;
}

/** Work that one call does. */
export interface Work {
  /** Number of the things that one call processes. */
  readonly count: number;
  /** Things that are counted: "images". */
  readonly what: string;
}

/** One thing to measure. */
export interface Case {
  /** Name of the case, with its size: "soft kWTA 256 × 512". */
  readonly name: string;
  /** Work of a call, for a rate beside the time. @default none */
  readonly work?: Work;
  /** Makes ready, on the current backend. */
  readonly prepare: () => Prepared | Promise<Prepared>;
}

/** Length of a measurement. */
export interface Effort {
  /** Samples of each case. */
  readonly rounds: number;
  /** Milliseconds that the calls of a sample fill, one call where it takes longer; 0 for one call each. */
  readonly sample: number;
  /** Milliseconds after which a case gets no further sample. */
  readonly most: number;
}

/** Result of the measurement of a case. */
export interface Measured {
  /** The case's name. */
  readonly name: string;
  /** The case's work, if any. */
  readonly work: Work | null;
  /** Milliseconds of one call. */
  readonly time: Summary;
  /** Number of samples. */
  readonly samples: number;
  /** Number of calls in each sample. */
  readonly calls: number;
}

/** Samples that the warm-up lasts: V8 takes dozens of calls until it has compiled for speed. */
const WARM_UP = 10;

/** Largest number of calls in a sample: more give no further information. */
const MOST_CALLS = 10_000;

/**
 * Measures cases on a backend, in turns.
 *
 * @returns One result per case, in order.
 * @throws {Error} Where a case leaks tensors, or the GPU has a fault: its time would be of something
 * else.
 */
export async function measure(
  cases: readonly Case[],
  backend: Backend,
  effort: Effort,
): Promise<readonly Measured[]> {
  const before = tf.memory().numTensors;
  const turns: Turn[] = [];
  for (const one of cases) turns.push(await begin(one, backend, effort));
  for (let round = 0; round < effort.rounds; round++) {
    for (const turn of turns) {
      if (round > 0 && turn.spent >= effort.most) continue;
      const time = await sample(turn, turn.calls, backend);
      turn.times.push(time / turn.calls);
      turn.spent += time;
    }
  }
  for (const { prepared } of turns) prepared.dispose();
  expectTensors(before, "all cases together");
  return turns.map(({ name, work, times, calls }) => ({
    name,
    work: work ?? null,
    time: summarise(times),
    samples: times.length,
    calls,
  }));
}

/** A case that is being measured. */
interface Turn extends Pick<Case, "name" | "work"> {
  readonly prepared: Prepared;
  readonly calls: number;
  /** Milliseconds per call. */
  readonly times: number[];
  spent: number;
}

/** Warmed up by at least a call, the quickest of which tells how many fill a sample. */
async function begin(
  { name, work, prepare }: Case,
  backend: Backend,
  effort: Effort,
): Promise<Turn> {
  const turn = { name, work, prepared: await prepare(), times: [], spent: 0 };
  let [least, passed] = [Infinity, 0];
  do {
    const time = await sample(turn, 1, backend);
    least = Math.min(least, time);
    passed += time;
  } while (passed < WARM_UP * effort.sample);
  const calls = Math.ceil(effort.sample / Math.max(least, 1e-3));
  return { ...turn, calls: Math.min(Math.max(calls, 1), MOST_CALLS) };
}

/** Measures the milliseconds of a number of calls. */
async function sample(
  { name, prepared: { call } }: Pick<Turn, "name" | "prepared">,
  calls: number,
  backend: Backend,
): Promise<number> {
  const before = tf.memory().numTensors;
  const begun = performance.now();
  for (let i = 0; i < calls; i++) {
    const promised = call();
    // A turn of the event loop is not for free: only where it is asked for.
    if (promised instanceof Promise) await promised;
  }
  await deviceDone(backend);
  const time = performance.now() - begun;
  expectTensors(before, name);
  const fault = backend.fault();
  if (fault !== null) throw new Error(`${name}: ${describe(fault)}`);
  return time;
}

/** Waits until the GPU has done all that it was given; elsewhere a call returns when it is done. */
async function deviceDone({ name }: Backend): Promise<void> {
  if (name !== "webgpu") return;
  const gpu = tf.backend() as WebGPUBackend;
  // Without commands that wait there is no encoder, and nothing to submit.
  if ((gpu as unknown as { readonly commandEncoder: object | null }).commandEncoder) {
    gpu.endComputePassEncoder();
    gpu.submitQueue();
  }
  await gpu.queue.onSubmittedWorkDone();
}

function expectTensors(expected: number, what: string): void {
  const actual = tf.memory().numTensors;
  if (actual !== expected) {
    throw new Error(
      `Cannot measure ${what}: it leaks, ${actual - expected} tensors more than before`,
    );
  }
}
