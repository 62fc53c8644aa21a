import { graph } from "../../graph/parse.ts";
import { writeModel } from "../../pipelines/files/model.ts";
import { assert, assertEquals } from "../assert.ts";
import { pngOf } from "./data/image_files.ts";
import { root, start, withFolder } from "./process.ts";

/** A PNG of 48 million pixels that takes seconds to decode. */
const slow = await pngOf(
  { width: 8000, height: 6000, depth: 1, colourType: 0 },
  new Uint8Array(6000 * 1001),
);

/** Two classes of four pictures each, in a folder of the results. */
async function slowPictures(folder: string): Promise<string> {
  for (const label of ["cat", "dog"]) {
    await Deno.mkdir(`${root}${folder}/pets/${label}`, { recursive: true });
    for (let i = 0; i < 4; i++) {
      await Deno.writeFile(`${root}${folder}/pets/${label}/${i}.png`, slow);
    }
  }
  return `${folder}/pets`;
}

/** Runs a program, presses Ctrl-C while it decodes, and returns what it says. */
async function interrupted(...args: readonly string[]): Promise<string> {
  const running = start("run", "-P", "--no-check", ...args);
  await new Promise((resolve) => setTimeout(resolve, 4000));
  const pressed = performance.now();
  running.kill("SIGINT");
  const { code, err } = await running.finished;
  const seconds = (performance.now() - pressed) / 1000;
  assertEquals(code, 130, err);
  assert(seconds < 1, `it took ${seconds.toFixed(2)} s`);
  return err.trim().split("\n").at(-1)!;
}

Deno.test("Ctrl-C while a folder is encoded ends within a second", () =>
  withFolder(async (folder) => {
    const pictures = await slowPictures(folder);
    const model = writeModel({
      graph: graph`kwta(0.1)`,
      input: [28, 28],
      params: {},
      plasticity: {},
      epoch: 0,
      normalisation: { mean: [0], std: [1] },
      dataset: "strokes",
    });
    await Deno.writeFile(`${root}${folder}/model.safetensors`, model);
    const out = `${folder}/codes.npz`;
    const options = ["--backend", "cpu", "--out", out];
    const program = ["pipelines/encode.ts", `${folder}/model.safetensors`, pictures];
    assertEquals(await interrupted(...program, ...options), "Interrupted. Nothing was written");
    assert(!await Deno.stat(`${root}${out}`).then(() => true, () => false));
  }));

Deno.test("Ctrl-C while a folder is loaded to train on ends within a second", () =>
  withFolder(async (folder) => {
    const pictures = await slowPictures(folder);
    const data = ["--dataset", "folder", "--data", pictures];
    const options = ["--backend", "cpu", "--out", `${folder}/out`];
    assertEquals(
      await interrupted("pipelines/conv_kwta.ts", ...data, ...options),
      "Interrupted before the training began. Nothing was saved",
    );
  }));
