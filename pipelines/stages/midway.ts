/**
 * A look at the model within an epoch.
 *
 * @module
 */
import type { E } from "../../graph/fp_ts.ts";
import type { SparrowError } from "../../graph/error.ts";
import type { MeasuredAt, Model } from "../batches.ts";
import type { Env } from "../env.ts";
import type { Row } from "../history.ts";

/** A moment within an epoch. */
export interface Midpoint extends MeasuredAt {
  /** Steps of this epoch that are done, at least 1. */
  readonly done: number;
  /** Steps of the epoch. */
  readonly total: number;
}

/**
 * Looks at the model after a step: what it returns goes into the history. It leaves the model's tensors
 * as they are. `epoch` of the moment is the one that is under way, counted from 1.
 *
 * @returns null where it does not want to look, at once.
 */
export type Midway = (
  model: Model,
  moment: Midpoint,
  env: Env,
) => Promise<E.Either<SparrowError, readonly Row[]>> | null;
