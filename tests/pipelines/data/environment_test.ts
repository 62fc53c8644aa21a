import { E } from "../../../graph/fp_ts.ts";
import { describe } from "../../../graph/error.ts";
import { loadCifar10 } from "../../../pipelines/data/cifar10.ts";
import { denoDataEnv } from "../../../pipelines/data/environment.ts";
import { loadImageFolder } from "../../../pipelines/data/image_folder.ts";
import { loadDigits, loadImages } from "../../../pipelines/data/images.ts";
import { loadFashionMnist, loadMnist } from "../../../pipelines/data/mnist.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";

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
      { name: "broken", isFolder: false, isLink: true, isOther: true },
      { name: "file", isFolder: false, isLink: false, isOther: false },
      { name: "inside", isFolder: true, isLink: false, isOther: false },
      { name: "link", isFolder: true, isLink: true, isOther: false },
    ]);
    assertEquals(
      await denoDataEnv.realPath(`${folder}/link`),
      `${await Deno.realPath(folder)}/inside`,
    );
    assertEquals(await denoDataEnv.realPath(`${folder}/broken`), null);
    const file = await list(`${folder}/file`)();
    assert(E.isLeft(file));
    assertEquals([file.left.operation, file.left.file], ["read", `${folder}/file`]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("without an environment loaders look in Deno's files", async () => {
  const folder = `${await Deno.makeTempDir()}/nowhere`;
  const loads = [
    loadMnist({ data: folder }),
    loadFashionMnist({ data: folder }),
    loadCifar10({ data: folder }),
    loadImageFolder({ folder, size: [8, 8] }),
    loadDigits({ dataset: "mnist", data: folder }),
    loadImages({ dataset: "cifar10", data: folder }),
  ];
  for (const load of loads) {
    const loaded = await load();
    assert(E.isLeft(loaded) && loaded.left._tag === "DatasetUnavailable");
    assertStringIncludes(describe(loaded.left), folder);
  }
});
