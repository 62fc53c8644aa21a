/**
 * The losses as their formulas read, in float64, and without a thought of speed.
 *
 * @module
 */

/** Rows of numbers. */
export type Rows = readonly ArrayLike<number>[];

const sum = (xs: readonly number[]): number => xs.reduce((total, x) => total + x, 0);
const mean = (xs: readonly number[]): number => xs.length === 0 ? 0 : sum(xs) / xs.length;
const norm = (x: ArrayLike<number>): number => Math.sqrt(sum(Array.from(x, (v) => v * v)));
const dot = (x: ArrayLike<number>, y: ArrayLike<number>): number =>
  sum(Array.from(x, (v, i) => v * y[i]));
const difference = (x: ArrayLike<number>, y: ArrayLike<number>, epsilon = 0): number[] =>
  Array.from(x, (v, i) => v - y[i] + epsilon);
const relu = (x: number): number => Math.max(x, 0);
const logSumExp = (xs: readonly number[]): number => Math.log(sum(xs.map(Math.exp)));
const others = (n: number, i: number): number[] =>
  Array.from({ length: n }, (_, j) => j).filter((j) => j !== i);

/** Distances by name. */
export const distances: Readonly<
  Record<string, (x: ArrayLike<number>, y: ArrayLike<number>) => number>
> = {
  euclidean: (x, y) => norm(difference(x, y)),
  squared_euclidean: (x, y) => norm(difference(x, y)) ** 2,
  cosine: (x, y) => 1 - dot(x, y) / Math.max(norm(x), 1e-8) / Math.max(norm(y), 1e-8),
};

/** −log softmax(logits)[label], the mean over rows. */
export const crossEntropy = (logits: Rows, labels: ArrayLike<number>): number =>
  mean(logits.map((row, i) => logSumExp(Array.from(row)) - row[labels[i]]));

/** −t·log σ(x) − (1 − t)·log(1 − σ(x)), the mean over elements. */
export const bceWithLogits = (x: Rows, t: Rows): number =>
  mean(x.flatMap((row, i) =>
    Array.from(row, (v, j) => {
      const p = 1 / (1 + Math.exp(-v));
      return -t[i][j] * Math.log(p) - (1 - t[i][j]) * Math.log(1 - p);
    })
  ));

/** Computes the mean squared error: (x − t)², the mean over elements. */
export const meanSquaredError = (x: Rows, t: Rows): number =>
  mean(x.flatMap((row, i) => Array.from(row, (v, j) => (v - t[i][j]) ** 2)));

/** The triplet margin loss of torch. */
export const tripletMargin = (a: Rows, p: Rows, n: Rows, margin: number, swap: boolean): number => {
  const d = (x: ArrayLike<number>, y: ArrayLike<number>) => norm(difference(x, y, 1e-6));
  return mean(a.map((_, i) => {
    const toNegative = swap ? Math.min(d(a[i], n[i]), d(p[i], n[i])) : d(a[i], n[i]);
    return relu(d(a[i], p[i]) - toNegative + margin);
  }));
};

/** The cosine embedding loss of torch. */
export const cosineEmbedding = (
  x: Rows,
  y: Rows,
  targets: ArrayLike<number>,
  margin: number,
): number =>
  mean(x.map((row, i) => {
    const cosine = dot(row, y[i]) /
      Math.sqrt((dot(row, row) + 1e-12) * (dot(y[i], y[i]) + 1e-12));
    return targets[i] === 1 ? 1 - cosine : relu(cosine - margin);
  }));

/** Hadsell, Chopra & LeCun, equation 4. */
export const contrastiveEuclidean = (
  x: Rows,
  y: Rows,
  targets: ArrayLike<number>,
  margin: number,
): number =>
  mean(x.map((row, i) => {
    const d = norm(difference(row, y[i]));
    return (targets[i] === 1 ? d ** 2 : relu(margin - d) ** 2) / 2;
  }));

/** Khosla et al., equation 2, the mean over anchors with a positive. */
export const supCon = (x: Rows, labels: ArrayLike<number>, temperature: number): number => {
  const z = x.map((row) => Array.from(row, (v) => v / Math.max(norm(row), 1e-8)));
  const terms = z.flatMap((anchor, i) => {
    const logit = (j: number) => dot(anchor, z[j]) / temperature;
    const positives = others(z.length, i).filter((j) => labels[j] === labels[i]);
    const all = logSumExp(others(z.length, i).map(logit));
    return positives.length === 0 ? [] : [mean(positives.map((p) => all - logit(p)))];
  });
  return mean(terms);
};

/** Divides every row by its norm. */
const unit = (x: Rows): number[][] => x.map((row) => Array.from(row, (v) => v / norm(row)));

/** NT-Xent of Chen et al., rows 0 and 1, 2 and 3, … as partners. */
export const pairContrast = (x: Rows, temperature: number): number => {
  const z = unit(x);
  const paired = z.slice(0, z.length - z.length % 2);
  return mean(paired.map((row, i) => {
    const logit = (j: number) => dot(row, z[j]) / temperature;
    return logSumExp(others(z.length, i).map(logit)) - logit(i ^ 1);
  }));
};

/** The same of every row twice. */
export const selfContrast = (x: Rows, temperature: number): number =>
  pairContrast(x.flatMap((row) => [row, row]), temperature);

/** Cross entropy of the softmaxes of two similarities, the diagonals left out. */
export const rankDistillation = (
  codes: Rows,
  inputs: Rows,
  inputTemperature: number,
  codeTemperature: number,
): number => {
  const [z, t] = [unit(codes), unit(inputs)];
  return mean(z.map((row, i) => {
    const rest = others(z.length, i);
    const target = rest.map((j) => dot(t[i], t[j]) / inputTemperature);
    const logits = rest.map((j) => dot(row, z[j]) / codeTemperature);
    const [targetSum, logitSum] = [logSumExp(target), logSumExp(logits)];
    return -sum(target.map((at, j) => Math.exp(at - targetSum) * (logits[j] - logitSum)));
  }));
};

/** The squared error over that of the targets' mean. */
export const unexplained = (x: Rows, targets: Rows): number => {
  const means = Array.from(targets[0], (_, u) => mean(targets.map((row) => row[u])));
  return meanSquaredError(x, targets) / meanSquaredError(targets.map(() => means), targets);
};

/** The squares of the units' shares of the activity, times the units. */
export const imbalance = (x: Rows): number => {
  const use = Array.from(x[0], (_, u) => mean(x.map((row) => Math.abs(row[u]))));
  return use.length * sum(use.map((p) => p ** 2)) / sum(use) ** 2;
};

/** λ · mean ‖row‖_p / units. */
export const penalty = (x: Rows, weight: number, p: 1 | 2): number =>
  weight *
  mean(
    x.map((row) => (p === 1 ? sum(Array.from(row, (v) => Math.abs(v))) : norm(row)) / row.length),
  );

/** The triplet losses with triplets that follow from the batch, by name. */
export const mined: Readonly<
  Record<
    string,
    (x: Rows, labels: ArrayLike<number>, margin: number, distance: string) => number
  >
> = {
  all: (x, labels, margin, distance) =>
    mean(
      anchors(x, labels, distance).flatMap(({ near, far }) =>
        near.flatMap((p) => far.map((n) => relu(p - n + margin)))
      ),
    ),
  batch_hard: (x, labels, margin, distance) =>
    mean(
      anchors(x, labels, distance).map(({ near, far }) =>
        relu(Math.max(...near) - Math.min(...far) + margin)
      ),
    ),
  semi_hard: (x, labels, margin, distance) =>
    mean(
      anchors(x, labels, distance).flatMap(({ near, far }) =>
        near.map((p) => {
          const further = far.filter((n) => n > p);
          const n = further.length > 0 ? Math.min(...further) : Math.max(...far);
          return relu(p - n + margin);
        })
      ),
    ),
};

/** Lists, for every row that has both, the distances of its positives and of its negatives. */
function anchors(x: Rows, labels: ArrayLike<number>, distance: string) {
  return x.map((row, i) => {
    const to = (alike: boolean) =>
      others(x.length, i).filter((j) => (labels[j] === labels[i]) === alike)
        .map((j) => distances[distance](row, x[j]));
    return { near: to(true), far: to(false) };
  }).filter(({ near, far }) => near.length > 0 && far.length > 0);
}
