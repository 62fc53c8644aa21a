import { describe } from "../../../graph/error.ts";
import type { BinaryEmbeddings } from "../../../ops/embeddings.ts";
import { tf } from "../../../ops/tfjs.ts";
import { hamming } from "../../../ops/codes/algebra.ts";
import { readCodes, writeCodes } from "../../../pipelines/files/codes.ts";
import type { DataEnv } from "../../../pipelines/data/environment.ts";
import { loadMnist } from "../../../pipelines/data/mnist.ts";
import { denoDataEnv } from "../../../pipelines/data/environment.ts";
import { take } from "../../../pipelines/data/splits.ts";
import type { Dataset, ImageSplit } from "../../../pipelines/data/dataset.ts";
import { encodeImages } from "../../../pipelines/encode/encode_images.ts";
import { findImages, type ImageSource } from "../../../pipelines/encode/inputs.ts";
import { nearestImages } from "../../../pipelines/encode/search.ts";
import { originName, originOf } from "../../../pipelines/files/codes.ts";
import { assert, assertEquals, assertLessOrEqual, assertStringIncludes } from "../../assert.ts";
import { onEachBackend } from "../../ops/backends.ts";
import { shared } from "../../shared.ts";
import { fake } from "../data/fake.ts";
import { plain, png } from "../data/image_files.ts";
import { envOn, left, right } from "../tiny.ts";
import { encoderFile, trained } from "./fixture.ts";

const { dataset, bytes } = await trained();

const datasetInput = (of: Dataset<ImageSplit>, split: "train" | "test"): ImageSource => ({
  kind: "dataset",
  part: {
    kind: "dataset",
    dataset: "strokes",
    name: of.name,
    data: null,
    seed: 26,
    split,
    from: 0,
    count: of[split].count,
  },
  images: of[split],
  shape: of.shape,
  classes: of.classes,
  notice: null,
});

const plainly = { invert: false, skipBad: false };

/** Encodes images on the current backend; no bad image is expected. */
const encode = async (images: readonly ImageSource[]) =>
  await encodeImages(await encoderFile(bytes), images, { ...plainly })();

/** The share of bits in which two sets differ. */
const differing = (a: BinaryEmbeddings, b: BinaryEmbeddings): number =>
  hamming(a, b).reduce((sum, d) => sum + d, 0) / (a.count * a.width);

const reference = new Map<string, BinaryEmbeddings>();

/**
 * Sums are rounded differently by each backend. Where the k-th and the (k + 1)-th largest unit are as good
 * as equal, another one wins, or neither; that is what the thousandth is for.
 */
async function roundTrip(of: Dataset<ImageSplit>): Promise<void> {
  const { skipped, ...set } = right(await encode([datasetInput(of, "train")]));
  assertEquals(skipped, []);
  const queries = right(await encode([datasetInput(of, "test")]));
  const saved = right(await readCodes("codes.npz", right(await writeCodes(set)()))());
  assertEquals(saved, set);
  assertEquals(
    right(nearestImages(saved, queries, { k: 3 })),
    right(nearestImages(set, queries, { k: 3 })),
  );
  const first = reference.get(of.name) ?? set.codes;
  reference.set(of.name, first);
  assertLessOrEqual(differing(set.codes, first), 0.001);
  const itself = right(nearestImages(saved, set, { k: 1 }));
  assert(itself.every(({ results: [result] }) => result.distance === 0));
}

onEachBackend("encode, save, load, search: the same codes", () => roundTrip(dataset));

onEachBackend("encode, save, load, search on MNIST: the same codes", async () => {
  const mnist = right(await loadMnist({ data: shared("mnist").pathname }, denoDataEnv)());
  await roundTrip(take(mnist, 1000));
}, "mnist");

const image = (grey: number) => png(40, 30, plain(40, 30, [grey, grey, grey, 255]));
const disk = {
  "/pets/cat/a.png": image(30),
  "/pets/cat/b.png": new TextEncoder().encode("a text"),
  "/pets/dog/old/c.png": image(220),
  "/pets/owl/e.SVG": Uint8Array.of(1),
  "/pets/.DS_Store": Uint8Array.of(1),
  "/pets/d.png": image(120),
  "/pets/notes.txt": Uint8Array.of(1),
};

/** Files of a folder as an encoder on cpu sees them. */
async function ofFolder(operand: string, dataEnv: DataEnv, options: typeof plainly) {
  const images = right(await findImages([operand], { dataEnv })());
  const notes: string[] = [];
  const note = (line: string) => notes.push(line);
  const encoder = await encoderFile(bytes);
  const encoded = await encodeImages(encoder, [operand], { ...options, note, dataEnv })();
  return { encoded, notes, images };
}

Deno.test("a folder's images with its folders' names as labels; a bad one is named and skipped", async () => {
  await envOn("cpu");
  const { env } = fake({ disk });
  const wrong = "Cannot use /pets/cat/b.png: expected a JPEG, PNG, WebP, AVIF, GIF, HEIC, " +
    "TIFF or BMP, current value is 6 bytes " +
    "that begin with 61 20 74 65";
  const strict = await ofFolder("/pets", env, plainly);
  assertEquals(
    describe(left(strict.encoded)),
    `${wrong}. To use the others, add --skip-bad to go on without such images`,
  );

  const { encoded, notes, images } = await ofFolder("/pets", env, { invert: false, skipBad: true });
  const { codes, labels, origins, skipped } = right(encoded);
  assertEquals(skipped.map(describe), [wrong]);
  assertEquals(notes, [
    "4 pictures; passed over: 1 hidden, 1 SVG (owl/e.SVG), 1 other file (notes.txt), " +
    "1 folder without a picture (owl)",
    `Skipped: ${wrong}`,
  ]);
  assertEquals([codes.count, codes.width], [3, 64]);
  assertEquals([0, 1, 2].map((i) => originName(originOf(origins, i)!)), [
    "/pets/d.png",
    "/pets/cat/a.png",
    "/pets/dog/old/c.png",
  ]);
  assertEquals([[...labels!], origins.classes], [[-1, 0, 1], ["cat", "dog"]]);
  assertEquals(images.length, 1);
  assertEquals(images[0].kind === "files" && images[0].files.length, 4);
  assertEquals(originOf(origins, 3), null);
});

Deno.test("images that are not there, and folders without one, are typed errors", async () => {
  await envOn("cpu");
  const { env } = fake({
    disk: { "/empty/notes.txt": Uint8Array.of(1), "/bad/a.png": Uint8Array.of(1) },
  });
  const message = async (operand: string) =>
    describe(left(await findImages([operand], { dataEnv: env })()));
  assertEquals(
    await message("/empty"),
    "Cannot use /empty: expected images (PNG, JPEG, WebP, AVIF, GIF, HEIC, TIFF or BMP by their " +
      "names) in the folder or in its folders, current value is " +
      '"a folder without any; passed over: 1 other file (notes.txt)"',
  );
  assertStringIncludes(
    await message("/none"),
    "Cannot read /none: there is no such file or folder",
  );
  assertStringIncludes(
    await message("/none"),
    "datasets are mnist, fashion_mnist, cifar10, strokes",
  );
  const { encoded } = await ofFolder("/bad", env, { invert: false, skipBad: true });
  assertEquals(
    describe(left(encoded)),
    'Cannot use /bad/a.png: expected at least one image, current value is "none that can be read"',
  );
});

Deno.test("what is aborted is interrupted, and leaves no tensor", async () => {
  const abort = new AbortController();
  const env = await envOn("cpu", { signal: abort.signal });
  abort.abort();
  const before = tf.memory().numTensors;
  const images = [datasetInput(dataset, "test")];
  const result = await encodeImages(await encoderFile(bytes), images, { env })();
  assertEquals(left(result)._tag, "Interrupted");
  assertEquals(tf.memory().numTensors, before);
});
