import { describe } from "../../../graph/error.ts";
import { graph } from "../../../graph/parse.ts";
import type { Embeddings } from "../../../ops/embeddings.ts";
import { tf } from "../../../ops/tfjs.ts";
import { newest } from "../../../pipelines/core/history.ts";
import { createRun, dispose, type Run } from "../../../pipelines/core/run.ts";
import { augment, type Augmentation } from "../../../pipelines/data/augment.ts";
import { withValidation } from "../../../pipelines/data/splits.ts";
import { encode } from "../../../pipelines/encode/encode.ts";
import { evaluateCopies } from "../../../pipelines/stages/evaluate_copies.ts";
import { assert, assertEquals, assertNotEquals } from "../../assert.ts";
import { onEachBackend } from "../../ops/backends.ts";
import { digits, envOn, left, right } from "../tiny.ts";

const nodes = graph`flatten ▷ linear(784, 128) ▷ kwta(0.1)`;
const begin = (seed = 3, of = nodes): Run => right(createRun({ graph: of, input: [28, 28], seed }));

/** Loads digits without labels. */
const unlabelled = async () => {
  const { train, test, ...rest } = await digits();
  return {
    ...rest,
    classes: [],
    train: { ...train, labels: null },
    test: { ...test, labels: null },
    validation: null,
  };
};

/** Darkens the middle of every image: a change that draws nothing, so that the order of images does not matter. */
const hidden: Augmentation = {
  ...augment({}),
  apply: (values, { background: [black] }, rng) => {
    for (let at = 0; at < values.length; at += 784) values.fill(black, at + 300, at + 460);
    return rng;
  },
};

const bitsOf = (embeddings: Embeddings): readonly string[] => {
  assert(embeddings.kind === "binary");
  const { count, words } = embeddings;
  const perCode = words.length / count;
  return Array.from({ length: count }, (_, i) =>
    Array.from(
      words.subarray(i * perCode, (i + 1) * perCode),
      (word) => word.toString(2).padStart(32, "0"),
    ).join(""));
};

const hamming = (a: string, b: string): number => [...a].filter((bit, i) => bit !== b[i]).length;

onEachBackend(
  "an image is found where its copy is nearer to it than to all others",
  async (name) => {
    const env = await envOn(name);
    const dataset = await unlabelled();
    const run = begin();
    const done = right(await evaluateCopies(dataset, { augment: hidden })(run)(env)());
    const { test, train } = dataset;
    const values = test.values.slice();
    for (let at = 0; at < values.length; at += 784) values.fill(0, at + 300, at + 460);
    const [originals, others, copies] = await Promise.all(
      [test, train, { ...test, values }].map(async (split) =>
        bitsOf(right(await encode(run, split, { env })()))
      ),
    );
    const found = copies.filter((copy, i) => {
      const own = hamming(copy, originals[i]);
      return [...others, ...originals.toSpliced(i, 1)].every((other) => hamming(copy, other) > own);
    });
    assertEquals(newest(done.history, "copies_found", "test"), found.length / test.count);
    assert(found.length > 0 && found.length < test.count, String(found.length));
    dispose(run);
  },
);

Deno.test("copies of no change are found, and among equal codes none is", async () => {
  const env = await envOn("wasm");
  const dataset = await unlabelled();
  const same = evaluateCopies(dataset, { augment: augment({}) });
  const run = begin();
  assertEquals(newest(right(await same(run)(env)()).history, "copies_found", "test"), 1);
  dispose(run);
  // Of a layer whose weights are all 0 the biases alone make the code.
  const flat = begin(3, graph`flatten ▷ linear(784, 8) ▷ kwta(0.25)`);
  const { "1.weight": weight, "1.bias": bias } = flat.params;
  const collapsed = {
    ...flat,
    params: { "1.weight": tf.zerosLike(weight), "1.bias": tf.clone(bias) },
  };
  const after = right(await same(collapsed)(env)());
  assertEquals(newest(after.history, "copies_found", "test"), 0);
  dispose(flat);
  dispose(collapsed);
});

Deno.test("copies are the same after every epoch, and others by another seed; the run draws nothing", async () => {
  const env = await envOn("wasm");
  const { dataset, run } = { dataset: await digits(), run: begin() };
  const parted = right(withValidation(dataset, { fraction: 0.2, seed: 1 }));
  const by = async (seed: number) => {
    const done = right(
      await evaluateCopies(parted, { seed, samples: 40, references: 0 })(run)(env)(),
    );
    assertEquals(done.rng, run.rng);
    return ["validation", "test"].map((split) =>
      newest(done.history, "copies_found", split as "test")
    );
  };
  const first = await by(0);
  assert(first.every((part) => part !== null && part > 0.5 && part <= 1), String(first));
  assertEquals(await by(0), first);
  assertNotEquals([await by(1), await by(2)], [first, first]);
  dispose(run);
});

Deno.test("copies that cannot be made are refused, by what is wrong", async () => {
  const env = await envOn("cpu");
  const dataset = await digits();
  const refused = async (options: Parameters<typeof evaluateCopies>[1], of = dataset) =>
    describe(left(await evaluateCopies(of, options)(begin())(env)()));
  assertEquals(
    await refused({ samples: 1 }),
    "Cannot use samples: expected an integer of at least 2, current value is 1",
  );
  assertEquals(
    await refused({ references: 0.5 }),
    "Cannot use references: expected an integer of at least 0, current value is 0.5",
  );
  assertEquals(
    await refused({ augment: augment({ hue: 1 }) }),
    "Cannot use hue: expected a number from 0 to 0.5, current value is 1",
  );
  assertEquals(
    await refused({}, { ...dataset, shape: [784] }),
    "Cannot use augment: expected images of the shape [height, width] or " +
      '[height, width, channels], current value is "samples of the shape [784]"',
  );
});
