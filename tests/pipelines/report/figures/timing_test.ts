import type { Row } from "../../../../pipelines/core/history.ts";
import { configuration } from "../../../../pipelines/report/summary.ts";
import { parseDocument } from "../../../../pipelines/report/dom.ts";
import { timingFigure } from "../../../../pipelines/report/figures/timing.ts";
import { assertEquals, assertNotMatch, assertStringIncludes } from "../../../assert.ts";

const row = (epoch: number, name: string, value: number): Row => ({
  epoch,
  step: epoch,
  split: "run",
  name,
  value,
});

Deno.test("timing: seconds by part and epoch, the largest part first", () => {
  const figure = timingFigure([
    row(0, "info_plane_seconds", 1),
    row(1, "training_seconds", 4),
    row(1, "info_plane_seconds", 0.5),
    row(1, "info_plane_seconds", 0.25),
    row(2, "training_seconds", 2.25),
    row(2, "evaluation_seconds", NaN),
    row(2, "samples_per_second", 1e9),
  ])!;
  assertEquals(figure.data, {
    header: ["epoch", "training", "info plane"],
    rows: [[0, null, 1], [1, 4, 0.75], [2, 2.25, null]],
  });
  assertStringIncludes(figure.caption, "8 seconds were measured, of which training took 78 %");
  for (const { svg: { markup } } of figure.drawings) {
    const document = parseDocument(markup);
    const bars = [...document.querySelectorAll("rect title")].map((title) => title.textContent);
    assertEquals(bars.length, 4);
    assertStringIncludes(bars.join(), "epoch 1, info plane: 0.75 s");
    assertNotMatch(markup, /NaN|undefined/);
  }
});

Deno.test("timing: nothing without rows; many parts are put together", () => {
  assertEquals(timingFigure([row(1, "samples_per_second", 5), row(1, "seconds", 5)]), null);
  assertEquals(timingFigure([row(1, "training_seconds", 0)]), null);
  const many = Array.from({ length: 12 }, (_, i) => row(1, `part_${i}_seconds`, i + 1));
  const { header, rows } = timingFigure(many)!.data;
  assertEquals(header.slice(-2), ["part 6", "other"]);
  assertEquals(rows, [[1, 12, 11, 10, 9, 8, 7, 21]]);
});

Deno.test("configuration: the environment stands beside it", () => {
  const page = configuration({ seed: 1, backend: { name: "wasm" }, versions: { deno: "2" } });
  const document = parseDocument(page!.markup);
  const tables = [...document.querySelectorAll("details")].map((details) => [
    details.querySelector("h2")?.textContent,
    ...[...details.querySelectorAll("tbody th")].map(({ textContent }) => textContent),
  ]);
  assertEquals(tables, [["Configuration", "seed"], [
    "Environment",
    "backend.name",
    "versions.deno",
  ]]);
  assertEquals(configuration({}), null);
});
