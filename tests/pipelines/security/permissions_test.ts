import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../assert.ts";
import { deno, root, withFolder } from "../process.ts";

const work = ["--dataset", "strokes", "--epochs", "1", "--backend", "wasm", "--seed", "3"];
const program = ["pipelines/mnist_kwta.ts", ...work];

/** The set that `deno run -P` gives, as flags. */
const { default: set } = JSON.parse(await Deno.readTextFile(`${root}deno.json`)).permissions;
const flags: Readonly<Record<string, string>> = {
  read: "--allow-read",
  write: `--allow-write=${set.write.join()}`,
  env: `--allow-env=${set.env.join()}`,
  net: `--allow-net=${set.net.join()}`,
};

const without = (missing: string): readonly string[] =>
  Object.entries(flags).filter(([name]) => name !== missing).map(([, flag]) => flag);

const there = (folder: string): readonly string[] => {
  try {
    return [...Deno.readDirSync(`${root}${folder}`)].map(({ name }) => name).sort();
  } catch {
    return [];
  }
};

Deno.test("the permission set is what these tests take apart: nothing is run, nothing foreign is written", () => {
  assertEquals(Object.keys(set).sort(), ["env", "net", "read", "write"]);
  assertEquals(set.read, true);
  assertEquals(set.write, ["./runs"]);
});

Deno.test("the main job runs with -P, and with the same permissions as flags", async () => {
  await withFolder(async (folder) => {
    const given = await deno("run", "-P", ...program, "--out", `${folder}/set`);
    assertEquals([given.code, given.err], [0, ""]);
    const listed = await deno("run", ...without("none"), ...program, "--out", `${folder}/flags`);
    assertEquals([listed.code, listed.err], [0, ""]);
    assertEquals(there(`${folder}/flags`), there(`${folder}/set`));
    assert(there(`${folder}/set`).includes("model.safetensors"));
  });
});

Deno.test("without the permission to write, the error names it, and nothing is there", async () => {
  await withFolder(async (folder) => {
    const { code, out, err } = await deno("run", ...without("write"), ...program, "--out", folder);
    assertEquals(code, 1);
    assert(!out.includes("epoch 1"), "nothing is trained");
    assertMatch(err, /^Cannot write .*: Deno was not given the permission to write there\. /);
    assertStringIncludes(err, `Add --allow-write=${folder}`);
    assertEquals(there(folder), []);
  });
});

Deno.test("a folder outside the set is refused with the flag to add", async () => {
  const folder = `${await Deno.makeTempDir()}/out`;
  const { code, err } = await deno("run", "-P", ...program, "--out", folder);
  assertEquals(code, 1);
  assertStringIncludes(err, `Add --allow-write=${folder}`);
  const up = await deno("run", "-P", ...program, "--out", "runs/../elsewhere");
  assertEquals(up.code, 1);
  assertStringIncludes(up.err, "Deno was not given the permission to write there");
  assertEquals(there("elsewhere"), []);
});

Deno.test("without the permission to read, the error names it, and nothing is half-written", async () => {
  await withFolder(async (folder) => {
    const { code, err } = await deno("run", ...without("read"), ...program, "--out", folder);
    assertEquals(code, 2);
    assertMatch(
      err,
      /^Deno was not given a permission that is needed \(--allow-read\)\. Run: deno run -P /,
    );
    assert(there(folder).every((name) => !name.endsWith(".tmp")), there(folder).join());
    assert(!there(folder).includes("config.json"), "no run has begun");
  });
});

Deno.test("what is only looked for may be missing: without net and env the built-in digits are trained", async () => {
  await withFolder(async (folder) => {
    for (const missing of ["net", "env"]) {
      const place = `${folder}/${missing}`;
      const { code, err } = await deno("run", ...without(missing), ...program, "--out", place);
      assertEquals([missing, code, err], [missing, 0, ""]);
      assert(there(place).includes("model.safetensors"));
    }
    // Where the web is needed, what is missing is named; without a home there is no cache.
    const named = ["pipelines/mnist_kwta.ts", "--dataset", "fashion_mnist", "--epochs", "1"];
    const bare = without("net").filter((flag) => flag !== flags.env);
    const cut = await deno("run", ...bare, ...named, "--out", `${folder}/web`);
    assertEquals(cut.code, 1);
    assertMatch(cut.err, /^Cannot find Fashion-MNIST: /m);
    assertMatch(cut.err, /--allow-net/);
    assertEquals(there(`${folder}/web`), []);
  });
});
