import { describe } from "../../../graph/error.ts";
import {
  grid,
  labelOf,
  listed,
  mainQuantity,
  partedSettings,
  summarise,
  summaryRows,
} from "../../../pipelines/distribute/sweep.ts";
import { assertEquals, assertStringIncludes } from "../../assert.ts";
import { left, right } from "../tiny.ts";

Deno.test("a grid has every combination once, and writes a number in one way", () => {
  assertEquals(right(grid([])), [{}]);
  const settings = right(grid(["sparsity=.05,0.10", "--loss=triplet,supcon", "gradients"]));
  assertEquals(settings.map(labelOf), [
    "sparsity=0.05 loss=triplet gradients",
    "sparsity=0.05 loss=supcon gradients",
    "sparsity=0.1 loss=triplet gradients",
    "sparsity=0.1 loss=supcon gradients",
  ]);
});

Deno.test("a grid refuses what is no axis, an axis twice, a value twice and a sweep's own options", () => {
  const refused: readonly (readonly [axes: readonly string[], words: string])[] = [
    [["=1"], "Cannot use NAME=VALUE"],
    [["units=64", "units=32"], "expected each option once"],
    [["units=64,64.0"], "expected different values"],
    [["units="], "expected different values"],
    [["seed=3"], "expected --seeds"],
    [["backend=cpu"], "expected --backend"],
    [["out=a"], "expected --out"],
  ];
  for (const [axes, words] of refused) {
    assertStringIncludes(describe(left(grid(axes))), words);
  }
});

Deno.test("a list of settings is read, equal ones once", () => {
  const settings = listed('[{ "units": 64 }, { "units": "64.0" }, { "gradients": true }]');
  assertEquals(right(settings), [{ units: "64" }, { gradients: true }]);
  for (const text of ["", "[]", "{}", '[{ "units": [1] }]', '[{ "units": false }]']) {
    assertEquals(left(listed(text)).option, "--list");
  }
  assertStringIncludes(describe(left(listed('[{ "seed": 1 }]'))), "expected --seeds");
});

Deno.test("what all settings share is told once", () => {
  const { shared, own } = partedSettings(right(grid(["a=1,2", "b=3"])));
  assertEquals([labelOf(shared), own.map(labelOf)], ["b=3", ["a=1", "a=2"]]);
  assertEquals(partedSettings([{ a: "1" }]), { shared: { a: "1" }, own: [{}] });
});

// numpy: a = [.5, .7, .6]; b = [.55, .72, .71]; b.mean(), b.std(ddof=1), (b - a).mean(), (b - a).std(ddof=1)
Deno.test("a summary has mean, standard deviation and differences of the same seeds, as numpy's", () => {
  const settings = [
    { label: "a", values: new Map([[0, 0.5], [1, 0.7], [2, 0.6]]) },
    { label: "b", values: new Map([[2, 0.71], [0, 0.55], [1, 0.72]]) },
    { label: "c", values: new Map([[7, 0.5]]) },
  ];
  const [first, second, third] = summarise(settings);
  assertEquals(first.difference, null);
  const close = (actual: number | null | undefined, expected: number) =>
    assertEquals(Math.abs((actual ?? NaN) - expected) < 1e-15, true, `${actual}, not ${expected}`);
  close(second.mean, 0.66);
  close(second.deviation, 0.09539392014169452);
  close(second.difference?.mean, 0.06);
  close(second.difference?.deviation, 0.04582575694955838);
  assertEquals([second.runs, second.difference?.pairs], [3, 3]);
  assertEquals([third.deviation, third.difference], [null, null]);
  assertEquals(summaryRows(settings, "test accuracy").map((row) => row.length), [4, 4, 4, 4]);
});

Deno.test("a table shows the test accuracy where all runs have it", () => {
  assertEquals(
    mainQuantity([{ "train loss": 1, "test loss": 1, "test accuracy": 1 }]),
    "test accuracy",
  );
  assertEquals(mainQuantity([{ "train loss": 1, "test loss": 1 }]), "test loss");
  assertEquals(
    mainQuantity([{ "test accuracy": 1, "train loss": 1 }, { "train loss": 2 }]),
    "train loss",
  );
  assertEquals([mainQuantity([]), mainQuantity([{ a: 1 }, { b: 1 }])], [null, null]);
});
