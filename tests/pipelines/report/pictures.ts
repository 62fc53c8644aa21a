/**
 * Makes the pictures of the README: a real training on MNIST, seen in the dashboard and in the report.
 *
 *     deno task pictures
 *
 * @module
 */
import type { Browser } from "npm:playwright-core@1.65.1";
import { open, untilEpoch, withBrowser, withTraining } from "../browser.ts";
import { root } from "../process.ts";

/** Where they are. */
export const PICTURES = "tests/pipelines/report/pictures";

/** All of them, in pixels. */
export const size = { width: 1200, height: 1000 } as const;

const schemes = ["light", "dark"] as const;

/** The files in {@linkcode PICTURES}. */
export const pictures: readonly string[] = ["dashboard", "report"].flatMap((page) =>
  schemes.map((scheme) => `${page}-${scheme}.png`)
);

/** Photographs a page, light and dark, once it shows what it is to show. */
async function take(
  browser: Browser,
  name: string,
  url: string,
  ready: (page: Awaited<ReturnType<typeof open>>["page"]) => Promise<void>,
): Promise<void> {
  const { page } = await open(browser, url);
  await page.setViewportSize(size);
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
  await withBrowser((browser) =>
    withTraining(options, async (url, running, folder) => {
      await take(browser, "dashboard", url, (page) => untilEpoch(page, "accuracy", 12, 300));
      await running.finished;
      await take(browser, "report", `file://${root}${folder}/report.html`, async () => {});
    })
  );
}
