/**
 * The cookbook's page that draws a digit's code, for tests and for the README's picture.
 *
 * @module
 */
import type { Page } from "npm:playwright-core@1.65.1";
import { assertEquals } from "../../assert.ts";
import { deno, start, withFolder } from "../process.ts";

/**
 * Follows the instructions of the cookbook: train, bundle, serve.
 *
 * @param options Options of the training.
 * @param use Called with the address of the page, and the folder of its files, from the project's root.
 */
export async function withDrawingPage(
  options: readonly string[],
  use: (url: string, folder: string) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const home = "pipelines/cookbook";
    const trained = await deno("run", "-P", `${home}/train_and_save.ts`, ...options, folder);
    assertEquals([trained.code, trained.err], [0, ""]);
    const from = `${home}/browser/page.ts`;
    const made = await deno("bundle", "--platform=browser", "-o", `${folder}/page.js`, from);
    assertEquals(made.code, 0, made.err);
    const server = start("run", "-P", `${home}/browser/serve.ts`, folder, "--port=0");
    try {
      await server.until("/\n");
      await use(/^(http:\S+)$/m.exec(server.out())![1], folder);
    } finally {
      server.kill("SIGKILL");
      await server.finished;
    }
  });
}

/** Draws a 7 with the mouse. */
export async function drawSeven(page: Page): Promise<void> {
  const { x, y } = (await page.locator("#draw").boundingBox())!;
  await page.mouse.move(x + 70, y + 60);
  await page.mouse.down();
  await page.mouse.move(x + 200, y + 60, { steps: 6 });
  await page.mouse.move(x + 120, y + 230, { steps: 8 });
  await page.mouse.up();
}
