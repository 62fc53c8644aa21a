import fc from "npm:fast-check@4.3.0";
import { graph, parse } from "../../graph/parse.ts";
import { E } from "../../graph/fp_ts.ts";
import { initialPlasticity } from "../../graph/plasticity.ts";
import { draw, seed } from "../../graph/rng.ts";
import { inferShapes } from "../../graph/shape.ts";
import { show } from "../../graph/show.ts";
import { describe } from "../../graph/error.ts";
import { lower } from "../../ops/interpreter.ts";
import { type Params, tf } from "../../ops/tfjs.ts";
import { batchTopK, largest, largestOfBatch, largestValues, topK } from "../../ops/top_k.ts";
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { left, right } from "../pipelines/tiny.ts";
import { apply } from "./apply.ts";
import { assertClose, numbers, onEachBackend, tensor } from "./backends.ts";
import { golden, numbersOf } from "./losses/unlabelled_golden.ts";

Deno.test("they are written, printed and inferred like any node", () => {
  for (const made of [topK({ k: 3 }), batchTopK({ k: 3 }), batchTopK({ k: 3, momentum: 0.5 })]) {
    assertEquals(parse(show(made)), E.right(made));
    const inferred = right(inferShapes(made, [20]));
    assertEquals(inferred.output, [20]);
    assertEquals(parse(show(inferred.graph)), E.right(inferred.graph));
  }
  const state = initialPlasticity(right(inferShapes(graph`relu ▷ batch_top_k(2)`, [5])).graph);
  assertEquals(Object.keys(state), ["1.silent", "1.threshold"]);
  assertEquals([...state["1.threshold"].data], [-1]);
  assertStringIncludes(describe(left(inferShapes(graph`top_k(2)`, [2, 3]))), "a vector of units");
});

/** Distinct numbers, so that there is one answer. */
const distinct = (count: number, from: number) =>
  draw(seed(from), ({ unit }) => Float32Array.from({ length: count }, () => 2 * unit() - 1))[0];

/** The k largest by sorting. */
const bySorting = (row: Float32Array, k: number) => {
  const least = [...row].sort((a, b) => b - a)[k - 1];
  return row.map((value) => value >= least ? Math.max(value, 0) : 0);
};

onEachBackend("the winners are those of sorting, of a row and of the batch", async (backend) => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 2, max: 40 }),
      fc.nat(),
      async (rows, units, start) => {
        const k = 1 + start % units;
        const x = distinct(rows * units, start);
        const [row, batch, mask] = await numbers(() => {
          const given = tensor(x, [rows, units]) as tf.Tensor2D;
          return [largestValues(given, k), largestOfBatch(given, k), largest(given, k)];
        });
        const expected = Array.from(
          { length: rows },
          (_, i) => [...bySorting(x.subarray(i * units, (i + 1) * units), k)],
        ).flat();
        assertEquals([...row], expected);
        assertEquals([...batch], [...bySorting(x, k * rows)]);
        assertEquals(mask.reduce((sum, one) => sum + one, 0), rows * k);
      },
    ),
    { numRuns: backend === "webgpu" ? 10 : 40, seed: 26 },
  );
});

onEachBackend("the gradient goes to the winners above 0, and to no other", async () => {
  const [slope] = await numbers(() => [
    tf.grad((x: tf.Tensor) => tf.sum(tf.mul(largestValues(x as tf.Tensor2D, 2), 3)))(
      tf.tensor2d([[3, 1, 2], [-1, -2, 5]]),
    ),
  ]);
  assertEquals([...slope], [3, 0, 3, 0, 0, 3]);
});

onEachBackend("a batch's winners and the threshold they leave are the reference's", async () => {
  const { steps, x, code } = golden.batch_top_k;
  const nodes = graph`linear(6, 20, bias=false) ▷ relu ▷ batch_top_k(3)`;
  const params = { "0.weight": placed(golden.encoder) };
  let plasticity: Params = {
    "2.silent": tf.zeros([20]),
    "2.threshold": tf.scalar(-1),
  };
  for (const { x, code, threshold } of steps) {
    const [next, made] = tf.tidy(() => {
      const given = { value: placed(x), plasticity, rng: seed(0) };
      const after = lower(nodes).train(params, given);
      return [after.plasticity, after.value as tf.Tensor];
    });
    assertClose(await made.data(), numbersOf(code), 1e-6, "code");
    assertClose(await next["2.threshold"].data(), [threshold], 1e-6, "threshold");
    tf.dispose([plasticity as unknown as tf.TensorContainer, made]);
    plasticity = next;
  }
  const [found] = await numbers(() => [apply(nodes, params, placed(x), "evaluate", plasticity)]);
  assertClose(found, numbersOf(code), 1e-6, "evaluated");
  tf.dispose([params, plasticity] as unknown as tf.TensorContainer);
});

const placed = (at: typeof golden.x) => tensor(numbersOf(at), at.shape);

onEachBackend("silences grow by the batch, and end with activity", async () => {
  for (const nodes of [topK({ k: 1 }), batchTopK({ k: 1 })]) {
    const { train } = lower(nodes);
    const state = { "0.silent": tf.tensor1d([5, 6, 7]), "0.threshold": tf.scalar(0.5) };
    const [silent, threshold] = await numbers(() => {
      const x = tf.tensor2d([[1, 0.5, -1], [-3, -1, -2]]);
      const { plasticity } = train({}, { value: x, plasticity: state, rng: seed(0) });
      return [plasticity["0.silent"], tf.clone(plasticity["0.threshold"])];
    });
    assertEquals(silent[0], 0);
    assertEquals(silent[2], 9);
    assert(threshold[0] >= 0.5);
    // Where nothing is active the threshold stays.
    const [still] = await numbers(() => {
      const x = tf.tensor2d([[-1, -0.5, -1]]);
      return [train({}, { value: x, plasticity: state, rng: seed(0) }).plasticity["0.threshold"]];
    });
    assertEquals([...still], [0.5]);
    tf.dispose(state as unknown as tf.TensorContainer);
  }
});
