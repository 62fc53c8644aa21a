import type { Browser } from "npm:playwright-core@1.65.1";
import { E } from "../../../graph/fp_ts.ts";
import { seed } from "../../../graph/rng.ts";
import { calibrationPage } from "../../../pipelines/studies/calibration/page.ts";
import { estimatorNames, estimatorsOf } from "../../../pipelines/studies/calibration/plan.ts";
import type { Result } from "../../../pipelines/studies/calibration/results.ts";
import type { Judged } from "../../../pipelines/studies/held_out/compare.ts";
import { heldOutPage } from "../../../pipelines/studies/held_out/page.ts";
import { measureCapacity, QUICK } from "../../../pipelines/studies/willshaw/capacity.ts";
import { capacityPage } from "../../../pipelines/studies/willshaw/page.ts";
import { assert, assertEquals, assertGreater } from "../../assert.ts";
import { browserTest, open, violations } from "../browser.ts";

const backend = { name: "wasm", adapter: null } as const;

function calibration(): string {
  const results = [1, 5].flatMap((dimension) =>
    [0.5, 2].flatMap((bits) =>
      estimatorNames.filter((name) => estimatorsOf("pairs")[name] !== undefined)
        .map((estimator, i): Result => ({
          kind: "pairs",
          dimension,
          bits,
          samples: 500,
          estimator,
          estimates: i === 0 ? [null, null] : [bits + i / 20, bits + i / 10],
          seconds: [0.01, 0.02],
          refused: i === 0 ? "too few samples" : null,
        }))
    )
  );
  const conditions = {
    quick: true,
    seeds: 2,
    steps: 100,
    backend,
    command: "deno task calibration",
  };
  return calibrationPage(results, conditions, { done: 1, total: 2 });
}

function heldOut(): string {
  const task = { map: [0.25, 0.5], mapAtR: [0.25, 0.5], precisionAt1: [0.25, 0.5] };
  const found = { unseen: task, seen: task, among: task };
  const split = {
    count: 2,
    values: new Uint8Array(8),
    labels: Uint8Array.of(0, 1),
    normalisation: { mean: [0], std: [1] },
  };
  const judged: readonly Judged[] = [
    { name: "pixels", trainedOn: "nothing", found },
    { name: "supcon", trainedOn: "seen", found },
    { name: "supcon", trainedOn: "all", found },
  ];
  const dataset = {
    name: "mnist",
    source: "generated",
    classes: ["0", "1"],
    shape: [2, 2],
    train: split,
    validation: null,
    test: split,
    sha256: {},
    notice: "The digits are synthetic.",
  };
  return heldOutPage(judged, { dataset, unseen: [1], epochs: 2, seeds: [1, 2], backend });
}

function willshaw(): string {
  const plan = { ...QUICK, probes: 100, codes: 100, completed: 10 };
  const measured = measureCapacity(plan, seed(1), () => true);
  assert(E.isRight(measured));
  return capacityPage(measured.right, plan, { quick: true, seeds: [1] }, { seed: 1 });
}

/** Each page as a person meets it: light, dark, and on a phone. */
async function check(browser: Browser, text: string, figures: number): Promise<void> {
  const file = await Deno.makeTempFile({ prefix: "sparrow-study-", suffix: ".html" });
  try {
    await Deno.writeTextFile(file, text);
    const url = `file://${file}`;
    const { page, complaints, requests } = await open(browser, url);
    assertEquals(await page.locator("figure").count(), figures);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      assertEquals(await violations(page), []);
    }
    await page.setViewportSize({ width: 390, height: 844 });
    const { wide, window } = await page.evaluate(
      "({ wide: document.documentElement.scrollWidth, window: innerWidth })",
    ) as { readonly wide: number; readonly window: number };
    assertEquals(wide, window, "the page does not scroll sideways");
    const table = await page.locator(".scroll").first().boundingBox();
    assertGreater(table?.height ?? 0, 40);
    assertEquals(await violations(page), []);
    assertEquals([complaints, requests], [[], [url]]);
    await page.context().close();
  } finally {
    await Deno.remove(file);
  }
}

browserTest(
  "studies: the calibration's page, light, dark and on a phone",
  (browser) => check(browser, calibration(), 1),
);

browserTest(
  "studies: the held-out classes' page, light, dark and on a phone",
  (browser) => check(browser, heldOut(), 1),
);

browserTest(
  "studies: the Willshaw memory's page, light, dark and on a phone",
  (browser) => check(browser, willshaw(), 3),
);
