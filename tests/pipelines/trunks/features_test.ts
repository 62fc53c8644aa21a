/**
 * Datasets of features: standardised, cached by trunk and picture, resumed, stopped.
 */
import { describe } from "../../../graph/error.ts";
import type { Dataset, ImageSplit } from "../../../pipelines/data/dataset.ts";
import { features, type FeaturesOptions } from "../../../pipelines/trunks/features.ts";
import { loadTrunk, type Trunk } from "../../../pipelines/trunks/trunk.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";
import { assertClose } from "../../ops/backends.ts";
import { type Fake, fake } from "../data/fake.ts";
import { left, right } from "../tiny.ts";
import { fixture } from "./fixture.ts";

const SIZE = 9 * 11 * 3;

/** Makes different pictures that repeat a pattern of grey levels. */
const picturesFrom = (first: number, count: number): Uint8Array =>
  Uint8Array.from(
    { length: count * SIZE },
    (_, i) => (i % SIZE * 7 + (first + Math.floor(i / SIZE)) * 31) * 13 % 256,
  );

const split = (values: Uint8Array): ImageSplit => {
  const count = values.length / SIZE;
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 2);
  return { count, values, labels, normalisation: { mean: [0], std: [1] } };
};

const pictures = (train: number): Dataset => ({
  name: "pictures",
  shape: [9, 11, 3],
  classes: ["a", "b"],
  train: split(picturesFrom(0, train)),
  validation: null,
  test: split(picturesFrom(1000, 7)),
  source: "here",
  sha256: {},
  notice: null,
});

const cached = (): Fake => fake({ variables: { HOME: "/home/ada" } });

/** A trunk that counts the pictures that it is given. */
async function counted(): Promise<{ readonly trunk: Trunk; readonly computed: () => number }> {
  const trunk = right(await loadTrunk(fixture("conv.onnx"))());
  let computed = 0;
  return {
    trunk: {
      ...trunk,
      features: (pixels, options) => {
        computed += pixels.length / SIZE;
        return trunk.features(pixels, options);
      },
    },
    computed: () => computed,
  };
}

Deno.test("features are the trunk's, with their own mean and deviation on the training set", async () => {
  const { trunk } = await counted();
  const dataset = pictures(40);
  const made = right(await features(trunk, { cache: null })(dataset)());
  assertEquals(made.shape, [12]);
  assertEquals(made.trunk, trunk.reference);
  assertEquals(made.sha256.trunk, trunk.reference.sha256);
  assertEquals(made.train.labels, dataset.train.labels);
  const { values } = dataset.test;
  assertEquals(made.test.values, right(await trunk.features(values as Uint8Array)()));
  // Of every unit, normalised: mean 0 and deviation 1, but for those that never fire.
  const { mean, std } = made.train.normalisation;
  for (let unit = 0; unit < 12; unit++) {
    const own = Array.from(
      { length: 40 },
      (_, i) => (made.train.values[i * 12 + unit] - mean[unit]) / std[unit],
    );
    const average = own.reduce((sum, x) => sum + x, 0) / 40;
    const square = own.reduce((sum, x) => sum + x * x, 0) / 40;
    assertClose([average, square], [0, own.every((x) => x === own[0]) ? square : 1], 1e-4, "unit");
  }
  assertEquals(made.test.normalisation, made.train.normalisation);
  trunk.close();
});

Deno.test("pictures of another size and colour are brought to the trunk's", async () => {
  const { trunk } = await counted();
  const grey = {
    ...pictures(3),
    shape: [9, 33],
    train: split(picturesFrom(0, 4)),
    test: split(picturesFrom(5, 2)),
  };
  const made = right(await features(trunk, { cache: null })(grey)());
  assertEquals([made.train.values.length, made.test.values.length], [4 * 12, 2 * 12]);
  trunk.close();
});

Deno.test("what was computed is kept in the user's cache, and only new pictures are computed", async () => {
  const { env: cache, disk, written } = cached();
  const { trunk, computed } = await counted();
  const make = async (dataset: Dataset, options: FeaturesOptions = {}) =>
    right(await features(trunk, { cache, ...options })(dataset)());
  const first = await make(pictures(40));
  assertEquals(computed(), 47);
  assert(written.every((path) => path.startsWith("/home/ada/.cache/sparrow/features/")));
  const told: (readonly number[])[] = [];
  const progress = (done: number, total: number) => told.push([done, total]);
  assertEquals(await make(pictures(40), { progress }), first);
  assertEquals(computed(), 47);
  assertEquals(told.at(-1), [47, 47]);
  await make(pictures(43));
  assertEquals(computed(), 50);

  // Another layer, pooling or normalisation is another trunk.
  const other = right(
    await loadTrunk(fixture("conv.onnx"), { layer: "/Relu_1_output_0", pooling: "flatten" })(),
  );
  const whole = right(await features(other, { cache })(pictures(40))());
  assertEquals(whole.shape, [12 * 12]);
  other.close();

  // A damaged file of the cache is computed again.
  for (const [path, bytes] of disk) {
    disk.set(path, bytes.map((byte, i) => i === bytes.length - 3 ? byte ^ 1 : byte));
  }
  assertEquals(await make(pictures(40)), first);
  assertEquals(computed(), 97);
  trunk.close();
});

Deno.test("a computation that is interrupted goes on where it was", async () => {
  const { env: cache } = cached();
  const { trunk, computed } = await counted();
  const dataset = pictures(100);
  const stop = new AbortController();
  const env = { signal: stop.signal, now: () => performance.now() };
  const progress = (done: number) => done >= 64 && stop.abort();
  const stopped = left(await features(trunk, { cache, env, progress })(dataset)());
  assertEquals([stopped._tag, computed()], ["Interrupted", 96]);
  const made = right(await features(trunk, { cache })(dataset)());
  assertEquals(computed(), 96 + 43);
  assertEquals(made, right(await features(trunk, { cache: null })(dataset)()));
  trunk.close();
});

Deno.test("the oldest files of the cache are removed once all are too large together", async () => {
  const { openFeatureCache } = await import("../../../pipelines/trunks/feature_cache.ts");
  const { env, disk } = cached();
  const { trunk } = await counted();
  const cache = await openFeatureCache(trunk.reference, env, 10_000);
  for (let i = 0; i < 10; i++) {
    cache.add([String(i).padStart(64, "0")], new Float32Array(500).fill(i));
    await cache.keep();
  }
  const bytes = [...disk.values()].reduce((sum, { length }) => sum + length, 0);
  assert(bytes <= 10_000 && disk.size >= 3, `${disk.size} files of ${bytes} bytes`);
  const again = await openFeatureCache(trunk.reference, env, 10_000);
  assertEquals(again.find("9".padStart(64, "0"))?.[0], 9);
  assertEquals(again.find("0".padStart(64, "0")), undefined);
  trunk.close();
});

Deno.test("a cache that cannot be written, and samples that are no pictures", async () => {
  const { trunk } = await counted();
  const { env: cache } = fake({ variables: { HOME: "/home/ada" }, broken: ["/", "."] });
  right(await features(trunk, { cache })(pictures(4))());
  const floats = {
    ...pictures(4),
    train: { ...split(picturesFrom(0, 1)), values: new Float32Array(297) },
  };
  assertStringIncludes(
    describe(left(await features(trunk)(floats)())),
    "expected pictures, as bytes, for the trunk",
  );
  trunk.close();
});
