import fc from "npm:fast-check@4.3.0";
import { describe, orThrow } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import { bytesInMemory, openBytes, stretchOf } from "../../../pipelines/files/byte_source.ts";
import { assert, assertEquals } from "../../assert.ts";

const content = Uint8Array.from({ length: 1000 }, (_, i) => i * 7);

async function written(): Promise<string> {
  const path = await Deno.makeTempFile();
  await Deno.writeFile(path, content);
  return path;
}

Deno.test("a file, an array and a stretch of either read the same, also when reads overlap", async () => {
  const path = await written();
  const file = await orThrow(openBytes(path));
  const memory = bytesInMemory("array", content);
  const part = stretchOf(stretchOf(file, "part", 100, 800), "part of part", 50, 700);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(700), fc.nat(700)), { maxLength: 8 }),
      async (pairs) => {
        await Promise.all(pairs.map(async ([a, b]) => {
          const [from, count] = [Math.min(a, b), Math.abs(a - b)];
          const expected = content.slice(150 + from, 150 + from + count);
          assertEquals(await orThrow(file.read(150 + from, count)), expected);
          assertEquals(await orThrow(memory.read(150 + from, count)), expected);
          assertEquals(await orThrow(part.read(from, count)), expected);
        }));
      },
    ),
    { numRuns: 50, seed: 1 },
  );
  await file.close()();
  await file.close()();
  await Deno.remove(path);
});

Deno.test("bytes that there are not are refused before memory is taken for them", async () => {
  const path = await written();
  const file = await orThrow(openBytes(path));
  for (const source of [file, bytesInMemory("array", content), stretchOf(file, "part", 0, 1000)]) {
    for (const [from, count] of [[0, 1001], [1000, 1], [-1, 1], [5, -1], [0, 2 ** 52], [NaN, 1]]) {
      const read = await source.read(from, count)();
      assert(E.isLeft(read) && read.left._tag === "CorruptFile", `${from} ${count}`);
    }
    assertEquals((await orThrow(source.read(1000, 0))).length, 0);
  }
  // The file is cut off after it was opened.
  await Deno.truncate(path, 10);
  const gone = await file.read(5, 10)();
  assert(E.isLeft(gone));
  assertEquals(
    describe(gone.left),
    `Cannot use ${path}: expected 10 bytes from byte 5 on, current value is 5`,
  );
  await file.close()();
  const closed = await file.read(0, 1)();
  assert(E.isLeft(closed) && closed.left._tag === "FileUnavailable");
  await Deno.remove(path);
});

Deno.test("what is no file is refused, and nothing stays open", async () => {
  const folder = await Deno.makeTempDir();
  for (const path of [folder, `${folder}/none`]) {
    const opened = await openBytes(path)();
    assert(E.isLeft(opened) && opened.left.file === path);
  }
  await Deno.remove(folder);
});
