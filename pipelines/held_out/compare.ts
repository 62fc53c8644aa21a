/**
 * The comparison: every way to come by embeddings, judged by what it finds of unseen classes.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import type { SparrowError } from "../../graph/error.ts";
import type { DenseEmbeddings } from "../../ops/embeddings.ts";
import { measure, trainAll } from "../claims/variant.ts";
import type { Dataset } from "../data/dataset.ts";
import { duration } from "../cli/duration.ts";
import type { Env } from "../env.ts";
import { retrieveByTask, type Task, tasks } from "./retrieval.ts";
import { quantities, type Quantity, rowName, valuesOf } from "./retrieve.ts";
import { type Comparison, encoderWays, type Way } from "./ways.ts";

/** What a way finds: by task and quantity one value per seed, one in all for pixels. */
export type Found = Readonly<Record<Task, Readonly<Record<Quantity, readonly number[]>>>>;

/** A way with what it finds. */
export interface Judged extends Way {
  /** Each value in [0, 1]; NaN where a task has no query with something to find. */
  readonly found: Found;
}

/**
 * Judges the pixels, then the encoders: trains each once per seed, and says a line after each.
 *
 * @returns The ways, pixels first; `InvalidOption` where `unseen` are not some of the dataset's classes;
 * `Interrupted`, or another error of a stage.
 */
export async function compareWays(
  comparison: Comparison,
  seeds: readonly number[],
  env: Env,
): Promise<E.Either<SparrowError, readonly Judged[]>> {
  const ways = encoderWays(comparison);
  if (E.isLeft(ways)) return ways;
  const pixels = await judgePixels(comparison, env);
  if (E.isLeft(pixels)) return pixels;
  const outcomes = await trainAll(seeds, ways.right.map(({ variant }) => variant))(env)();
  if (E.isLeft(outcomes)) return outcomes;
  return E.right([
    pixels.right,
    ...ways.right.map(({ name, trainedOn }, i): Judged => ({
      name,
      trainedOn,
      found: foundBy((row) => measure(row, outcomes.right[i], row).values),
    })),
  ]);
}

const foundBy = (values: (row: string) => readonly number[]): Found =>
  Object.fromEntries(tasks.map((task) => [
    task,
    Object.fromEntries(
      quantities.map((quantity) => [quantity, values(rowName(quantity, task))]),
    ),
  ])) as Found;

/** Images as they are: bytes, of which the cosine is taken. */
async function judgePixels(
  { dataset: { test }, unseen }: Comparison,
  env: Env,
): Promise<E.Either<SparrowError, Judged>> {
  const begun = env.now();
  const found = await retrieveByTask(
    { embeddings: pixelsOf(test), labels: test.labels },
    unseen,
    env,
  );
  if (E.isLeft(found)) return found;
  env.log(`  pixels: in ${duration((env.now() - begun) / 1000)}`);
  const values = new Map(valuesOf(found.right));
  return E.right({
    name: "pixels",
    trainedOn: "nothing",
    found: foundBy((row) => [values.get(row) ?? NaN]),
  });
}

const pixelsOf = ({ count, pixels }: Dataset["test"]): DenseEmbeddings => ({
  kind: "dense",
  count,
  width: pixels.length / count,
  values: Float32Array.from(pixels),
});
