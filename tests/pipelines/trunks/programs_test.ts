/**
 * The programs that train on a trunk's features, and use what was trained, as processes.
 */
import { loadModel } from "../../../pipelines/files/model.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../assert.ts";
import { plain, png } from "../data/image_files.ts";
import { deno, root, withFolder } from "../process.ts";
import { right } from "../tiny.ts";
import { fixture } from "./fixture.ts";

const lock = ["--lock=tests/deno.lock", "--frozen", "--no-check"];
const program = (name: string, ...args: readonly string[]) =>
  deno("run", ...lock, "-P", "--allow-ffi", `pipelines/${name}.ts`, ...args, "--backend", "wasm");

Deno.test("a folder of pictures is trained on with a trunk, encoded and searched", () =>
  withFolder(async (folder) => {
    // Two classes of six pictures each: their colours.
    const pictures = `${root}${folder}/pictures`;
    for (const [name, colour] of [["red", [250, 30, 20]], ["blue", [10, 40, 240]]] as const) {
      await Deno.mkdir(`${pictures}/${name}`, { recursive: true });
      for (let i = 0; i < 6; i++) {
        const [r, g, b] = colour.map((value) => value ^ (i * 5));
        const pixels = plain(20 + i, 30, [r, g, b, 255]);
        // A middle that no other run has had: features of the same pictures are kept in the cache.
        const middle = (15 * (20 + i) + 5) * 4;
        crypto.getRandomValues(pixels.subarray(middle, middle + 40));
        await Deno.writeFile(`${pictures}/${name}/${i}.png`, png(20 + i, 30, pixels));
      }
    }
    await Deno.copyFile(fixture("conv.onnx"), `${root}${folder}/trunk.onnx`);
    const data = ["--dataset", "folder", "--data", `${folder}/pictures`, "--epochs", "2"];
    const code = ["--units", "64"];
    const trunk = ["--trunk", `${folder}/trunk.onnx`, "--layer", "Relu_1_output_0"];
    const trained = await program(
      "conv_kwta",
      ...data,
      ...code,
      ...trunk,
      "--out",
      `${folder}/run`,
    );
    assertEquals(trained.code, 0, trained.err);
    assertStringIncludes(
      trained.err,
      "Features of 12 images by onnxruntime-node 1.30.0, layer /Relu_1_output_0",
    );
    const model = right(await loadModel(`${root}${folder}/run/model.safetensors`)());
    assertEquals([model.input, model.trunk?.layer], [[12], "/Relu_1_output_0"]);
    const configOf = async (run: string) =>
      JSON.parse(await Deno.readTextFile(`${root}${folder}/${run}/config.json`));
    // More winners and smaller steps than elsewhere.
    const { graph, optimiser } = await configOf("run");
    assertEquals(graph, "dropout ▷ linear(64) ▷ batch_norm(64, affine=false) ▷ kwta(0.1)");
    assertEquals(optimiser.learningRate.peak, 1e-5);

    const file = `${folder}/run/model.safetensors`;
    const codes = `${folder}/codes.npz`;
    const encoded = await program("encode", file, `${folder}/pictures`, "--out", codes);
    assertEquals(encoded.code, 0, encoded.err);
    assertMatch(encoded.out, /^12 images, 7.0 of 64 units set on average/);
    const query = `${folder}/pictures/red/0.png`;
    const found = await program("search", codes, query, "-k", "1", "--json");
    assertEquals(found.code, 0, found.err);
    const [{ results }] = JSON.parse(found.out).answers;
    assertEquals([results[0].name, results[0].distance], [query, 0]);

    const unlabelled = await program(
      "conv_kwta",
      ...[...data, ...code, ...trunk, "--no-labels", "--out", `${folder}/unlabelled`],
    );
    assertEquals(unlabelled.code, 0, unlabelled.err);
    // The same pictures, layer and trunk: nothing is computed anew.
    assert(!unlabelled.err.includes("Features of"), unlabelled.err);
    const config = await configOf("unlabelled");
    assertEquals(config.loss.name, "rank_distillation");
    assertEquals(config.settings.trunk.layer, "/Relu_1_output_0");

    // Moved, it is asked for; another is refused.
    await Deno.rename(`${root}${folder}/trunk.onnx`, `${root}${folder}/moved.onnx`);
    const gone = await program("encode", file, query, "--out", codes);
    assertEquals(gone.code, 1);
    assertStringIncludes(gone.err, "name it with --trunk");
    const moved = ["--trunk", `${folder}/moved.onnx`];
    assertEquals((await program("encode", file, query, "--out", codes, ...moved)).code, 0);
    const other = await program("encode", file, query, "--trunk", fixture("transformer.onnx"));
    assertEquals(other.code, 2);
    assertStringIncludes(other.err, "Cannot use --trunk: expected the trunk of SHA-256");
    assert(trained.out.includes("2 epochs on pictures"));
  }));

Deno.test("flags of a trunk need one, and a trunk takes no augmentation", async () => {
  const cases: readonly (readonly [readonly string[], string])[] = [
    [["--layer", "a"], "Cannot use --layer: expected --trunk beside it"],
    [["--trunk-size", "9"], "Cannot use --trunk-size: expected --trunk beside it"],
    [["--trunk", "a.onnx", "--flip"], "Cannot use --flip: expected no augmentation with --trunk"],
  ];
  for (const [args, line] of cases) {
    const { code, err } = await program("conv_kwta", ...args);
    assertEquals(code, 2);
    assertStringIncludes(err, line);
  }
});
