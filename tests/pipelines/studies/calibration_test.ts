import { TE } from "../../../graph/fp_ts.ts";
import { describe, invalidOption } from "../../../graph/error.ts";
import { draw, seed } from "../../../graph/rng.ts";
import { correlationInformation } from "../../../ops/information/neural_pairs.ts";
import { biasText, isGood } from "../../../pipelines/studies/calibration/page.ts";
import {
  calibrate,
  type Calibration,
  type Estimating,
  startWorker,
} from "../../../pipelines/studies/calibration/calibrate.ts";
import {
  CLASSES,
  classInformation,
  correlationOf,
  drawClasses,
  generatorOf,
  separationOf,
  type Setting,
} from "../../../pipelines/studies/calibration/laws.ts";
import { readOptions } from "../../../pipelines/cli/options.ts";
import { flags, repeating } from "../../../pipelines/information_calibration.ts";
import { drawSamples, estimateDirectly } from "../../../pipelines/studies/calibration/direct.ts";
import {
  type EstimatorName,
  estimatorNames,
  estimatorsOf,
  isNeural,
  jobsOf,
  type Plan,
  planOf,
} from "../../../pipelines/studies/calibration/plan.ts";
import { median, type Result, summarise } from "../../../pipelines/studies/calibration/results.ts";
import { mean, standardDeviation } from "../../../pipelines/report/format.ts";
import type { Env } from "../../../pipelines/core/env.ts";
import type { Files } from "../../../pipelines/files/files.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertLess,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "../../assert.ts";
import { deno, root, start, withFolder } from "../process.ts";
import { envOn, left, right } from "../tiny.ts";

const setting = (changes: Partial<Setting> = {}): Setting => ({
  kind: "pairs",
  dimension: 1,
  bits: 1,
  samples: 500,
  ...changes,
});

/** Estimates of ten repetitions. */
const estimates = (estimator: EstimatorName, changes: Partial<Setting>, repetitions = 10) =>
  Array.from({ length: repetitions }, (_, repetition) =>
    right(
      estimateDirectly({ setting: setting(changes), repetition, estimator }).estimate,
    ));

Deno.test("the correlation is the inverse of the information, from little to much", () => {
  for (const dimension of [1, 5, 20]) {
    for (const bits of [1e-6, 0.1, 2, 6]) {
      const found = correlationInformation(dimension, correlationOf(dimension, bits));
      // Rounding ρ² by ε/2 changes 1 − ρ² = 2^(−2I/d) by so much of itself, and d/2 · log2 of it.
      assertAlmostEquals(found, bits, Number.EPSILON * dimension * 2 ** (2 * bits / dimension));
    }
  }
});

Deno.test("the quadrature finds the capacity of two signals in noise, as coding theory has it", () => {
  // The Shannon limit of binary signals at rate one half is E_b/N_0 = 0.187 dB (Chung et al., IEEE
  // Communications Letters 5 (2001) 58): with signals ±1 a noise of σ = 10^(−0.187/20) = 0.9787. Half a
  // unit of its last digit, 0.0005 dB, changes the bits by 0.00004.
  assertAlmostEquals(classInformation(2, 2 * 10 ** (0.187 / 20)), 0.5, 1e-4);
});

Deno.test("the quadrature agrees with the mean of the log-ratio over samples", () => {
  const count = 40_000;
  const bits = 1;
  const separation = separationOf(CLASSES, bits);
  const { x, labels } = drawClasses(1, bits, count, seed(26));
  const centre = (c: number) => separation * (c - (CLASSES - 1) / 2);
  const density = (value: number, c: number) => Math.exp(-((value - centre(c)) ** 2) / 2);
  const all = Array.from({ length: CLASSES }, (_, c) => c);
  const ratios = Array.from(x.values, (value, i) => {
    const mixture = mean(all.map((c) => density(value, c)));
    return Math.log2(density(value, labels[i]) / mixture);
  });
  // Four standard errors of the mean.
  const tolerance = 4 * (standardDeviation(ratios) ?? NaN) / Math.sqrt(count);
  assertAlmostEquals(mean(ratios), bits, tolerance);
  assertLess(tolerance, 0.03);
});

Deno.test("classes lie on the diagonal: the means of all units differ by the same", () => {
  const [dimension, count] = [4, 20_000];
  const { x, labels } = drawClasses(dimension, 1, count, seed(1));
  const step = separationOf(CLASSES, 1) / 2;
  for (let unit = 0; unit < dimension; unit++) {
    const meanOf = (label: number) =>
      mean(
        Array.from(labels, (_, i) => i).filter((i) => labels[i] === label)
          .map((i) => x.values[i * dimension + unit]),
      );
    // 5,000 samples per class: five standard errors of a difference of two means are 0.1.
    assertAlmostEquals(meanOf(1) - meanOf(0), step, 0.1);
    assertAlmostEquals(meanOf(3) - meanOf(2), step, 0.1);
  }
});

Deno.test("a repetition has a generator of its own, and all estimators have the same samples", () => {
  const others = [
    generatorOf(setting(), 1),
    generatorOf(setting({ dimension: 2 }), 0),
    generatorOf(setting({ bits: 2 }), 0),
    generatorOf(setting({ samples: 2_000 }), 0),
    generatorOf(setting({ kind: "classes" }), 0),
  ];
  const all = [generatorOf(setting(), 0), ...others];
  assertEquals(new Set(all.map((rng) => draw(rng, ({ unit }) => unit())[0])).size, all.length);
  assertEquals(drawSamples(setting(), 3), drawSamples(setting(), 3));
  assertNotEquals(drawSamples(setting(), 3).data.x, drawSamples(setting(), 4).data.x);
});

Deno.test("on Gaussians GCMI and the Gaussian estimate have no bias beyond their scatter", () => {
  for (const estimator of ["gcmi", "gaussian"] as const) {
    for (const dimension of [1, 5]) {
      const found = estimates(estimator, { dimension, bits: 2 });
      const spread = standardDeviation(found) ?? NaN;
      // Four standard errors of the mean of ten; ranks of 500 samples cost the copula 0.02 bits more.
      assertAlmostEquals(mean(found), 2, 4 * spread / Math.sqrt(10) + 0.02);
      assertLess(spread, 0.15);
    }
  }
});

Deno.test("KSG is within 0.1 bits in one dimension, and far too low in twenty", () => {
  assertAlmostEquals(mean(estimates("ksg", {})), 1, 0.1);
  assertLess(mean(estimates("ksg", { dimension: 20, bits: 6 }, 2)), 2);
});

Deno.test("bins of more than a few units say log₂ n, whatever the truth; k-means at most log₂ 20", () => {
  for (const estimator of ["bins", "mass_bins"] as const) {
    for (const found of estimates(estimator, { dimension: 5, bits: 0.1 }, 2)) {
      assertAlmostEquals(found, Math.log2(500), 0.05);
    }
  }
  const clustered = estimates("kmeans", { bits: 6, samples: 2_000 }, 2);
  assert(clustered.every((bits) => bits > 3 && bits < Math.log2(20)));
});

Deno.test("of classes, each estimator is near the truth in one dimension, but for the bins' bias", () => {
  const names = Object.keys(estimatorsOf("classes")) as readonly EstimatorName[];
  for (const estimator of names.filter((name) => !isNeural(name))) {
    const found = mean(estimates(estimator, { kind: "classes", samples: 2_000 }, 3));
    // Gaussian takes the mixture for Gaussian, which is 0.1 bits too high here.
    assertAlmostEquals(found, 1, 0.15, estimator);
  }
});

Deno.test("a summary leaves out what was refused", () => {
  const result: Result = {
    ...setting({ bits: 2 }),
    estimator: "ksg",
    estimates: [1, null, 2],
    seconds: [0.5, 0.25, 4],
    refused: "no",
  };
  assertEquals(summarise(result), {
    mean: 1.5,
    bias: -0.5,
    sd: Math.SQRT1_2,
    rmse: Math.SQRT1_2,
    seconds: 0.5,
  });
  const none = summarise({ ...result, estimates: [null], seconds: [1] });
  assertEquals(none, { mean: null, bias: null, sd: null, rmse: null, seconds: 1 });
  assertEquals(median([4, 1, 3, 2]), 2.5);
  assertEquals(biasText({ bias: -0.123, sd: 0.05 }), "−0.12 ± 0.05");
  assertEquals(biasText({ bias: -0.001, sd: null }), "0.00");
  assertEquals(biasText({ bias: 8.4, sd: 0 }), "+8.40 ± 0.00");
  assertEquals(biasText({ bias: null, sd: null }), "refused");
  assertEquals([isGood(0.1, 0.1), isGood(0.3, 2), isGood(0.6, 6)], [true, false, true]);
});

Deno.test("the full plan is the issue's; the neural bounds come last", () => {
  const plan = planOf(false, null, null);
  assertEquals([plan.seeds, plan.steps], [10, 1_000]);
  const jobs = jobsOf(plan);
  const firstNeural = jobs.findIndex(({ estimators }) => estimators.some(isNeural));
  assert(jobs.slice(firstNeural).every(({ estimators }) => estimators.every(isNeural)));
  const distinct = (of: (setting: Setting) => number) => [
    ...new Set(
      jobs.slice(0, firstNeural).map(({ setting }) => setting)
        .filter(({ kind }) => kind === "pairs").map(of),
    ),
  ];
  assertEquals(distinct(({ dimension }) => dimension), [1, 2, 5, 10, 20]);
  assertEquals(distinct(({ bits }) => bits), [0.1, 0.5, 1, 2, 4, 6]);
  assertEquals(distinct(({ samples }) => samples), [500, 2_000, 10_000]);
  assertEquals(jobs.slice(firstNeural).length, firstNeural);
  assert(!planOf(true, null, null).estimators.some(isNeural));
  assertEquals(jobsOf(planOf(true, null, ["ross"])).map(({ setting }) => setting.kind), [
    "classes",
    "classes",
  ]);
});

Deno.test("the command line: what is read, and what is refused with the allowed values", () => {
  const read = (...args: readonly string[]) => readOptions(flags, args);
  const none = right(read());
  assertEquals([none.seeds, none.estimators, none.quick], [null, null, false]);
  const some = right(read("--quick", "--seeds", "4", "--estimators", "mine,ksg"));
  assertEquals([some.seeds, some.estimators], [4, ["mine", "ksg"]]);
  assertEquals(
    repeating({ ...some, backend: "cpu" }),
    "deno run -P pipelines/information_calibration.ts --quick --seeds 4 --estimators mine,ksg " +
      "--backend cpu",
  );
  const cases: readonly (readonly [readonly string[], string])[] = [
    [["--seeds", "0"], "Cannot use --seeds: expected an integer from 1 to 1000"],
    [["--seeds", "1001"], "Cannot use --seeds: "],
    [["--seeds", "1,2"], `current value is "1,2"`],
    [["--seeds", "-1"], "Cannot use --seeds: "],
    [["--estimators", "ksg,foo"], "Cannot use --estimators: expected one or some of ksg, gcmi"],
    [["--estimators", "ksg,ksg"], "Cannot use --estimators: "],
    [["--estimators", ""], "Cannot use --estimators: "],
    [["--seed", "1"], "Cannot use --seed: expected one of --quick"],
  ];
  for (const [args, message] of cases) {
    assertStringIncludes(describe(left(read(...args))), message);
  }
  for (const name of estimatorNames) assertStringIncludes(flags.estimators.help, name);
});

/** A file system in memory. */
const memory = (written: Record<string, string>): Files => ({
  read: (file) =>
    TE.left({ _tag: "FileUnavailable", operation: "read", file, reason: "not here", advice: "" }),
  list: () => TE.right([]),
  remove: () => TE.right(undefined),
  exists: (path) => TE.right(path in written),
  write: (path, bytes) => {
    written[path] = String(bytes);
    return TE.right(undefined);
  },
});

const here: Estimating = (task) =>
  Promise.resolve({ _tag: "Right", right: estimateDirectly(task) });

const tiny: Plan = {
  ...planOf(true, 2, ["ksg", "gcmi", "mine", "ross"]),
  kinds: {
    pairs: { dimensions: [1, 2], bits: [1], samples: [60] },
    classes: { dimensions: [1], bits: [1], samples: [60] },
  },
  steps: 5,
};

const calibration = (env: Env, changes: Partial<Calibration> = {}): Calibration => ({
  plan: tiny,
  circumstances: {
    quick: true,
    seeds: 2,
    steps: 5,
    backend: env.backend,
    command: "again",
  },
  folder: "out",
  estimate: here,
  ...changes,
});

/** The record without what it took. */
const untimed = (text: string) => {
  const record = JSON.parse(text);
  return record.results.map((result: Record<string, unknown>) => ({
    ...result,
    seconds: null,
    medianSeconds: null,
  }));
};

Deno.test("a calibration leaves its record, table and page, the same each time", async () => {
  const [written, again]: Record<string, string>[] = [{}, {}];
  const lines: string[] = [];
  const env = await envOn("cpu", { files: memory(written), log: (line) => lines.push(line) });
  const results = right(await calibrate(calibration(env), env));
  assertEquals(Object.keys(written).sort(), [
    "out/calibration.csv",
    "out/calibration.html",
    "out/calibration.json",
  ]);
  const record = JSON.parse(written["out/calibration.json"]);
  assertEquals([record.complete, record.quick, record.seeds], [true, true, 2]);
  // Three estimators in two dimensions, and three of classes.
  const cells = record.results.map((one: Result) =>
    `${one.kind} ${one.dimension} ${one.estimator} ${one.estimates.length}`
  );
  assertEquals(cells, [
    "pairs 1 ksg 2",
    "pairs 1 gcmi 2",
    "pairs 1 mine 2",
    "pairs 2 ksg 2",
    "pairs 2 gcmi 2",
    "pairs 2 mine 2",
    "classes 1 ross 2",
    "classes 1 gcmi 2",
    "classes 1 mine 2",
  ]);
  for (const { bits, mean, bias, estimates } of record.results) {
    assertAlmostEquals(mean - bits, bias, 1e-12);
    assert(estimates.every(Number.isFinite));
  }
  const table = written["out/calibration.csv"].trim().split("\n");
  assertEquals(table.length, 1 + 18);
  assertEquals(
    table[0],
    "kind,dimension,bits,samples,estimator,repetition,estimate,seconds",
  );
  assertMatch(table[1], /^pairs,1,1,60,ksg,1,-?\d\.\d+,\d/);
  const page = written["out/calibration.html"];
  for (const text of ["Two continuous variables, n = 60", "KSG", "MINE", "<svg", "data:text/csv"]) {
    assertStringIncludes(page, text);
  }
  assert(!page.includes("<script") && !page.includes("NaN"));
  assertEquals(lines.length, 6);
  assertMatch(lines[0], /^1 of 6, pairs, d = 1, 1 bit, n = 60: KSG .+ ± .+, GCMI .+ ± /);
  assertEquals(results.length, 9);

  const second = await envOn("cpu", { files: memory(again) });
  right(await calibrate(calibration(second), second));
  assertEquals(untimed(again["out/calibration.json"]), untimed(written["out/calibration.json"]));
  // Results are never overwritten.
  assertEquals(left(await calibrate(calibration(env), env))._tag, "InvalidOption");
});

Deno.test("what is refused leaves a gap and its words, and the rest goes on", async () => {
  const written: Record<string, string> = {};
  const env = await envOn("cpu", { files: memory(written) });
  const refusal = invalidOption("x", "2 samples", "more");
  const estimate: Estimating = (task) =>
    task.estimator === "gcmi"
      ? Promise.resolve({
        _tag: "Right",
        right: { estimate: { _tag: "Left", left: refusal }, seconds: 1 },
      })
      : here(task);
  const plan = { ...tiny, estimators: ["ksg", "gcmi"] as const };
  const results = right(await calibrate(calibration(env, { estimate, plan }), env));
  const [ksg, gcmi] = results;
  assertEquals([ksg.refused, gcmi.refused], [null, describe(refusal)]);
  assertEquals(gcmi.estimates, [null, null]);
  assertStringIncludes(written["out/calibration.html"], "refused");
  assertStringIncludes(written["out/calibration.csv"], "pairs,1,1,60,gcmi,1,,1\n");
});

Deno.test("an interruption keeps what was finished, and the page says how far it came", async () => {
  const written: Record<string, string> = {};
  const abort = new AbortController();
  const env = await envOn("cpu", {
    files: memory(written),
    signal: abort.signal,
    log: () => abort.abort(),
  });
  assertEquals(left(await calibrate(calibration(env), env))._tag, "Interrupted");
  const { complete, results } = JSON.parse(written["out/calibration.json"]);
  assertEquals([complete, results.length], [false, 2]);
  assertStringIncludes(written["out/calibration.html"], "1 of 6 settings are measured");
});

Deno.test("a worker estimates as it is done here, and a signal ends it within an estimate", async () => {
  const abort = new AbortController();
  const worker = startWorker(abort.signal);
  const task = { setting: setting(), repetition: 0, estimator: "ksg" } as const;
  assertEquals(
    right(await worker.estimate(task)).estimate,
    estimateDirectly(task).estimate,
  );
  // Some seconds of work, if it were not interrupted.
  const long = { ...task, setting: setting({ dimension: 20, samples: 20_000 }) };
  const begun = performance.now();
  const waiting = worker.estimate(long);
  setTimeout(() => abort.abort(), 50);
  assertEquals(left(await waiting)._tag, "Interrupted");
  assertLess(performance.now() - begun, 1_000);
  assertEquals(left(await worker.estimate(task))._tag, "Interrupted");
  worker.close();
});

const run = ["run", "-P", "pipelines/information_calibration.ts"];

Deno.test("a quick calibration from the command line", () =>
  withFolder(async (folder) => {
    const options = [
      "--quick",
      "--estimators",
      "gcmi,mixture",
      "--backend",
      "cpu",
      "--out",
      folder,
    ];
    const { code, out, err } = await deno(...run, ...options);
    assertEquals([code, err], [0, ""]);
    assertMatch(out, /^6 of 6, classes, d = 5, 1 bit, n = 500: mixture 1\.\d+ ± .+, GCMI /m);
    assertStringIncludes(out, `${folder}: calibration.json, calibration.csv, calibration.html`);
    const { results, complete } = JSON.parse(
      Deno.readTextFileSync(`${root}${folder}/calibration.json`),
    );
    // Four laws of pairs by one estimator, two of classes by two.
    assertEquals([results.length, complete], [8, true]);
    const again = await deno(...run, ...options);
    assertEquals(again.code, 2);
    assertStringIncludes(again.err, "expected a folder that does not hold a calibration yet");
  }));

Deno.test("wrong usage of the calibration exits with 2, in one line", async () => {
  const { code, err } = await deno(...run, "--epochs", "3");
  assertEquals(code, 2);
  assertMatch(err, /^Cannot use --epochs: expected one of --help, .*"--epochs"\. See --help\n$/);
});

Deno.test("Ctrl-C ends the calibration and says where the finished part is", () =>
  withFolder(async (folder) => {
    const running = start(...run, "--backend", "cpu", "--out", folder);
    await running.until("2 of ");
    const begun = performance.now();
    running.kill("SIGINT");
    const { code, err } = await running.finished;
    // 0.1 s where nothing else runs; tests run beside each other.
    assertLess(performance.now() - begun, 3_000);
    assertEquals(code, 130);
    assertEquals(err, `Interrupted. What was finished is in ${folder}/calibration.json\n`);
    const { results } = JSON.parse(Deno.readTextFileSync(`${root}${folder}/calibration.json`));
    assertGreater(results.length, 6);
  }));
