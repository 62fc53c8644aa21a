import { nearestImages } from "../../../pipelines/encode/search.ts";
import { searchSheet } from "../../../pipelines/encode/search_sheet.ts";
import { parseDocument } from "../../../pipelines/report/dom.ts";
import { assertEquals, assertFalse, assertStringIncludes } from "../../assert.ts";
import { codesOf } from "../../ops/codes/sets.ts";
import { fake } from "../data/fake.ts";
import { plain, png } from "../data/image_files.ts";
import { right } from "../tiny.ts";

const names = Array.from({ length: 60 }, (_, i) => `/pets/<cat>/${i}.png`);
const thumbnails = Uint8Array.from({ length: 61 * 256 }, (_, i) => {
  const slope = i % 256 % 200;
  return i < 60 * 256 ? slope : 200 - slope;
});
const set = {
  codes: codesOf([...names.map(() => [1, 2]), [3]], 40),
  labels: Int32Array.of(...names.map(() => 0), 1),
  thumbnails,
  activations: new Int8Array(61 * 40).fill(1),
  origins: {
    model: { file: "m", sha256: "00" },
    inverted: false,
    classes: ["cat", "dog"],
    parts: [{ kind: "files", files: [...names, "/pets/dog/60.png"] }],
  },
} as const;
const { env: dataEnv } = fake({
  disk: Object.fromEntries([...names, "/pets/dog/60.png"].map((
    name,
    i,
  ) => [name, png(2, 2, plain(2, 2, [4 * i, 9, 9, 255]))])),
});

Deno.test("the sheet has every name under its picture, groups as a count with their names", async () => {
  const answers = right(nearestImages(set, set, { k: 2, group: true })).slice(0, 1);
  const page = right(await searchSheet({ set, queries: set, answers }, { dataEnv })());
  const document = parseDocument(page);
  const texts = (of: string) =>
    [...document.querySelectorAll(of)].map(({ textContent }) => textContent?.trim());
  assertEquals(texts(".query figcaption div"), ["cat", "0.png"]);
  assertEquals(texts(".tiles figcaption > div"), [
    ...["cat", "0.png", "near-duplicate", "differs in 0, shares 2"],
    ...["dog", "60.png", "differs in 3, shares 0"],
  ]);
  assertEquals(texts("details.more summary"), ["+59 alike"]);
  // The most that a page lists, and that there are more.
  assertEquals(texts("details.more li").length, 51);
  assertEquals(texts("details.more li").slice(0, 2), ["/pets/<cat>/1.png", "/pets/<cat>/10.png"]);
  assertEquals([...document.querySelectorAll(".tile.other")].length, 1);
  assertStringIncludes(page, "Near-duplicates of the query come first");
  assertStringIncludes(page, 'style="--tiles: 2"');
  assertFalse(/undefined|NaN|<script|<cat>/.test(page));
});
