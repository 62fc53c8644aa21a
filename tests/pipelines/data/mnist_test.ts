import { describe } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import { denoDataEnv } from "../../../pipelines/data/environment.ts";
import { loadMnist, publishedMnist } from "../../../pipelines/data/mnist.ts";
import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "../../assert.ts";
import { shared, sharedTest } from "../../shared.ts";
import { fake } from "./fake.ts";
import { moments } from "./moments.ts";

const names = publishedMnist.files.map(({ name }) => name);

sharedTest("MNIST is loaded and verified, and its normalisation is its own", "mnist", async () => {
  const folder = shared("mnist").pathname;
  const result = await loadMnist({ data: folder }, denoDataEnv)();
  assert(E.isRight(result), E.isLeft(result) ? describe(result.left) : "");
  const { name, shape, classes, train, test, source, sha256, notice } = result.right;
  assertEquals([name, shape, source, notice], ["mnist", [28, 28], folder, null]);
  assertEquals(classes, [..."0123456789"]);
  assertEquals([train.count, test.count], [60_000, 10_000]);
  assertEquals([train.values.length, test.values.length], [47_040_000, 7_840_000]);
  // The first labels as everybody knows them.
  assertEquals([...train.labels.slice(0, 5)], [5, 0, 4, 1, 9]);
  assertEquals([...test.labels.slice(0, 5)], [7, 2, 1, 0, 4]);
  assertEquals(Object.keys(sha256), names);

  const { mean, std } = moments(train.values);
  assertAlmostEquals(mean, train.normalisation.mean[0], 5e-5);
  assertAlmostEquals(std, train.normalisation.std[0], 5e-5);
});

sharedTest("a file of MNIST in another's place is named with its shape", "mnist", async () => {
  const testLabels = await Deno.readFile(shared(`mnist/${names[3]}.gz`));
  const disk = Object.fromEntries(names.map((name) => [`/mine/${name}.gz`, testLabels]));
  const result = await loadMnist({ data: "/mine" }, fake({ disk }).env)();
  assert(E.isLeft(result));
  assertStringIncludes(
    describe(result.left),
    `/mine/${names[0]}.gz: expected the shape [60000, 28, 28], current value is [10000]`,
  );
});

Deno.test("MNIST's published sizes are those of its README", () => {
  assertEquals(
    publishedMnist.files.map(({ size }) => size),
    [47_040_016, 60_008, 7_840_016, 10_008],
  );
});

Deno.test("MNIST that is nowhere is an error with every place and the way to get it", async () => {
  const result = await loadMnist({}, fake({ variables: { HOME: "/home/ada" } }).env)();
  assert(E.isLeft(result));
  const text = describe(result.left);
  for (
    const part of [
      "$SPARROW_DATA: it is not set",
      "/home/ada/.cache/sparrow/mnist: it lacks train-images-idx3-ubyte",
      "./runs/.cache/mnist: ",
      "https://ossci-datasets.s3.amazonaws.com/mnist/train-images-idx3-ubyte.gz: no network",
      "https://storage.googleapis.com/cvdf-datasets/mnist/train-images-idx3-ubyte.gz: no network",
      "t10k-labels-idx1-ubyte.gz from https://ossci-datasets.s3.amazonaws.com/mnist/",
      "--data DIR or $SPARROW_DATA",
    ]
  ) assertStringIncludes(text, part);
});
