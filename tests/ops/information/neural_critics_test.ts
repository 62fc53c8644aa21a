import { E } from "../../../graph/fp_ts.ts";
import { type ArrayValue, initialParams, type ParamArrays } from "../../../graph/params.ts";
import { seed } from "../../../graph/rng.ts";
import { dvBound, infoNceBound, mineLoss } from "../../../ops/information/neural_bounds.ts";
import { evaluatePairs, jointCritic, twoTowers } from "../../../ops/information/neural_critics.ts";
import { gaussianPairs, type Pairs } from "../../../ops/information/neural_pairs.ts";
import { inSequence } from "../../../ops/lowered.ts";
import { tf } from "../../../ops/tfjs.ts";
import { assert, assertAlmostEquals, assertEquals } from "../../assert.ts";
import { assertClose, onEachBackend } from "../backends.ts";

/** linear ▷ relu ▷ linear in float64, of weights under a path. */
function forward(params: ParamArrays, paths: readonly [string, string], input: readonly number[]) {
  const apply = (path: string, x: readonly number[]): number[] => {
    const [weight, bias] = [`${path}.weight`, `${path}.bias`].map((name): ArrayValue =>
      params[name]
    );
    return Array.from(
      bias.data,
      (sum, unit) =>
        x.reduce(
          (total, value, i) => total + value * weight.data[i * bias.data.length + unit],
          sum,
        ),
    );
  };
  return apply(paths[1], apply(paths[0], input).map((value) => Math.max(value, 0)));
}

/** Sample i of one variable. */
const rowOf = (values: Float32Array, width: number, i: number): readonly number[] =>
  Array.from(values.subarray(i * width, (i + 1) * width));

const toTensors = (arrays: ParamArrays) =>
  Object.fromEntries(
    Object.entries(arrays).map(([path, { shape, data }]) => [path, tf.tensor(data, [...shape])]),
  );

const [pairs]: readonly [Pairs, unknown] = gaussianPairs(2, 0.9).draw(7, seed(3));

onEachBackend("a joint critic is judged by pairs, and by pairs of others only", async () => {
  const critic = jointCritic({
    widths: [2, 2],
    hidden: [5],
    loss: mineLoss(),
    bound: dvBound,
    averageRate: 1,
  });
  const [arrays] = initialParams(critic.graph, seed(1));
  const params = toTensors(arrays);
  const score = (i: number, j: number) =>
    forward(arrays, ["0", "2"], [...rowOf(pairs.x, 2, i), ...rowOf(pairs.y, 2, j)])[0];
  const own = Array.from({ length: 7 }, (_, i) => score(i, i));
  for (const [shuffles, shifts] of [[1, [1]], [3, [1, 2, 3]], [99, [1, 2, 3, 4, 5, 6]]] as const) {
    const others = shifts.flatMap((shift) => own.map((_, i) => score(i, (i + shift) % 7)));
    const judged = await critic.judge({ params, plasticity: {} }, pairs, shuffles);
    const expected = dvBound(own, others);
    assert(E.isRight(judged) && E.isRight(expected));
    // float32 scores below 1.
    assertAlmostEquals(judged.right, expected.right, 1e-6);
  }
  assertEquals(critic.ceiling(7), null);
  tf.dispose(params);
});

onEachBackend("two towers are judged in blocks of all with all", async () => {
  const critic = twoTowers({ widths: [2, 2], hidden: [5, 3], block: 4 });
  const [arrays] = initialParams(critic.graph, seed(1));
  const params = toTensors(arrays);
  const paths = [...new Set(Object.keys(arrays).map((path) => path.replace(/\.\w+$/, "")))];
  assertEquals(paths.length, 4);
  const tower = (part: 0 | 1, values: Float32Array, i: number) =>
    forward(arrays, [paths[2 * part], paths[2 * part + 1]], rowOf(values, 2, i));
  const score = (i: number, j: number) => {
    const g = tower(1, pairs.y, j);
    return tower(0, pairs.x, i).reduce((sum, value, u) => sum + value * g[u], 0);
  };
  // Seven pairs are two blocks of three; the last pair is left over.
  const blocks = [[0, 1, 2], [3, 4, 5]].map((block) => {
    const bits = infoNceBound(block.flatMap((i) => block.map((j) => score(i, j))));
    return E.isRight(bits) ? bits.right : NaN;
  });
  const judged = await critic.judge({ params, plasticity: {} }, pairs, 1);
  assert(E.isRight(judged));
  // float32 outputs of towers below 1.
  assertAlmostEquals(judged.right, (blocks[0] + blocks[1]) / 2, 1e-6);
  assertEquals(critic.ceiling(7), Math.log2(3));
  assertEquals(critic.ceiling(3), Math.log2(3));
  assertEquals(critic.ceiling(1000), 2);
  tf.dispose(params);
});

onEachBackend("a training batch is pairs as they are, then each x with a y of the batch", () => {
  const critic = jointCritic({
    widths: [2, 2],
    hidden: [5],
    loss: mineLoss(),
    bound: dvBound,
    averageRate: 1,
  });
  const [{ values, labels }, next] = critic.batch(pairs, seed(4));
  assertEquals(Array.from(labels), [...Array(7).fill(1), ...Array(7).fill(0)]);
  const partners = Array.from({ length: 14 }, (_, row) => {
    assertEquals(rowOf(values, 4, row).slice(0, 2), rowOf(pairs.x, 2, row % 7));
    const y = rowOf(values, 4, row).slice(2).join();
    return Array.from({ length: 7 }, (_, j) => rowOf(pairs.y, 2, j).join()).indexOf(y);
  });
  assertEquals(partners.slice(0, 7), [0, 1, 2, 3, 4, 5, 6]);
  assertEquals(partners.slice(7).toSorted(), [0, 1, 2, 3, 4, 5, 6]);
  const [other] = critic.batch(pairs, next);
  assert(other.values.some((value, i) => value !== values[i]), "the permutation is drawn anew");
});

onEachBackend("more pairs than are evaluated at once come back in order", async () => {
  const count = 8200;
  const x = Float32Array.from({ length: count }, (_, i) => i);
  const weights = { params: {}, plasticity: {} };
  const many = { count, x, y: x.map((value) => -value) };
  const [rows] = await evaluatePairs(inSequence([]), weights, many, (i) => count - 1 - i);
  const expected = Float32Array.from(
    { length: 2 * count },
    (_, at) => at % 2 === 0 ? at >> 1 : (at >> 1) - count + 1,
  );
  assertClose(rows, expected, 0, "rows");
});
