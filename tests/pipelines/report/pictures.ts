/**
 * Makes the pictures of the README: the cookbook's page with a drawing, and a real training on MNIST, seen in
 * the dashboard and in the report.
 *
 *     deno task pictures
 *
 * @module
 */
import type { Browser } from "npm:playwright-core@1.65.1";
import { open, untilEpoch, withBrowser, withTraining } from "../browser.ts";
import { drawSeven, withDrawingPage } from "../cookbook/drawing_page.ts";
import { root } from "../process.ts";

/** Folder of the pictures. */
export const PICTURES = "tests/pipelines/report/pictures";

/** Sizes of the photographed pages, in pixels. */
export const sizes = {
  dashboard: { width: 1200, height: 1000 },
  drawing: { width: 1000, height: 560 },
  report: { width: 1200, height: 1000 },
} as const;

/** The files of one of them, in {@linkcode PICTURES}. */
export const filesOf = (name: string): readonly string[] =>
  schemes.map((scheme) => `${name}-${scheme}.png`);

const schemes = ["light", "dark"] as const;

/** Photographs a page, light and dark, once it shows what it is to show. */
async function take(
  browser: Browser,
  name: keyof typeof sizes,
  url: string,
  ready: (page: Awaited<ReturnType<typeof open>>["page"]) => Promise<void>,
): Promise<void> {
  const { page } = await open(browser, url);
  await page.setViewportSize(sizes[name]);
  await ready(page);
  for (const colorScheme of schemes) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(300);
    await page.screenshot({ path: `${root}${PICTURES}/${name}-${colorScheme}.png` });
  }
  await page.context().close();
}

if (import.meta.main) {
  const options = [
    "--dataset",
    "mnist",
    "--data",
    "../shared/mnist",
    "--seed",
    "26",
    "--epochs",
    "20",
  ];
  await withBrowser(async (browser) => {
    await withDrawingPage([], (url) =>
      take(browser, "drawing", url, async (page) => {
        await page.locator("body[data-ready]").waitFor();
        await drawSeven(page);
        await page.locator("#code i.on").first().waitFor();
        await page.waitForTimeout(1000);
      }));
    await withTraining(options, async (url, running, folder) => {
      await take(browser, "dashboard", url, (page) => untilEpoch(page, "accuracy", 12, 300));
      await running.finished;
      await take(browser, "report", `file://${root}${folder}/report.html`, async () => {});
    });
  });
}
