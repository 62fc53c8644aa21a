import type { Row } from "../../pipelines/core/history.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { deno, root, withFolder } from "./process.ts";

const run = ["run", "-P", "pipelines/mnist_kwta.ts"];
const strokes = ["--dataset", "strokes", "--backend", "wasm"];

const rows = (folder: string): readonly Row[] =>
  Deno.readTextFileSync(`${root}${folder}/metrics.jsonl`).trim().split("\n")
    .map((line) => JSON.parse(line));

const timing = ["samples_per_second", "training_seconds", "evaluation_seconds"];

Deno.test("a run leaves its files, and repeats itself on any number of threads", () =>
  withFolder(async (folder) => {
    const once = async (name: string, ...more: readonly string[]) => {
      const out = `${folder}/${name}`;
      const options = [...strokes, "--seed", "26", "--epochs", "2", "--out", out];
      const { code, err, out: printed } = await deno(...run, ...options, ...more);
      assertEquals([code, err], [0, ""]);
      assertMatch(printed, /\nepoch 1\/2 +loss 0\.\d{4} +train 0\.\d{4} +test 0\.\d{4} +bits 26/);
      assertStringIncludes(printed, "Test accuracy 0.");
      assertEquals(
        Array.from(Deno.readDirSync(`${root}${out}`), ({ name }) => name).sort(),
        [
          "checkpoints",
          "config.json",
          "figures",
          "metrics.jsonl",
          "model.safetensors",
          "report.html",
        ],
      );
      const profiled =
        /^Profile of .* on wasm: kernels .*\nkernel +calls .*\n[^]*^SparrowLinear +\d/m;
      assertEquals(profiled.test(printed), more.includes("--profile"));
      return out;
    };
    const a = await once("a", "--threads", "1");
    const b = await once("b", "--threads", "3", "--profile");
    const measured = (out: string) => rows(out).filter(({ name }) => !timing.includes(name));
    assertEquals(measured(b), measured(a));
    const weights = (out: string) => Deno.readFileSync(`${root}${out}/model.safetensors`);
    assertEquals(weights(b), weights(a));

    const config = JSON.parse(Deno.readTextFileSync(`${root}${a}/config.json`));
    assertEquals([config.options.seed, config.options.epochs, config.dataset.name], [
      26,
      2,
      "strokes",
    ]);
    assertEquals([config.backend.name, config.versions.tfjs], ["wasm", "4.22.0"]);
    assertMatch(config.dataset.sha256["strokes-train"], /^[0-9a-f]{64}$/);

    // Results are never overwritten.
    const again = await deno(...run, ...strokes, "--out", a);
    assertEquals(again.code, 2);
    assertStringIncludes(again.err, `Cannot use --out: expected a folder that does not hold a run`);
    assertEquals(weights(a), weights(b));
  }));

Deno.test("without a named dataset and without MNIST the built-in digits are used, and named", () =>
  withFolder(async (folder) => {
    // Where the cache has MNIST there is nothing to see.
    const { code, out } = await deno(...run, "--epochs", "1", "--out", folder);
    assertEquals(code, 0);
    const { dataset } = JSON.parse(Deno.readTextFileSync(`${root}${folder}/config.json`));
    if (dataset.name === "strokes") {
      assertStringIncludes(out, "MNIST was not found; the built-in digits (strokes) are used");
      const page = Deno.readTextFileSync(`${root}${folder}/report.html`);
      assertStringIncludes(page, "MNIST was not found");
    } else assertEquals(dataset.name, "mnist");
  }));

Deno.test("wrong usage exits with 2, an error with 1, help with 0: one line each", async () => {
  const usage = await deno(...run, "--epoch", "3");
  assertEquals(usage.code, 2);
  assertMatch(usage.err, /^Cannot use --epoch: .*Did you mean "--epochs"\? See --help\n$/);
  const missing = await deno(...run, "--data", "/no/such/folder");
  assertEquals(missing.code, 1);
  assertMatch(missing.err, /^Cannot find MNIST: \/no\/such\/folder: .*\n$/);
  const outside = await deno(...run, ...strokes, "--out", "/elsewhere");
  assertEquals(outside.code, 1);
  assertMatch(
    outside.err,
    /^Cannot write \/elsewhere\/sparrow.lock: .*--allow-write=\/elsewhere\n$/,
  );
  const help = await deno(...run, "--help");
  assertEquals(help.code, 0);
  assertStringIncludes(help.out, "--backend auto|webgpu|wasm|cpu");
  const quiet = await deno(...run, "--quiet", "--help");
  assertEquals(quiet.code, 0);
});
