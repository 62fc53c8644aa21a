/**
 * Who is of whose class in a batch.
 *
 * @module
 */

/** The relations of a batch's rows, for mining. */
export interface Relations {
  /** [rows × rows]: 1 where two different rows are of one class, else 0. */
  readonly positive: Float32Array;
  /** [rows × rows]: 1 where two rows are of different classes, else 0. */
  readonly negative: Float32Array;
  /** Rows that have both a positive and a negative. */
  readonly anchors: readonly number[];
  /** Per pair of an anchor and one of its positives the anchor. */
  readonly anchorOf: readonly number[];
  /** Per pair of an anchor and one of its positives the positive. */
  readonly positiveOf: readonly number[];
  /** How many triplets of an anchor, a positive and a negative there are. */
  readonly triplets: number;
}

/**
 * The relations of a batch's rows.
 *
 * @param labels One class per row.
 *
 * @example
 * ```ts
 * import { relationsOf } from "./relations.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const { anchors, triplets } = relationsOf([0, 0, 1]);
 * assertEquals([anchors, triplets], [[0, 1], 2]);
 * ```
 */
export function relationsOf(labels: ArrayLike<number>): Relations {
  const rows = labels.length;
  const positive = new Float32Array(rows * rows);
  const negative = new Float32Array(rows * rows);
  const anchors: number[] = [];
  const anchorOf: number[] = [];
  const positiveOf: number[] = [];
  let triplets = 0;
  for (let a = 0; a < rows; a++) {
    const alike: number[] = [];
    for (let b = 0; b < rows; b++) {
      if (labels[a] !== labels[b]) negative[a * rows + b] = 1;
      else if (a !== b) {
        positive[a * rows + b] = 1;
        alike.push(b);
      }
    }
    const others = rows - 1 - alike.length;
    if (alike.length === 0 || others === 0) continue;
    anchors.push(a);
    for (const b of alike) {
      anchorOf.push(a);
      positiveOf.push(b);
    }
    triplets += alike.length * others;
  }
  return { positive, negative, anchors, anchorOf, positiveOf, triplets };
}
