import { E } from "../../../graph/fp_ts.ts";
import { orThrow } from "../../../graph/error.ts";
import { graph } from "../../../graph/parse.ts";
import { startBackend } from "../../../ops/backend.ts";
import { tf } from "../../../ops/tfjs.ts";
import { quietEnv } from "../../../pipelines/core/env.ts";
import { createRun, dispose, type Run } from "../../../pipelines/core/run.ts";
import { loadStrokes } from "../../../pipelines/data/strokes.ts";
import { encodeImages } from "../../../pipelines/encode/encode_images.ts";
import { loadEncoder, trainedEncoder } from "../../../pipelines/encode/encoder.ts";
import { save } from "../../../pipelines/stages/save.ts";
import { assert, assertEquals } from "../../assert.ts";

const encoder = graph`linear(784, 64) ▷ kwta(0.25)`;

Deno.test("the encoder of a run is the one that its saved model gives, and outlives the run", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const env = quietEnv(await orThrow(startBackend("cpu")));
    const digits = await orThrow(loadStrokes({ seed: 3, train: 10, test: 10 }));
    const fresh = orThrow(createRun({ graph: encoder }));
    const unsaved = await orThrow(trainedEncoder(fresh, digits));
    const run = await orThrow(save(folder, digits)(fresh)(env));
    const trained = await orThrow(trainedEncoder(run, digits));
    const loaded = await orThrow(loadEncoder(`${folder}/model.safetensors`));
    dispose(run);
    assertEquals(trained, loaded, "to the bit, file and SHA-256 included");
    assertEquals(unsaved.identity, { ...loaded.identity, file: "a model that was not saved" });
    const asked = ["strokes"];
    const [{ codes }, again] = [
      await orThrow(encodeImages(trained, asked, { first: 5 })),
      await orThrow(encodeImages(loaded, asked, { first: 5 })),
    ];
    assertEquals(codes, again.codes);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("no encoder comes of a run that is consumed, has weights that are not finite, or is not binary", async () => {
  await orThrow(startBackend("cpu"));
  const digits = await orThrow(loadStrokes({ train: 10, test: 10 }));
  const problem = async (run: Run) => {
    const made = await trainedEncoder(run, digits)();
    assert(E.isLeft(made));
    return made.left;
  };
  const run = orThrow(createRun({ graph: encoder }));
  const params = { ...run.params, "0.bias": tf.fill([64], NaN) };
  const broken = await problem({ ...run, params });
  assertEquals(broken._tag === "NonFinite" && broken.tensor, "0.bias");
  dispose(run);
  tf.dispose(params["0.bias"]);
  assertEquals((await problem(run))._tag, "ConsumedRun");
  const dense = orThrow(createRun({ graph: graph`linear(784, 4) ▷ relu` }));
  assertEquals((await problem(dense))._tag, "InvalidOption");
  dispose(dense);
});
