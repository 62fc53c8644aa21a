import { toCsv } from "../../../pipelines/report/csv.ts";
import { renderReport, type ReportData } from "../../../pipelines/report/report.ts";
import { parseReport } from "./parse.ts";
import { simulate, simulateCentroids, simulateHistory } from "./fixture.ts";
import {
  assert,
  assertEquals,
  assertFalse,
  assertLess,
  assertMatch,
  assertNotMatch,
  assertStringIncludes,
} from "../../assert.ts";

const ids = [
  "accuracy",
  "loss",
  "centroids",
  "centroid-codes",
  "learning-rate",
  "hardness",
  "sparsity",
  "active-bits",
];

Deno.test("report: needs nothing but itself", () => {
  const page = renderReport(simulate());
  const addresses = page.match(/\w+:\/\/[^\s"'<]+/g) ?? [];
  assertEquals(addresses.filter((address) => !address.startsWith("http://www.w3.org/")), []);
  assertNotMatch(page, /<(script|link|img|iframe|object|embed|base)\b/i);
  assertNotMatch(page, /\ssrc\s*=|@import|url\(|\son\w+\s*=/i);
  const targets = [...page.matchAll(/\shref="([^"]*)"/g)].map((match) => match[1] ?? "");
  assert(targets.length > 0);
  assert(targets.every((target) => /^(#|data:text\/csv[;,])/.test(target)));
});

Deno.test("report: is the same for the same run", () => {
  assertEquals(renderReport(simulate()), renderReport(simulate()));
});

Deno.test("report: every figure has a drawing with a label, a number, a title and data", () => {
  const { figures } = parseReport(renderReport(simulate()));
  assertEquals(figures.map(({ id }) => id), ids);
  figures.forEach(({ caption, labels, csv, texts }, i) => {
    assertMatch(caption, new RegExp(`^Figure ${i + 1}\\. [A-Z][a-z ]+\\. [A-Z0-9].*\\.`));
    assert(labels.length >= 2 && labels.every((label) => /chart|Heatmap/.test(label)));
    assert(texts.some((text) => /epoch|unit/.test(text)), "an axis has its label");
    assert(csv.split("\n").length > 2);
  });
});

Deno.test("report: the data of a figure are the history's values, to the bit", () => {
  const data = simulate();
  const { figures } = parseReport(renderReport(data));
  const csv = (id: string) => figures.find((figure) => figure.id === id)?.csv;
  const value = (epoch: number, split: string, name: string): number =>
    data.history.find((row) => row.epoch === epoch && row.split === split && row.name === name)
      ?.value ?? NaN;
  const epochs = Array.from({ length: 20 }, (_, i) => i + 1);
  const expected = (names: readonly (readonly [string, string, string])[]) =>
    toCsv({
      header: ["epoch", ...names.map(([column]) => column)],
      rows: epochs.map((epoch) => [
        epoch,
        ...names.map(([, split, name]) => value(epoch, split, name)),
      ]),
    });
  assertEquals(
    csv("accuracy"),
    expected([["test", "test", "accuracy"], ["train", "train", "accuracy"]]),
  );
  assertEquals(csv("loss"), expected([["train", "train", "loss"]]));
  assertEquals(csv("learning-rate"), expected([["run", "run", "learning_rate"]]));
  assertEquals(csv("hardness"), expected([["run", "run", "hardness"]]));
  assertEquals(csv("sparsity"), expected([["test", "test", "sparsity"]]));
  assertEquals(
    csv("active-bits"),
    expected([
      ["min", "test", "active_min"],
      ["mean", "test", "active_mean"],
      ["max", "test", "active_max"],
    ]),
  );
});

Deno.test("report: the data of a heatmap are in the order of the units", () => {
  const centroids = simulateCentroids(["a", "b", "c"], 40);
  const { figures } = parseReport(renderReport(simulate({ findings: { classCodes: centroids } })));
  const rows = (id: string) =>
    figures.find((figure) => figure.id === id)?.csv.trim().split("\n").slice(1)
      .map((line) => line.split(",")) ?? [];
  const means = rows("centroids");
  assertEquals(means.map(([unit]) => Number(unit)), Array.from({ length: 40 }, (_, i) => i));
  means.forEach((cells, unit) =>
    assertEquals(
      cells.slice(3).map(Number),
      centroids.means.map((mean) => Number((mean[unit] ?? NaN).toPrecision(6))),
    )
  );
  rows("centroid-codes").forEach((cells, unit) =>
    assertEquals(cells.slice(3).map(Number), centroids.codes.map((code) => code[unit] ?? NaN))
  );
});

Deno.test("report: captions and table state the final values", () => {
  const data = simulate();
  const { figures, summary } = parseReport(renderReport(data));
  const final = (split: string, name: string) =>
    data.history.findLast((row) => row.split === split && row.name === name)?.value ?? NaN;
  const [test, train] = [
    final("test", "accuracy").toFixed(4),
    final("train", "accuracy").toFixed(4),
  ];
  assertStringIncludes(figures[0]?.caption ?? "", `${test} on test and ${train} on train`);
  const entry = (label: string) => summary.find(([head]) => head === label)?.[1];
  assertEquals(entry("test accuracy"), test);
  assertEquals(entry("train accuracy"), train);
  assertEquals(entry("train loss"), String(Number(final("train", "loss").toPrecision(3))));
  assertEquals(entry("bits set per code"), "26");
  assert(entry("samples per second") && entry("seconds per epoch") && entry("sparsity"));
});

Deno.test("report: a sparsity that is set does not blur the one that is measured", () => {
  const set = { epoch: 20, step: 4700, split: "run", name: "sparsity", value: 0.5 } as const;
  const data = simulate();
  const page = renderReport({ ...data, history: [...data.history, set] });
  const { figures, summary } = parseReport(page);
  const measured = data.history.findLast(({ name }) => name === "sparsity")?.value ?? NaN;
  assertEquals(
    summary.find(([label]) => label === "sparsity")?.[1],
    String(Number(measured.toPrecision(3))),
  );
  assert(figures.find(({ id }) => id === "sparsity")?.texts.includes("set"));
});

Deno.test("report: no string becomes markup", () => {
  const evil = `<script>alert("1")</script><img src=x onerror='1'>&amp;`;
  const page = renderReport(simulate({
    title: evil,
    graph: evil,
    dataset: evil,
    notice: evil,
    findings: { classCodes: simulateCentroids([evil, "b"], 8) },
    config: { [evil]: { [evil]: [evil] }, list: evil },
  }));
  assertNotMatch(page, /<(script|img)/i);
  const { title, graph, notices, configuration } = parseReport(page);
  assertEquals([title, graph, notices], [evil, evil, [evil]]);
  assertEquals(configuration, [[`${evil}.${evil}`, JSON.stringify([evil])], ["list", evil]]);
});

Deno.test("report: a notice and an interruption are said, and only then", () => {
  const notices = (changes: Partial<ReportData>) =>
    parseReport(renderReport(simulate(changes))).notices;
  assertEquals(notices({}), []);
  assertEquals(notices({ notice: "The digits are synthetic." }), ["The digits are synthetic."]);
  assertEquals(notices({ finished: false }), [
    "This run was interrupted after epoch 20, step 4700: the numbers are not final.",
  ]);
});

Deno.test("report: a run without a row says so", () => {
  const page = renderReport(simulate({ history: [], findings: {}, config: {} }));
  assertStringIncludes(page, "Nothing was measured");
  assertFalse(page.includes("<figure"));
  assertFalse(page.includes("<details"));
});

Deno.test("report: holds for one epoch, for values that are missing, and for odd centroids", () => {
  const broken = simulateHistory(6).map((row, i) => ({
    ...row,
    value: [NaN, Infinity, -Infinity, row.value, -1e308, 1e308][i % 6] ?? NaN,
  }));
  const cases: readonly Partial<ReportData>[] = [
    { history: simulateHistory(1), findings: { classCodes: simulateCentroids(["0", "1"], 1) } },
    { history: simulateHistory(12).filter((_, i) => i % 3 !== 0) },
    { history: simulateHistory(3).map((row) => ({ ...row, value: NaN })) },
    { history: simulateHistory(3).map((row) => ({ ...row, value: 0 })) },
    { history: simulateHistory(3).map((row) => ({ ...row, epoch: 0 })) },
    { history: broken },
    { findings: { classCodes: { classes: [], means: [], codes: [] } } },
    { findings: { classCodes: { classes: ["0"], means: [[]], codes: [[]] } } },
    {
      findings: {
        classCodes: { classes: ["0", "1"], means: [[NaN, 0], [0, 0]], codes: [[0, 0], [0, 0]] },
      },
    },
    { graph: "linear(64, 64) ▷ ".repeat(500) + "x".repeat(2000), title: "" },
    {
      title: "lone \ud800 surrogate",
      findings: { classCodes: simulateCentroids(["\ud800", "b"], 4) },
    },
  ];
  for (const changes of cases) {
    const { figures } = parseReport(renderReport(simulate(changes)));
    assert(figures.length > 0);
    for (const { paths } of figures) assertNotMatch(paths.join(), /NaN|Infinity|undefined/);
  }
});

Deno.test("report: what was measured before training does not flatten the accuracy", () => {
  const before = { epoch: 0, step: 0, split: "test", name: "accuracy", value: 0.098 } as const;
  const { figures } = parseReport(renderReport(
    simulate({ history: [before, ...simulateHistory(20)] }),
  ));
  const [accuracy] = figures;
  assert(accuracy?.csv.includes("\n0,0.098,\n"));
  assert(accuracy?.caption.includes("before training: 0.0980 on test"));
  assertFalse(accuracy?.texts.includes("0.1"));
});

Deno.test("report: stays small", () => {
  assertLess(renderReport(simulate()).length, 250_000);
  const classes = Array.from({ length: 10 }, (_, i) => `class ${i}`);
  const wide = simulate({
    history: simulateHistory(1000),
    findings: { classCodes: simulateCentroids(classes, 2000) },
  });
  assertLess(renderReport(wide).length, 1_500_000);
});
