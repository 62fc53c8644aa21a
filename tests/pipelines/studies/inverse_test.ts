import { permutation, seed } from "../../../graph/rng.ts";
import { tf } from "../../../ops/tfjs.ts";
import {
  binaryImages,
  inBatches,
  normals,
  project,
  projectionOf,
  randomProjection,
  restore,
  setPixels,
  translated,
} from "../../../pipelines/studies/inverse/projection.ts";
import {
  restorationBounds,
  restorationSurface,
  translationCourse,
} from "../../../pipelines/studies/inverse/measure.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "../../assert.ts";
import { deno, root, withFolder } from "../process.ts";
import { digits, envOn, left, right } from "../tiny.ts";

const env = await envOn("wasm");

Deno.test("images are binarised at the mean of their channel", () => {
  const test = {
    count: 1,
    values: Uint8Array.of(100, 100, 200, 200),
    labels: Uint8Array.of(0),
    normalisation: { mean: [0.2, 0.5], std: [1, 1] },
  };
  const dataset = { shape: [1, 2, 2], test };
  const images = binaryImages(dataset, 10);
  assertEquals([...images.values], [1, 0, 1, 1]);
  assertEquals([...setPixels(images)], [3]);
});

Deno.test("a translation moves every image and loses what leaves it", () => {
  const image = [1, 2, 3, 4, 5, 6];
  const values = Float32Array.from([...image, ...image.map((value) => -value)]);
  const images = { kind: "dense", count: 2, width: 6, values, shape: [2, 3] } as const;
  const moved = (down: number, right: number) => [...translated(images, down, right).values];
  assertEquals(moved(0, 0), [...values]);
  assertEquals(moved(1, 1), [0, 0, 0, 0, 1, 2, 0, 0, 0, 0, -1, -2]);
  assertEquals(moved(-1, -2), [6, 0, 0, 0, 0, 0, -6, 0, 0, 0, 0, 0]);
  assertEquals(moved(2, 0), Array.from(values, () => 0));
  assertEquals(moved(0, 5), Array.from(values, () => 0));
});

Deno.test("normal numbers have the moments of the normal distribution", () => {
  const [values, next] = normals(100_001, seed(26));
  const moment = (power: number) => values.reduce((sum, x) => sum + x ** power, 0) / values.length;
  assertAlmostEquals(moment(1), 0, 0.015);
  assertAlmostEquals(moment(2), 1, 0.02);
  assertAlmostEquals(moment(3), 0, 0.05);
  assertAlmostEquals(moment(4), 3, 0.15);
  assertEquals(normals(100_001, seed(26)), [values, next]);
});

/** Images of which each has 5 of 32 pixels set. */
const sparse = () => {
  const values = new Float32Array(40 * 32);
  let rng = seed(1);
  for (let i = 0; i < 40; i++) {
    const [order, next] = permutation(32, rng);
    rng = next;
    for (const pixel of order.subarray(0, 5)) values[i * 32 + pixel] = 1;
  }
  return { kind: "dense", count: 40, width: 32, values, shape: [4, 8] } as const;
};

for (const name of ["wasm", "cpu"] as const) {
  Deno.test(`a projection with orthonormal columns of one 1 each is inverted exactly, ${name}`, async () => {
    const env = await envOn(name);
    const before = tf.memory().numTensors;
    const images = sparse();
    const weights = new Float32Array(32 * 32);
    permutation(32, seed(2))[0].forEach((unit, pixel) => weights[pixel * 32 + unit] = 1);
    const projection = projectionOf(weights, 32, 32);
    const sparsity = 5 / 32;
    const [codes, restored] = right(
      await inBatches(images, (x) => {
        const [codes] = project(projection, x, [sparsity]);
        return [codes, restore(projection, codes, sparsity)];
      }, env),
    );
    const [original] = right(await inBatches(images, (x) => [tf.clone(x)], env));
    assertEquals(restored, original);
    assert(codes.words.some((word, i) => word !== original.words[i]), "the codes are others");
    tf.dispose([projection.weight, projection.transpose]);
    assertEquals(tf.memory().numTensors, before);
  });
}

Deno.test("bounds hold where the images have equally many pixels", () => {
  const { sparsity, chance, ceiling } = restorationBounds(sparse());
  assertEquals([sparsity, ceiling], [5 / 32, 1]);
  assertAlmostEquals(chance, 5 / 32, 1e-12);
});

Deno.test("more units bring back more, between the bounds, the same every time", async () => {
  const images = binaryImages(await digits(), 100);
  const before = tf.memory().numTensors;
  const options = { dimensions: [64, 1024], sparsities: [0.05, 0.3], rng: seed(26) };
  const measure = async () => right(await restorationSurface(images, options, env));
  const surface = await measure();
  assertEquals(
    surface.map(({ dimension, sparsity }) => [dimension, sparsity]),
    [[64, 0.05], [64, 0.3], [1024, 0.05], [1024, 0.3]],
  );
  const [few, many] = [surface[0].overlap, surface[2].overlap];
  const { chance, ceiling } = restorationBounds(images);
  assert(chance < few && few < many && many < ceiling, JSON.stringify(surface));
  assertEquals(await measure(), surface);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("what is not moved overlaps wholly, and the farther the less", async () => {
  const images = binaryImages(await digits(), 50);
  const [projection] = randomProjection(images.width, 512, seed(26));
  const options = { projection, sparsities: [0.05, 0.3], most: 3 };
  const { pixels, overlaps, others } = right(await translationCourse(images, options, env));
  tf.dispose([projection.weight, projection.transpose]);
  assertEquals(pixels, [0, 1, 2, 3]);
  assertEquals(overlaps[0], { images: 1, codes: [1, 1] });
  const fallsIn = (read: (one: typeof others) => number) => {
    assert(overlaps.every((now, i) => i === 0 || read(now) < read(overlaps[i - 1])));
    assert(read(others) < read(overlaps[1]));
  };
  fallsIn(({ images }) => images);
  fallsIn(({ codes }) => codes[0]);
});

Deno.test("an aborted signal ends it, and nothing stays on the device", async () => {
  const aborted = { ...env, signal: AbortSignal.abort() };
  const before = tf.memory().numTensors;
  const options = { dimensions: [64], sparsities: [0.05], rng: seed(1) };
  assertEquals(left(await restorationSurface(sparse(), options, aborted))._tag, "Interrupted");
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("the program leaves numbers, settings and a page, and refuses to overwrite them", () =>
  withFolder(async (folder) => {
    const command = ["run", "-P", "pipelines/inverse.ts", "--dataset", "strokes"];
    const options = ["--backend", "wasm", "--quick", "--seed", "26", "--out", folder];
    const { code, err, out } = await deno(...command, ...options);
    assertEquals([code, err], [0, ""]);
    assertMatch(out, /^256 units: 0\.\d{3} /);
    assertStringIncludes(out, "100 images of strokes");
    const files = Array.from(Deno.readDirSync(`${root}${folder}`), ({ name }) => name).sort();
    assertEquals(files, ["config.json", "inverse.json", "report.html"]);
    const { surface, bounds, images } = JSON.parse(
      Deno.readTextFileSync(`${root}${folder}/inverse.json`),
    );
    assertEquals([surface.length, images], [42, 100]);
    const best = Math.max(...surface.map(({ overlap }: { overlap: number }) => overlap));
    assert(best > 0.8 && best <= bounds.ceiling, `${best}`);
    const page = Deno.readTextFileSync(`${root}${folder}/report.html`);
    for (const id of ["restored", "surface", "translation"]) {
      assertStringIncludes(page, `<figure id="${id}"`);
    }
    const again = await deno(...command, ...options);
    assertEquals(again.code, 2);
    assertStringIncludes(again.err, "expected a folder that does not hold a run yet");
  }));
