import { describe } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import type { Dataset, ImageSplit } from "../../../pipelines/data/dataset.ts";
import { denoDataEnv } from "../../../pipelines/data/environment.ts";
import { type ImageFolderOptions, loadImageFolder } from "../../../pipelines/data/image_folder.ts";
import { sha256 } from "../../../pipelines/data/bytes.ts";
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "../../assert.ts";
import { fake, type World } from "./fake.ts";
import { greyJpeg, jpegOf, plain, png } from "./image_files.ts";

const red = png(4, 4, plain(4, 4, [255, 0, 0, 255]));
const blue = png(6, 4, plain(6, 4, [0, 0, 255, 255]));
const options = { folder: "/pets", size: [2, 2], seed: 1 } as const;

const load = (disk: World["disk"], more: Partial<ImageFolderOptions> = {}) =>
  loadImageFolder({ ...options, ...more }, fake({ disk }).env)();

const found = (result: Awaited<ReturnType<typeof load>>): Dataset<ImageSplit> => {
  assert(E.isRight(result), E.isLeft(result) ? describe(result.left) : "");
  return result.right;
};

const message = (result: Awaited<ReturnType<typeof load>>): string => {
  assert(E.isLeft(result), "expected an error");
  return describe(result.left);
};

const parted = {
  "/pets/train/dog/1.png": red,
  "/pets/train/cat/b.JPG": jpegOf(8, 8, plain(8, 8, [0, 0, 255, 255])),
  "/pets/train/cat/a.jpeg": greyJpeg(),
  "/pets/test/cat/1.png": blue,
  "/pets/test/dog/1.png": red,
};

Deno.test("a folder with train/ and test/: classes and files sorted, whatever the disk's order", async () => {
  const dataset = found(await load(parted));
  const { name, shape, classes, train, test, source, notice, validation } = dataset;
  assertEquals([name, shape, classes], ["pets", [2, 2, 3], ["cat", "dog"]]);
  assertEquals([source, notice, validation], ["/pets", null, null]);
  assertEquals([...train.labels], [0, 0, 1]);
  assertEquals([...train.values.subarray(0, 3)], [200, 200, 200]);
  assert(train.values[12 + 2] > 250 && train.values[12] < 5);
  assertEquals([...train.values.subarray(24, 27)], [255, 0, 0]);
  assertEquals([...test.labels], [0, 1]);
  assertEquals([...test.values], [
    ...Array(4).fill([0, 0, 255]).flat(),
    ...Array(4).fill([255, 0, 0]).flat(),
  ]);
  assertEquals(
    dataset.sha256.test,
    await sha256(Uint8Array.from([...test.values, ...test.labels])),
  );
});

Deno.test("grey images have no channel axis and one normalisation", async () => {
  const { shape, train, test } = found(await load(parted, { colour: "grey" }));
  assertEquals(shape, [2, 2]);
  assertEquals([train.normalisation.mean.length, train.normalisation.std.length], [1, 1]);
  assertEquals([...test.values], [29, 29, 29, 29, 76, 76, 76, 76]);
});

Deno.test("the normalisation is the training images', 1 where a channel is the same everywhere", async () => {
  const disk = {
    "/pets/train/a/1.png": red,
    "/pets/train/b/1.png": blue,
    "/pets/test/a/1.png": red,
    "/pets/test/b/1.png": red,
  };
  const { train, test } = found(await load(disk));
  assertEquals(train.normalisation, test.normalisation);
  assertEquals(train.normalisation, { mean: [0.5, 0, 0.5], std: [0.5, 1, 0.5] });
});

const whole = Object.fromEntries(
  Array.from({ length: 20 }, (_, i) => [
    `/pets/${i % 2 === 0 ? "cat" : "dog"}/${String(i).padStart(2, "0")}.png`,
    png(2, 2, plain(2, 2, [i, i, i, 255])),
  ]),
);

Deno.test("a folder of classes: a seeded part of each to test, every image once", async () => {
  const dataset = found(await load(whole, { testFraction: 0.3, colour: "grey" }));
  assertEquals(dataset.source, "/pets, 0.3 of each class to test, by seed 1");
  const { train, test } = dataset;
  assertEquals([[...train.labels], [...test.labels]], [
    [...Array(7).fill(0), ...Array(7).fill(1)],
    [0, 0, 0, 1, 1, 1],
  ]);
  const seen = [train, test].flatMap(({ count, values: pixels, labels }) =>
    Array.from({ length: count }, (_, i) => {
      assertEquals(pixels[4 * i] % 2, labels[i]);
      return pixels[4 * i];
    })
  );
  assertEquals(seen.toSorted((a, b) => a - b), Array.from({ length: 20 }, (_, i) => i));

  const again = found(await load(whole, { testFraction: 0.3, colour: "grey" }));
  assertEquals(again.sha256, dataset.sha256);
  const other = found(await load(whole, { testFraction: 0.3, colour: "grey", seed: 2 }));
  assertNotEquals(other.sha256.test, dataset.sha256.test);
});

Deno.test("hidden names are passed over; other files too, with a notice", async () => {
  const junk = new TextEncoder().encode("hello");
  const disk = {
    ...whole,
    "/pets/.DS_Store": junk,
    "/pets/.git/config": junk,
    "/pets/cat/._1.png": junk,
    "/pets/README.md": junk,
    "/pets/cat/more/1.png": red,
    "/pets/dog/notes.txt": junk,
  };
  const { notice, train, classes } = found(await load(disk));
  assertEquals([classes, train.count], [["cat", "dog"], 16]);
  assertEquals(
    notice,
    "3 files or folders were passed over: /pets/README.md, /pets/cat/more, /pets/dog/notes.txt",
  );
  const one = { ...parted, "/pets/train/x.txt": junk };
  assertEquals(
    found(await load(one)).notice,
    "1 file or folder was passed over: /pets/train/x.txt",
  );
  const part = { ...parted, "/pets/val/cat/1.png": red };
  assertEquals(found(await load(part)).notice, "1 file or folder was passed over: /pets/val");
});

Deno.test("folders that cannot be used say why and what to do", async (t) => {
  const cases: readonly (readonly [string, World["disk"], string])[] = [
    [
      "nowhere",
      {},
      "Cannot find a folder of images: /pets: there is no such folder. Put the images",
    ],
    ["no class", { "/pets/1.png": red }, "/pets: it has no folder of a class"],
    [
      "an empty class",
      { ...whole, "/pets/owl/notes.txt": red },
      "/pets/owl: it has no file that ends in .png, .jpg or .jpeg",
    ],
    [
      "a class of one image",
      { ...whole, "/pets/owl/1.png": red },
      "/pets: the class owl has one image, and one to train and one to test are needed",
    ],
    [
      "one image at all",
      { "/pets/owl/1.png": red },
      "/pets: the class owl has one image",
    ],
    [
      "train without test",
      { "/pets/train/cat/1.png": red },
      "/pets: it has train/ and not the other of train/ and test/",
    ],
    [
      "other classes to test",
      { ...parted, "/pets/test/owl/1.png": red, "/pets/train/emu/1.png": red },
      "/pets: test/ lacks emu and train/ lacks owl",
    ],
  ];
  for (const [name, disk, text] of cases) {
    await t.step(name, async () => assertStringIncludes(message(await load(disk)), text));
  }
});

Deno.test("a folder may have more than 256 classes", async () => {
  const names = Array.from({ length: 300 }, (_, i) => String(i).padStart(3, "0"));
  const disk = names.flatMap((name) => [1, 2].map((i) => [`/pets/${name}/${i}.png`, red]));
  const { classes, train, test } = found(await load(Object.fromEntries(disk)));
  assertEquals([classes, [...train.labels], [...test.labels]], [
    names,
    [...names.keys()],
    [...names.keys()],
  ]);
});

Deno.test("a damaged image is named", async () => {
  const disk = { ...parted, "/pets/test/dog/1.png": red.subarray(0, 40) };
  assertStringIncludes(
    message(await load(disk)),
    "Cannot use /pets/test/dog/1.png: it is not a good PNG: it is truncated",
  );
});

Deno.test("options of a folder of images are checked", async () => {
  const cases: readonly (readonly [Partial<ImageFolderOptions>, string])[] = [
    [{ folder: "" }, 'Cannot use --data: expected the path of a folder, current value is ""'],
    [
      { size: [0, 32] },
      "Cannot use size: expected [height, width], each an integer from 1 to 4096",
    ],
    [{ size: [32, 0.5] }, 'current value is "[32, 0.5]"'],
    [{ testFraction: 1 }, "Cannot use testFraction: expected a number above 0 and below 1"],
    [{ seed: 0.5 }, "Cannot use seed: expected an integer from 0 to 4294967295"],
  ];
  for (const [more, text] of cases) assertStringIncludes(message(await load(whole, more)), text);
  const many = Object.fromEntries(
    Array.from({ length: 60 }, (_, i) => [`/pets/${i % 2}/${i}.png`, red]),
  );
  assertStringIncludes(
    message(await load(many, { size: [4096, 4096] })),
    "expected a size at which a set has less than 2147483648 bytes",
  );
});

Deno.test("a folder on a real disk, with a link to a folder and an image of one pixel", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/pets/cat`, { recursive: true });
    await Deno.writeFile(`${folder}/pets/cat/1.png`, png(1, 1, Uint8Array.of(10, 20, 30)));
    await Deno.writeFile(`${folder}/pets/cat/2.png`, red);
    await Deno.symlink(`${folder}/pets/cat`, `${folder}/pets/dog`);
    const named = { ...options, folder: `${folder}/pets/`, testFraction: 0.5 };
    const dataset = found(await loadImageFolder(named, denoDataEnv)());
    assertEquals([dataset.name, dataset.classes], ["pets", ["cat", "dog"]]);
    const pixels = [...dataset.train.values, ...dataset.test.values];
    assertEquals(pixels.filter((byte) => byte === 20).length, 8);

    const missing = await loadImageFolder({ ...named, folder: `${folder}/no` }, denoDataEnv)();
    assertStringIncludes(message(missing), "there is no such folder");
    const file = await loadImageFolder(
      { ...named, folder: `${folder}/pets/cat/1.png` },
      denoDataEnv,
    )();
    assertStringIncludes(message(file), `Cannot read ${folder}/pets/cat/1.png: `);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
