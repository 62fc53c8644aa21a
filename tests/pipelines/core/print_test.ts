/** Tests of text that reaches a terminal: names that others have written do nothing to it. */
import { assert, assertEquals, assertFalse, assertStringIncludes } from "../../assert.ts";
import { plain, png } from "../data/image_files.ts";
import { trained } from "../encode/fixture.ts";
import { deno, root, withFolder } from "../process.ts";

/** Files that write by themselves: they print numbers, or to a process that reads them, or are no part of a program. */
const others = [
  "pipelines/cli/progress_bar.ts",
  "pipelines/core/print.ts",
  "pipelines/dashboard/build.ts",
  "pipelines/distribute/worker_process.ts",
];

Deno.test("programs print in one place", () => {
  const found: string[] = [];
  const visit = (folder: string): void => {
    for (const { name, isDirectory } of Deno.readDirSync(root + folder)) {
      const path = `${folder}/${name}`;
      if (isDirectory && name !== "cookbook" && name !== "client") visit(path);
      if (!name.endsWith(".ts")) continue;
      const code = Deno.readTextFileSync(root + path).replace(/^\s*(\/?\*|\/\/).*$/gm, "");
      if (/\bconsole\.|\b(alert|prompt|confirm)\(|Deno\.std(out|err)\.write/.test(code)) {
        found.push(path);
      }
    }
  };
  for (const layer of ["graph", "ops", "pipelines"]) visit(layer);
  const tools = ["ops/kernels/simd/build.ts", "ops/tfjs_build.ts"];
  assertEquals(found.sort(), [...tools, ...others].sort());
});

/** Sets the title, goes up and clears a line, turns the order of what follows, in 8 bits too. */
const STEERS = "\x1b]0;owned\x07\x1b[1A\x1b[2K\u202egpj\x9b31m\r";

const steers = /(?!\n)\p{Cc}|\p{Bidi_Control}/u;

Deno.test("names of files, classes and models are shown, and do nothing to a terminal or a page", () =>
  withFolder(async (folder) => {
    const { bytes } = await trained();
    const model = `${folder}/${STEERS}.safetensors`;
    const pets = `${folder}/pets`;
    const [one, two] = [`${pets}/${STEERS}`, `${pets}/dog`];
    for (const path of [one, two]) await Deno.mkdir(root + path, { recursive: true });
    await Deno.writeFile(root + model, bytes);
    for (const [i, path] of [one, two].entries()) {
      const image = png(30, 40, plain(30, 40, [90 * i, 255, 0, 255]));
      await Deno.writeFile(`${root}${path}/a\nb${STEERS}.png`, image);
    }
    await Deno.writeTextFile(`${root}${one}/bad${STEERS}.png`, "no image");
    const codes = `${folder}/${STEERS}.npz`;
    const run = async (name: string, ...args: readonly string[]) => {
      const all = ["run", "-P", `pipelines/${name}.ts`, ...args, "--backend", "cpu"];
      const { code, out, err } = await deno(...all);
      assertFalse(steers.test(out + err), JSON.stringify(out + err));
      return { code, out, err };
    };
    const encoded = await run("encode", model, pets, "--out", codes, "--skip-bad");
    assertEquals(encoded.code, 0, encoded.err);
    assertStringIncludes(encoded.err, "bad\\u001b]0;owned\\u0007\\u001b[1A\\u001b[2K\\u202egpj");
    const sheet = await run("search", codes, codes, "-k", "2", "--out", `${folder}/sheet`);
    assertEquals(sheet.code, 0, sheet.err);
    // A name is in one line of the table, whatever it has in it.
    assertEquals(sheet.out.split("\n").filter((line) => / [12] {2}/.test(line)).length, 4);
    const page = await Deno.readTextFile(`${root}${folder}/sheet/search.html`);
    assertFalse(steers.test(page), "the page");
    assertStringIncludes(page, "\\u202egpj");
    const json = await run("search", codes, codes, "-k", "2", "--json");
    const { answers } = JSON.parse(json.out);
    assertEquals(answers.length, 2);
    // JSON has the names as they are.
    for (const { query } of answers) assert(query.name.endsWith(`/a\nb${STEERS}.png`));
  }));
