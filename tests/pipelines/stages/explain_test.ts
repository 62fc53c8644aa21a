import { crossEntropyLoss } from "../../../ops/losses/cross_entropy.ts";
import { tf } from "../../../ops/tfjs.ts";
import { describe, type SparrowError } from "../../../graph/error.ts";
import { graph } from "../../../graph/parse.ts";
import { createRun, dispose } from "../../../pipelines/core/run.ts";
import { pipeline, repeat } from "../../../pipelines/core/stage.ts";
import { explain } from "../../../pipelines/stages/explain.ts";
import { train } from "../../../pipelines/stages/train.ts";
import { assert, assertEquals, assertLess } from "../../assert.ts";
import { onEachBackend } from "../../ops/backends.ts";
import { begin, digits, envOn, left, optimiser, right, trainTiny } from "../tiny.ts";

const few = { images: 2, saliency: { steps: 25, maskSize: 7 } };

onEachBackend("masks hide what a code, or a class, is seen by", async (name) => {
  const data = await digits();
  const env = await envOn(name);
  const coded = right(await pipeline(trainTiny(data), explain(data, few))(begin())(env)());
  assertEquals(coded.findings.explanations.map(({ label }) => label), data.classes.slice(0, 2));
  for (const { mask, image, before, after } of coded.findings.explanations) {
    assertEquals([mask.shape, image.shape], [[28, 28, 1], [28, 28, 1]]);
    assertLess(after, before);
    assert(mask.data.some((value) => value < 0.9));
  }
  const again = right(await pipeline(trainTiny(data), explain(data, few))(begin())(env)());
  assertEquals(again.findings.explanations[1].mask.data, coded.findings.explanations[1].mask.data);

  const classifier = right(createRun({ graph: graph`linear(784, 10)`, optimiser, seed: 1 }));
  const loss = crossEntropyLoss();
  const { train: split } = data;
  const epoch = train({ data: split, loss, batchSize: 32 });
  const classified = right(await pipeline(repeat(2)(epoch), explain(data, few))(classifier)(env)());
  assert(classified.findings.explanations.every(({ before, after }) => after < before));
  [coded, again, classified].forEach(dispose);
});

Deno.test("images without labels are explained by their own codes, and called by their names", async () => {
  const data = await digits();
  const env = await envOn("cpu");
  const blank = data.test.values.slice();
  blank.fill(0, 0, 784);
  const names = Array.from({ length: data.test.count }, (_, i) => `pictures/${i}.png`);
  const test = { ...data.test, values: blank, labels: null, names };
  const unlabelled = { ...data, classes: [], test };
  const run = right(createRun({ graph: graph`kwta(0.1)`, input: [784] }));
  const explained = right(await explain(unlabelled, { ...few, images: 3 })(run)(env)());
  assertEquals(explained.findings.explanations.map(({ label }) => label), [
    // The first has a code without a bit: there is nothing to explain.
    "pictures/1.png",
    "pictures/2.png",
  ]);
  dispose(explained);
  const classifier = right(createRun({ graph: graph`linear(784, 10)`, optimiser, seed: 1 }));
  assertEquals(
    describe(left(await explain(unlabelled, few)(classifier)(env)()) as SparrowError),
    "Cannot use labels: expected one class per sample, which explain needs, current value is none",
  );
});

Deno.test("what cannot be explained says why, and leaves nothing", async () => {
  const data = await digits();
  const env = await envOn("cpu");
  const before = tf.memory().numTensors;
  const refused = async (text: ReturnType<typeof graph>, shape: readonly number[], images = 1) => {
    const run = right(createRun({ graph: text, optimiser, input: [784] }));
    const stage = explain({ ...data, shape }, { images });
    return describe(left(await stage(run)(env)()) as SparrowError);
  };
  assertEquals(
    await refused(graph`linear(784, 4)`, [28, 28]),
    "Cannot use explain: expected one that ends in kWTA of a vector, or in 10 outputs, " +
      'one per class, current value is "a graph that ends in [4]"',
  );
  assertEquals(
    await refused(graph`linear(784, 10)`, [784]),
    "Cannot use explain: expected images of the shape [height, width] or " +
      '[height, width, channels], current value is "samples of the shape [784]"',
  );
  assertEquals(
    await refused(graph`linear(784, 10)`, [28, 28], 1.5),
    "Cannot use images: expected an integer of at least 0, current value is 1.5",
  );
  const abort = new AbortController();
  abort.abort();
  const stopped = explain(data)(begin())(await envOn("cpu", { signal: abort.signal }));
  assertEquals((left(await stopped()) as SparrowError)._tag, "Interrupted");
  assertEquals(tf.memory().numTensors, before);
});
