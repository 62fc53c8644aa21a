import { describe } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import {
  loadFashionMnist,
  publishedFashionMnist,
  publishedMnist,
} from "../../../pipelines/data/mnist.ts";
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "../../assert.ts";
import { shared, sharedTest } from "../../shared.ts";
import { fake } from "./fake.ts";

const { files } = publishedFashionMnist;

Deno.test("Fashion-MNIST has MNIST's file names and sizes, and its own hashes", () => {
  assertEquals(
    files.map(({ name, size }) => [name, size]),
    publishedMnist.files.map(({ name, size }) => [name, size]),
  );
  files.forEach(({ sha256 }, i) => {
    assertEquals(sha256.length, 64);
    assertNotEquals(sha256, publishedMnist.files[i].sha256);
  });
});

Deno.test("Fashion-MNIST that is nowhere is an error with every place and the way to get it", async () => {
  const { env, fetched } = fake({ variables: { HOME: "/home/ada", SPARROW_DATA: "/data" } });
  const result = await loadFashionMnist({}, env)();
  assert(E.isLeft(result));
  const text = describe(result.left);
  for (
    const part of [
      "Cannot find Fashion-MNIST: /data/fashion_mnist: there is no such folder",
      "/home/ada/.cache/sparrow/fashion_mnist: it lacks train-images-idx3-ubyte",
      "./runs/.cache/fashion_mnist: ",
      "t10k-labels-idx1-ubyte.gz from https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
      "--data DIR or $SPARROW_DATA",
    ]
  ) assertStringIncludes(text, part);
  assertEquals(fetched.map((url) => new URL(url).host), [
    "storage.googleapis.com",
    "raw.githubusercontent.com",
  ]);
});

sharedTest("MNIST in $SPARROW_DATA itself is not taken for Fashion-MNIST", "mnist", async () => {
  const disk = Object.fromEntries(files.map(({ name }) => [
    `/data/${name}.gz`,
    Deno.readFileSync(shared(`mnist/${name}.gz`)),
  ]));
  const passed = await loadFashionMnist(
    {},
    fake({ disk, variables: { SPARROW_DATA: "/data" } }).env,
  )();
  assert(E.isLeft(passed));
  assertEquals(passed.left._tag, "DatasetUnavailable");

  const named = await loadFashionMnist({ data: "/data" }, fake({ disk }).env)();
  assert(E.isLeft(named));
  assertEquals(named.left._tag, "ChecksumMismatch");
  assertStringIncludes(
    describe(named.left),
    "/data/train-images-idx3-ubyte.gz: expected SHA-256 c59f",
  );
});
