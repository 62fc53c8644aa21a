import fc from "npm:fast-check@4.3.0";
import { E } from "../../graph/fp_ts.ts";
import { kwta } from "../../graph/constructors.ts";
import type { Gate } from "../../graph/node.ts";
import { inferShapes } from "../../graph/shape.ts";
import { hardKwta, softKwta } from "../../ops/kwta.ts";
import { winnerCount } from "../../ops/kernels/select_edges.ts";
import { tf } from "../../ops/tfjs.ts";
import { assert, assertEquals } from "../assert.ts";
import { float32, type GoldenArray, goldenJson, sharedTest } from "../shared.ts";
import { assertClose, numbers, onEachBackend, tensor } from "./backends.ts";
import * as reference from "./reference.ts";

/** float32 sums in another order, and exp on the GPU, which may be off by some units in the last place. */
const TOLERANCE = 1e-5;

interface HardCase {
  readonly name: string;
  readonly kind: "forward" | "error";
  readonly sparsity: number;
  readonly n: number;
  readonly k_used: number;
  readonly x: GoldenArray;
  readonly output: GoldenArray;
  readonly upstream: GoldenArray;
  readonly grad_x: GoldenArray;
  readonly shape: readonly number[];
}

interface SoftCase {
  readonly name: string;
  readonly sparsity: number;
  readonly hardness: number;
  readonly hard: boolean;
  readonly x: GoldenArray;
  readonly output_train: GoldenArray;
  readonly upstream: GoldenArray;
  readonly grad_x: GoldenArray;
  readonly output_eval: GoldenArray;
  readonly grad_x_eval: GoldenArray;
  readonly grad_order_dependent?: boolean;
}

/** Output and gradient of a function at x, for an upstream gradient. */
const outputAndGradient = (
  f: (x: tf.Tensor) => tf.Tensor,
  x: GoldenArray,
  upstream: GoldenArray,
): Promise<readonly Float32Array[]> =>
  numbers(() => {
    const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => f(x))(
      tensor(float32(x).data, x.shape),
      tensor(float32(upstream).data, upstream.shape),
    );
    return [value, grad];
  });

sharedTest("the number of winners is the reference's", "golden", () => {
  for (const { kind, sparsity, n, k_used } of goldenJson<HardCase>("kwta_hard")) {
    if (kind === "forward") assertEquals(winnerCount(sparsity, n), k_used);
  }
});

sharedTest("what the reference refuses is refused", "golden", () => {
  for (const { name, kind, sparsity, shape } of goldenJson<HardCase>("kwta_hard")) {
    if (kind === "error") {
      assert(E.isLeft(inferShapes(kwta(sparsity), shape.slice(1))), name);
    }
  }
});

onEachBackend("hard kWTA gives the reference's codes and gradients, to the bit", async () => {
  for (const golden of goldenJson<HardCase>("kwta_hard")) {
    if (golden.kind !== "forward") continue;
    const f = (x: tf.Tensor) => hardKwta(x, golden.sparsity);
    const [y, dx] = await outputAndGradient(f, golden.x, golden.upstream);
    assertEquals(y, float32(golden.output).data, golden.name);
    assertEquals(dx, float32(golden.grad_x).data, golden.name);
  }
}, "golden");

onEachBackend("soft kWTA gives the reference's activations and gradients", async () => {
  for (const golden of goldenJson<SoftCase>("kwta_soft")) {
    const gate: Gate = golden.hard ? "hard_sigmoid" : "sigmoid";
    const f = (x: tf.Tensor) => softKwta(x, golden.sparsity, golden.hardness, gate);
    const [y, dx] = await outputAndGradient(f, golden.x, golden.upstream);
    assertClose(y, float32(golden.output_train).data, TOLERANCE, `${golden.name}, output`);
    const expected = float32(golden.grad_x);
    if (golden.grad_order_dependent) {
      // Which of several equals are the edges is PyTorch's choice; their sum is not.
      const width = expected.data.length / expected.shape[0];
      const sums = (data: Float32Array) =>
        reference.rowsOf(data, width).map((row) => row.reduce((sum, v) => sum + v, 0));
      assertClose(sums(dx), sums(expected.data), TOLERANCE, `${golden.name}, row sums`);
    } else {
      assertClose(dx, expected.data, TOLERANCE, `${golden.name}, gradient`);
    }
    const evaluated = await outputAndGradient(
      (x) => hardKwta(x, golden.sparsity),
      golden.x,
      golden.upstream,
    );
    assertEquals(evaluated[0], float32(golden.output_eval).data, golden.name);
    assertEquals(evaluated[1], float32(golden.grad_x_eval).data, golden.name);
  }
}, "golden");

/** Rows of coarse numbers, so that ties are common, or of fine ones. */
const matrix = fc.record({
  rows: fc.integer({ min: 1, max: 7 }),
  width: fc.integer({ min: 2, max: 150 }),
  sparsity: fc.double({ min: 0.001, max: 1, noNaN: true }),
  hardness: fc.double({ min: 0.1, max: 8, noNaN: true }),
  gate: fc.constantFrom<Gate>("sigmoid", "hard_sigmoid"),
  coarse: fc.boolean(),
  seed: fc.infiniteStream(fc.integer({ min: -(2 ** 20), max: 2 ** 20 }).map((i) => i / 2 ** 18)),
}).map(({ rows, width, coarse, seed, ...rest }) => {
  const data = Float32Array.from({ length: rows * width }, () => {
    const value = seed.next().value as number;
    return coarse ? Math.round(value * 2) / 2 : value;
  });
  const upstream = Float32Array.from(data, () => seed.next().value as number);
  return { rows, width, coarse, data, upstream, ...rest };
});

onEachBackend("kWTA is its formula on random rows, ties included", async (name) => {
  await fc.assert(
    fc.asyncProperty(matrix, async ({ rows, width, data, upstream, sparsity, hardness, gate }) => {
      const k = winnerCount(sparsity, width);
      const byRow = <A>(f: (row: Float32Array, i: number) => ArrayLike<A>) =>
        reference.rowsOf(data, width).flatMap((row, i) => Array.from(f(row, i)));
      const x: GoldenArray = { shape: [rows, width], data: Array.from(data) };
      const dy: GoldenArray = { shape: [rows, width], data: Array.from(upstream) };

      const [hard] = await outputAndGradient((x) => hardKwta(x, sparsity), x, dy);
      assertEquals(Array.from(hard), byRow((row) => reference.hardKwta(row, k)));

      const f = (x: tf.Tensor) => softKwta(x, sparsity, hardness, gate);
      const [soft, dx] = await outputAndGradient(f, x, dy);
      const expected = byRow((row) => reference.softKwta(row, k, hardness, gate));
      assertClose(soft, expected, TOLERANCE, "output");
      const gradients = byRow((row, i) =>
        reference.softKwtaGradient(
          row,
          upstream.subarray(i * width, (i + 1) * width),
          k,
          hardness,
          gate,
        )
      );
      // A sum of up to 150 terms of up to 24 in float32.
      assertClose(dx, gradients, 1e-4, "gradient");
    }),
    { numRuns: name === "webgpu" ? 30 : 200, seed: 26 },
  );
});

Deno.test("the formula's gradient is that of finite differences", () => {
  fc.assert(
    fc.property(matrix, ({ width, data, upstream, sparsity, hardness, coarse }) => {
      // Where values tie, or a hard sigmoid bends, there is no derivative to compare with.
      fc.pre(!coarse);
      const k = winnerCount(sparsity, width);
      const row = data.subarray(0, width);
      const sorted = row.toSorted().reverse();
      for (let rank = k - 1; rank <= k + 1; rank++) {
        fc.pre(!(sorted[rank - 1] - sorted[rank] < 1e-3));
      }
      const numeric = reference.finiteDifferences(
        (x) =>
          reference.softKwta(x, k, hardness, "sigmoid")
            .reduce((sum, y, i) => sum + y * upstream[i], 0),
        row,
      );
      const exact = reference.softKwtaGradient(row, upstream, k, hardness, "sigmoid");
      assertClose(exact, numeric, 1e-5, "gradient");
    }),
    { numRuns: 100, seed: 26 },
  );
});

onEachBackend("kWTA takes extreme numbers without a fault", async () => {
  const rows = [
    [0, 0, 0, 0],
    [-0, 0, -0, 0],
    [Infinity, 1, 0, -Infinity],
    [NaN, NaN, NaN, NaN],
    [NaN, 3, 2, 1],
    [3e38, 3e38, 3e38, -3e38],
    [1e-45, 2e-45, 0, -1e-45],
  ];
  const [hard, soft] = await numbers(() => {
    const x = tf.tensor2d(rows);
    return [hardKwta(x, 0.25), softKwta(x, 0.25, 2)];
  });
  assertEquals(soft.length, hard.length);
  assert(hard.every((v) => v === 0 || v === 1));
  const row = (i: number) => Array.from(hard.subarray(4 * i, 4 * i + 4));
  // A constant row has no winner, nor has one whose edges' sum overflows.
  for (const i of [0, 1, 3, 5]) assertEquals(row(i), [0, 0, 0, 0]);
});

onEachBackend("kWTA acts on all units of a sample of any rank", async () => {
  const data = Float32Array.from({ length: 48 }, (_, i) => Math.sin(i * i));
  const [flat, deep] = await numbers(() => {
    const result = hardKwta(tf.tensor4d(data, [2, 2, 3, 4]), 0.2);
    assertEquals(result.shape, [2, 2, 3, 4]);
    return [hardKwta(tf.tensor2d(data, [2, 24]), 0.2), result];
  });
  assertEquals(deep, flat);
});

sharedTest("the golden files hold what this test reads", "golden", () => {
  assertEquals(goldenJson<HardCase>("kwta_hard").length, 19);
  assertEquals(goldenJson<SoftCase>("kwta_soft").length, 19);
});
