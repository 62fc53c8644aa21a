import { describe } from "../../../graph/error.ts";
import { denoFiles } from "../../../pipelines/files/files.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";
import { left, right } from "../tiny.ts";

const inFolder = async (use: (folder: string) => Promise<void>) => {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
};

Deno.test("a file is written whole, its folder made, nothing left beside it", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a/b/c.txt`;
    right(await denoFiles.write(path, "first")());
    right(await denoFiles.write(path, "second")());
    assertEquals(new TextDecoder().decode(right(await denoFiles.read(path)())), "second");
    assertEquals(Array.from(Deno.readDirSync(`${folder}/a/b`), ({ name }) => name), ["c.txt"]);
  }));

Deno.test("a write that fails leaves the old file and nothing else", () =>
  inFolder(async (folder) => {
    // A folder in the file's place: the rename fails after everything was written.
    await Deno.mkdir(`${folder}/taken/inside`, { recursive: true });
    const error = left(await denoFiles.write(`${folder}/taken`, "new")());
    assertStringIncludes(describe(error), `Cannot write ${folder}/taken`);
    assertEquals(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["taken"]);
  }));

Deno.test("a missing file and a missing permission say so", async () => {
  const missing = left(await denoFiles.read("/no/such/file")());
  assertEquals(
    describe(missing),
    "Cannot read /no/such/file: there is no such file. Check the path",
  );
  assertEquals(right(await denoFiles.exists("/no/such/file")()), false);
});

Deno.test({
  name: "without the permission to write, the flag to add is named",
  permissions: { read: true, write: false },
  fn: async () => {
    const error = left(await denoFiles.write("/tmp/out/model", "x")());
    assert(error._tag === "FileUnavailable");
    assertStringIncludes(describe(error), "Add --allow-write=/tmp/out");
  },
});
