/**
 * The site on which nodes build a plan: each reserves the matrices that it writes, and registers calls, forward and
 * backward.
 *
 * @module
 */
import type { Rng } from "../../graph/rng.ts";
import { sizeOf } from "../../graph/shape.ts";
import type { Pair, Shape } from "../../graph/types.ts";
import type { PlanMemory } from "./memory.ts";

/** A place of numbers in memory. The input's place is another in every step: that of the batch. */
export interface Place {
  at: number;
}

/** A matrix of a plan, one row per sample, with its gradient. */
export interface Matrix {
  /** Shape of one sample. */
  readonly shape: Shape;
  /** Numbers per sample. */
  readonly size: number;
  /** Place of the values. */
  readonly place: Place;
  /**
   * Address of the loss's gradient with respect to it, of the rows that have one, side by side; 0 where none is wanted.
   */
  readonly slope: number;
  /** Whether its values are read again after the next node: then that node must not write over them. */
  readonly kept: boolean;
}

/** A value that goes from node to node. */
export type PlanValue = Matrix | Pair<PlanValue, PlanValue>;

/** A weight with its gradient. */
export interface Weight {
  /** Path within the graph. */
  readonly path: string;
  /** Shape of the weight. */
  readonly shape: Shape;
  /** Numbers of the weight. */
  readonly size: number;
  /** Address of the values. */
  readonly at: number;
  /** Address of the gradient. */
  readonly slope: number;
}

/** The step that is under way. */
export interface Now {
  /** Rows of the batch. */
  rows: number;
  /**
   * Rows that the loss depends on. From then on every matrix that was saved, and every gradient, holds these rows
   * alone: those of the others would be 0, and sums with them the same.
   */
  active: number;
  /** The generator to draw from next. */
  rng: Rng;
}

/** A plan that is being built. */
export interface Site {
  /** Memory of the plan. */
  readonly memory: PlanMemory;
  /** The most rows of a batch. */
  readonly most: number;
  /** The step that is under way when what was built is called. */
  readonly now: Now;
  /** Finds a weight by its path; it is an error to ask for one that the graph does not have. */
  readonly weight: (path: string) => Weight;
  /**
   * Reserves a matrix.
   *
   * @param learns Whether its gradient is wanted.
   */
  readonly matrix: (shape: Shape, learns: boolean) => Matrix;
  /**
   * Has a kernel draw from a generator.
   *
   * @param draw Is given the address of the generator's state, which it replaces.
   */
  readonly drawn: <A>(rng: Rng, draw: (state: number) => A) => readonly [A, Rng];
  /** Says that values are read backward, so many 32-bit numbers per sample. */
  readonly save: (place: Place, size: number) => void;
  /** Adds a call to those of the forward pass; the profiler shows it by its name. */
  readonly forward: (name: string, call: () => void) => void;
  /** Adds a call to those of the backward pass, which go in the opposite order. */
  readonly backward: (name: string, call: () => void) => void;
}

/** A call of a plan. */
export interface Call {
  /** The node that it is of. */
  readonly name: string;
  readonly run: () => void;
}

/** A plan that is built: its calls, and the matrices that they share. */
export interface Built {
  readonly site: Site;
  readonly forward: readonly Call[];
  /** Returns the calls in their order. */
  readonly backward: () => readonly Call[];
  /** The numbers per sample of all that is read backward. */
  readonly saved: ReadonlyMap<Place, number>;
}

/** Integers of a generator's state. */
const STATE = 4;

/** Starts to build a plan. */
export function buildSite(
  memory: PlanMemory,
  most: number,
  now: Now,
  weights: ReadonlyMap<string, Weight>,
): Built {
  const forward: Call[] = [];
  const backward: Call[] = [];
  const saved = new Map<Place, number>();
  const state = memory.reserve(STATE);
  const site: Site = {
    memory,
    most,
    now,
    weight: (path) => {
      const weight = weights.get(path);
      if (weight === undefined) throw new RangeError(`The graph's weights have no ${path}`);
      return weight;
    },
    matrix: (shape, learns) => {
      const size = sizeOf(shape);
      const at = memory.reserve(most * size);
      return {
        shape,
        size,
        place: { at },
        slope: learns ? memory.reserve(most * size) : 0,
        kept: false,
      };
    },
    drawn: (rng, draw) => {
      memory.integers(state, STATE).set(rng.state);
      const value = draw(state);
      return [value, { state: [...memory.integers(state, STATE)] }];
    },
    save: (place, size) => void saved.set(place, size),
    forward: (name, run) => void forward.push({ name, run }),
    backward: (name, run) => void backward.push({ name: `${name}, backward`, run }),
  };
  return { site, forward, backward: () => backward.toReversed(), saved };
}
