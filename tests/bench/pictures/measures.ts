/**
 * Measures of a search among pictures, and their means over sets with intervals.
 *
 * @module
 */

/** Number of the nearest that are inspected. */
export const NEAREST = 5;

/** The pictures that were found for a query, the nearest first: indices in the set that was searched. */
export type Found = readonly number[];

/** Precision: the part of queries whose nearest picture is of their class, and that part of the nearest five. */
export interface Precision {
  /** Precision of the nearest. */
  readonly at1: number;
  /** Precision of the nearest five. */
  readonly at5: number;
}

/**
 * Computes the precision of answers.
 *
 * @param found Answers to the queries.
 * @param wanted Class of each query.
 * @param classes Class of each picture that was searched.
 */
export function precision(
  found: readonly Found[],
  wanted: readonly string[],
  classes: readonly string[],
): Precision {
  const right = found.map((indices, query) =>
    indices.slice(0, NEAREST).map((index) => classes[index] === wanted[query] ? 1 : 0)
  );
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  return { at1: mean(right.map(([first]) => first)), at5: mean(right.flat()) };
}

/** The part of answers that begin with the picture of the query's own index. */
export const foundFirst = (found: readonly Found[]): number =>
  found.filter(([first], query) => first === query).length / found.length;

/** An answer with the distances of what was found, and what tells the query's picture from others. */
export interface Answered {
  /** The nearest pictures. */
  readonly found: Found;
  /** Distances of the answers. */
  readonly distances: readonly number[];
  /** Key of the query's picture, the same for equal pictures only. */
  readonly picture: string;
}

/** Counts pairs of queries of different pictures that have the same five pictures at distance 0. */
export function confused(answers: readonly Answered[]): number {
  const seen = new Map<string, string[]>();
  for (const { found, distances, picture } of answers) {
    if (distances.some((distance) => distance !== 0)) continue;
    const key = [...found].sort((a, b) => a - b).join();
    seen.set(key, [...seen.get(key) ?? [], picture]);
  }
  return [...seen.values()].reduce(
    (pairs, pictures) =>
      pairs + pictures.reduce(
        (sum, one, i) => sum + pictures.slice(i + 1).filter((other) => other !== one).length,
        0,
      ),
    0,
  );
}

/** Divides classes into two halves, alternately by name, each once to train on and once to search in. */
export function halves(
  classes: readonly string[],
): readonly { readonly seen: readonly string[]; readonly unseen: readonly string[] }[] {
  const sorted = [...new Set(classes)].sort();
  const [even, odd] = [0, 1].map((part) => sorted.filter((_, i) => i % 2 === part));
  return [{ seen: even, unseen: odd }, { seen: odd, unseen: even }];
}

/** A mean with half the width of its 95 % interval. */
export interface Estimate {
  /** Mean of the values. */
  readonly mean: number;
  /** Half the width of the interval; null for fewer than two values. */
  readonly half: number | null;
}

/** Estimates the mean of independent values by Student's t distribution. */
export function estimate(values: readonly number[]): Estimate {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { mean, half: null };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  return { mean, half: studentQuantile(n - 1) * Math.sqrt(variance / n) };
}

/** Estimates the mean of the differences of paired values. */
export const paired = (values: readonly number[], others: readonly number[]): Estimate =>
  estimate(values.map((value, i) => value - others[i]));

/** The 97.5 % quantile of Student's t distribution, by bisection over its integral. */
export function studentQuantile(freedom: number): number {
  let [low, high] = [0, 20];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (central(middle, freedom) < 0.95) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * The probability that t lies between −value and value. With t = √ν tan θ the density becomes cos^(ν − 1) θ, which
 * is integrated by Simpson's rule.
 */
function central(value: number, freedom: number): number {
  const integral = (to: number) => {
    const steps = 2000;
    let sum = 0;
    for (let i = 0; i <= steps; i++) {
      const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
      sum += weight * Math.cos(to * i / steps) ** (freedom - 1);
    }
    return sum * to / steps / 3;
  };
  return integral(Math.atan(value / Math.sqrt(freedom))) / integral(Math.PI / 2);
}
