import type { Browser, Page } from "npm:playwright-core@1.65.1";
import { startDashboard } from "../../../pipelines/dashboard/dashboard.ts";
import { assert, assertEquals, assertGreater, assertMatch, assertNotEquals } from "../../assert.ts";
import * as browsers from "../browser.ts";
import { epochAt, open, textOf, untilEpoch, violations } from "../browser.ts";
import type { Running } from "../process.ts";
import { envOn, right } from "../tiny.ts";

const browserTest = (name: string, fn: (browser: Browser) => Promise<void>) =>
  browsers.browserTest(`dashboard: ${name}`, fn);

/** Trains on the built-in digits; gives the address of the dashboard. */
const withTraining = (
  epochs: number,
  use: (url: string, running: Running) => Promise<void>,
): Promise<void> =>
  browsers.withTraining(["--dataset", "strokes", "--epochs", String(epochs)], use);

const untilState = (page: Page, state: string): Promise<void> =>
  // Epochs take their time where the machine is busy.
  page.locator("#state", { hasText: state }).waitFor({ timeout: 25_000 });

browserTest(
  "a page grows with a real training, in every tab, and survives a reload",
  (browser) =>
    withTraining(200, async (url, running) => {
      const { page, complaints } = await open(browser, url);
      await untilState(page, "Training");
      await untilEpoch(page, "accuracy", 1);
      const first = await epochAt(page, "accuracy");
      await untilEpoch(page, "accuracy", first + 2);
      const points = () => page.locator("#accuracy .plot circle title").count();
      const before = await points();
      assertGreater(before, 2 * 2);

      // A second tab, and the first one again, know what was before them.
      const other = await page.context().newPage();
      await other.goto(url);
      await untilEpoch(other, "loss", first + 2);
      await page.reload();
      await untilEpoch(page, "accuracy", first + 2);
      assert(await points() >= before, "the reloaded page has the whole history");

      assertMatch(await textOf(page, "#epoch"), /^\d+ of 200/);
      assertMatch(await textOf(page, "#left"), /min|h|s/);
      assertMatch(await textOf(page, "#speed"), /^[\d,]+$/);
      assertEquals(await textOf(page, "#backend"), "wasm");
      assertMatch(await textOf(page, "#memory"), /MB, of it \d+ k?M?B in \d+ tensors/);
      assertMatch(await textOf(page, "#said"), /^epoch +\d+\/200 +loss /);
      assertMatch(await textOf(page, "#graph"), /^linear\(784, 64\) ▷ relu/);
      assertEquals(complaints, []);

      running.kill("SIGINT");
      await untilState(page, "Interrupted");
      assertMatch(await textOf(page, "#ending"), /^Interrupted in epoch \d+ at step \d+$/);
      await untilState(other, "Interrupted");
      assertEquals((await running.finished).code, 130);
      assertGreater(await points(), 2, "the figures stay");
    }),
);

browserTest(
  "more tabs than a browser has connections are all told, whoever of them goes",
  async (browser) => {
    const dashboard = right(await startDashboard({ title: "tabs", port: 0 })());
    const env = dashboard.watch(await envOn("cpu"));
    const { page: first, complaints } = await open(browser, dashboard.url);
    // What a page passes on may come later than the lock that it gives up.
    await first.context().addInitScript(`{
      const { postMessage } = BroadcastChannel.prototype;
      BroadcastChannel.prototype.postMessage = function (...told) {
        setTimeout(() => postMessage.apply(this, told), 300);
      };
    }`);
    const tabs: Page[] = [];
    for (let i = 0; i < 7; i++) {
      const tab = await first.context().newPage();
      tab.setDefaultTimeout(15_000);
      await tab.goto(dashboard.url);
      tabs.push(tab);
    }
    const allSay = async (line: string) => {
      env.log(line);
      for (const tab of tabs) await tab.locator("#said", { hasText: line }).waitFor();
    };
    await allSay("one");
    // The one that has the connection.
    await first.close();
    await allSay("two");
    const late = await tabs[0].context().newPage();
    await late.goto(dashboard.url);
    tabs.push(late);
    await tabs.shift()!.close();
    await allSay("three");
    await dashboard.close({ how: "failed", lines: ["why"] });
    for (const tab of tabs) {
      await untilState(tab, "Failed");
      assertEquals(await textOf(tab, "#ending"), "why");
    }
    assertEquals(complaints, []);
  },
);

browserTest(
  "pause, scale and cursor work, by keyboard too; axe finds nothing",
  (browser) =>
    withTraining(200, async (url) => {
      const { page, complaints } = await open(browser, url);
      await untilEpoch(page, "accuracy", 3);

      await page.locator("#pause").focus();
      await page.keyboard.press("Enter");
      assertEquals(await page.locator("#pause").getAttribute("aria-pressed"), "true");
      const [frozen, fact] = [await epochAt(page, "accuracy"), await textOf(page, "#gone")];
      await page.waitForTimeout(2500);
      assertEquals([await epochAt(page, "accuracy"), await textOf(page, "#gone")], [frozen, fact]);

      await page.keyboard.press("Tab");
      assertEquals(await page.evaluate("document.activeElement.id"), "scale");
      const isLog = async () =>
        (await page.locator("#loss .plot").textContent())!.includes("log scale");
      await page.locator("#scale").selectOption("linear");
      assertEquals(await isLog(), false);
      await page.locator("#scale").selectOption("log");
      assertEquals(await isLog(), true);

      await page.keyboard.press("Tab");
      assertEquals(await page.evaluate("document.activeElement.id"), "cursor");
      await page.keyboard.press("Home");
      assertEquals(await textOf(page, "#at"), "epoch 1");
      await page.keyboard.press("ArrowRight");
      const epochs = await Promise.all(
        ["accuracy", "loss", "hardness"].map((figure) => epochAt(page, figure)),
      );
      assertEquals(epochs, [2, 2, 2]);
      assertMatch(
        await textOf(page, "#accuracy .readout"),
        /^epoch 2: test 0\.\d{4}, train 0\.\d{4}$/,
      );

      // A pointer at the left end of one figure speaks for all; when it leaves, the cursor does again.
      const box = (await page.locator("#loss .plot").boundingBox())!;
      await page.mouse.move(box.x + 40, box.y + box.height / 2);
      assertEquals([await epochAt(page, "loss"), await epochAt(page, "sparsity")], [1, 1]);
      await page.mouse.move(2, 2);
      assertEquals(await epochAt(page, "loss"), 2);
      await page.locator("#cursor").press("End");
      assertEquals(await textOf(page, "#at"), "the last epoch");

      await page.locator("#pause").click();
      await untilEpoch(page, "accuracy", frozen + 1);

      const pictures: Uint8Array[] = [];
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        assertEquals(await violations(page), [], colorScheme);
        pictures.push(await page.screenshot());
      }
      assertNotEquals(pictures[0], pictures[1]);
      for (const width of [360, 800]) {
        await page.setViewportSize({ width, height: 900 });
        await page.waitForTimeout(1200);
        assertEquals(await page.evaluate("document.documentElement.scrollWidth"), width);
      }
      assertEquals(complaints, []);
    }),
);

browserTest(
  "a page says that the program has finished, and with which results",
  (browser) =>
    withTraining(5, async (url) => {
      const { page, complaints } = await open(browser, url);
      await untilState(page, "Finished");
      assertMatch(await textOf(page, "#ending"), /^Test accuracy 0\.\d{4}\n/);
      await untilEpoch(page, "accuracy", 5);
      assertEquals(await page.locator("#model svg").first().getAttribute("role"), "img");
      // Units of the kWTA layer by class, in cells.
      const cells = page.locator("#centroid-codes .wide path[d^=M]");
      assertGreater(await cells.count(), 0);
      assertEquals(await textOf(page, "#left"), "–");
      assertEquals(complaints, []);
      assertEquals(await violations(page), []);
    }),
);

browserTest(
  "a page says that the program was killed",
  (browser) =>
    withTraining(200, async (url, running) => {
      const { page } = await open(browser, url);
      await untilEpoch(page, "accuracy", 1);
      running.kill("SIGKILL");
      await untilState(page, "No connection");
      assertMatch(await textOf(page, "#ending"), /^The program does not answer: it was killed/);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        assertEquals(await violations(page), [], colorScheme);
      }
    }),
);
