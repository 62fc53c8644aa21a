import axe, { type AxeResults } from "npm:axe-core@4.14.1";
import type { Browser, Page } from "npm:playwright-core@1.65.1";
import { assert, assertEquals, assertGreater, assertMatch, assertNotEquals } from "../../assert.ts";
import { startDashboard } from "../../../pipelines/dashboard/dashboard.ts";
import { type Running, start, withFolder } from "../process.ts";
import { envOn, right } from "../tiny.ts";

const executablePath = "/usr/bin/chromium";

/** Playwright, which would read files of /proc while it loads that a test is not allowed to. */
async function loadPlaywright() {
  Deno.env.set("__IS_WSL_TEST__", "1");
  return (await import("npm:playwright-core@1.65.1")).chromium;
}

const isThere = (file: string): boolean => {
  try {
    return Deno.statSync(file).isFile;
  } catch {
    return false;
  }
};

/** A test in chromium. Playwright keeps handles of its own until the browser is closed. */
const browserTest = (name: string, fn: (browser: Browser) => Promise<void>) =>
  Deno.test({
    name: `dashboard: ${name}`,
    ignore: !isThere(executablePath) && Deno.env.get("CI") !== "true",
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      const chromium = await loadPlaywright();
      const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
      try {
        await fn(browser);
      } finally {
        await browser.close();
      }
    },
  });

/** Trains on the built-in digits; gives the address of the dashboard. */
async function withTraining(
  epochs: number,
  use: (url: string, running: Running) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const program = ["run", "-P", "pipelines/mnist_kwta.ts", "--dataset", "strokes"];
    const options = ["--backend", "wasm", "--epochs", String(epochs), "--out", folder];
    const running = start(...program, ...options, "--dashboard", "0");
    try {
      await running.until("/\n");
      await use(/^Dashboard: (http:\S+)$/m.exec(running.out())![1], running);
    } finally {
      try {
        running.kill("SIGKILL");
      } catch {
        // It has ended.
      }
      await running.finished;
    }
  });
}

/** A new page, and what its console complains of. */
async function open(browser: Browser, url: string) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 1000 } });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  await page.goto(url);
  return { page, complaints };
}

const textOf = (page: Page, selector: string): Promise<string> =>
  page.locator(selector).innerText();

/** The epoch whose values a figure tells. */
const epochAt = async (page: Page, figure: string): Promise<number> =>
  Number(/^epoch (\d+):/.exec(await textOf(page, `#${figure} .readout`))![1]);

/** Waits until a figure tells the values of an epoch, or of a later one. */
async function untilEpoch(page: Page, figure: string, epoch: number): Promise<void> {
  for (let i = 0; i < 150; i++) {
    const there = await page.locator(`#${figure} .readout`).count() > 0;
    if (there && await epochAt(page, figure) >= epoch) return;
    await page.waitForTimeout(100);
  }
  throw new Error(`${figure} did not get to epoch ${epoch}`);
}

const untilState = (page: Page, state: string): Promise<void> =>
  page.locator("#state", { hasText: state }).waitFor();

/** What axe finds serious in the page as it is. */
async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate("axe.run()") as AxeResults;
  assertGreater(found.passes.length, 10);
  return found.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

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
