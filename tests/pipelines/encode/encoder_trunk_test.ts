/**
 * Encoders of models that were trained on a trunk's features.
 */
import { describe } from "../../../graph/error.ts";
import { graph } from "../../../graph/parse.ts";
import type { Embeddings } from "../../../ops/embeddings.ts";
import { createRun, dispose } from "../../../pipelines/core/run.ts";
import { encode } from "../../../pipelines/encode/encode.ts";
import {
  encodeImage,
  encodePictures,
  type Encoder,
  loadEncoder,
  loadEncoderOf,
  readEncoder,
  trainedEncoder,
} from "../../../pipelines/encode/encoder.ts";
import { encodeImages } from "../../../pipelines/encode/encode_images.ts";
import { bitmapOf, toInput } from "../../../pipelines/encode/pictures.ts";
import { joined } from "../../../pipelines/data/bytes.ts";
import { loadModel } from "../../../pipelines/files/model.ts";
import { save } from "../../../pipelines/stages/save.ts";
import { features } from "../../../pipelines/trunks/features.ts";
import { loadTrunk } from "../../../pipelines/trunks/trunk.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "../../assert.ts";
import { onEachBackend } from "../../ops/backends.ts";
import { plain, png } from "../data/image_files.ts";
import { digits, envOn, left, optimiser, right } from "../tiny.ts";
import { fixture } from "../trunks/fixture.ts";

const loaded = () => loadTrunk(fixture("conv.onnx"));

/** A model of a trunk's features of digits, as a file in a folder of its own. */
async function saved() {
  const env = await envOn("wasm");
  const trunk = right(await loaded()());
  const pictures = await digits();
  const dataset = right(await features(trunk, { cache: null })(pictures)());
  const head = graph`linear(12, 64) ▷ batch_norm(64, affine=false) ▷ kwta(0.1)`;
  const run = right(createRun({ graph: head, optimiser, seed: 5 }));
  const folder = await Deno.makeTempDir();
  const done = right(await save(folder, dataset)(run)(env)());
  return { trunk, pictures, dataset, run: done, folder, file: `${folder}/model.safetensors` };
}

const close = ({ trunk }: Encoder) => trunk?.close();

onEachBackend(
  "an encoder of a file loads its trunk, and encodes images as the run encodes features",
  async () => {
    const { trunk, pictures, dataset, run, folder, file } = await saved();
    assertEquals(right(await loadModel(file)()).trunk, trunk.reference);
    const encoder = right(await loadEncoder(file)());
    assertEquals(encoder.layout, { size: [9, 11], colour: "rgb" });

    // Those of the dataset, which are 28 × 28 and grey, are brought to 9 × 11 in colour.
    const codes = right(await encode(run, dataset.test)());
    const { count, values } = pictures.test;
    const brought = Array.from({ length: count }, (_, i) => {
      const bitmap = bitmapOf(values.subarray(i * 784, (i + 1) * 784), pictures.shape);
      return toInput(bitmap, encoder.layout);
    });
    const { normalisation } = pictures.test;
    const samples = { count, values: joined(brought), normalisation };
    const { model, ...encoded } = right(await encodePictures(encoder, samples)());
    assertEquals<Embeddings>(encoded, codes);
    assertEquals(model, encoder.identity.sha256);

    const image = png(40, 60, plain(40, 60, [250, 20, 90, 255]));
    const one = right(await encodeImage(encoder, image)());
    const own = right(await trainedEncoder(run, dataset, { trunk })());
    assertEquals(right(await encodeImage(own, image)()), one);
    const pixels = {
      count: 1,
      values: new Uint8Array(297),
      normalisation: dataset.train.normalisation,
    };
    assertEquals(right(await encodePictures(encoder, pixels)()).count, 1);
    assertStringIncludes(
      describe(left(await encodePictures(encoder, { ...pixels, values: new Float32Array(297) })())),
      "expected images, as bytes, for the trunk",
    );
    [encoder, own].forEach(close);
    dispose(run);
    await Deno.remove(folder, { recursive: true });
  },
);

Deno.test("a trunk that has moved is named, and another is refused by its hash", async () => {
  const { trunk, run, folder, file } = await saved();
  dispose(run);
  trunk.close();
  const moved = `${folder}/moved.onnx`;
  await Deno.copyFile(fixture("conv.onnx"), moved);
  const encoder = right(await loadEncoder(file, { trunk: moved })());
  assertEquals(encoder.trunk?.reference.source, moved);
  close(encoder);

  const other = describe(left(await loadEncoder(file, { trunk: fixture("transformer.onnx") })()));
  assertMatch(
    other,
    /^Cannot use --trunk: expected the trunk of SHA-256 [0-9a-f]{12}…, current value is ".*transformer.onnx, of SHA-256/,
  );
  const gone = describe(left(await loadEncoder(file, { trunk: "/nowhere.onnx" })()));
  assertMatch(
    gone,
    /^Cannot read \/nowhere.onnx: there is no such file\. The model .*model.safetensors was trained on this trunk; name it with --trunk/,
  );

  // Without files, the trunk is handed in: none, another layer of it, or the right one.
  const bytes = await Deno.readFile(file);
  const refusal = async (options: Parameters<typeof readEncoder>[2]) =>
    describe(left(await readEncoder("m", bytes, options)()));
  assertMatch(
    await refusal({}),
    /expected the trunk of the model: .*conv.onnx of SHA-256 .* average of the layer \/ReduceMean_output_0, current value is none/,
  );
  const layer = right(await loadTrunk(fixture("conv.onnx"), { layer: "/Relu_output_0" })());
  assertStringIncludes(await refusal({ trunk: layer }), "average of the layer /Relu_output_0");
  layer.close();
  const again = right(await loaded()());
  close(right(await readEncoder("m", bytes, { trunk: again })()));

  const codes = right(
    await encodeImages(right(await loadEncoder(file)()), ["strokes"], { first: 2 })(),
  );
  close(right(await loadEncoderOf(codes, { trunk: moved })()));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a model that takes images by itself is given no trunk", async () => {
  const env = await envOn("wasm");
  const folder = await Deno.makeTempDir();
  const run = right(createRun({ graph: graph`linear(784, 64) ▷ kwta(0.1)`, optimiser }));
  dispose(right(await save(folder, await digits())(run)(env)()));
  const file = `${folder}/model.safetensors`;
  assertStringIncludes(
    describe(left(await loadEncoder(file, { trunk: fixture("conv.onnx") })())),
    "expected none: the model",
  );
  await Deno.remove(folder, { recursive: true });
});
