import { levelPaths } from "../../../pipelines/report/heatmap.ts";
import { byPreferredClass } from "../../../pipelines/report/figures/stripes.ts";
import { simulateCentroids } from "./fixture.ts";
import { assert, assertEquals } from "../../assert.ts";

/** The level of each cell, read back from the paths. */
function cells(paths: readonly string[], rows: number, columns: number): readonly number[][] {
  const levels = Array.from({ length: rows }, () => Array.from({ length: columns }, () => 0));
  paths.forEach((path, i) => {
    for (const [, x, y, run] of path.matchAll(/M(\d+),(\d+)\.5h(\d+)/g)) {
      levels[Number(y)]?.fill(i + 1, Number(x), Number(x) + Number(run));
    }
  });
  return levels;
}

Deno.test("heatmap: runs of equal cells are one segment", () => {
  assertEquals(levelPaths([[1, 1, 0, 1], [0, 0, 0, 0]], 1), ["M0,0.5h2M3,0.5h1"]);
});

Deno.test("heatmap: every cell is painted once, at the level of its value", () => {
  const { means } = simulateCentroids(["0", "1", "2"], 64);
  assertEquals(
    cells(levelPaths(means, 16), 3, 64),
    means.map((mean) => Array.from(mean, (value) => Math.round(value * 16))),
  );
});

Deno.test("heatmap: what is out of range is clamped, what is not a number is blank", () => {
  assertEquals(cells(levelPaths([[-1, 2, NaN, 0.5, NaN]], 2), 1, 5), [[0, 2, 0, 1, 0]]);
});

Deno.test("unit order: a permutation in which preferred classes ascend and silent units end", () => {
  const { means } = simulateCentroids(["0", "1", "2", "3"], 200);
  const { units, preferred } = byPreferredClass(means);
  assertEquals([...units].sort((a, b) => a - b), Array.from({ length: 200 }, (_, i) => i));
  const ranks = units.map((unit) => preferred[unit] ?? 4);
  assert(ranks.every((rank, i) => i === 0 || rank >= (ranks[i - 1] ?? 0)));
  units.forEach((unit) =>
    assertEquals(preferred[unit] === null, means.every((mean) => mean[unit] === 0))
  );
});
