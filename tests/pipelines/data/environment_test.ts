import { E } from "../../../graph/fp_ts.ts";
import { denoDataEnv } from "../../../pipelines/data/environment.ts";
import { assert, assertEquals } from "../../assert.ts";

const { list, variable, permitted } = denoDataEnv;

Deno.test({
  name: "a variable that is not set, empty or not permitted is undefined",
  permissions: { env: ["SPARROW_DATA", "XDG_CACHE_HOME"] },
  fn: () => {
    const before = Deno.env.get("SPARROW_DATA");
    try {
      Deno.env.set("SPARROW_DATA", "/data");
      assertEquals(variable("SPARROW_DATA"), "/data");
      Deno.env.set("SPARROW_DATA", "");
      assertEquals(variable("SPARROW_DATA"), undefined);
      Deno.env.delete("SPARROW_DATA");
      assertEquals(variable("SPARROW_DATA"), undefined);
      assertEquals(variable("HOME"), undefined);
    } finally {
      if (before !== undefined) Deno.env.set("SPARROW_DATA", before);
    }
  },
});

Deno.test({
  name: "permissions are those that Deno was given",
  permissions: { read: ["./runs"], write: false },
  fn: async () => {
    assertEquals(await permitted("read", "./runs/.cache/mnist", false), true);
    assertEquals(await permitted("read", "/elsewhere", false), false);
    assertEquals(await permitted("write", "./runs/.cache/mnist", false), false);
  },
});

Deno.test("a folder's entries are listed; what is no folder is an error that names it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/inside`);
    await Deno.writeTextFile(`${folder}/file`, "");
    await Deno.symlink(`${folder}/inside`, `${folder}/link`);
    await Deno.symlink(`${folder}/nothing`, `${folder}/broken`);
    const listed = await list(folder)();
    assert(E.isRight(listed));
    assertEquals(listed.right.toSorted((a, b) => a.name < b.name ? -1 : 1), [
      { name: "broken", isFolder: false },
      { name: "file", isFolder: false },
      { name: "inside", isFolder: true },
      { name: "link", isFolder: true },
    ]);
    const file = await list(`${folder}/file`)();
    assert(E.isLeft(file));
    assertEquals([file.left.operation, file.left.file], ["read", `${folder}/file`]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
