import { TE } from "../../../graph/fp_ts.ts";
import { describe } from "../../../graph/error.ts";
import { denoFiles, type Files } from "../../../pipelines/files/files.ts";
import { studyPage } from "../../../pipelines/studies/page.ts";
import {
  circumstancesOf,
  circumstancesText,
  noticesOf,
  refuseResults,
  writeResults,
} from "../../../pipelines/studies/record.ts";
import { VERSION } from "../../../pipelines/core/version.ts";
import { assertEquals, assertStringIncludes } from "../../assert.ts";
import { withFolder } from "../process.ts";
import { left, right } from "../tiny.ts";

const split = (count: number) => ({
  count,
  values: new Uint8Array(count),
  labels: new Uint8Array(count),
  normalisation: { mean: [0], std: [1] },
});

const dataset = {
  name: "strokes",
  source: "generated",
  train: split(3),
  test: split(2),
  sha256: { strokes: "abc" },
  notice: "The digits are synthetic.",
};

const backend = { name: "wasm", adapter: null } as const;

Deno.test("a record keeps what applies to a study, with versions and the kind of machine", () => {
  const { versions, platform, ...rest } = circumstancesOf({ quick: true, seeds: [26], dataset });
  assertEquals(versions, { sparrow: VERSION, deno: Deno.version.deno });
  assertEquals(platform, { os: Deno.build.os, arch: Deno.build.arch });
  const { train: _, test: __, ...told } = dataset;
  assertEquals(rest, { quick: true, seeds: [26], dataset: { ...told, train: 3, test: 2 } });
  const { backend: where } = circumstancesOf({ backend: { ...backend, adapter: "llvmpipe" } });
  assertEquals(where, { name: "wasm", adapter: "llvmpipe" });
});

Deno.test("the circumstances in words, and what must be said before any number", () => {
  assertEquals(
    circumstancesText({ quick: false, seeds: [26], dataset, backend }),
    "Full form, dataset: strokes, seed: 26, on wasm.",
  );
  assertEquals(circumstancesText({ seeds: 10 }), "10 repetitions.");
  assertEquals(circumstancesText({}), "");
  assertEquals(noticesOf({ dataset: { ...dataset, notice: null } }), []);
  const [quick, data] = noticesOf({ quick: true, dataset });
  assertStringIncludes(quick, "no results");
  assertEquals(data, dataset.notice);
  const page = studyPage({
    tab: "a study",
    title: "A study",
    circumstances: { quick: true, dataset },
    reading: "Numbers are means.",
    notices: ["Not finished."],
    sections: [],
    config: {},
  });
  assertStringIncludes(page, "Quick form, dataset: strokes. Numbers are means.");
  assertEquals(page.match(/class="notice"/g)?.length, 3);
});

Deno.test("results are written whole and in their order, and never over others", () =>
  withFolder(async (folder) => {
    const results = { "a.json": { mean: NaN, seeds: [1] }, "a.html": "<p>page</p>" };
    const written: string[] = [];
    const files: Files = {
      ...denoFiles,
      write: (path, bytes) => {
        written.push(path);
        return denoFiles.write(path, bytes);
      },
    };
    right(await refuseResults(folder, "a.json", files)());
    right(await writeResults(folder, results, files)());
    assertEquals(written, [`${folder}/a.json`, `${folder}/a.html`]);
    assertEquals(
      await Deno.readTextFile(`${folder}/a.json`),
      '{\n  "mean": null,\n  "seeds": [\n    1\n  ]\n}\n',
    );
    assertEquals(await Deno.readTextFile(`${folder}/a.html`), "<p>page</p>");
    const taken = left(await refuseResults(folder, "a.json", files)());
    assertStringIncludes(describe(taken), "expected a folder without a.json");
    const full = { ...files, write: (file: string) => TE.left(noRoom(file)) };
    assertEquals(left(await writeResults(folder, results, full)()), noRoom(`${folder}/a.json`));
  }));

const noRoom = (file: string) =>
  ({
    _tag: "FileUnavailable",
    operation: "write",
    file,
    reason: "no space left",
    advice: "",
  }) as const;
