/**
 * Stages that measure codes: the distances between classes, and the evenness of the units' use.
 *
 * @module
 */
import { E, pipe } from "../../../graph/fp_ts.ts";
import { type Embeddings, wordsPerCode } from "../../../ops/embeddings.ts";
import { rowReader } from "../../../ops/metrics/rows.ts";
import {
  deadUnits,
  dutyCycles,
  dutyEntropy,
  maximumDutyEntropy,
  overactiveUnits,
} from "../../../ops/metrics/activity.ts";
import type { Dataset, ImageSplit } from "../../data/dataset.ts";
import { encode } from "../../encode/encode.ts";
import { type Stage, stage } from "../../core/stage.ts";
import { withTestRows } from "./recipes.ts";

/** Result of {@linkcode codeSeparation}. */
export interface CodeSeparation {
  /** Number of distinct embeddings. */
  readonly distinct: number;
  /**
   * The mean cosine of two embeddings of different classes: for codes of equally many bits the
   * fraction of them that the two share. NaN for fewer than two classes.
   */
  readonly between: number;
  /** Mean cosine of two embeddings of one class; NaN where no class has two. */
  readonly within: number;
}

/**
 * Counts the distinct embeddings, and compares all pairs of different classes and all pairs of one.
 *
 * The sum over all pairs of u·v is had from the sums of unit vectors by class, so that its cost grows
 * with the number of samples and not with its square.
 *
 * @param labels One class index per embedding, below `classes`.
 *
 * @example
 * ```ts
 * import { codeSeparation } from "./code_use.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const values = Float32Array.of(1, 0, 1, 0, 0, 1);
 * const embeddings = { kind: "dense", count: 3, width: 2, values } as const;
 * assertEquals(codeSeparation(embeddings, [0, 0, 1], 2), { distinct: 2, between: 0, within: 1 });
 * ```
 */
export function codeSeparation(
  embeddings: Embeddings,
  labels: ArrayLike<number>,
  classes: number,
): CodeSeparation {
  const { count, width } = embeddings;
  const read = rowReader(embeddings);
  const sums = Array.from({ length: classes }, () => new Float64Array(width));
  const sizes = new Array<number>(classes).fill(0);
  // What a class's samples have in common with themselves, to be left out of its pairs.
  const own = new Array<number>(classes).fill(0);
  for (let i = 0; i < count; i++) {
    const row = read(i);
    const norm = Math.sqrt(dot(row, row));
    const label = labels[i];
    sizes[label]++;
    if (norm === 0) continue;
    own[label]++;
    for (let u = 0; u < width; u++) sums[label][u] += row[u] / norm;
  }
  const squares = sums.map((sum) => dot(sum, sum));
  const whole = new Float64Array(width);
  for (const sum of sums) for (let u = 0; u < width; u++) whole[u] += sum[u];
  const alike = total(squares);
  const pairsWithin = total(sizes.map((n) => n * (n - 1)));
  const pairsBetween = count * count - total(sizes.map((n) => n * n));
  return {
    distinct: distinctRows(embeddings),
    between: (dot(whole, whole) - alike) / pairsBetween,
    within: (alike - total(own)) / pairsWithin,
  };
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let u = 0; u < a.length; u++) sum += a[u] * b[u];
  return sum;
};

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

function distinctRows(embeddings: Embeddings): number {
  const { count, width } = embeddings;
  const binary = embeddings.kind === "binary";
  const [store, step] = binary
    ? [embeddings.words, wordsPerCode(width)]
    : [embeddings.values, width];
  const seen = new Set<string>();
  for (let i = 0; i < count; i++) seen.add(store.subarray(i * step, (i + 1) * step).join());
  return seen.size;
}

/**
 * Encodes the test set and compares its codes, as `codeSeparation` does.
 *
 * Rows, for "test": "distinct_codes" (how many), "between_cosine" and
 * "within_cosine".
 *
 * Errors: `Interrupted`.
 */
export const separate = ({ test, classes }: Dataset<ImageSplit>): Stage =>
  stage(async (run, env) =>
    pipe(
      await encode(run, test, { env })(),
      E.map((embeddings) => {
        const { distinct, between, within } = codeSeparation(
          embeddings,
          test.labels,
          classes.length,
        );
        return withTestRows(run, {
          distinct_codes: distinct,
          between_cosine: between,
          within_cosine: within,
        });
      }),
    )
  );

/**
 * Encodes the whole test set. Rows, for "test": "duty_entropy" (bits per unit), "duty_entropy_part" (of
 * what it were if all units fired alike), "dead_units" (below 0.1 % duty) and "overactive_units" (above
 * five times the mean).
 *
 * Errors: `Interrupted`.
 */
export const unitUse = ({ test }: Dataset<ImageSplit>): Stage =>
  stage(async (run, env) =>
    pipe(
      await encode(run, test, { env })(),
      E.map((embeddings) => {
        const duty = dutyCycles(embeddings);
        const mean = duty.reduce((sum, rate) => sum + rate, 0) / duty.length;
        const entropy = dutyEntropy(duty);
        return withTestRows(run, {
          duty_entropy: entropy,
          duty_entropy_part: entropy / maximumDutyEntropy(mean),
          dead_units: deadUnits(duty).length,
          overactive_units: overactiveUnits(duty, mean).length,
        });
      }),
    )
  );
