import { graph } from "../../../graph/parse.ts";
import { sparsity } from "../../../ops/embeddings.ts";
import { classMoments, classSpread } from "../../../ops/metrics/centroids.ts";
import {
  accuracy,
  classScores,
  confusionMatrix,
  macroScores,
} from "../../../ops/metrics/classification.ts";
import { majorityVote, nearestNeighbours } from "../../../ops/metrics/neighbours.ts";
import { retrievalScores } from "../../../ops/metrics/retrieval.ts";
import {
  deadUnits,
  dutyCycles,
  dutyEntropy,
  maximumDutyEntropy,
  overactiveUnits,
  unitNorms,
} from "../../../ops/metrics/activity.ts";
import type { Dataset, LabelledSplit } from "../../../pipelines/data/dataset.ts";
import { encode } from "../../../pipelines/encode/encode.ts";
import type { Env } from "../../../pipelines/core/env.ts";
import { type History, newest } from "../../../pipelines/core/history.ts";
import { createRun, dispose, type Run } from "../../../pipelines/core/run.ts";
import { pipeline, repeat, type Stage } from "../../../pipelines/core/stage.ts";
import { monitor, type MonitorOptions } from "../../../pipelines/stages/monitor.ts";
import { assert, assertAlmostEquals, assertEquals } from "../../assert.ts";
import { onEachBackend } from "../../ops/backends.ts";
import { begin, digits, envOn, left, optimiser, right, trainTiny } from "../tiny.ts";

/** The rows without the time that they took, by name. */
const measured = (history: History): Readonly<Record<string, number>> =>
  Object.fromEntries(
    history.filter(({ name }) => name !== "monitor_seconds").map((
      { name, value },
    ) => [name, value]),
  );

/** Computes the expected rows where all samples of two splits are used, in any order. */
async function expected(
  run: Run,
  [samples, references]: readonly [LabelledSplit, LabelledSplit],
  { classes: { length: classes } }: Dataset,
  env: Env,
): Promise<Readonly<Record<string, number>>> {
  const of = async (split: LabelledSplit) => right(await encode(run, split, { env })());
  const [codes, gallery] = [await of(samples), await of(references)];
  const duty = dutyCycles(codes);
  const rate = duty.reduce((sum, p) => sum + p, 0) / duty.length;
  const spread = classSpread(classMoments(codes, samples.labels, classes));
  const near = nearestNeighbours(codes, gallery, { k: 1, distance: "l2" });
  const voted = majorityVote(near, references.labels);
  const macro = macroScores(classScores(confusionMatrix(voted, samples.labels, classes)));
  const retrieved = retrievalScores({ embeddings: codes, labels: samples.labels }, "l2");
  return {
    l1_sparsity: sparsity(codes),
    unit_norm_min: Math.min(...unitNorms(codes)),
    unit_norm_max: Math.max(...unitNorms(codes)),
    duty_entropy: dutyEntropy(duty),
    duty_entropy_max: maximumDutyEntropy(rate),
    dead_units: deadUnits(duty).length,
    overactive_units: overactiveUnits(duty, rate).length,
    inter_class_distance: spread.interClass ?? NaN,
    intra_class_deviation: spread.intraClass ?? NaN,
    class_separation: spread.ratio ?? NaN,
    knn_accuracy: accuracy(voted, samples.labels),
    knn_precision: macro.precision,
    knn_recall: macro.recall,
    knn_f1: macro.f1,
    map_at_r: retrieved?.meanAveragePrecision ?? NaN,
  };
}

/** Real-valued, and no two at the same distance: the order of samples does not matter. */
const dense = () =>
  right(createRun({ graph: graph`linear(784, 16) ▷ relu ▷ linear(16, 32)`, optimiser, seed: 5 }));

onEachBackend("the rows are what the metrics say of all samples", async (name) => {
  const data = await digits();
  const env = await envOn(name);
  const run = dense();
  const rows = await expected(run, [data.test, data.train], data, env);
  const done = right(await monitor(data, { neighbours: 1, distance: "l2" })(run)(env)());
  const actual = measured(done.history);
  assertEquals(Object.keys(actual), Object.keys(rows));
  // Sums in another order, for the samples are shuffled.
  for (const [what, value] of Object.entries(rows)) {
    assertAlmostEquals(actual[what], value, 1e-12, what);
  }
  assertEquals(done.history.every(({ epoch, step }) => epoch === 0 && step === 0), true);
  assertEquals(done.history.at(-1)?.split, "run");
  assert(done.history.slice(0, -1).every(({ split }) => split === "test"));
  dispose(done);
});

onEachBackend(
  "codes are monitored while they are trained, and it changes nothing",
  async (name) => {
    const data = await digits();
    const env = await envOn(name);
    const outcome = async (body: Stage) => {
      const done = right(await repeat(2)(body)(begin())(env)());
      dispose(done);
      return done;
    };
    const watched = pipeline(trainTiny(data), monitor(data));
    const { history, rng, step } = await outcome(watched);
    const of = (what: string) => newest(history, what, "test") ?? NaN;
    assertEquals(of("l1_sparsity"), 0.0625);
    assertEquals(of("duty_entropy_max"), maximumDutyEntropy(0.0625));
    assert(of("duty_entropy") < of("duty_entropy_max"));
    assert(of("unit_norm_min") < 0.0625 && of("unit_norm_max") > 0.0625);
    assert(of("knn_accuracy") > 0.3, "better than the chance of 0.1");
    assert(of("map_at_r") > 0.1);
    assertEquals(history.filter(({ name }) => name === "dead_units").length, 2);

    const again = await outcome(watched);
    const clocked = ["samples_per_second", "training_seconds"];
    const timings = clocked.map((name) => [name, newest(again.history, name)!]);
    assertEquals(measured(again.history), {
      ...measured(history),
      ...Object.fromEntries(timings),
    });
    const plain = await outcome(trainTiny(data));
    assertEquals([plain.rng, plain.step], [rng, step]);
    assertEquals(newest(plain.history, "loss"), newest(history, "loss"));
  },
);

Deno.test("samples are those of a seed, of any split, and never their own neighbours", async () => {
  const data = await digits();
  const env = await envOn("cpu");
  const rowsOf = async (options: MonitorOptions, from = data) => {
    const done = right(await monitor(from, options)(dense())(env)());
    dispose(done);
    return measured(done.history);
  };
  const few = { samples: 40, references: 60 };
  assertEquals(await rowsOf({ ...few, seed: 1 }), await rowsOf({ ...few, seed: 1 }));
  assert((await rowsOf({ ...few, seed: 1 })).map_at_r !== (await rowsOf(few)).map_at_r);

  // Each image is there once: were a sample its own nearest reference, all votes would be right.
  const own = await rowsOf({ split: "train", neighbours: 1 });
  assert(own.knn_accuracy > 0.2 && own.knn_accuracy < 1);
  const known = { ...data, validation: data.train };
  assertEquals((await rowsOf({ split: "validation", neighbours: 1 }, known)).knn_accuracy, 1);
});

Deno.test("what is undefined has no row: distances of one class, codes that are all alike", async () => {
  const data = await digits();
  const env = await envOn("cpu");
  const { labels } = data.test;
  const alike = { ...data, test: { ...data.test, labels: labels.map(() => 3) } };
  const done = right(await monitor(alike)(begin())(env)());
  dispose(done);
  const rows = measured(done.history);
  assert(!("inter_class_distance" in rows) && !("class_separation" in rows));
  assert(rows.intra_class_deviation > 0);
  assertEquals(rows.map_at_r, 1);

  const params = {
    "0.weight": { shape: [784, 4], data: new Float32Array(784 * 4) },
    "0.bias": { shape: [4], data: new Float32Array(4) },
  };
  const silent = right(createRun({ graph: graph`linear(784, 4)`, optimiser, params }));
  const nothing = right(await monitor(data)(silent)(env)());
  dispose(nothing);
  const zeros = measured(nothing.history);
  assert(!("inter_class_distance" in zeros) && !("intra_class_deviation" in zeros));
  assertEquals([zeros.dead_units, zeros.overactive_units, zeros.duty_entropy], [4, 0, 0]);
});

onEachBackend("an interruption and options out of range free the run", async (name) => {
  const data = await digits();
  const env = await envOn(name);
  const stopped = { ...env, signal: AbortSignal.abort() };
  assertEquals(left(await monitor(data)(begin())(stopped)())._tag, "Interrupted");
  const wrong: readonly (readonly [MonitorOptions, string])[] = [
    [{ samples: 0 }, "samples"],
    [{ references: 0.5 }, "references"],
    [{ neighbours: 301 }, "neighbours"],
    [{ references: 4 }, "neighbours"],
    [{ seed: -1 }, "seed"],
    [{ split: "validation" }, "split"],
  ];
  for (const [options, option] of wrong) {
    const error = left(await monitor(data, options)(begin())(env)());
    assert(error._tag === "InvalidOption", JSON.stringify(error));
    assertEquals(error.option, option);
  }
});
