import { assert, assertEquals, assertGreater, assertLess, assertMatch } from "../../assert.ts";
import { deno, type Finished, root, withFolder } from "../process.ts";
import { served } from "../../served.ts";
import { programs } from "./programs.ts";

const home = `${root}pipelines/cookbook`;

function assertWorked(name: string, { code, out, err }: Finished): void {
  const { printed, chance } = programs.find((program) => program.name === name)!;
  assertEquals([code, err], [0, ""], `${name} ends without an error`);
  assertMatch(out, printed, `${name} prints ${out}`);
  for (const accuracy of printed.exec(out)!.slice(1)) {
    assertGreater(Number(accuracy), 2 * chance, `${name} learns`);
  }
}

Deno.test("every program of the cookbook is tested, and none is longer than 60 lines", () => {
  const files = [...Deno.readDirSync(home)].map(({ name }) => name).filter((name) =>
    name.endsWith(".ts")
  );
  assertEquals(files.sort(), programs.map(({ name }) => `${name}.ts`).sort());
  for (const file of files) {
    const text = Deno.readTextFileSync(`${home}/${file}`);
    assertLess(text.split("\n").length - 1, 60, `${file} is short`);
    assert(text.includes(`deno run -P pipelines/cookbook/${file}`), `${file} says how to run it`);
  }
});

Deno.test("the programs of the cookbook run as they say, in reduced form", async () => {
  await withFolder(async (folder) => {
    for (const { name } of programs) {
      const program = `pipelines/cookbook/${name}.ts`;
      assertWorked(name, await deno("run", "-P", "--no-check", program, "--quick", folder));
    }
  });
});

Deno.test("each of them works elsewhere, with nothing but the URLs of entry points", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sparrow-cookbook-" });
  await using server = served();
  try {
    const files = programs.map(({ name }) => `${folder}/${name}.ts`);
    for (const { name } of programs) {
      const text = await Deno.readTextFile(`${home}/${name}.ts`);
      assertEquals(text.split("../../mod.ts").length, 2, "one import of the front door");
      await Deno.writeTextFile(
        `${folder}/${name}.ts`,
        text.replaceAll('from "../../', `from "${server.url}/`),
      );
    }
    const alone = ["--no-config", "--no-lock", `--allow-import=${server.host}`];
    const fresh = `--reload=${server.url}`;
    const checked = await deno("check", ...alone, fresh, ...files);
    assertEquals(checked.code, 0, checked.err);
    for (const [i, { name }] of programs.entries()) {
      const may = ["--allow-read", `--allow-write=${folder}`, "--allow-env=XDG_RUNTIME_DIR"];
      assertWorked(
        name,
        await deno("run", ...alone, ...may, "--no-check", files[i], "--quick", `${folder}/out`),
      );
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
