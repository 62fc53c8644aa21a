import { E } from "../../../graph/fp_ts.ts";
import { describe } from "../../../graph/error.ts";
import { seed } from "../../../graph/rng.ts";
import { encodeVectors } from "../../../ops/codes/coders.ts";
import { codeSizes } from "../../../ops/codes/algebra.ts";
import { projectionCoder } from "../../../ops/codes/projections.ts";
import { nearestVectors } from "../../../ops/codes/vectors.ts";
import { fromDense } from "../../../ops/codes/codes.ts";
import { lower } from "../../../ops/interpreter.ts";
import { tf } from "../../../ops/tfjs.ts";
import { restoreRun } from "../../../pipelines/core/run.ts";
import { startBackend } from "../../../ops/backend.ts";
import { quietEnv } from "../../../pipelines/core/env.ts";
import {
  holdOut,
  measureCoder,
  type Measurement,
  recommend,
} from "../../../pipelines/studies/vectors/measure.ts";
import { simpleMethods } from "../../../pipelines/studies/vectors/methods.ts";
import { reasonFor, vectorsPage } from "../../../pipelines/studies/vectors/page.ts";
import { trainKwta } from "../../../pipelines/studies/vectors/train.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";
import { onEachBackend } from "../../ops/backends.ts";
import { rows, units } from "../../ops/codes/float_vectors.ts";
import { right } from "../tiny.ts";

const vectors = units(330, 16, 1);

/** Set of 300 vectors and 30 queries. */
const judged = (() => {
  const { base, queries } = right(holdOut(vectors, 30, seed(1)));
  return { base, queries, truth: right(nearestVectors(base, queries, 10)) };
})();

Deno.test("what is held out and what is left are all vectors, each once", () => {
  const { base, queries } = judged;
  assertEquals([base.count, queries.count], [300, 30]);
  const firsts = (set: typeof base) => [...set.values].filter((_, at) => at % 16 === 0);
  assertEquals([...firsts(base), ...firsts(queries)].sort(), firsts(vectors).sort());
  assertEquals(right(holdOut(vectors, 1000, seed(1))).queries.count, 33);
  const few = holdOut(rows(vectors, 0, 19), 5, seed(1));
  assert(E.isLeft(few) && describe(few.left).includes("19 vectors"));
});

Deno.test("every method has a code of each size, and more is found with more", () => {
  for (const method of simpleMethods(0.25)) {
    const coders = right(method.fit(judged.base, [2, 4, 8], seed(3)));
    const found = coders.map((coder, i) => {
      assert(coder.width <= 8 * [2, 4, 8][i], method.name);
      const measured = right(measureCoder(method, coder, judged, 100));
      assertEquals(measured.length, coder.kind === "product" ? 2 : 4);
      for (const [plain, ranked] of [measured.slice(0, 2), measured.slice(-2)]) {
        assert(ranked.recallAt10 >= plain.recallAt10 && ranked.queriesPerSecond > 0);
      }
      return measured.at(-1)!.recallAt10;
    });
    assert(found.at(-1)! >= found[0] && found.at(-1)! > 0.6, `${method.name}: ${found}`);
  }
});

Deno.test("candidates as many as there are vectors find all neighbours", () => {
  const [coder] = right(projectionCoder(judged.base, { bits: 64 }, seed(1)));
  for (
    const { candidates, recallAt1, recallAt10 } of right(
      measureCoder({ name: "" }, coder, judged, 300),
    )
  ) {
    if (candidates === 300) assertEquals([recallAt1, recallAt10], [1, 1]);
  }
});

const row = (
  method: string,
  bytes: number,
  recallAt10: number,
  queriesPerSecond: number,
): Measurement => ({
  ...{ method, bytes, recallAt10, queriesPerSecond },
  ...{ trained: false, query: "floats", candidates: 100, recallAt1: recallAt10 },
});

Deno.test("the recommendation is the fastest that finds enough, or the best that there is", () => {
  const list = [
    row("a", 64, 0.98, 1000),
    row("b", 50, 0.99, 900),
    row("c", 32, 0.9, 9000),
    row("d", 128, 1, 5000),
  ];
  const of = (bytes: number, recall: number) => recommend(list, { bytes, recall }).method;
  assertEquals([of(64, 0.97), of(64, 0.8), of(128, 0.97), of(64, 0.999)], ["b", "c", "d", "b"]);
  assertStringIncludes(
    reasonFor(list[1], { bytes: 64, recall: 0.97 }),
    "at 900 queries/s, the best of the fastest",
  );
  assertStringIncludes(
    reasonFor(list[1], { bytes: 64, recall: 0.999 }),
    "none of which finds 0.999",
  );
});

Deno.test("the page has the table, both figures and the recommendation", () => {
  const list = [row("one & two", 64, 0.98, 1000), {
    ...row("one & two", 64, 0.5, 1500),
    candidates: null,
  }];
  const results = {
    rows: list,
    chosen: list[0],
    queries: list[0],
    lists: [64, 128].map((probes) => ({
      probes,
      bytes: 80,
      recallAt1: 0.9,
      recallAt10: probes / 140,
      queriesPerSecond: 1000,
    })),
    wish: { bytes: 64, recall: 0.9 },
    base: 5,
  };
  const page = vectorsPage(results, { held: 3, seed: 1 }, {});
  for (
    const text of [
      'id="speed"',
      'id="bytes"',
      "one &amp; two",
      "Recommended",
      "looked at once",
      "128 lists read",
    ]
  ) {
    assertStringIncludes(page, text);
  }
  assert(!/NaN|undefined|<script/.test(page));
});

Deno.test("a code that takes a mean out is trained with a bias, and its model makes the same code", async () => {
  const env = quietEnv(right(await startBackend("cpu")()));
  const [begin] = right(projectionCoder(judged.base, { bits: 40, centred: true }, seed(1)));
  const options = { sparsity: 0.1, epochs: 1, name: "some" };
  const { coder, model } = right(await trainKwta(judged.base, begin, options, env));
  assertEquals(Object.keys(model.params).sort(), ["0.bias", "0.weight"]);
  const some = rows(vectors, 0, 20);
  const { params, plasticity, graph } = right(restoreRun(model));
  const codes = tf.tidy(() => {
    const x = tf.tensor2d(some.values, [20, 16]);
    return (lower(graph).evaluate({ params, plasticity }, x) as tf.Tensor).dataSync();
  });
  assertEquals(right(fromDense(codes, 40)), encodeVectors(coder, some));
});

onEachBackend(
  "a code that begins as random rotations is trained to have k winners",
  async (name) => {
    const env = quietEnv(right(await startBackend(name)()));
    const [begin] = right(projectionCoder(judged.base, { bits: 40 }, seed(1)));
    const options = { sparsity: 0.1, epochs: 2, name: "some" };
    const { coder, model, history } = right(await trainKwta(judged.base, begin, options, env));
    assertEquals([coder.winners, coder.width, model.epoch, model.dataset], [4, 40, 2, "some"]);
    assertEquals([...new Set(codeSizes(encodeVectors(coder, vectors)))], [4]);
    assert(coder.directions.some((value, at) => Math.abs(value / 5 - begin.directions[at]) > 1e-4));
    const losses = history.filter(({ name }) => name === "loss").map(({ value }) => value);
    assert(losses.length === 2 && losses[1] < losses[0], `${losses}`);
    const stopped = { ...env, signal: AbortSignal.abort() };
    const none = await trainKwta(judged.base, begin, options, stopped);
    assert(E.isLeft(none) && none.left._tag === "Interrupted");
  },
);
