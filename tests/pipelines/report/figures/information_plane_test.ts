import type { History, Row } from "../../../../pipelines/core/history.ts";
import { informationPlaneFigures } from "../../../../pipelines/report/figures/information_plane.ts";
import { renderReport } from "../../../../pipelines/report/report.ts";
import { toCsv } from "../../../../pipelines/report/csv.ts";
import { assert, assertEquals, assertNotMatch, assertStringIncludes } from "../../../assert.ts";
import { simulate } from "../fixture.ts";

/** History of two estimators and two layers, before training and at some points of three epochs. */
const history: History = [[0, 0], [1, 4], [1, 235], [2, 470], [3, 705]].flatMap(
  ([epoch, step], i): readonly Row[] => {
    const row = (name: string, value: number): Row => ({
      epoch,
      step,
      split: "train",
      name,
      value,
    });
    return [
      row("entropy_label", 3.3),
      ...["kmeans", "ksg"].flatMap((estimator) => [
        row(`entropy_input:${estimator}`, estimator === "ksg" ? 11 : 4.2),
        ...["1.relu", "3.kwta"].flatMap((layer) => [
          row(`information_input:${estimator}:${layer}`, 1 + i / 2),
          row(`information_label:${estimator}:${layer}`, 1 + i / 2),
        ]),
      ]),
    ];
  },
);

Deno.test("information plane: a figure per estimator, its data every measurement", () => {
  const figures = informationPlaneFigures(history);
  assertEquals(figures.map(({ title }) => title), [
    "Information plane, kmeans",
    "Information plane, ksg",
  ]);
  const [kmeans] = figures;
  assertStringIncludes(
    kmeans.caption,
    "1.relu ends at I(X;T) = 3.00 and I(T;Y) = 3.00 bit; 3.kwta ends at I(X;T) = 3.00",
  );
  assertStringIncludes(kmeans.caption, "of H(Y) = 3.30");
  const lines = toCsv(kmeans.data).trim().split("\n");
  assertEquals(lines.length, 1 + 2 * 5);
  assertEquals(lines[1].trim(), "1.relu,0,0,1,1");
  assertEquals(lines[5].trim(), "1.relu,3,705,3,3");
});

Deno.test("information plane: bounds are drawn where they are near, marks follow the theme", () => {
  const [kmeans, ksg] = informationPlaneFigures(history).map(({ drawings }) =>
    drawings[0].svg.markup
  );
  const bounds = (svg: string) => svg.match(/stroke-dasharray="4 3"/g)?.length ?? 0;
  // H(Y) of both, H(X) of k-means alone: 11 bits would squeeze a path that ends at 3.
  assertEquals([bounds(kmeans), bounds(ksg)], [2, 1]);
  assertStringIncludes(kmeans, "H(Y) = 3.30, H(X) = 4.20");
  assertStringIncludes(ksg, "H(X) = 11.00");
  assert(/var\(--train, #b3541e\), var\(--test, #1f5f99\) 100%/.test(kmeans));
  assertNotMatch(kmeans, /NaN|undefined/);
});

Deno.test("information plane: nothing without measurements; gaps and single ones do no harm", () => {
  assertEquals(informationPlaneFigures([]), []);
  const lone = history.filter(({ step, name }) =>
    step === 0 && !name.startsWith("entropy") && !name.includes("ksg")
  );
  const [figure] = informationPlaneFigures(lone);
  assertNotMatch(String(figure.drawings[0].svg), /NaN|undefined/);
  const torn = history.filter(({ name }) => !name.startsWith("information_label:ksg"));
  assertEquals(informationPlaneFigures(torn).length, 1);
  const odd = history.map((row) => row.step === 4 ? { ...row, value: NaN } : row);
  for (const { drawings } of informationPlaneFigures(odd)) {
    assertNotMatch(drawings[0].svg.markup, /NaN/);
  }
  const page = renderReport(simulate({ history }));
  assertStringIncludes(page, "<h2>Information plane</h2>");
});
