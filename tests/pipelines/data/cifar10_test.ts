import { createTar } from "npm:nanotar@0.3.0";
import { describe } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import {
  loadArchived,
  loadCifar10,
  type PublishedArchive,
  publishedCifar10,
  readRecords,
} from "../../../pipelines/data/cifar10.ts";
import type { Dataset, ImageSplit } from "../../../pipelines/data/dataset.ts";
import { denoDataEnv } from "../../../pipelines/data/environment.ts";
import { sha256 } from "../../../pipelines/data/bytes.ts";
import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "../../assert.ts";
import { shared, sharedTest } from "../../shared.ts";
import { fake, gzip, type World } from "./fake.ts";

/** Two records per batch: labels and bytes differ between batches. */
const records = (batch: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(
    { length: 2 * 3073 },
    (_, i) => i % 3073 === 0 ? (batch + i / 3073) % 10 : (batch * 31 + i) % 256,
  );
const names = Object.keys(publishedCifar10.files);
const contents = new Map(names.map((name, batch) => [name, records(batch)]));
const inside = publishedCifar10.inside;
const tar = createTar([...contents].map(([name, data]) => ({ name: `${inside}/${name}`, data })));
const archive = await gzip(new Uint8Array(tar));

const published: PublishedArchive = {
  ...publishedCifar10,
  size: archive.length,
  sha256: await sha256(archive),
  files: Object.fromEntries(
    await Promise.all([...contents].map(async ([name, bytes]) => [name, await sha256(bytes)])),
  ),
};

const whole = (folder: string) =>
  Object.fromEntries([...contents].map(([name, bytes]) => [`${folder}/${name}`, bytes]));
const variables = { HOME: "/home/ada" };
const cache = "/home/ada/.cache/sparrow/cifar10";

const load = async (world: World, data?: string) => {
  const made = fake({ variables, ...world });
  return { ...made, result: await loadArchived(published, data, made.env)() };
};

const found = ({ result }: Awaited<ReturnType<typeof load>>): Dataset<ImageSplit> => {
  assert(E.isRight(result), E.isLeft(result) ? describe(result.left) : "");
  return result.right;
};

const message = ({ result }: Awaited<ReturnType<typeof load>>): string => {
  assert(E.isLeft(result), "expected an error");
  return describe(result.left);
};

sharedTest("the subset of CIFAR-10 is loaded under its own name", "cifar10-subset", async () => {
  const folder = shared("cifar10-subset").pathname;
  const result = await loadCifar10({ data: folder }, denoDataEnv)();
  assert(E.isRight(result), E.isLeft(result) ? describe(result.left) : "");
  const { name, shape, classes, train, test, notice } = result.right;
  assertEquals([name, shape], ["cifar10-subset", [32, 32, 3]]);
  assertStringIncludes(notice ?? "", "not comparable with published ones");
  assertEquals([classes[0], classes[9]], ["airplane", "truck"]);
  assertEquals([train.count, test.count], [10_000, 2_000]);
  assertEquals([train.values.length, test.values.length], [30_720_000, 6_144_000]);
  assertEquals([...train.labels.slice(8, 13)], [8, 9, 0, 1, 2]);
  // As its README has them.
  assertEquals(result.right.sha256, {
    "data_batch_1.bin": "a6f48cd4d8745d5b80b6a0f7665654d54e1aacda199a3a966cb7958b11d38f22",
    "test_batch.bin": "06f5743fbd96393edfd8d5f5afaf48c59bfbbd020818793118b156a5abf473bb",
  });
  [0.4934, 0.4831, 0.447].forEach((mean, i) =>
    assertAlmostEquals(train.normalisation.mean[i], mean, 5e-5)
  );
  [0.246, 0.2441, 0.2616].forEach((std, i) =>
    assertAlmostEquals(train.normalisation.std[i], std, 6e-5)
  );
});

Deno.test("records: planes become pixels with their colours side by side", () => {
  const bytes = records(3);
  const read = readRecords("a-file", bytes);
  assert(E.isRight(read));
  const { count, labels, values: pixels } = read.right;
  assertEquals([count, [...labels]], [2, [3, 4]]);
  for (const [image, row, column, channel] of [[0, 0, 0, 0], [0, 5, 31, 1], [1, 31, 31, 2]]) {
    assertEquals(
      pixels[((image * 32 + row) * 32 + column) * 3 + channel],
      bytes[image * 3073 + 1 + channel * 1024 + row * 32 + column],
    );
  }
});

Deno.test("records: a wrong size and a wrong label are named with the numbers", () => {
  const cases: readonly (readonly [Uint8Array, string])[] = [
    [new Uint8Array(0), "one or more records of 3073 bytes, current value is 0 bytes"],
    [records(0).subarray(0, 6145), "current value is 6145 bytes"],
    [records(0).with(3073, 10), "a label from 0 to 9 in record 1, current value is 10"],
  ];
  for (const [bytes, reason] of cases) {
    const read = readRecords("a-file", bytes);
    assert(E.isLeft(read));
    assertEquals(read.left.file, "a-file");
    assertStringIncludes(read.left.reason, reason);
  }
});

Deno.test("the whole dataset has its name, its normalisation, and its batches in order", async () => {
  for (const disk of [whole("/mine"), whole(`/mine/${inside}`)]) {
    const dataset = found(await load({ disk }, "/mine"));
    assertEquals([dataset.name, dataset.notice], ["cifar10", null]);
    assertEquals(dataset.test.normalisation.mean, [0.4914, 0.4822, 0.4465]);
    assertEquals([...dataset.train.labels], [0, 1, 1, 2, 2, 3, 3, 4, 4, 5]);
    assertEquals([...dataset.test.labels], [5, 6]);
    assertEquals(dataset.sha256, published.files);
  }
});

Deno.test("some of its own batches are a subset that says which", async () => {
  const disk = {
    "/mine/data_batch_2.bin.gz": await gzip(records(1)),
    "/mine/test_batch.bin": records(5),
  };
  const dataset = found(await load({ disk }, "/mine"));
  assertEquals([dataset.name, dataset.train.count, dataset.test.count], ["cifar10-subset", 2, 2]);
  assertEquals(
    dataset.notice,
    "Of CIFAR-10, /mine has only data_batch_2.bin, test_batch.bin; results are of 2 training and " +
      "2 test images",
  );
});

Deno.test("a damaged batch among good ones is a mismatch, not a subset", async () => {
  const disk = { ...whole("/mine"), "/mine/data_batch_3.bin": records(2).with(100, 7) };
  assertStringIncludes(
    message(await load({ disk }, "/mine")),
    `Cannot use /mine/data_batch_3.bin: expected SHA-256 ${published.files["data_batch_3.bin"]}`,
  );
});

Deno.test("what is wrong in a named folder is said", async (t) => {
  const pair = { "/mine/data_batch_1.bin": records(7), "/mine/test_batch.bin": records(8) };
  const cases: readonly (readonly [string, World["disk"], string])[] = [
    ["no folder", {}, "/mine: there is no such folder"],
    ["no test batch", { "/mine/data_batch_1.bin": records(0) }, "/mine: it lacks test_batch.bin"],
    ["no training batch", { "/mine/test_batch.bin": records(5) }, "it lacks data_batch_1.bin"],
    [
      "truncated",
      { ...pair, "/mine/test_batch.bin": records(5).subarray(0, 100) },
      "Cannot use /mine/test_batch.bin: expected one or more records",
    ],
    [
      "nine names",
      { ...pair, "/mine/batches.meta.txt": new TextEncoder().encode("a\nb\nc\n") },
      "Cannot use /mine/batches.meta.txt: expected 10 class names, one per line, current value is 3",
    ],
  ];
  for (const [name, disk, text] of cases) {
    await t.step(name, async () => {
      const loaded = await load({ disk, web: { [published.url]: archive } }, "/mine");
      assertStringIncludes(message(loaded), text);
      assertEquals(loaded.fetched, []);
    });
  }
});

Deno.test("the archive is downloaded, verified, unpacked and kept", async () => {
  const web = { [published.url]: archive };
  const loaded = await load({ web });
  assertEquals([found(loaded).name, found(loaded).source], ["cifar10", published.url]);
  assertEquals(loaded.written, names.map((name) => `${cache}/${name}`));

  const again = await load({ disk: Object.fromEntries(loaded.disk) });
  assertEquals([found(again).source, again.fetched], [cache, []]);
  assertEquals(found(again).train, found(loaded).train);
});

Deno.test("a cache that holds less than the whole is replaced by a download", async () => {
  const { [`${cache}/data_batch_4.bin`]: _, ...fewer } = whole(cache);
  const damaged = { ...whole(cache), [`${cache}/test_batch.bin`]: records(9) };
  for (const disk of [fewer, damaged]) {
    const loaded = await load({ disk, web: { [published.url]: archive } });
    assertEquals(found(loaded).source, published.url);
  }
});

Deno.test("CIFAR-10 that is nowhere is an error with every place and the way to get it", async () => {
  const other = archive.with(archive.length - 9, 0).with(20, 1);
  const { env } = fake({ variables, web: { [publishedCifar10.url]: 404 } });
  const real = await loadCifar10({}, env)();
  assert(E.isLeft(real));
  const text = describe(real.left);
  for (
    const part of [
      "Cannot find CIFAR-10: $SPARROW_DATA: it is not set",
      `${cache}: there is no such folder`,
      `${publishedCifar10.url}: HTTP status 404`,
      "unpack it (tar xzf cifar-10-binary.tar.gz) and name its folder cifar-10-batches-bin with " +
      "--data DIR or $SPARROW_DATA",
    ]
  ) assertStringIncludes(text, part);
  assertStringIncludes(
    message(await load({ web: { [published.url]: other } })),
    `${published.url}: expected SHA-256 ${published.sha256}`,
  );
});
