import { E } from "../../../graph/fp_ts.ts";
import { loadDigits } from "../../../pipelines/data/images.ts";
import { publishedMnist } from "../../../pipelines/data/mnist.ts";
import { loadStrokes } from "../../../pipelines/data/strokes.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";
import { shared, sharedTest } from "../../shared.ts";
import { fake } from "./fake.ts";

const nowhere = fake().env;
const variables = { HOME: "/home/ada" };
const cache = "/home/ada/.cache/sparrow/mnist";

sharedTest("digits: MNIST if nothing is named and it is there", "mnist", async () => {
  const disk = Object.fromEntries(
    publishedMnist.files.map(({ name }) => [
      `${cache}/${name}.gz`,
      Deno.readFileSync(shared(`mnist/${name}.gz`)),
    ]),
  );
  const result = await loadDigits({ seed: 1 }, fake({ disk, variables }).env)();
  assert(E.isRight(result));
  const { name, source, notice } = result.right;
  assertEquals([name, source, notice], ["mnist", cache, null]);
});

Deno.test("digits: the built-in ones with a notice if nothing is named and MNIST is nowhere", async () => {
  const result = await loadDigits({ seed: 7 }, nowhere)();
  assert(E.isRight(result));
  const { notice, ...digits } = result.right;
  const built = await loadStrokes({ seed: 7 })();
  assert(E.isRight(built));
  const { notice: none, ...expected } = built.right;
  assertEquals([digits, none], [expected, null]);
  for (
    const part of [
      "MNIST was not found",
      "built-in digits",
      "--data DIR",
      "$SPARROW_DATA",
      publishedMnist.mirrors[0],
      ...publishedMnist.files.map(({ name }) => name),
    ]
  ) assertStringIncludes(notice ?? "", part);
});

Deno.test("digits: the built-in ones if they are named, without a look elsewhere", async () => {
  const { env, fetched } = fake();
  const result = await loadDigits({ dataset: "strokes", seed: 7 }, env)();
  assert(E.isRight(result));
  assertEquals([result.right.name, result.right.notice, fetched], ["strokes", null, []]);
});

Deno.test("digits: MNIST's error if MNIST was named, by name or by folder", async () => {
  for (const named of [{ dataset: "mnist" }, { data: "/mine" }] as const) {
    const result = await loadDigits({ ...named, seed: 1 }, nowhere)();
    assert(E.isLeft(result));
    assertEquals(result.left._tag, "DatasetUnavailable");
  }
});

Deno.test("digits: a damaged copy of MNIST is an error even if nothing was named", async () => {
  const disk = { [`${cache}/train-images-idx3-ubyte.gz`]: Uint8Array.of(0x1f, 0x8b, 8) };
  const result = await loadDigits({ seed: 1 }, fake({ disk, variables }).env)();
  assert(E.isLeft(result));
  assertEquals(result.left._tag, "CorruptFile");
});

Deno.test("digits: a folder for the built-in ones is an invalid option", async () => {
  const result = await loadDigits({ dataset: "strokes", data: "/mine", seed: 1 }, nowhere)();
  assert(E.isLeft(result));
  assertEquals(result.left._tag, "InvalidOption");
});
