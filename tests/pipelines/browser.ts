/**
 * Pages in chromium, for tests and for the pictures of the README.
 *
 * @module
 */
import axe, { type AxeResults } from "npm:axe-core@4.14.1";
import type { Browser, Page } from "npm:playwright-core@1.65.1";
import { assertGreater } from "../assert.ts";
import { type Running, start, withFolder } from "./process.ts";

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

async function launch(): Promise<Browser> {
  const chromium = await loadPlaywright();
  // On Linux, where it draws without a GPU, it has WebGPU only if asked: SwiftShader's.
  const args = ["--no-sandbox", "--enable-unsafe-webgpu"];
  return chromium.launch({ executablePath, args });
}

/** Gives a browser, and closes it. */
export async function withBrowser(use: (browser: Browser) => Promise<void>): Promise<void> {
  const browser = await launch();
  try {
    await use(browser);
  } finally {
    await browser.close();
  }
}

/** The browser of this file's tests, from the first one that needs it on. */
let shared: Promise<Browser> | null = null;
let closesAtEnd = false;

/**
 * A test in chromium, which starts once for all tests of a file; their pages are closed with each test. Playwright
 * keeps handles of its own until the browser is closed.
 */
export function browserTest(name: string, fn: (browser: Browser) => Promise<void>): void {
  if (!closesAtEnd) Deno.test.afterAll(async () => await (await shared)?.close());
  closesAtEnd = true;
  Deno.test({
    name,
    ignore: !isThere(executablePath) && Deno.env.get("CI") !== "true",
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      const browser = await (shared ??= launch());
      try {
        await fn(browser);
      } finally {
        await Promise.all(browser.contexts().map((context) => context.close()));
      }
    },
  });
}

/**
 * Trains an MNIST encoder with a dashboard.
 *
 * @param options Options of the program, besides where it writes.
 * @param use Called with the address of the dashboard, and the folder of the results.
 */
export async function withTraining(
  options: readonly string[],
  use: (url: string, running: Running, folder: string) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const program = ["run", "-P", "pipelines/mnist_kwta.ts", "--backend", "wasm"];
    const running = start(...program, ...options, "--out", folder, "--dashboard", "0");
    try {
      await running.until("/\n");
      await use(/^Dashboard: (http:\S+)$/m.exec(running.out())![1], running, folder);
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

/** A page that is open, what its console complains of, and what it asks for. */
export interface Opened {
  readonly page: Page;
  readonly complaints: readonly string[];
  /** Addresses, the page's own first. */
  readonly requests: readonly string[];
}

/** Opens a page in a profile of its own. */
export async function open(
  browser: Browser,
  url: string,
  colorScheme: "light" | "dark" = "light",
): Promise<Opened> {
  const context = await browser.newContext({
    viewport: { width: 1200, height: 1000 },
    colorScheme,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(url);
  return { page, complaints, requests };
}

/** The text that an element shows. */
export const textOf = (page: Page, selector: string): Promise<string> =>
  page.locator(selector).innerText();

/** The epoch whose values a figure of the dashboard tells. */
export const epochAt = async (page: Page, figure: string): Promise<number> =>
  Number(/^epoch (\d+):/.exec(await textOf(page, `#${figure} .readout`))![1]);

/** Waits until a figure of the dashboard tells the values of an epoch, or of a later one. */
export async function untilEpoch(
  page: Page,
  figure: string,
  epoch: number,
  seconds = 15,
): Promise<void> {
  for (let i = 0; i < 10 * seconds; i++) {
    const there = await page.locator(`#${figure} .readout`).count() > 0;
    if (there && await epochAt(page, figure) >= epoch) return;
    await page.waitForTimeout(100);
  }
  throw new Error(`${figure} did not get to epoch ${epoch}`);
}

/** Lists the serious violations that axe finds in the page. */
export async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate("axe.run()") as AxeResults;
  assertGreater(found.passes.length, 10);
  return found.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}
