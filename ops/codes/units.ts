/**
 * Units that vectors compete for: directions, each of which stands for the vectors that answer to it most.
 *
 * Unit u answers to a vector x of length 1 by u·x − balance · u·μ, where μ is the mean of the vectors. Of each
 * vector the unit that answers most wins, and moves to the mean of what it wins: competitive learning in
 * batches, which is k-means on the sphere (Dhillon & Modha 2001). The second term is homeostasis: units near
 * the mean would win everywhere, and their lists would be long.
 *
 * @module
 */
import { draw, type Rng } from "../../graph/rng.ts";
import type { ListMemory, RowKind } from "../kernels/list_search.ts";

/** Options of {@linkcode trainUnits}. */
export interface TrainUnitsOptions {
  /** The vectors, row-major. */
  readonly values: Float32Array;
  /** 1 / length of each vector; 0 for a vector of zeros. */
  readonly inverse: Float32Array;
  /** Mean of the vectors, each at length 1. */
  readonly mean: Float32Array;
  /** Strength of homeostasis, from 0 to 1. */
  readonly balance: number;
  /** Number of passes in which the vectors compete for units. */
  readonly passes: number;
  /** Random numbers that choose the vectors to begin with. */
  readonly rng: Rng;
}

/** Vectors per unit that compete, at most: more do not move a unit by much. */
const PER_UNIT = 16;

/** Passes in which units compete for coarse units: at first, and after each pass of the vectors. */
const COARSE_PASSES = [6, 2] as const;

/**
 * Trains the units of a memory, and the coarse units by which they are found; both are written into it, the
 * units in the order of their coarse units.
 *
 * @param memory Laid out for at least one unit, and no more units than vectors.
 */
export function trainUnits(
  memory: ListMemory,
  { values, inverse, mean, balance, passes, rng }: TrainUnitsOptions,
): void {
  const { width, coarse, units } = memory.sizes;
  const count = inverse.length;
  const [order] = draw(rng, (dice) => {
    const all = Uint32Array.from({ length: count }, (_, i) => i);
    const chosen = Math.min(count, PER_UNIT * units);
    for (let i = 0; i < chosen; i++) {
      const other = dice.integer(i, count - 1);
      [all[i], all[other]] = [all[other], all[i]];
    }
    return all.subarray(0, chosen);
  });
  const sample = new Float32Array(order.length * width);
  order.forEach((row, i) => {
    for (let j = 0; j < width; j++) {
      sample[i * width + j] = values[row * width + j] * inverse[row];
    }
  });
  let unitVectors = sample.slice(0, units * width);
  const coarseVectors = sample.slice(0, coarse * width);
  const write = (kind: RowKind, vectors: Float32Array) =>
    memory.writeRows(kind, 0, vectors, mean, biasesOf(vectors, mean, balance));
  const nearest = () => memory.scan("coarseRows", coarse, unitVectors, 1, false).indices;
  const arrange = (coarsePasses: number) => {
    for (let i = 0; i < coarsePasses; i++) {
      memory.writeRows("coarseRows", 0, coarseVectors, mean);
      move(coarseVectors, nearest(), unitVectors, width);
    }
    write("coarseRows", coarseVectors);
    const owners = nearest();
    unitVectors = inOrderOf(owners, unitVectors, width);
    write("unitRows", unitVectors);
    const ranges = memory.part.coarseRanges.fill(0);
    for (const owner of owners) ranges[2 * owner + 1]++;
    for (let c = 1; c < coarse; c++) ranges[2 * c] = ranges[2 * c - 2] + ranges[2 * c - 1];
  };
  arrange(COARSE_PASSES[0]);
  for (let pass = 0; pass < passes; pass++) {
    const winners = memory.winners(sample, 1, coarseProbesFor(memory, 1));
    move(unitVectors, winners, sample, width);
    arrange(COARSE_PASSES[1]);
  }
}

/**
 * Coarse units whose units are scored for a search that reads the lists of `probes` units: where, on GloVe with
 * 8,192 to 32,768 units, a recall between .90 and .985 costs least.
 */
export function coarseProbesFor({ sizes }: ListMemory, probes: number): number {
  const share = 1 / 32 + 12 * probes / sizes.units;
  return Math.min(sizes.coarse, Math.max(1, Math.ceil(share * sizes.coarse)));
}

/** Moves each of some directions to the mean of the vectors that it wins; one that wins none stays. */
function move(
  directions: Float32Array,
  winners: Int32Array,
  vectors: Float32Array,
  width: number,
): void {
  const sums = new Float64Array(directions.length);
  winners.forEach((winner, i) => {
    if (winner < 0) return;
    for (let j = 0; j < width; j++) sums[winner * width + j] += vectors[i * width + j];
  });
  for (let from = 0; from < sums.length; from += width) {
    let squares = 0;
    for (let i = from; i < from + width; i++) squares += sums[i] * sums[i];
    if (squares === 0) continue;
    const inverse = 1 / Math.sqrt(squares);
    for (let i = from; i < from + width; i++) directions[i] = sums[i] * inverse;
  }
}

/** Computes the summand of homeostasis for each unit: − balance · u·μ. */
function biasesOf(directions: Float32Array, mean: Float32Array, balance: number): Float32Array {
  const width = mean.length;
  return Float32Array.from({ length: directions.length / width }, (_, u) => {
    let dot = 0;
    for (let j = 0; j < width; j++) dot += directions[u * width + j] * mean[j];
    return -balance * dot;
  });
}

/** Rows in the order of the numbers that they belong to. */
function inOrderOf(
  owners: Int32Array,
  rows: Float32Array,
  width: number,
): Float32Array<ArrayBuffer> {
  const order = Uint32Array.from(owners, (_, i) => i).sort((a, b) =>
    owners[a] - owners[b] || a - b
  );
  const sorted = new Float32Array(rows.length);
  order.forEach((from, to) =>
    sorted.set(rows.subarray(from * width, (from + 1) * width), to * width)
  );
  return sorted;
}
