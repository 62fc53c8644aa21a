/**
 * What the triplet cosine loss has in common on all backends.
 *
 * @module
 */
import { tf } from "../tfjs.ts";

/**
 * (codes [rows, units], triplets int32 [count, 3], incidence int32 [rows + 1 + 3·count]) →
 * [loss, gradient [rows, units]].
 *
 * The incidence says in which triplets a row takes part: entry `row` is where its list begins in
 * the incidence itself, entry `row + 1` where it ends.
 *
 * The loss and its gradient come of one pass over the codes: training always wants both.
 */
export const TRIPLET_COSINE = "SparrowTripletCosine";

/** Norms are clamped from below at this, as in torch.nn.functional.cosine_similarity. */
export const EPSILON = 1e-8;

/** Attributes of the triplet cosine kernel. */
export interface TripletAttributes {
  readonly margin: number;
}

tf.registerGradient({
  kernelName: TRIPLET_COSINE,
  outputsToSave: [false, true],
  gradFunc: (dy, [gradient]) => ({
    codes: () => tf.mul((dy as tf.Tensor[])[0], gradient),
  }),
});

/**
 * The incidence of triplets: which row takes part in which, as {@linkcode TRIPLET_COSINE} wants it.
 *
 * @param triplets [anchor, positive, negative, anchor, …].
 * @param rows How many rows there are; every entry of `triplets` is below it.
 */
export function incidence(triplets: Int32Array, rows: number): Int32Array {
  const lists = new Int32Array(rows + 1 + triplets.length);
  const eachMember = (visit: (row: number, triplet: number) => void) => {
    for (let t = 0; 3 * t < triplets.length; t++) {
      const [a, p, q] = [triplets[3 * t], triplets[3 * t + 1], triplets[3 * t + 2]];
      visit(a, t);
      if (p !== a) visit(p, t);
      if (q !== a && q !== p) visit(q, t);
    }
  };
  lists[0] = rows + 1;
  eachMember((row) => lists[row + 1]++);
  for (let row = 0; row < rows; row++) lists[row + 1] += lists[row];
  const next = lists.slice(0, rows);
  eachMember((row, t) => lists[next[row]++] = t);
  return lists;
}
