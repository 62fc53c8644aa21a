import type { Browser, Page } from "npm:playwright-core@1.65.1";
import { graph } from "../../../graph/parse.ts";
import { compareRuns } from "../../../pipelines/report/comparison.ts";
import { comparePage } from "../../../pipelines/report/comparison_page.ts";
import { type ReportFiles, reportFiles } from "../../../pipelines/report/report.ts";
import { browserTest, open, violations } from "../browser.ts";
import { right } from "../tiny.ts";
import {
  simulate,
  simulateCentroids,
  simulateEvaluation,
  simulateHistory,
  simulateReconstructions,
  simulateWatched,
} from "./fixture.ts";
import { assert, assertEquals, assertGreater, assertMatch, assertNotEquals } from "../../assert.ts";

const model = {
  graph: graph`linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)`,
  input: [784],
};

const seconds = (epoch: number, name: string, value: number) =>
  ({ epoch, step: epoch, split: "run", name, value }) as const;

const report = (): ReportFiles => {
  const history = simulateHistory(20);
  const timed = history.filter(({ name }) => name === "loss").flatMap(({ epoch }) => [
    seconds(epoch, "training_seconds", 1.5),
    seconds(epoch, "evaluation_seconds", 0.5),
  ]);
  const centroids = simulateCentroids(Array.from("0123456789"), 512);
  return reportFiles(simulate({
    model,
    history: [...history, ...timed, ...simulateWatched(20)],
    findings: {
      classCodes: centroids,
      evaluation: simulateEvaluation(centroids),
      reconstructions: simulateReconstructions(8),
    },
  }));
};

const comparison = (): ReportFiles =>
  comparePage(right(compareRuns([1, 2, 3].map((seed) => ({
    folder: `runs/${seed}`,
    config: { seed, loss: { name: seed === 3 ? "supcon" : "triplet" } },
    history: simulateHistory(8 + seed),
  })))));

async function withFiles(
  { page, drawings }: ReportFiles,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "sparrow-page-" });
  try {
    await Deno.mkdir(`${folder}/figures`);
    for (const [file, text] of [...drawings, ["page.html", page] as const]) {
      await Deno.writeTextFile(`${folder}/${file}`, text);
    }
    await use(`file://${folder}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A figure as the browser lays it out. */
interface Seen {
  readonly id: string;
  readonly texts: readonly string[];
  /** Shapes that have a size and are painted. */
  readonly marks: number;
  readonly links: readonly string[];
}

const look = (page: Page): Promise<readonly Seen[]> =>
  page.evaluate(`[...document.querySelectorAll("figure")].map((figure) => {
    const svg = [...figure.querySelectorAll("svg")].find((svg) => svg.getBoundingClientRect().width > 0);
    const painted = (element) => {
      const { width, height } = element.getBoundingClientRect();
      const { fill, stroke } = getComputedStyle(element);
      return width + height > 0 && (fill !== "none" || stroke !== "none");
    };
    return {
      id: figure.id,
      texts: [...svg.querySelectorAll("text")].map((text) => text.textContent),
      marks: [...svg.querySelectorAll("path, circle, rect")].filter(painted).length,
      links: [...figure.querySelectorAll("a")].map((link) => link.textContent),
    };
  })`);

/** Labels of the axes, where they are not epochs. */
const axes: Readonly<Record<string, RegExp>> = {
  model: /linear/,
  centroids: /unit, ordered/,
  "centroid-codes": /unit, ordered/,
  "example-codes": /class.*unit, ordered/,
  "confused-images": /3 taken for 4.*7 times.*unit, ordered/,
  confusion: /predicted class.*true class/,
  "duty-cycles": /duty cycle \(.*units \(count\)/,
  reconstructions: /original.*reconstruction.*wrong pixels/,
};

async function check(browser: Browser, files: ReportFiles, figures: number): Promise<void> {
  await withFiles(files, async (folder) => {
    const url = `${folder}/page.html`;
    const { page, complaints, requests } = await open(browser, url);
    const seen = await look(page);
    assertEquals(seen.length, figures);
    for (const { id, texts, marks, links } of seen) {
      assertGreater(marks, 1, id);
      assert(texts.length >= 3, `${id} has axes`);
      assertMatch(texts.join("|"), axes[id] ?? /epoch →/, id);
      assertEquals(links, ["data", "svg"], id);
    }
    const light = await page.screenshot();
    assertEquals(await violations(page), []);
    await page.emulateMedia({ colorScheme: "dark" });
    assertNotEquals(await page.screenshot(), light);
    assertEquals(await violations(page), []);
    // Whatever is folded away is reached, and opened, by the keyboard.
    const summaries = await page.locator("summary").count();
    assertGreater(summaries, 0);
    await page.locator("summary").first().focus();
    await page.keyboard.press("Enter");
    assertEquals(await page.locator("details[open]").count(), 1);
    assertEquals(requests, [url]);
    assertEquals(complaints, []);
  });
}

browserTest(
  "report: opens from a file, asks for nothing, every figure has axes and marks",
  (browser) => check(browser, report(), 18),
);

browserTest("compare: the same of several runs", (browser) => check(browser, comparison(), 3));

browserTest(
  "report: a figure as a file of its own is light, or dark, and strict XML",
  (browser) => {
    const files = report();
    return withFiles(files, async (folder) => {
      for (const scheme of ["light", "dark"] as const) {
        const { page, complaints, requests } = await open(browser, `${folder}/page.html`, scheme);
        for (const [file, text] of files.drawings) {
          const fault = await page.evaluate(
            `new DOMParser().parseFromString(${JSON.stringify(text)}, "image/svg+xml")
            .querySelector("parsererror")?.textContent ?? null`,
          );
          assertEquals(fault, null, file);
        }
        await page.goto(`${folder}/figures/loss.svg`);
        const paper = await page.evaluate(
          `getComputedStyle(document.querySelector(".paper")).fill`,
        );
        assertEquals(paper, scheme === "light" ? "rgb(255, 255, 255)" : "rgb(20, 23, 27)");
        assertEquals(complaints, []);
        assertEquals(requests.length, 2);
        await page.context().close();
      }
    });
  },
);

browserTest(
  "report: on paper nothing is folded away, and it is light",
  (browser) =>
    withFiles(report(), async (folder) => {
      const { page } = await open(browser, `${folder}/page.html`, "dark");
      await page.emulateMedia({ media: "print" });
      const seen = await page.evaluate(`({
      ground: getComputedStyle(document.body).backgroundColor,
      table: document.querySelector("details table").getBoundingClientRect().height,
      links: [...document.querySelectorAll(".data")].filter((a) => a.offsetParent !== null).length,
    })`) as { readonly ground: string; readonly table: number; readonly links: number };
      assertEquals([seen.ground, seen.links], ["rgb(255, 255, 255)", 0]);
      assertGreater(seen.table, 50);
      const pdf = await page.pdf({ format: "A4" });
      assertGreater(pdf.length, 20_000);
    }),
);
