/**
 * Tasks for tests, in a module of their own because workers import it.
 *
 * @module
 */
import { invalidOption } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import type { Task } from "../../../pipelines/distribute/mod.ts";

/** The spec of {@linkcode square}. */
export type Squared = {
  readonly n: number;
  /** Folder where every attempt leaves a mark: a file with the number of its process. */
  readonly marks: string;
  /** Milliseconds that the task takes. */
  readonly takes: number;
};

/** Squares a number. One below 0 is refused, 666 ends the worker. */
export const square: Task<Squared, { readonly squared: number }> = {
  name: "square",
  module: import.meta.url,
  essence: ({ n }) => n,
  isRow: (value): value is { readonly squared: number } =>
    typeof (value as { readonly squared?: unknown } | null)?.squared === "number",
  work: ({ n, marks, takes }, { folder, signal }) => async () => {
    await Deno.writeTextFile(`${marks}/${n}.${crypto.randomUUID().slice(0, 8)}`, String(Deno.pid));
    if (n < 0) return E.left(invalidOption("n", n, "a number of at least 0"));
    if (n === 666) Deno.exit(66);
    for (let left = takes; left > 0 && !signal.aborted; left -= 20) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(20, left)));
    }
    if (signal.aborted) return E.left({ _tag: "Interrupted", epoch: 0, step: 0 });
    await Deno.writeTextFile(`${folder}/text.txt`, `${n} squared\n`);
    return E.right({ squared: n * n });
  },
};
