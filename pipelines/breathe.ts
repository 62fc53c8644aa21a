/**
 * Turns of the event loop within long synchronous work, so that signals and timers get through.
 *
 * @module
 */
import type { Env } from "./env.ts";

/** Milliseconds of work between two turns: a turn costs about one. */
const INTERVAL = 80;

const last = new WeakMap<AbortSignal, number>();

/** The part of an environment that long work needs to be interrupted: a signal and a clock. */
export type Waiting = Pick<Env, "signal" | "now">;

/** Work that nobody interrupts. */
export const uninterrupted: Waiting = {
  signal: new AbortController().signal,
  now: () => performance.now(),
};

/** Lets the event loop turn if it has not for a while. */
export async function breathe({ signal, now }: Waiting): Promise<void> {
  const time = now();
  if (time - (last.get(signal) ?? -Infinity) < INTERVAL) return;
  await new Promise((resolve) => setTimeout(resolve, 0));
  last.set(signal, now());
}
