/**
 * The neural bounds as their formulas read, in float64 and in nats.
 *
 * @module
 */

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The joint and the marginal half of a batch's scores. */
export const halves = (scores: ArrayLike<number>): readonly [number[], number[]] => {
  const all = Array.from(scores);
  return [all.slice(0, all.length / 2), all.slice(all.length / 2)];
};

/** mean T(joint) − log mean exp T(marginal). */
export function donskerVaradhan(scores: ArrayLike<number>): number {
  const [joint, marginal] = halves(scores);
  return mean(joint) - Math.log(mean(marginal.map(Math.exp)));
}

/** The same with the scores of marginal pairs in ±clip. */
export function smile(scores: ArrayLike<number>, clip: number): number {
  const [joint, marginal] = halves(scores);
  const clipped = marginal.map((t) => Math.exp(Math.min(Math.max(t, -clip), clip)));
  return mean(joint) - Math.log(mean(clipped));
}

/** Equation 12 of Belghazi et al. as a function whose gradient it is, its sign turned. */
export function corrected(scores: ArrayLike<number>, average: number): number {
  const [joint, marginal] = halves(scores);
  return mean(marginal.map(Math.exp)) / average - mean(joint);
}

/** mean softplus(−T(joint)) + mean softplus(T(marginal)). */
export function jensenShannon(scores: ArrayLike<number>): number {
  const [joint, marginal] = halves(scores);
  return mean(joint.map((t) => Math.log1p(Math.exp(-t)))) +
    mean(marginal.map((t) => Math.log1p(Math.exp(t))));
}

/** The mean of T(i, i) − log mean_j exp T(i, j) over the rows of a square. */
export function infoNce(scores: ArrayLike<number>): number {
  const count = Math.sqrt(scores.length);
  return mean(Array.from({ length: count }, (_, i) => {
    const row = Array.from({ length: count }, (_, j) => scores[i * count + j]);
    return row[i] - Math.log(mean(row.map(Math.exp)));
  }));
}
