/**
 * The losses of a plan: each writes the loss and its gradient, and finds the rows that the gradient reaches.
 *
 * @module
 */
import type { Rng } from "../../graph/rng.ts";
import { LEAST_NORM, product, tripletCosine } from "../kernels/simd/calls.ts";
import { countPositives } from "../losses/contrastive.ts";
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
export const buildLoss = (plannable: Plannable, site: Site, y: Matrix, loss: number): PlannedLoss =>
  plannable._tag === "TripletCosine"
    ? triplets(plannable, site, y, loss)
    : supCon(plannable, site, y, loss);

/** A loss of no terms: 0, and without a gradient. */
function noLoss(site: Site, y: Matrix, loss: number): () => number {
  const { now, memory } = site;
  const none = memory.reserve(site.most);
  memory.integers(none, site.most).fill(0);
  return () => {
    memory.floats(loss, 1)[0] = 0;
    memory.floats(y.slope, now.rows * y.size).fill(0);
    return none;
  };
}

function triplets(
  { margin, drawsPerSample }: Plannable & { readonly _tag: "TripletCosine" },
  site: Site,
  y: Matrix,
  loss: number,
): PlannedLoss {
  const { now, memory } = site;
  const { kernels } = memory;
  const classes = memory.reserve(site.most);
  const drawn = memory.reserve(3 * drawsPerSample * site.most);
  const nothing = noLoss(site, y, loss);
  let count = 0;
  return {
    draw: (labels, rng) => {
      memory.integers(classes, labels.length).set(labels);
      const draws = drawsPerSample * labels.length;
      const [kept, next] = site.drawn(
        rng,
        (state) => kernels.simd.drawTriplets(classes, labels.length, draws, state, drawn),
      );
      count = kept;
      return [count, next];
    },
    run: () => {
      if (count === 0) return nothing();
      const sizes = { rows: now.rows, n: y.size, count, margin };
      return tripletCosine(kernels, sizes, y.place.at, drawn, loss, y.slope);
    },
  };
}

/** Cost of an element of the similarities, in multiplications. */
const CONTRAST_COST = 15;

/**
 * The similarities S of all pairs of unit rows Z become the loss's gradient with respect to them, G, in place; that of Z
 * is (G + Gᵀ)·Z. One matrix [rows, rows] is all that it needs beside the unit rows.
 */
function supCon(
  { temperature }: Plannable & { readonly _tag: "SupCon" },
  site: Site,
  y: Matrix,
  loss: number,
): PlannedLoss {
  const { now, memory, most } = site;
  const { kernels } = memory;
  const { simd } = kernels;
  const n = y.size;
  const [classes, positives, inverse] = [1, 2, 3].map(() => memory.reserve(most));
  const unit = memory.reserve(most * n);
  const pairs = memory.reserve(most * most);
  const parts = memory.reserve(2 * most);
  const nothing = noLoss(site, y, loss);
  let anchors = 0;
  return {
    draw: (labels, rng) => {
      const counts = countPositives(labels);
      memory.integers(classes, labels.length).set(labels);
      memory.integers(positives, labels.length).set(counts);
      anchors = counts.filter((count) => count > 0).length;
      return [anchors, rng];
    },
    run: () => {
      if (anchors === 0) return nothing();
      const { rows } = now;
      simd.unitRows(y.place.at, rows, n, LEAST_NORM, inverse, unit);
      product(kernels, { m: rows, n: rows, k: n }, [unit, n, 1], [unit, 1, n], 0, pairs);
      const factor = 1 / anchors;
      kernels.inParts(
        "contrastRows",
        [rows, 0, rows, classes, positives, temperature, factor, pairs, parts],
        { rowsAt: 0, growth: { 1: 1, 7: 4 * rows, 8: 8 } },
        CONTRAST_COST * rows * rows,
      );
      memory.floats(loss, 1)[0] = factor * lossOf(rows);
      simd.addTransposed(rows, pairs);
      product(kernels, { m: rows, n, k: rows }, [pairs, rows, 1], [unit, n, 1], 0, y.slope);
      simd.unitSlopes(y.place.at, rows, n, LEAST_NORM, inverse, y.slope);
      return 0;
    },
  };

  /** The sum over anchors of the log of the sum over the others, less the mean over the positives. */
  function lossOf(rows: number): number {
    const counts = memory.integers(positives, rows);
    const found = memory.floats(parts, 2 * rows);
    let sum = 0;
    for (let row = 0; row < rows; row++) {
      if (counts[row] > 0) sum += Math.log(found[2 * row + 1]) - found[2 * row] / counts[row];
    }
    return sum;
  }
}
