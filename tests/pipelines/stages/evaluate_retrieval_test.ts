import { describe } from "../../../graph/error.ts";
import { graph } from "../../../graph/parse.ts";
import { permutation, seed } from "../../../graph/rng.ts";
import { embeddingDistances } from "../../../ops/metrics/distances.ts";
import type { Dataset, DataSplit } from "../../../pipelines/data/dataset.ts";
import { newest } from "../../../pipelines/core/history.ts";
import { createRun, dispose, type Run } from "../../../pipelines/core/run.ts";
import { encode } from "../../../pipelines/encode/encode.ts";
import { evaluateRetrieval } from "../../../pipelines/stages/evaluate_retrieval.ts";
import { assertAlmostEquals, assertEquals, assertStringIncludes } from "../../assert.ts";
import { onEachBackend } from "../../ops/backends.ts";
import { digits, envOn, left, right } from "../tiny.ts";

const samples = (
  rows: readonly (readonly number[])[],
  labels: readonly number[] | null,
): DataSplit => ({
  count: rows.length,
  values: Float32Array.from(rows.flat()),
  labels: labels && Uint8Array.from(labels),
  normalisation: { mean: [0], std: [1] },
});

const handmade = (
  train: DataSplit,
  test: DataSplit,
  validation: DataSplit | null = null,
): Dataset => ({
  name: "handmade",
  shape: [2],
  classes: ["a", "b", "c"],
  train,
  validation,
  test,
  source: "a test",
  sha256: {},
  notice: null,
});

/** A model that gives its input. */
const copying = (): Run =>
  right(createRun({
    graph: graph`linear(2, 2, bias=false)`,
    params: { "0.weight": { shape: [2, 2], data: Float32Array.of(1, 0, 0, 1) } },
    seed: 26,
  }));

const angles = (...degrees: readonly number[]) =>
  degrees.map((angle) => [Math.cos(angle * Math.PI / 180), Math.sin(angle * Math.PI / 180)]);

onEachBackend("the mean average precision is that of the rankings, done by hand", async (name) => {
  const env = await envOn(name);
  const train = samples(angles(10, 20, 30, 40), [0, 1, 0, 1]);
  // From 0°: 0 1 0 1, (1 + 2/3) / 2 for class 0. From 50°: 1 0 1 0, of class 0 (1/2 + 2/4) / 2. Class 2 has no item.
  const test = samples(angles(0, 50, 0), [0, 0, 2]);
  const data = handmade(train, test, samples(angles(0, 50), [1, 1]));
  const done = right(await evaluateRetrieval(data)(copying())(env)());
  const measured = (split: "validation" | "test") =>
    newest(done.history, "mean_average_precision", split)!;
  assertAlmostEquals(measured("test"), ((1 + 2 / 3) / 2 + (1 / 2 + 2 / 4) / 2) / 2, 1e-9);
  assertAlmostEquals(measured("validation"), ((1 / 2 + 2 / 4) / 2 + (1 + 2 / 3) / 2) / 2, 1e-9);
  dispose(done);

  const first = right(await evaluateRetrieval(data, { queries: 1 })(copying())(env)());
  const value = newest(first.history, "mean_average_precision", "test")!;
  assertAlmostEquals(value, (1 + 2 / 3) / 2, 1e-9);
  dispose(first);
});

Deno.test("of codes, ties count as their mean over all orders", async () => {
  const env = await envOn("cpu");
  const data = await digits();
  const run = right(createRun({
    graph: graph`flatten ▷ linear(784, 128) ▷ kwta(0.1)`,
    input: [28, 28],
    seed: 1,
  }));
  const distances = embeddingDistances(
    right(await encode(run, data.test, { env })()),
    right(await encode(run, data.train, { env })()),
    "cosine",
  );
  const { count } = data.train;
  const labels = data.train.labels!;
  // By its definition, of many random orders among equals.
  const [orders, picks] = [20, 20];
  let [sum, state] = [0, seed(5)];
  for (let query = 0; query < picks; query++) {
    const row = distances.subarray(query * count, (query + 1) * count);
    const label = data.test.labels![query];
    for (let order = 0; order < orders; order++) {
      const [shuffled, next] = permutation(count, state);
      state = next;
      const ranked = Array.from(shuffled).sort((a, b) => row[a] - row[b]);
      let [hits, precisions] = [0, 0];
      ranked.forEach((item, rank) => {
        if (labels[item] === label) precisions += ++hits / (rank + 1);
      });
      sum += precisions / hits / orders;
    }
  }
  const some = right(await evaluateRetrieval(data, { queries: picks })(run)(env)());
  assertAlmostEquals(newest(some.history, "mean_average_precision", "test")!, sum / picks, 2e-3);
  dispose(some);
});

Deno.test("without a query whose class is there, there is no mean", async () => {
  const data = handmade(samples(angles(0, 1), [0, 1]), samples(angles(0), [2]));
  const done = right(await evaluateRetrieval(data)(copying())(await envOn("cpu"))());
  assertEquals(done.history, []);
  dispose(done);
});

Deno.test("what has no labels is refused", async () => {
  const env = await envOn("cpu");
  const refusal = async (data: Dataset, queries?: number) => {
    const run = copying();
    const said = describe(left(await evaluateRetrieval(data, { queries })(run)(env)()));
    dispose(run);
    return said;
  };
  const two = samples(angles(0, 1), [0, 1]);
  assertStringIncludes(await refusal(handmade(two, two), 0), "an integer of at least 1");
  assertStringIncludes(await refusal(handmade(two, samples(angles(0), null))), "label");
});
