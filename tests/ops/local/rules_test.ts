import { draw, seed } from "../../../graph/rng.ts";
import {
  competitive,
  type LocalRule,
  oja,
  onlineKMeans,
  softHebb,
} from "../../../ops/local/rules.ts";
import { tf } from "../../../ops/tfjs.ts";
import { assert } from "../../assert.ts";
import { assertClose, numbers, onEachBackend } from "../backends.ts";

const [inputs, units, samples] = [7, 5, 9];

/** Numbers in [−1, 1), [rows][columns]. */
const random = (rows: number, columns: number, number: number): number[][] =>
  draw(seed(number), ({ unit }) =>
    Array.from(
      { length: rows },
      () => Array.from({ length: columns }, () => Math.fround(2 * unit() - 1)),
    ))[0];

const [weights, batch] = [random(inputs, units, 1), random(samples, inputs, 2)];
const excitability = [1, 3, 0.25, 1, 2];

const dot = (x: readonly number[], w: readonly number[][], j: number): number =>
  x.reduce((sum, value, i) => sum + value * w[i][j], 0);

/** The units of a row, the largest first. */
const ranked = (row: readonly number[]): number[] =>
  row.map((_, j) => j).sort((a, b) => row[b] - row[a]);

/** A rule in loops over samples, units and synapses: its activity, and its next weights. */
interface Plain {
  readonly rule: LocalRule;
  readonly activity: (x: readonly number[], factors: readonly number[]) => number[];
  readonly next: (activity: readonly number[][], rate: number) => number[][];
}

/** Σ_b y (x − u w), u by the weights v. */
const change = (activity: readonly number[][], v: number[][]): number[][] =>
  weights.map((row, i) =>
    row.map((w, j) =>
      batch.reduce((sum, x, b) => sum + activity[b][j] * (x[i] - dot(x, v, j) * w), 0)
    )
  );

const divided = (changes: number[][]): number[][] => {
  const most = Math.max(...changes.flat().map(Math.abs));
  return changes.map((row) => row.map((x) => x / most));
};

const moved = (changes: number[][], rate: (unit: number) => number): number[][] =>
  weights.map((row, i) => row.map((w, j) => w + rate(j) * changes[i][j]));

const all = Array.from({ length: units }, (_, j) => j);
const cubic = weights.map((row) => row.map((w) => Math.sign(w) * w * w));

const plain: readonly Plain[] = [
  {
    rule: oja({ k: 2 }),
    activity: (x, factors) => {
      const drive = all.map((j) => dot(x, weights, j));
      const winners = ranked(drive.map((u, j) => u * factors[j])).slice(0, 2);
      return drive.map((u, j) => winners.includes(j) ? u : 0);
    },
    next: (activity, rate) => moved(change(activity, weights), () => rate / samples),
  },
  {
    rule: competitive({ k: 3, delta: 0.3, p: 3 }),
    activity: (x, factors) => {
      const order = ranked(all.map((j) => dot(x, cubic, j) * factors[j]));
      return all.map((j) => j === order[0] ? 1 : j === order[2] ? -0.3 : 0);
    },
    next: (activity, rate) => moved(divided(change(activity, cubic)), () => rate),
  },
  {
    rule: softHebb({ sharpness: 2, power: 0.5 }),
    activity: (x, factors) => {
      const drive = all.map((j) => dot(x, weights, j) * factors[j]);
      const sum = drive.reduce((total, u) => total + Math.exp(2 * u), 0);
      const [first] = ranked(drive);
      return drive.map((u, j) => (j === first ? 1 : -1) * Math.exp(2 * u) / sum);
    },
    next: (activity, rate) =>
      moved(divided(change(activity, weights)), (j) => {
        const length = Math.hypot(...weights.map((row) => row[j]));
        return rate * Math.sqrt(Math.abs(length - 1));
      }),
  },
  {
    rule: onlineKMeans(),
    activity: (x, factors) => {
      const [first] = ranked(all.map((j) => dot(x, weights, j) * factors[j]));
      return all.map((j) => j === first ? 1 : 0);
    },
    next: (activity, rate) => {
      const columns = all.map((j) => {
        const won = batch.filter((_, b) => activity[b][j] === 1);
        const part = 1 - (1 - rate) ** won.length;
        const column = weights.map((row, i) => {
          const mean = won.reduce((sum, x) => sum + x[i], 0) / Math.max(1, won.length);
          return row[j] + part * (mean - row[j]);
        });
        const length = Math.hypot(...column);
        return column.map((w) => w / length);
      });
      return weights.map((_, i) => all.map((j) => columns[j][i]));
    },
  },
];

for (const { rule, activity, next } of plain) {
  onEachBackend(`${rule.name} is what loops make of its formula`, async () => {
    const [w, x, f] = [tf.tensor2d(weights), tf.tensor2d(batch), tf.tensor1d(excitability)];
    for (const factors of [undefined, excitability]) {
      const expected = batch.map((row) => activity(row, factors ?? all.map(() => 1)));
      const [active, after] = await numbers(() => {
        const y = rule.compete(w, x, factors === undefined ? undefined : f);
        return [y, rule.update(w, x, y, 0.1)];
      });
      assertClose(active, expected.flat(), 1e-5, "activity");
      assertClose(after, next(expected, 0.1).flat(), 1e-5, "weights");
    }
    tf.dispose([w, x, f]);
  });
}

onEachBackend("Oja's unit finds the first principal component at length 1", async () => {
  // Variances of 4 and 1 along (0.6, 0.8) and (−0.8, 0.6).
  const [along, across] = [random(400, 1, 3).flat(), random(400, 1, 4).flat()];
  const points = along.map((a, i) => [
    2 * a * 0.6 - across[i] * 0.8,
    2 * a * 0.8 + across[i] * 0.6,
  ]);
  // The second unit is kept silent: there is no competition.
  const { update } = oja();
  const x = tf.tensor2d(points);
  let w = tf.tensor2d([[0.5, 0], [-0.1, 0]]);
  for (let step = 0; step < 60; step++) {
    const y = tf.tidy(() => {
      const drive = tf.matMul(x, w) as tf.Tensor2D;
      return tf.mul(drive, tf.tensor2d([[1, 0]])) as tf.Tensor2D;
    });
    const after = update(w, x, y, 0.5);
    tf.dispose([w, y]);
    w = after;
  }
  const [a, , b] = await w.data<"float32">();
  assert(Math.abs(Math.hypot(a, b) - 1) < 0.01, `a length of ${Math.hypot(a, b)}`);
  assert(Math.abs(a * 0.6 + b * 0.8) > 0.98, `a direction of ${a}, ${b}`);
  tf.dispose([w, x]);
});
