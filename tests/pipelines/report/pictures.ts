/**
 * Makes the pictures of the READMEs: the cookbook's page with a drawing, and a real training on MNIST, seen in
 * the dashboard and in the report. Where the page of a search is named, that is photographed instead: the one in
 * the main README found photographs of the npm packages `@stdlib/datasets-img-*`, which are in the public domain.
 *
 *     deno task pictures
 *     deno task pictures runs/found/search.html
 *
 * @module
 */
import type { Browser } from "npm:playwright-core@1.65.1";
import { startMagick } from "../../../pipelines/data/magick.ts";
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
  search: { width: 1000, height: 680 },
} as const;

/** The files of one of them, in {@linkcode PICTURES}. */
export const filesOf = (name: string): readonly string[] =>
  schemes.map((scheme) => `${name}-${scheme}.png`);

const schemes = ["light", "dark"] as const;

/** Most colours of a picture: with 256, a page of photographs takes a third of the bytes. */
const COLOURS = 256;

/** Writes a PNG of at most {@linkcode COLOURS} colours. */
async function write(path: string, png: Uint8Array): Promise<void> {
  const { ImageMagick, MagickFormat, QuantizeSettings } = await startMagick();
  const settings = new QuantizeSettings();
  settings.colors = COLOURS;
  const reduced = ImageMagick.read(png, (image) => {
    image.quantize(settings);
    return image.write(MagickFormat.Png8, (bytes) => bytes.slice());
  });
  await Deno.writeFile(path, reduced);
}

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
    await write(`${root}${PICTURES}/${name}-${colorScheme}.png`, await page.screenshot());
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
    if (Deno.args.length > 0) {
      const { href } = new URL(Deno.args[0], `file://${root}`);
      return await take(browser, "search", href, async () => {});
    }
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
