import { describe } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import { graph } from "../../../graph/parse.ts";
import { tf } from "../../../ops/tfjs.ts";
import { encode, encodeStream } from "../../../pipelines/encode/encode.ts";
import {
  encodeImage,
  loadEncoder,
  loadEncoderOf,
  readEncoder,
} from "../../../pipelines/encode/encoder.ts";
import { encodeImages } from "../../../pipelines/encode/encode_images.ts";
import { readModel, writeModel } from "../../../pipelines/files/model.ts";
import { createRun, dispose } from "../../../pipelines/core/run.ts";
import { nearestImages } from "../../../pipelines/encode/search.ts";
import { searchSheet } from "../../../pipelines/encode/search_sheet.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "../../assert.ts";
import { onEachBackend } from "../../ops/backends.ts";
import { fake } from "../data/fake.ts";
import { plain, png } from "../data/image_files.ts";
import { trained } from "./fixture.ts";
import { envOn, left, optimiser, right } from "../tiny.ts";

const { dataset, bytes } = await trained();
const model = right(readModel("model.safetensors", bytes));

/** A dark bar on light paper, of another size than the model's images. */
const picture = png(
  40,
  60,
  plain(40, 60, [250, 250, 250, 255]).map((byte, i) =>
    i % 160 > 60 && i % 160 < 90 && i % 4 < 3 ? 10 : byte
  ),
);

onEachBackend(
  "a model from a file encodes as the run that has its weights, and leaves no tensor",
  async () => {
    const run = right(createRun({ ...model, optimiser, seed: 0 }));
    const before = tf.memory().numTensors;
    const codes = right(await encode(model, dataset.test)());
    assertEquals(codes, right(await encode(run, dataset.test)()));
    for await (const streamed of encodeStream(model, [dataset.test])) {
      assertEquals(right(streamed), codes);
    }
    assertEquals(tf.memory().numTensors, before);
    dispose(run);
  },
);

Deno.test("images are normalised as the model's data was where the model knows it, else by their own", async () => {
  await envOn("cpu");
  const other = { ...dataset.test, normalisation: { mean: [0.9], std: [0.1] } };
  const codes = right(await encode(model, dataset.test)());
  assertEquals(right(await encode(model, other)()), codes);
  const run = right(createRun({ ...model, optimiser, seed: 0 }));
  assertNotEquals(right(await encode(run, other)()), codes);
  assertEquals(right(await encode({ ...run, normalisation: model.normalisation }, other)()), codes);
  dispose(run);
});

Deno.test("a stream that is left early frees the weights that it has uploaded", async () => {
  await envOn("cpu");
  const before = tf.memory().numTensors;
  for await (const codes of encodeStream(model, [dataset.test, dataset.test])) {
    assert(E.isRight(codes));
    break;
  }
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("what is interrupted says how long the model was trained, and frees its weights", async () => {
  const abort = new AbortController();
  abort.abort();
  const env = await envOn("cpu", { signal: abort.signal });
  const before = tf.memory().numTensors;
  const error = left(await encode(model, dataset.test, { env })());
  assertEquals(error, { _tag: "Interrupted", epoch: 1, step: 0 });
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("an image's bytes have the code of its file; inverted they have another", async () => {
  await envOn("cpu");
  const { env: dataEnv } = fake({ disk: { "/drawn/bar.png": picture, "/m.safetensors": bytes } });
  const encoder = right(await loadEncoder("/m.safetensors", { files: dataEnv.files })());
  assertEquals(encoder.layout, { size: [28, 28], colour: "grey" });
  const code = right(await encodeImage(encoder, picture, { invert: true })());
  const ofFile = right(
    await encodeImages(encoder, ["/drawn"], { invert: true, dataEnv })(),
  );
  assertEquals([code.count, code.width], [1, 64]);
  assertEquals(ofFile.codes, code);
  assertEquals(ofFile.origins.model, encoder.identity);
  assertNotEquals(right(await encodeImage(encoder, picture)()), code);
  assertEquals(
    describe(left(await encodeImage(encoder, Uint8Array.of(1, 2), { name: "upload" })())),
    "Cannot use upload: expected a JPEG, PNG, WebP, AVIF, GIF, HEIC, TIFF or BMP, current value is 2 bytes that begin with 01 02",
  );
});

Deno.test("a model that makes no codes, or takes no images, is no encoder", async () => {
  const message = async (text: TemplateStringsArray, input: readonly number[]) => {
    const facts = { normalisation: { mean: [0], std: [1] }, dataset: "d", epoch: 0 };
    const plain = { graph: graph(text), input, params: {}, plasticity: {}, ...facts };
    return describe(left(await readEncoder("m", writeModel(plain))()));
  };
  const words = (text: TemplateStringsArray) => text;
  assertEquals(
    await message(words`relu`, [4]),
    "Cannot use the model m: expected one that ends in kWTA: its codes are bits, current value is " +
      '"relu"',
  );
  assertStringIncludes(await message(words`kwta(0.5)`, [10]), "the model's input");
});

Deno.test("queries are encoded by the model that made the codes, and by no other", async () => {
  await envOn("cpu");
  const moved = { "/moved.safetensors": bytes, "/other.safetensors": Uint8Array.of(1) };
  const { env: { files } } = fake({ disk: { "/m.safetensors": bytes, ...moved } });
  const encoder = right(await loadEncoder("/m.safetensors", { files })());
  const set = right(await encodeImages(encoder, ["strokes"], { first: 3, seed: 26 })());
  assertEquals(right(await loadEncoderOf(set, { files })()), encoder);
  const found = right(await loadEncoderOf(set, { model: "/moved.safetensors", files })());
  assertEquals(found.identity, { file: "/moved.safetensors", sha256: encoder.identity.sha256 });

  const others = { ...set, origins: { ...set.origins, model: { file: "x", sha256: "00" } } };
  assertMatch(
    describe(left(await loadEncoderOf(others, { model: "/m.safetensors", files })())),
    /^Cannot use --model: expected the model that made the codes of 64 units, x of SHA-256 00…, /,
  );
  assertMatch(
    describe(left(await loadEncoderOf({ codes: set.codes, labels: null }, { files })())),
    /^Cannot use --model: expected the model that made the codes, .* current value is "?none"?$/,
  );
});

Deno.test("a search from names to a page: images by their names, pictures of what is there", async () => {
  await envOn("cpu");
  const { env: dataEnv } = fake({ disk: { "/drawn/bar.png": picture } });
  const encoder = right(await readEncoder("m.safetensors", bytes)());
  const set = right(await encodeImages(encoder, ["strokes"], { first: 12, split: "train" })());
  const queries = right(await encodeImages(encoder, ["/drawn"], { dataEnv })());
  const answers = right(nearestImages(set, queries));
  assertEquals(answers.map(({ query }) => query.name), ["/drawn/bar.png"]);
  assertEquals(answers[0].results.length, 10);
  assert(answers[0].results.every(({ name }) => /^strokes train \d+$/.test(name)));

  const page = right(await searchSheet({ set, queries, answers }, { dataEnv })());
  assertEquals(page.match(/<img /g)?.length, 11);
  assertStringIncludes(page, "/drawn/bar.png");
  assertStringIncludes(page, "by Hamming distance");
  const without = right(
    await searchSheet({ set, queries, answers, distance: "overlap" }, {
      dataEnv: fake({ disk: {} }).env,
    })(),
  );
  assertStringIncludes(without, "by overlap");
  assertStringIncludes(without, "1 picture could not be had: Cannot read /drawn/bar.png");
});
