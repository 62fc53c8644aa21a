import type { Browser, Page } from "npm:playwright-core@1.65.1";
import { graph } from "../../../graph/parse.ts";
import { show } from "../../../graph/show.ts";
import { assert, assertEquals, assertMatch, assertNotEquals } from "../../assert.ts";
import { browserTest, open, textOf, violations } from "../browser.ts";
import { root } from "../process.ts";
import { unitsOf } from "../encode/units_of.ts";
import { drawSeven, withDrawingPage } from "./drawing_page.ts";

const ENCODER = show(graph`linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)`);

/** Reads an attribute that the page sets once it has made the code of the last stroke. */
const attribute = (page: Page, id: string, name: string): Promise<string> =>
  page.locator(id).getAttribute(name).then((text) => text ?? "");

const numbers = (text: string): readonly number[] => text.split(" ").filter(Boolean).map(Number);

async function drawn(browser: Browser, url: string, folder: string, backend: string) {
  const { page, complaints, requests } = await open(browser, `${url}?backend=${backend}`);
  await page.locator("body[data-ready]").waitFor();
  const status = await textOf(page, "#status");
  assert(status.startsWith(`${ENCODER}, on ${backend}`), status);
  assertEquals(await textOf(page, "#count"), "No code yet");
  await drawSeven(page);
  await page.locator("#code i.on").first().waitFor();
  // Strokes follow each other; the last one's code has come when no other comes any more.
  let units = "";
  for (let last = null; units !== last; await page.waitForTimeout(150)) {
    [last, units] = [units, await attribute(page, "#code", "data-units")];
  }
  const pixels = numbers(await attribute(page, "#draw", "data-pixels"));
  assertEquals(pixels.length, 784);
  assertMatch(await textOf(page, "#count"), /^2[56] of 512 bits are set$/);
  assertEquals(await page.locator("#code i").count(), 512);
  assertEquals(await page.locator("#code i.on").count(), numbers(units).length);
  const image = { count: 1, values: Uint8Array.from(pixels) };
  const [expected] = await unitsOf(`${root}${folder}/model.safetensors`, image);
  assertEquals(numbers(units), expected, "the page's code is Sparrow's");
  assertEquals(await page.locator("#nearest li").count(), 5);
  assertEquals(complaints, []);
  // Nothing is asked for elsewhere.
  const own = requests.filter((request) => !/^(blob|data):/.test(request));
  assert(own.every((request) => request.startsWith(url)), own.join());
  return { page, units };
}

browserTest(
  "a page loads a trained encoder, and shows the code of what the mouse draws",
  (browser) =>
    withDrawingPage(["--quick"], async (url, folder) => {
      const { page, units } = await drawn(browser, url, folder, "wasm");
      assertEquals(await violations(page), []);
      await page.locator("#clear").click();
      await page.locator("#count", { hasText: "No code yet" }).waitFor();
      assertEquals(await page.locator("#code i.on").count(), 0);
      const other = await drawn(browser, url, folder, "cpu");
      assertNotEquals(units, "");
      assertEquals(other.units, units, "cpu and wasm agree");
      assertEquals(
        await fetch(`${url}../deno.json`).then((response) => response.text()),
        "There is no deno.json",
      );
    }),
);
