/**
 * One source of news for many readers, of whom none can hold up the others or the source.
 *
 * @module
 */

/** Milliseconds between two pieces of news. */
const INTERVAL = 250;

/** Milliseconds after which there is news, as the time that has passed, if nothing else. */
const BEAT = 2000;

/** Readers at once. */
const MOST_READERS = 64;

/** News for many. */
export interface Broadcast {
  /**
   * A stream that begins at once. null where there are too many readers.
   *
   * @param next The next piece of this reader. It is asked for when the reader has taken the one
   * before, so what a slow reader has not taken is not there twice.
   */
  readonly reader: (next: () => Uint8Array) => ReadableStream<Uint8Array> | null;
  /** There is news: readers get theirs within a quarter of a second. Costs nothing without one. */
  readonly changed: () => void;
  /** Ends all streams with the last news. */
  readonly close: () => void;
}

/** A broadcast without a reader. Its timers do not keep the process alive. */
export function createBroadcast(): Broadcast {
  // A reader that has seen as many editions as there are waits for the next one.
  let edition = 0;
  let closed = false;
  let issued = -Infinity;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let due = Infinity;
  const waiting = new Set<() => void>();
  const readers = new Set<symbol>();

  const issue = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    due = Infinity;
    edition++;
    issued = performance.now();
    const woken = [...waiting];
    waiting.clear();
    for (const wake of woken) wake();
    if (!closed && readers.size > 0) issueAt(issued + BEAT);
  };
  const issueAt = (time: number) => {
    if (time >= due) return;
    if (timer !== null) clearTimeout(timer);
    due = time;
    timer = setTimeout(issue, Math.max(0, time - performance.now()));
    Deno.unrefTimer(timer);
  };

  return {
    reader: (next) => {
      if (closed || readers.size >= MOST_READERS) return null;
      let seen = -1;
      let gone = false;
      const self = Symbol();
      readers.add(self);
      issueAt(performance.now() + BEAT);
      return new ReadableStream<Uint8Array>({
        pull: async (controller) => {
          while (seen === edition && !closed) {
            await new Promise<void>((wake) => waiting.add(wake));
          }
          if (gone) return;
          seen = edition;
          const last = closed;
          controller.enqueue(next());
          if (!last) return;
          controller.close();
          readers.delete(self);
        },
        cancel: () => {
          gone = true;
          readers.delete(self);
        },
      }, { highWaterMark: 0 });
    },
    changed: () => {
      if (!closed && readers.size > 0) issueAt(issued + INTERVAL);
    },
    close: () => {
      closed = true;
      issue();
    },
  };
}
