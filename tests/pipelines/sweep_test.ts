/**
 * The sweep as a user runs it.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { deno, root, withFolder } from "./process.ts";

const program = "tests/pipelines/distribute/tiny_training.ts";

const cluster = ["run", "-P=cluster", "--frozen", "--lock=tests/deno.lock"];

const hashOf = async (path: string): Promise<string> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", await Deno.readFile(path))).toHex();

Deno.test("a sweep runs each setting with each seed, once, as the program alone would", () =>
  withFolder(async (folder) => {
    const sweep = (out: string, ...axes: readonly string[]) =>
      deno(
        ...cluster,
        "pipelines/sweep.ts",
        program,
        ...axes,
        "--seeds=1,2",
        "--workers=2",
        "--backend=cpu",
        `--store=${folder}/store`,
        `--out=${folder}/${out}`,
      );
    const axes = ["sparsity=0.1,.25", "epochs=1"];
    const first = await sweep("first", ...axes);
    assertEquals(first.code, 0, first.err);
    const lines = first.out.trimEnd().split("\n");
    assertEquals(lines.length, 5, first.out);
    assertEquals(lines[0], `${program} epochs=1 on cpu`);
    assertMatch(lines[1], /^setting +runs +test accuracy +difference to the first, by seed$/);
    assertMatch(lines[2], /^sparsity=0\.1 +2 +0\.\d{4} ± 0\.\d{4}$/);
    assertMatch(lines[3], /^sparsity=0\.25 +2 +0\.\d{4} ± 0\.\d{4} +[+-]?[\d.]+ ± [\d.]+$/);
    assertEquals(lines[4], `${folder}/first: sweep.csv, compare.html and its figures`);
    assertStringIncludes(first.err, "4 of 4\n");

    const page = await Deno.readTextFile(`${root}${folder}/first/compare.html`);
    for (const name of ["sparsity=0.1, seed 1", "sparsity=0.25, seed 2"]) {
      assertStringIncludes(page, name);
    }
    const csv = await Deno.readTextFile(`${root}${folder}/first/sweep.csv`);
    const again = await sweep("again", ...axes);
    assertEquals([again.code, again.err], [0, "4 runs, 4 of them were run before\n"]);
    assertEquals(await Deno.readTextFile(`${root}${folder}/again/sweep.csv`), csv);

    const [, , run] = /^sparsity=0\.25,2,(test accuracy),[\d.]+,(.*)$/m.exec(csv) ?? [];
    const alone = `${folder}/alone`;
    const options = ["--sparsity=0.25", "--epochs=1", "--seed=2", "--backend=cpu"];
    const { code, err } = await deno("run", "-P", program, ...options, `--out=${alone}`);
    assertEquals(code, 0, err);
    assertEquals(
      await hashOf(`${root}${run}/model.safetensors`),
      await hashOf(`${root}${alone}/model.safetensors`),
    );
    assert(!csv.includes("per_second"), "times are no results");
  }));

/** Command lines that a sweep refuses before the first run. */
const wrong: readonly (readonly [args: readonly string[], line: string])[] = [
  [["nothing"], "Cannot use PROGRAM: expected the name of a program in pipelines/"],
  [["mnist_kwta", "unitz=3"], 'current value is "--unitz". Did you mean "--units"?'],
];

Deno.test("a sweep refuses what no run would take, before the first one", async () => {
  for (const [args, line] of wrong) {
    const { code, err } = await deno(...cluster, "pipelines/sweep.ts", ...args, "--backend=cpu");
    assertStringIncludes(err, line);
    assertEquals([args, code], [args, 2]);
  }
});
