/**
 * The losses of a plan: each writes the loss and its gradient, and finds the rows that the gradient reaches.
 *
 * @module
 */
import type { Rng } from "../../graph/rng.ts";
import { tripletCosine } from "../kernels/simd/calls.ts";
import type { Plannable } from "../losses/loss.ts";
import type { Matrix, Site } from "./site.ts";

/** A loss that is built into a plan. */
export interface PlannedLoss {
  /** Draws what is random about a batch; returns how many terms the loss has, and the generator it leaves. */
  readonly draw: (labels: ArrayLike<number>, rng: Rng) => readonly [terms: number, Rng];
  /**
   * Computes the loss of the outputs, and its gradient, of all rows.
   *
   * @returns Whether each row has a gradient, as the address of one integer per row, good until the next call; 0 where
   * all have.
   */
  readonly run: () => number;
}

/**
 * Builds a loss.
 *
 * @param y The outputs.
 * @param loss Where one float, the loss, is to be written.
 */
export function buildLoss(plannable: Plannable, site: Site, y: Matrix, loss: number): PlannedLoss {
  const { now, memory } = site;
  const { margin, drawsPerSample } = plannable;
  const classes = memory.reserve(site.most);
  const triplets = memory.reserve(3 * drawsPerSample * site.most);
  const none = memory.reserve(site.most);
  memory.integers(none, site.most).fill(0);
  let count = 0;
  return {
    draw: (labels, rng) => {
      memory.integers(classes, labels.length).set(labels);
      const draws = drawsPerSample * labels.length;
      const [kept, next] = site.drawn(
        rng,
        (state) => memory.kernels.simd.drawTriplets(classes, labels.length, draws, state, triplets),
      );
      count = kept;
      return [count, next];
    },
    run: () => {
      if (count > 0) {
        const sizes = { rows: now.rows, n: y.size, count, margin };
        return tripletCosine(memory.kernels, sizes, y.place.at, triplets, loss, y.slope);
      }
      memory.floats(loss, 1)[0] = 0;
      memory.floats(y.slope, now.rows * y.size).fill(0);
      return none;
    },
  };
}
