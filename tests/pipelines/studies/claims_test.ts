import { RTE, TE } from "../../../graph/fp_ts.ts";
import { describe } from "../../../graph/error.ts";
import { seed } from "../../../graph/rng.ts";
import { type Embeddings, packRows, wordsPerCode } from "../../../ops/embeddings.ts";
import { tf } from "../../../ops/tfjs.ts";
import { type Claim, type Findings, lengthOf } from "../../../pipelines/studies/claims/claim.ts";
import {
  claims,
  claimsPage,
  recordOf,
  runClaims,
  verdictLine,
} from "../../../pipelines/studies/claims/run_claims.ts";
import { codeSeparation } from "../../../pipelines/studies/claims/code_use.ts";
import { flags, repeating } from "../../../pipelines/claims.ts";
import { readOptions } from "../../../pipelines/cli/options.ts";
import { fromScratchWith, harderImages } from "../../../pipelines/studies/claims/from_scratch.ts";
import { panelFigure } from "../../../pipelines/report/panel.ts";
import {
  kwta,
  measure,
  measureFirst,
  trainAll,
} from "../../../pipelines/studies/claims/recipes.ts";
import { sameClassLoss } from "../../../pipelines/studies/claims/same_class.ts";
import { mean, plusMinus, standardDeviation } from "../../../pipelines/report/format.ts";
import { denoDataEnv } from "../../../pipelines/data/environment.ts";
import type { Files } from "../../../pipelines/files/files.ts";
import { linearAxis } from "../../../pipelines/report/axis.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "../../assert.ts";
import { deno, root, start, withFolder } from "../process.ts";
import { digits, envOn, left, right } from "../tiny.ts";

Deno.test("mean and sample standard deviation, and how they are written", () => {
  assertEquals(mean([2, 4, 4, 4, 5, 5, 7, 9]), 5);
  assertAlmostEquals(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9]) ?? NaN, Math.sqrt(32 / 7), 1e-12);
  assertEquals([standardDeviation([3]), standardDeviation([])], [null, null]);
  assertEquals(standardDeviation([0.0925, 0.0925, 0.0925]), 0);
  assert(Number.isNaN(mean([])));
  assertEquals(plusMinus([0.97, 0.98]), "0.9750 ± 0.0071");
  assertEquals(plusMinus([0.00012, 0.00014]), "0.00013 ± 1.41e-5");
  assertEquals(plusMinus([3000, 3200]), "3,100 ± 141");
  assertEquals(plusMinus([NaN, 1]), "NaN ± NaN");
});

Deno.test("overlaps between and within classes are those of all pairs, of codes and of numbers", () => {
  const width = 40;
  const labels = [0, 1, 0, 2, 1, 0, 2, 2];
  const rows = Float32Array.from(
    { length: labels.length * width },
    (_, i) => (i * 7919) % 11 < 3 ? 1 : 0,
  );
  const count = labels.length;
  const words = new Uint32Array(count * wordsPerCode(width));
  packRows(rows, width, words, 0);
  const row = (i: number) => rows.subarray(i * width, (i + 1) * width);
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, u) => sum + x * b[u], 0);
  const cosine = (i: number, j: number) =>
    dot(row(i), row(j)) / Math.sqrt(dot(row(i), row(i)) * dot(row(j), row(j)));
  const pairs = labels.flatMap((_, i) => labels.flatMap((_, j) => i < j ? [[i, j]] : []));
  const over = (alike: boolean) =>
    mean(
      pairs.filter(([i, j]) => (labels[i] === labels[j]) === alike).map(([i, j]) => cosine(i, j)),
    );
  const both: readonly Embeddings[] = [
    { kind: "dense", count, width, values: rows },
    { kind: "binary", count, width, words },
  ];
  for (const embeddings of both) {
    const { between, within, distinct } = codeSeparation(embeddings, labels, 3);
    assertAlmostEquals(between, over(false), 1e-9);
    assertAlmostEquals(within, over(true), 1e-9);
    assertEquals(distinct, new Set(labels.map((_, i) => row(i).join())).size);
  }
});

Deno.test("a constant code is one code that all share; rows of zeros share nothing", () => {
  const constant = { kind: "dense", count: 3, width: 2, values: new Float32Array(6).fill(1) };
  const same = codeSeparation(constant as Embeddings, [0, 1, 1], 2);
  assertEquals(same.distinct, 1);
  assertAlmostEquals(same.between, 1, 1e-12);
  assertAlmostEquals(same.within, 1, 1e-12);
  const silent = { kind: "dense", count: 3, width: 2, values: new Float32Array(6) } as const;
  assertEquals(codeSeparation(silent, [0, 1, 1], 2), { distinct: 1, between: 0, within: 0 });
  assert(Number.isNaN(codeSeparation(silent, [0, 0, 0], 1).between));
});

Deno.test("the loss of same-class pairs is the mean of 1 − cos over them, whatever else there is", async () => {
  await envOn("cpu");
  // Pairs of one class: (0, 1) with cosine 0.6. The rows of other classes have no influence.
  const value = (x: readonly (readonly number[])[], labels: readonly number[]) =>
    tf.tidy(() => {
      const [objective] = sameClassLoss().draw(labels, seed(1));
      const codes = tf.tensor2d(x.map((row) => [...row]));
      return [objective.terms, objective.evaluate(codes, codes, codes).dataSync()[0]];
    });
  const [terms, loss] = value([[1, 0], [3, 4], [9, 9]], [0, 0, 1]);
  assertEquals(terms, 1);
  assertAlmostEquals(loss, 0.4, 1e-6);
  assertEquals(value([[1, 0], [0, 1]], [0, 1]), [0, 0]);
  assertAlmostEquals(value([[2, 2], [5, 5], [1, 1], [3, 3]], [0, 0, 1, 1])[1], 0, 1e-6);
});

Deno.test("the command line: what is read, and what is refused with the allowed values", () => {
  const read = (...args: string[]) => readOptions(flags, args);
  const all = right(read("--", "--quick"));
  assertEquals([all.claim, all.seeds, all.quick], [null, [26, 1, 2], true]);
  assertEquals(right(read("--claim", "4,1", "--seeds=0,4294967295")).claim, ["4", "1"]);
  const cases: readonly (readonly [readonly string[], string])[] = [
    [
      ["--claim", "9"],
      "Cannot use --claim: expected one or some of 1, 2, 3, 4, 5, 6, 7, separated",
    ],
    [["--claim", "1,1"], "Cannot use --claim: "],
    [["--claim", "one"], `current value is "one"`],
    [["--seeds", "26,x"], "Cannot use --seeds: expected different integers from 0 to 4294967295"],
    [["--seeds", "1,1"], "Cannot use --seeds: "],
    [["--seeds", "-1"], `current value is "-1"`],
    [["--seeds", "4294967296"], "Cannot use --seeds: "],
    [["--seeds", ""], "Cannot use --seeds: "],
    [["--epochs", "3"], "Cannot use --epochs: expected one of --claim"],
  ];
  for (const [args, message] of cases) assertStringIncludes(describe(left(read(...args))), message);
  const seven = right(read("--seeds", "7"));
  const command = { ...seven, data: "a b", dataset: "mnist" };
  assertEquals(
    repeating(command, 4, "cpu", "/d"),
    "SPARROW_DATA=/d deno task claims -- --claim 4 --seeds 7 --dataset mnist --backend cpu --data 'a b'",
  );
});

Deno.test("every claim has a number of its own, a sentence and a criterion", () => {
  const numbers = claims.map(({ number }) => number);
  assertEquals(new Set(numbers).size, numbers.length);
  assertEquals(numbers, numbers.toSorted((a, b) => a - b));
  for (const { title, criterion } of claims) {
    assertMatch(title, /[^.]$/);
    assertMatch(criterion, /\.$/);
  }
});

/** A claim that trains nothing. */
const findings: Findings = {
  holds: true,
  verdict: "It is <so>.",
  measured: [{ name: "accuracy", unit: "", values: [0.5, 1] }, {
    name: "missing",
    unit: "bit",
    values: [NaN, 1],
  }],
  figure: panelFigure({
    id: "fake",
    title: "Fake",
    caption: "A caption.",
    panels: [{
      yLabel: "accuracy",
      xLabel: "",
      categories: ["one", "other"],
      series: [{ label: "kWTA", colour: "black", values: [[0.5, 1], null] }],
      axis: linearAxis(0, 1),
    }],
  }),
};
const fake = (number: number, result: Claim["test"] = () => RTE.right(findings)): Claim => ({
  number,
  title: `Claim & number ${number}`,
  criterion: "It must be.",
  test: result,
});

const circumstances = async () => ({
  dataset: { ...await digits(), notice: "not <MNIST>" },
  seeds: [1, 2],
  quick: true,
  backend: { name: "wasm", adapter: null } as const,
});

Deno.test("the record holds every number with mean and deviation; the page escapes its text", async () => {
  const tested = [{ claim: fake(3), findings, seconds: 2.5, command: "deno task claims" }];
  const record = JSON.parse(JSON.stringify(recordOf(tested, await circumstances())));
  assertEquals([record.seeds, record.quick, record.dataset.name, record.backend.name], [
    [1, 2],
    true,
    "strokes",
    "wasm",
  ]);
  const [claim] = record.claims;
  assertEquals([claim.number, claim.holds, claim.seconds, claim.command], [
    3,
    true,
    2.5,
    "deno task claims",
  ]);
  assertEquals(claim.measured[0], {
    name: "accuracy",
    unit: "",
    values: [0.5, 1],
    mean: 0.75,
    sd: Math.SQRT1_2 / 2,
  });
  assertEquals(claim.measured[1].values, [null, 1]);
  assertEquals(verdictLine(tested[0]), "Claim 3 holds: Claim & number 3. It is <so>.");
  const page = claimsPage(tested, await circumstances());
  assertStringIncludes(page, "It is &lt;so&gt;.");
  assertStringIncludes(page, "not &lt;MNIST&gt;");
  assertStringIncludes(page, "0.7500 ± 0.3536");
  assertStringIncludes(page, "Criterion: It must be.");
  assert(!page.includes("<script"));
});

Deno.test("what is finished is written before the next claim, and stays when that one ends badly", async () => {
  const written: Record<string, string> = {};
  const files: Files = {
    read: (file) =>
      TE.left({
        _tag: "FileUnavailable",
        operation: "read",
        file,
        reason: "not here",
        advice: "",
      }),
    list: () => TE.right([]),
    remove: () => TE.right(undefined),
    exists: (path) => TE.right(path in written),
    write: (path, bytes) => {
      written[path] = String(bytes);
      return TE.right(undefined);
    },
  };
  const lines: string[] = [];
  const env = await envOn("cpu", { files, log: (line) => lines.push(line) });
  const stopped = fake(2, () => RTE.left({ _tag: "Interrupted", epoch: 1, step: 7 }));
  const testing = {
    claims: [fake(1), stopped, fake(3)],
    circumstances: await circumstances(),
    folder: "out",
    commandOf: ({ number }: Claim) => `again ${number}`,
  };
  assertEquals(left(await runClaims(testing, env))._tag, "Interrupted");
  const { claims } = JSON.parse(written["out/claims.json"]);
  assertEquals([claims.length, claims[0].command], [1, "again 1"]);
  assertStringIncludes(written["out/claims.html"], "Claim &amp; number 1");
  assertEquals(lines, [
    "Claim 1: Claim & number 1",
    "Claim 1 holds: Claim & number 1. It is <so>.",
    "Claim 2: Claim & number 2",
  ]);
  // Results are never overwritten.
  assertEquals(left(await runClaims(testing, env))._tag, "InvalidOption");
});

Deno.test("a variant is trained once per seed; its newest and its oldest row are measured", async () => {
  const lines: string[] = [];
  const env = await envOn("wasm", { log: (line) => lines.push(line) });
  const before = tf.memory().numTensors;
  const length = { dataset: await digits(), epochs: 2 };
  const [outcome] = right(await trainAll([3, 4], [kwta(length)])(env)());
  const after = measure("after", outcome, "accuracy");
  const untrained = measureFirst("before", outcome, "accuracy");
  assertEquals([after.values.length, untrained.values.length], [2, 2]);
  assert(mean(after.values) > mean(untrained.values));
  assertEquals(measure("none", outcome, "nothing").values, [NaN, NaN]);
  assertMatch(lines[0], /^ {2}kWTA on strokes, seed 3: test 0\.\d{4} in \d+ s$/);
  assertEquals(lines.length, 2);
  const again = right(await trainAll([4], [kwta(length)])(env)());
  assertEquals(measure("again", again[0], "accuracy").values, [after.values[1]]);
  const gone = new AbortController();
  gone.abort();
  const stopped = await trainAll([3], [kwta(length)])({ ...env, signal: gone.signal })();
  assertEquals(left(stopped)._tag, "Interrupted");
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("from random weights: what is at hand is tested, what is missing is said", async () => {
  const env = await envOn("wasm");
  const dataset = await digits();
  const setting = { dataset, seeds: [1], quick: true };
  const harder = { ...dataset, name: "other" };
  const claim = fromScratchWith(() => TE.right([{ found: harder }, { missing: "Fashion-MNIST" }]));
  const { verdict, measured, figure } = right(await claim.test(setting)(env)());
  assertStringIncludes(verdict, "on strokes kWTA reaches 0.");
  assertStringIncludes(verdict, "on other kWTA reaches 0.");
  assertStringIncludes(verdict, "Not tested for want of the data: Fashion-MNIST.");
  assertEquals(measured.length, 6);
  assertEquals(figure.data.rows.length, 6);
  const damaged = fromScratchWith(() =>
    TE.left({ _tag: "CorruptFile", file: "x", reason: "it is short" })
  );
  assertEquals(left(await damaged.test(setting)(env)())._tag, "CorruptFile");
});

Deno.test("harder images are looked for on this machine, and in the quick form nowhere else", async () => {
  const asked: string[] = [];
  const env = {
    ...denoDataEnv,
    variable: () => undefined,
    permitted: () => Promise.resolve(false),
    fetch: (url: string) => {
      asked.push(url);
      return Promise.reject(new Error("no network"));
    },
  };
  const missing = [{ missing: "Fashion-MNIST" }, { missing: "CIFAR-10" }];
  assertEquals(right(await harderImages(true, env)()), missing);
  assertEquals(asked, []);
  assertEquals(right(await harderImages(false, env)()), missing);
  assert(asked.length > 0 && asked.every((url) => /fashion|keras/.test(url)));
});

Deno.test("the quick form is of few images and epochs, the full one of all", async () => {
  const dataset = await digits();
  const full = lengthOf({ dataset, quick: false });
  assertEquals([full.dataset, full.epochs], [dataset, 20]);
  assertEquals(lengthOf({ dataset, quick: true }).epochs, 3);
});

const run = ["run", "-P", "pipelines/claims.ts"];

Deno.test("a quick claim from the command line leaves its verdict, record and page", () =>
  withFolder(async (folder) => {
    const options = ["--quick", "--dataset", "strokes", "--backend", "wasm", "--out", folder];
    const { code, out, err } = await deno(
      ...run,
      "--",
      "--claim",
      "1",
      "--seeds",
      "26,1",
      ...options,
    );
    assertEquals([code, err], [0, ""]);
    assertMatch(
      out,
      /^Claim 1 (holds|does not hold): kWTA is .* kWTA reaches .* 0\.\d{4} ± 0\.\d{4} /m,
    );
    assertStringIncludes(out, `${folder}: claims.json, claims.html`);
    const record = JSON.parse(Deno.readTextFileSync(`${root}${folder}/claims.json`));
    assertEquals([record.seeds, record.dataset.name, record.backend.name], [
      [26, 1],
      "strokes",
      "wasm",
    ]);
    const [{ measured, command }] = record.claims;
    assertEquals(
      command.replace(/^SPARROW_DATA=\S+ /, ""),
      "deno task claims -- --claim 1 --quick --seeds 26,1 --dataset strokes --backend wasm",
    );
    assert(measured.every(({ values }: { values: unknown[] }) => values.length === 2));
    assertStringIncludes(Deno.readTextFileSync(`${root}${folder}/claims.html`), "Claim 1. kWTA is");
    const again = await deno(...run, "--claim", "1", ...options);
    assertEquals(again.code, 2);
    assertStringIncludes(again.err, "expected a folder that does not hold claims yet");
  }));

Deno.test("wrong usage of the claims exits with 2, in one line", async () => {
  const { code, err } = await deno(...run, "--claim", "99");
  assertEquals(code, 2);
  assertMatch(
    err,
    /^Cannot use --claim: expected one or some of 1, 2, .*current value is "99"\. See --help\n$/,
  );
});

Deno.test("Ctrl-C ends the claims and says where the finished ones are", () =>
  withFolder(async (folder) => {
    const running = start(
      ...run,
      ...["--claim", "1", "--dataset", "strokes", "--backend", "wasm", "--out", folder],
    );
    await running.until("Claim 1: ");
    running.kill("SIGINT");
    const { code, err } = await running.finished;
    assertEquals(code, 130);
    assertMatch(
      err,
      new RegExp(
        `^Interrupted in epoch \\d+ at step \\d+\\. What was finished is in ${folder}/claims.json\n$`,
      ),
    );
    assertEquals(JSON.parse(Deno.readTextFileSync(`${root}${folder}/claims.json`)).claims, []);
  }));
