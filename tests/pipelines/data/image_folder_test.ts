import { describe } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import type { Dataset, ImageSplit, PictureSplit } from "../../../pipelines/data/dataset.ts";
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

const foundAny = (result: Awaited<ReturnType<typeof load>>): Dataset<PictureSplit> => {
  assert(E.isRight(result), E.isLeft(result) ? describe(result.left) : "");
  return result.right;
};

/** A dataset with labels. */
function found(result: Awaited<ReturnType<typeof load>>): Dataset<ImageSplit> {
  const dataset = foundAny(result);
  assert(dataset.train.labels !== null && dataset.test.labels !== null, "expected labels");
  return dataset as Dataset<ImageSplit>;
}

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
  assertEquals(train.names, ["train/cat/a.jpeg", "train/cat/b.JPG", "train/dog/1.png"]);
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

const junk = new TextEncoder().encode("hello");

Deno.test("what is passed over is said, by reason, with numbers and names", async () => {
  const disk = {
    ...whole,
    "/pets/.DS_Store": junk,
    "/pets/.git/config.png": junk,
    "/pets/__MACOSX/cat/._1.png": junk,
    "/pets/cat/Thumbs.db": junk,
    "/pets/README.md": junk,
    "/pets/cat/more/1.png": red,
    "/pets/dog/IMG_1.CR2": junk,
    "/pets/loose.png": red,
    "/pets/owl/deep/notes.txt": junk,
    ...Object.fromEntries([1, 2, 3, 4].map((i) => [`/pets/dog/${i}.svg`, junk])),
  };
  const { notice, train, test, classes } = found(await load(disk));
  assertEquals([classes, train.count + test.count], [["cat", "dog"], 21]);
  assertEquals(
    notice,
    "21 pictures in 2 classes; passed over: 4 hidden, 1 raw photograph (dog/IMG_1.CR2), " +
      "4 SVG (dog/1.svg, dog/2.svg, dog/3.svg, …), 2 other files (README.md, owl/deep/notes.txt), " +
      "1 folder without a picture (owl), 1 picture outside the classes' folders (loose.png)",
  );
});

/** Splits that a folder of pictures becomes, by the names of their files, and the notice. */
interface Becomes {
  readonly classes: readonly string[];
  readonly train: readonly string[] | number;
  readonly validation?: readonly string[];
  readonly test: readonly string[] | number;
  readonly notice: string | null;
}

const layouts: readonly (readonly [name: string, files: string, becomes: Becomes])[] = [
  ["train and test", "train/a/1 train/b/2 test/a/3 test/b/4", {
    classes: ["a", "b"],
    train: ["train/a/1", "train/b/2"],
    test: ["test/a/3", "test/b/4"],
    notice: null,
  }],
  ["Train and Test, nested deeper", "Train/b/x/y/1 Train/b/2 Train/a/3 Test/a/z/4 Test/b/5", {
    classes: ["a", "b"],
    train: ["Train/a/3", "Train/b/2", "Train/b/x/y/1"],
    test: ["Test/a/z/4", "Test/b/5"],
    notice: null,
  }],
  ["train and val", "train/a/1 train/b/2 val/a/3 val/b/4", {
    classes: ["a", "b"],
    train: ["train/a/1", "train/b/2"],
    test: ["val/a/3", "val/b/4"],
    notice: "4 pictures in 2 classes. The images of the validation folder are the test set, for " +
      "there is no other",
  }],
  ["train, valid and test", "train/a/1 train/b/2 valid/a/3 test/b/4 test/a/5", {
    classes: ["a", "b"],
    train: ["train/a/1", "train/b/2"],
    validation: ["valid/a/3"],
    test: ["test/a/5", "test/b/4"],
    notice: null,
  }],
  ["training, validation and testing", "TRAINING/a/1 Validation/a/2 testing/a/3 training/b/4", {
    classes: ["a", "b"],
    train: ["TRAINING/a/1", "training/b/4"],
    validation: ["Validation/a/2"],
    test: ["testing/a/3"],
    notice: "4 pictures in 2 classes. 1 class without a test picture: b",
  }],
  ["an archive's own folder", "__MACOSX/x pets/train/a/1 pets/train/b/2 pets/test/a/3", {
    classes: ["a", "b"],
    train: ["pets/train/a/1", "pets/train/b/2"],
    test: ["pets/test/a/3"],
    notice: "3 pictures in 2 classes; passed over: 1 hidden. 1 class without a test picture: b",
  }],
  ["train alone", "train/a/1 train/a/2 train/b/3 train/b/4", {
    classes: ["a", "b"],
    train: 2,
    test: 2,
    notice:
      "4 pictures in 2 classes. There are no images to test with: 0.2 of each class of the others are",
  }],
  ["a test folder without classes", "train/a/1 train/a/2 train/b/3 train/b/4 test/5 test/6", {
    classes: ["a", "b"],
    train: 2,
    test: 2,
    notice: "4 pictures in 2 classes; passed over: 2 pictures outside the classes' folders " +
      "(test/5.png, test/6.png). There are no images to test with: 0.2 of each class of the " +
      "others are",
  }],
  ["other classes to test with", "train/a/1 train/b/2 test/a/3 test/emu/4", {
    classes: ["a", "b"],
    train: ["train/a/1", "train/b/2"],
    test: ["test/a/3"],
    notice: "3 pictures in 2 classes; passed over: 1 test picture of a class without training " +
      "pictures (test/emu/4.png). 1 class without a test picture: b",
  }],
  ["a folder beside the parts", "train/a/1 train/b/2 test/a/3 test/b/4 raw/5 6", {
    classes: ["a", "b"],
    train: ["train/a/1", "train/b/2"],
    test: ["test/a/3", "test/b/4"],
    notice: "4 pictures in 2 classes; passed over: 2 pictures outside the classes' folders " +
      "(6.png, raw/5.png)",
  }],
  ["a class called train", "bus/1 bus/2 train/3 train/4", {
    classes: ["bus", "train"],
    train: 2,
    test: 2,
    notice: null,
  }],
  ["no folders", "1 2 3 4 5 6", {
    classes: [],
    train: 5,
    test: 1,
    notice: "6 pictures without labels. There are no folders that could be classes",
  }],
  ["no folders of classes in train and test", "train/1 train/2 test/3", {
    classes: [],
    train: ["train/1", "train/2"],
    test: ["test/3"],
    notice: "3 pictures without labels. There are no folders that could be classes",
  }],
  ["loose pictures and one folder", "1 2 3 edited/4 edited/5", {
    classes: [],
    train: 4,
    test: 1,
    notice: "5 pictures without labels. There are no folders that could be classes",
  }],
  ["a class of one picture", "a/1 a/2 owl/3", {
    classes: ["a", "owl"],
    train: 2,
    test: 1,
    notice: "3 pictures in 2 classes. 1 class with one picture, which is trained on: owl",
  }],
  ["one class", "a/1 a/2", {
    classes: ["a"],
    train: 1,
    test: 1,
    notice: "2 pictures in 1 class. All are of one class, a",
  }],
  ["one folder around the classes", "pets/cat/1 pets/dog/2", {
    classes: ["pets"],
    train: 1,
    test: 1,
    notice: "2 pictures in 1 class. All are of one class, pets; if the folders in it are the " +
      "classes, name it with --data",
  }],
];

for (const [name, files, becomes] of layouts) {
  Deno.test(`layouts of a folder: ${name}`, async () => {
    const disk = Object.fromEntries(files.split(" ").map((file) => [`/pets/${file}.png`, red]));
    const { classes, train, validation, test, notice } = foundAny(await load(disk));
    assertEquals([classes, notice], [becomes.classes, becomes.notice]);
    const named = (split: PictureSplit | null) => split?.names?.map((name) => name.slice(0, -4));
    const wanted = (names: Becomes["train"], split: PictureSplit) =>
      assertEquals(typeof names === "number" ? split.count : named(split), names);
    wanted(becomes.train, train);
    wanted(becomes.test, test);
    assertEquals(named(validation), becomes.validation);
    for (const split of [train, validation, test]) {
      if (split === null) continue;
      const labels = split.names!.map((name) =>
        classes.findIndex((one) => `/${name}`.includes(`/${one}/`))
      );
      assertEquals(split.labels && [...split.labels], classes.length === 0 ? null : labels);
    }
  });
}

Deno.test("images that cannot be read are passed over where that is wanted, and named", async () => {
  const disk = {
    ...whole,
    "/pets/cat/00.png": junk,
    "/pets/cat/02.png": red.subarray(0, 40),
    "/pets/dog/01.png": new Uint8Array(),
  };
  const strict = message(await load(disk));
  assertStringIncludes(strict, "Cannot use /pets/cat/0");
  assertStringIncludes(strict, ". To use the others, add --skip-bad to go on without such images");
  const dataset = found(await load(disk, { skipBad: true }));
  assertEquals([dataset.train.count + dataset.test.count, dataset.classes.length], [17, 2]);
  assertEquals(dataset.train.values.length, 12 * dataset.train.count);
  assertEquals(dataset.train.labels.length, dataset.train.count);
  assertStringIncludes(dataset.notice!, "17 pictures in 2 classes; passed over: 3 bad pictures (");
  for (const name of ["cat/00.png", "cat/02.png", "dog/01.png"]) {
    assertStringIncludes(dataset.notice!, name);
  }
  // Which image is tested with does not depend on which are bad.
  const clean = found(await load(whole));
  const good = (names: readonly string[]) =>
    names.filter((name) => !["cat/00.png", "cat/02.png", "dog/01.png"].includes(name));
  assertEquals(dataset.train.names, good(clean.train.names!));
  assertEquals(dataset.test.names, good(clean.test.names!));
  const none = Object.fromEntries(Object.keys(whole).map((path) => [path, junk]));
  assertStringIncludes(
    message(await load(none, { skipBad: true })),
    "/pets: no image can be read to train on",
  );
});

Deno.test("folders that cannot be used say why and what to do", async (t) => {
  const cases: readonly (readonly [string, World["disk"], string])[] = [
    [
      "nowhere",
      {},
      "Cannot find a folder of images: /pets: there is no such folder. Put the images",
    ],
    [
      "no image",
      { "/pets/owl/notes.txt": red, "/pets/1.svg": red },
      "/pets: it has no picture, PNG, JPEG, WebP, AVIF, GIF, HEIC, TIFF or BMP by its name " +
      "(passed over: 1 SVG (1.svg), 1 other file (owl/notes.txt), 1 folder without a picture (owl))",
    ],
    [
      "classes of one image each",
      { "/pets/owl/1.png": red, "/pets/emu/1.png": red },
      "/pets: no class has two images, and one to train on and one to test with are needed",
    ],
    ["one image", { "/pets/1.png": red }, "/pets: it has one image, and two are needed"],
    [
      "test without train",
      { "/pets/test/cat/1.png": red, "/pets/val/cat/2.png": red },
      "/pets: it has images to test with, and no train/ with others",
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
    "Cannot use /pets/test/dog/1.png: it is not a good PNG: ",
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
