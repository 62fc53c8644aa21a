/**
 * The digits that a pipeline trains on: MNIST where it can be had, else the built-in ones.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { pipe, TE } from "../../graph/fp_ts.ts";
import type { Dataset } from "./dataset.ts";
import type { DataEnv } from "./environment.ts";
import { loadMnist, publishedMnist } from "./mnist.ts";
import { howToGet } from "./published.ts";
import { loadStrokes } from "./strokes.ts";

/** Options of {@linkcode loadDigits}: which digits. */
export interface DigitsOptions {
  /** Left out: MNIST, and the built-in digits where there is none. */
  readonly dataset?: "mnist" | "strokes";
  /** The folder with MNIST's files (`--data`), which names MNIST. */
  readonly data?: string;
  /** Of the built-in digits: an integer from 0 to 2^32 − 1. */
  readonly seed: number;
}

/**
 * MNIST or the built-in digits.
 *
 * @returns What was named, or its error. If nothing was: MNIST, and the built-in digits with a
 * notice if no place has it. A damaged copy of MNIST is an error in any case, since results on
 * other digits would surprise. `InvalidOption` when `data` is given with the dataset "strokes".
 *
 * @example
 * ```ts
 * import { loadDigits } from "./digits.ts";
 * import { denoDataEnv } from "./environment.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const digits = await loadDigits({ dataset: "strokes", seed: 1 }, denoDataEnv)();
 * assertEquals(E.isRight(digits) && digits.right.name, "strokes");
 * ```
 */
export function loadDigits(
  { dataset, data, seed }: DigitsOptions,
  env: DataEnv,
): TE.TaskEither<SparrowError, Dataset> {
  if (dataset === "strokes") {
    return data === undefined
      ? loadStrokes({ seed })
      : TE.left(invalidOption("--data", data, "nothing, since the digits are generated"));
  }
  const mnist = loadMnist({ data }, env);
  if (dataset === "mnist" || data !== undefined) return mnist;
  return pipe(
    mnist,
    TE.orElse((error) =>
      error._tag === "DatasetUnavailable"
        ? pipe(
          loadStrokes({ seed }),
          TE.map((strokes) => ({ ...strokes, notice })),
        )
        : TE.left(error)
    ),
  );
}

const notice = "MNIST was not found; the built-in digits (strokes) are used instead. " +
  howToGet(publishedMnist);
