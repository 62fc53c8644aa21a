import { E } from "../../graph/fp_ts.ts";
import { seed } from "../../graph/rng.ts";
import { measureCapacity, QUICK } from "../../pipelines/studies/willshaw/capacity.ts";
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { deno, withFolder } from "./process.ts";

Deno.test("the capacity program measures, writes its record and its page", () =>
  withFolder(async (folder) => {
    const { code, out } = await deno(
      ...["run", "-P=test", "pipelines/willshaw_capacity.ts", "--quick", "--seed", "26"],
      ...["--out", folder],
    );
    assertEquals(code, 0);
    assertStringIncludes(out, "n = 512, k = 9: 0.3");
    const { config, sizes, loads, completion } = JSON.parse(
      await Deno.readTextFile(`${folder}/willshaw.json`),
    );
    assertEquals([config.seed, sizes.length, loads.length, completion.length], [26, 2, 17, 36]);
    for (const { measured, predicted } of sizes) {
      // The approximation is poor for small memories: 14 % off at 256 units.
      assert(Math.abs(measured.bitsPerSynapse / predicted - 1) < 0.25);
    }
    const page = await Deno.readTextFile(`${folder}/willshaw.html`);
    for (const figure of ["load", "sizes", "completion"]) {
      assertStringIncludes(page, `id="${figure}"`);
    }
    assert(!/NaN|undefined|<script/.test(page));
  }));

Deno.test("the same seed measures the same, and an interruption ends it", () => {
  const plan = { ...QUICK, units: [256], closely: 256, probes: 100, codes: 100, completed: 10 };
  const measured = measureCapacity(plan, seed(1), () => true);
  assert(E.isRight(measured));
  assertEquals(measureCapacity(plan, seed(1), () => true), measured);
  const stopped = measureCapacity(plan, seed(1), () => false);
  assert(E.isLeft(stopped) && stopped.left._tag === "Interrupted");
});

Deno.test("the capacity program refuses what it does not know", async () => {
  const { code, err } = await deno(
    "run",
    "-P=test",
    "pipelines/willshaw_capacity.ts",
    "--epochs",
    "3",
  );
  assertEquals(code, 2);
  assertStringIncludes(err, "--epochs");
});
