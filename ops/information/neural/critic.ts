/**
 * Critics: how a bound scores pairs, what it trains, and how it is read off pairs held out.
 *
 * @module
 */
import type { E } from "../../../graph/fp_ts.ts";
import type { NonFinite } from "../../../graph/error.ts";
import type { Nodes } from "../../../graph/node.ts";
import type { Rng } from "../../../graph/rng.ts";
import type { Lowered, Weights } from "../../lowered.ts";
import type { Loss } from "../../losses/loss.ts";
import type { Params } from "../../tfjs.ts";
import type { HostBatch } from "../../train_step.ts";
import type { Pairs } from "./pairs.ts";

/** A bound of information with the critic that it needs. */
export interface Critic {
  /** What has weights. */
  readonly graph: Nodes;
  /** The graph lowered, with what the bound adds. */
  readonly model: Lowered;
  /** What the bound remembers between batches, before the first; the caller disposes of it. */
  readonly plasticity: () => Params;
  /** The negative bound, in nats. */
  readonly loss: Loss;
  /** The pairs of one step as the model takes them. */
  readonly batch: (pairs: Pairs, rng: Rng) => readonly [HostBatch, Rng];
  /**
   * The bound on pairs that have not trained the critic, at least two and in random order, in bits;
   * with that many marginal pairs per joint one, if the bound has such. `NonFinite` where a score is
   * not a number.
   */
  readonly judge: (
    weights: Weights,
    pairs: Pairs,
    shuffles: number,
  ) => Promise<E.Either<NonFinite, number>>;
  /** The most bits that `judge` can find on that many pairs; null where there is no such limit. */
  readonly ceiling: (pairs: number) => number | null;
}
