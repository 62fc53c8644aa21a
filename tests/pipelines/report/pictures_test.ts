import { root } from "../process.ts";
import { filesOf, PICTURES, sizes } from "./pictures.ts";
import { assertEquals, assertGreater, assertLess } from "../../assert.ts";

Deno.test("the pictures of the README are there, in their size, and small", async () => {
  const files = Array.from(Deno.readDirSync(root + PICTURES), ({ name }) => name).sort();
  const expected = Object.entries(sizes).flatMap(([name, size]) =>
    filesOf(name).map((file) => ({ file, size }))
  );
  assertEquals(files, expected.map(({ file }) => file).sort());
  for (const { file, size } of expected) {
    const bytes = await Deno.readFile(`${root}${PICTURES}/${file}`);
    assertEquals([...bytes.subarray(1, 4)], [..."PNG"].map((letter) => letter.charCodeAt(0)));
    // The header's width and height (PNG specification, 11.2.2).
    const view = new DataView(bytes.buffer);
    assertEquals({ width: view.getUint32(16), height: view.getUint32(20) }, size, file);
    assertLess(bytes.length, 200_000, file);
    assertGreater(bytes.length, 20_000, file);
  }
});
