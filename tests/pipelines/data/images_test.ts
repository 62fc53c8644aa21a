import { describe } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import { datasetNames, loadImages } from "../../../pipelines/data/images.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";
import { fake } from "./fake.ts";
import { plain, png } from "./image_files.ts";

Deno.test("images: each name is its loader's, and no name is MNIST or its stand-in", async () => {
  const titles: Readonly<Record<string, string>> = {
    mnist: "MNIST",
    fashion_mnist: "Fashion-MNIST",
    cifar10: "CIFAR-10",
    folder: "a folder of images",
  };
  for (const dataset of datasetNames.filter((name) => name !== "strokes")) {
    const result = await loadImages({ dataset, data: "/nowhere", seed: 1 }, fake().env)();
    assert(E.isLeft(result));
    assertStringIncludes(describe(result.left), `Cannot find ${titles[dataset]}: /nowhere`);
  }
  const built = await loadImages({ seed: 1 }, fake().env)();
  assert(E.isRight(built));
  assertEquals(built.right.name, "strokes");
  assertStringIncludes(built.right.notice ?? "", "MNIST was not found");
});

Deno.test("images: a folder has 32 × 32 colour pixels by default, and needs a path", async () => {
  const disk = Object.fromEntries(
    ["a/1", "a/2", "b/1", "b/2"].map((
      name,
    ) => [`/own/${name}.png`, png(3, 3, plain(3, 3, [1, 2, 3, 4]))]),
  );
  const { env } = fake({ disk });
  const named = { dataset: "folder", data: "/own", seed: 1 } as const;
  const own = await loadImages(named, env)();
  assert(E.isRight(own));
  assertEquals(own.right.shape, [32, 32, 3]);
  const small = await loadImages({ ...named, size: [8, 9], colour: "grey" }, env)();
  assert(E.isRight(small));
  assertEquals(small.right.shape, [8, 9]);

  const nameless = await loadImages({ dataset: "folder", seed: 1 }, env)();
  assert(E.isLeft(nameless));
  assertEquals(
    describe(nameless.left),
    'Cannot use --data: expected the folder of the images, current value is "nothing"',
  );
});
