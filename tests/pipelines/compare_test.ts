import { E } from "../../graph/fp_ts.ts";
import { describe, type FileUnavailable } from "../../graph/error.ts";
import { compare, COMPARE_FILE } from "../../pipelines/compare.ts";
import { compareRuns, readRun } from "../../pipelines/report/comparison.ts";
import type { Files } from "../../pipelines/files/files.ts";
import { fromJsonLines, type History, toJsonLines } from "../../pipelines/core/history.ts";
import { parseDocument } from "../../pipelines/report/dom.ts";
import { dark, darkLines, light, lightLines } from "../../pipelines/report/style.ts";
import { simulateHistory } from "./report/fixture.ts";
import { parseReport } from "./report/parse.ts";
import { deno, withFolder } from "./process.ts";
import { left, right } from "./tiny.ts";
import {
  assert,
  assertEquals,
  assertGreater,
  assertMatch,
  assertNotMatch,
  assertStringIncludes,
} from "../assert.ts";

const missing = (file: string): FileUnavailable => ({
  _tag: "FileUnavailable",
  operation: "read",
  file,
  reason: "there is no such file",
  advice: "Check the path",
});

/** Files in memory, and what is written to them. */
function memory(content: Readonly<Record<string, string>>) {
  const written = new Map<string, string>();
  const files: Files = {
    read: (path) => () =>
      Promise.resolve(
        path in content ? E.right(new TextEncoder().encode(content[path])) : E.left(missing(path)),
      ),
    list: () => () => Promise.resolve(E.right([])),
    remove: () => () => Promise.resolve(E.right(undefined)),
    exists: (path) => () => Promise.resolve(E.right(path in content)),
    write: (path, text) => () => {
      written.set(path, String(text));
      return Promise.resolve(E.right(undefined));
    },
  };
  return { files, written };
}

const configOf = (seed: number, loss = "triplet"): Readonly<Record<string, unknown>> => ({
  pipeline: "mnist_kwta",
  options: { seed, loss, out: `runs/${seed}` },
  dataset: { name: "mnist" },
});

const folderOf = (
  name: string,
  config: Readonly<Record<string, unknown>>,
  history: History,
): Readonly<Record<string, string>> => ({
  [`${name}/config.json`]: JSON.stringify(config),
  [`${name}/metrics.jsonl`]: toJsonLines(history),
});

/** Adds a number to every accuracy. */
const shifted = (by: number, epochs = 20): History =>
  simulateHistory(epochs).map((row) =>
    row.name === "accuracy" ? { ...row, value: row.value + by } : row
  );

const three = {
  ...folderOf("runs/a", configOf(1), shifted(0)),
  ...folderOf("runs/b", configOf(2), shifted(0.01)),
  ...folderOf("runs/c", configOf(1, "supcon"), shifted(-0.02, 12)),
};

const names = ["runs/a", "runs/b", "runs/c"];

async function pageOf(
  content: Readonly<Record<string, string>>,
  folders: readonly string[],
): Promise<{ readonly page: string; readonly files: readonly string[] }> {
  const { files, written } = memory(content);
  right(await compare(folders, "out", files));
  return { page: written.get(`out/${COMPARE_FILE}`)!, files: [...written.keys()] };
}

Deno.test("compare: a line, a row and a column for each run", async () => {
  const { page, files } = await pageOf(three, names);
  const { figures } = parseReport(page);
  assertEquals(figures.slice(0, 3).map(({ id }) => id), [
    "test-accuracy",
    "train-accuracy",
    "train-loss",
  ]);
  const [header, ...rows] = figures[0].csv.trim().split("\n").map((line) => line.split(","));
  assertEquals([header, rows.length], [["epoch", "1", "2", "3"], 20]);
  assertEquals(rows[11].slice(1).every((cell) => cell !== ""), true);
  assertEquals(rows[12][3], "", "the third run has ended by then");
  for (const { id } of figures) {
    assert(files.includes(`out/figures/${id}.svg`));
    assertStringIncludes(page, `href="figures/${id}.svg"`);
  }
  const document = parseDocument(page);
  const cells = [...document.querySelectorAll(".finals")].map((table) =>
    [...table.querySelectorAll("tbody tr")].map((row) =>
      [...row.querySelectorAll("th, td")].map(({ textContent }) => textContent?.trim())
    )
  );
  const final = (by: number, epochs = 20) =>
    shifted(by, epochs).findLast(({ split, name }) => split === "test" && name === "accuracy")!
      .value;
  assertEquals(cells[0].map(([name]) => name), ["1. a", "2. b", "3. c"]);
  assertEquals(cells[0][0][1], final(0).toFixed(4));
  assertEquals(cells[0][1][1], `${final(0.01).toFixed(4)}+0.0100`);
  assertMatch(cells[0][2][1]!, /^0\.\d{4}−0\.0\d{3}$/);
  assertEquals(cells[0].map((row) => row.at(-1)), ["20", "20", "12"]);
  // Over seeds: the first two are one group.
  const mean = (final(0) + final(0.01)) / 2;
  assertEquals(cells[1].map(([, runs]) => runs), ["1, 2", "3"]);
  assertEquals(cells[1][0][2], `${mean.toFixed(4)} ± ${(0.01 / Math.SQRT2).toFixed(4)}`);
  assertEquals(
    [...document.querySelectorAll(".differing tbody tr")].map((row) =>
      [...row.querySelectorAll("th, td")].map(({ textContent }) => textContent)
    ),
    [["options.seed", "1", "2", "1"], ["options.loss", "triplet", "triplet", "supcon"]],
  );
  assertNotMatch(page, /NaN|undefined|<script/);
});

Deno.test("compare: one run alone says so; eight are told apart", async () => {
  const one = await pageOf(three, ["runs/a"]);
  assertStringIncludes(one.page, "There is one run only");
  assertNotMatch(one.page, /What differs|Over seeds/);
  const folders = Array.from({ length: 8 }, (_, i) => `runs/${i}`);
  const eight = Object.assign(
    {},
    ...folders.map((folder, i) => folderOf(folder, configOf(i), shifted(i / 1000))),
  );
  const { page } = await pageOf(eight, folders);
  const samples = [...page.matchAll(/<path d="M0 4h34"[^>]*>/g)].map(([path]) => path);
  assertEquals([samples.length, new Set(samples).size], [8, 8]);
});

/** Computes the contrast ratio as WCAG 2.2 defines it. */
function contrast(a: string, b: string): number {
  const luminance = (colour: string) =>
    [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
      const part = parseInt(colour.slice(1 + 2 * i, 3 + 2 * i), 16) / 255;
      return sum + weight * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    }, 0);
  const [high, low] = [luminance(a), luminance(b)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

Deno.test("compare: the colours of lines can be read as text, on light paper and on dark", () => {
  for (const [colours, { paper }] of [[lightLines, light], [darkLines, dark]] as const) {
    assertEquals(new Set(colours).size, 8);
    for (const colour of colours) assertGreater(contrast(colour, paper), 4.5, colour);
  }
});

Deno.test("compare: what is no run, or damaged, or has nothing in common, is said", async () => {
  const said = async (content: Readonly<Record<string, string>>, ...folders: readonly string[]) =>
    describe(left(await compare(folders, "out", memory(content).files)));
  assertMatch(await said({}), /^Cannot use RUN_DIR: expected the folder of at least one run/);
  assertMatch(await said(three, "runs/a", "runs/a"), /expected each folder once/);
  assertMatch(
    await said(three, "runs/a", "elsewhere"),
    /^Cannot read elsewhere\/config\.json: there is no such file\. Give the folder of a run: /,
  );
  const { "runs/a/metrics.jsonl": _, ...unfinished } = three;
  assertMatch(await said(unfinished, "runs/a"), /metrics\.jsonl.*after an epoch$/);
  for (
    const [text, line] of [
      ['{"epoch":1}', 1],
      [`${toJsonLines(shifted(0).slice(0, 2))}{"epoch":`, 3],
      [toJsonLines(shifted(0)).replace('"train"', '"nowhere"'), 1],
      ["[]", 1],
    ] as const
  ) {
    const message = await said({ ...three, "runs/a/metrics.jsonl": text }, "runs/a", "runs/b");
    assertMatch(message, new RegExp(`^Cannot use runs/a/metrics\\.jsonl: .* in line ${line}, `));
  }
  assertMatch(await said({ ...three, "runs/a/metrics.jsonl": "" }, "runs/a"), /at least one row/);
  assertMatch(await said({ ...three, "runs/a/config.json": "[" }, "runs/a"), /a JSON object/);
  const other = shifted(0).map((row) => ({ ...row, name: `${row.name}_2` }));
  const strange = folderOf("runs/d", configOf(4), other);
  assertMatch(
    await said({ ...three, ...strange }, "runs/a", "runs/d"),
    /^Cannot use RUN_DIR: expected runs that have measured a quantity in common, .*runs\/d: loss_2/,
  );
});

Deno.test("compare: a history comes back from its file; what was not finite is NaN", async () => {
  const history = [...shifted(0), { ...shifted(0)[0], value: Infinity }];
  const back = right(fromJsonLines("f", toJsonLines(history)));
  assertEquals(back.slice(0, -1), history.slice(0, -1));
  assertEquals(back.at(-1)!.value, NaN);
  const read = right(await readRun("runs/a/", memory(three).files)());
  assertEquals([read.folder, read.config.pipeline], ["runs/a/", "mnist_kwta"]);
  const { groups } = right(compareRuns([read, { ...read, config: configOf(9) }]));
  assertEquals(groups, [{ label: "", runs: [0, 1] }]);
});

Deno.test("compare: as a program", () =>
  withFolder(async (folder) => {
    for (const [file, text] of Object.entries(three)) {
      const path = `${folder}/${file}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(path, text);
    }
    const program = (...args: readonly string[]) =>
      deno("run", "-P", "pipelines/compare.ts", ...args);
    const [good, bad, help] = await Promise.all([
      program(`${folder}/runs/a`, `${folder}/runs/c`, "--out", `${folder}/both`),
      program(folder, "--nonsense"),
      program("--help"),
    ]);
    assertEquals([good.code, good.err], [0, ""]);
    assertStringIncludes(good.out, `${folder}/both: compare.html, `);
    assertStringIncludes(await Deno.readTextFile(`${folder}/both/compare.html`), "Comparison of 2");
    assertEquals(bad.code, 2);
    assertMatch(bad.err, /^Cannot use --nonsense/);
    assertMatch(help.out, /RUN_DIR… \[options\]/);
  }));

Deno.test("compare: a name that is empty, and epochs as far as numbers go, are drawn", async () => {
  const row = { epoch: 1, step: 1, split: "run", name: "", value: 1 } as const;
  const far = { epoch: Number.MAX_SAFE_INTEGER, step: 1, split: "test", name: "accuracy" } as const;
  const histories: readonly History[] = [
    [row, { ...row, epoch: 2, name: "_._", value: 2 }],
    [{ ...far, value: 0.5 }],
    [{ ...far, epoch: 0, value: 0.5 }, { ...far, value: 0.6 }],
    [{ ...far, epoch: far.epoch - 2, value: 0.5 }, { ...far, value: 0.6 }],
  ];
  for (const history of histories) {
    const { page } = await pageOf(folderOf("runs/odd", configOf(1), history), ["runs/odd"]);
    assertStringIncludes(page, history[0].name === "" ? "without a name" : "accuracy");
  }
});

Deno.test("compare: 50,000 names take seconds, and the page lists 5,000 of them", async () => {
  const history: History = Array.from(
    { length: 50_000 },
    (_, i) => ({ epoch: 1, step: 1, split: "run", name: `n${i}`, value: i }),
  );
  const content = {
    ...folderOf("runs/many", configOf(1), history),
    ...folderOf("runs/more", configOf(2), history),
  };
  const begun = performance.now();
  const { page } = await pageOf(content, ["runs/many", "runs/more"]);
  const seconds = (performance.now() - begun) / 1000;
  assert(seconds < 20, `${seconds} s`);
  assertStringIncludes(page, "The first 5000 final numbers (50,000 quantities)");
});
