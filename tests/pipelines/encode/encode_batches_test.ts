import { E } from "../../../graph/fp_ts.ts";
import { describe } from "../../../graph/error.ts";
import { wordsPerCode } from "../../../ops/embeddings.ts";
import { tf } from "../../../ops/tfjs.ts";
import type { Samples } from "../../../pipelines/data/dataset.ts";
import { encode, encodeStream } from "../../../pipelines/encode/encode.ts";
import { dispose } from "../../../pipelines/core/run.ts";
import { assert, assertEquals } from "../../assert.ts";
import { onEachBackend } from "../../ops/backends.ts";
import { begin, digits, envOn, left, right } from "../tiny.ts";

/** Images in parts of these sizes, in order. */
function* parts(images: Samples, sizes: readonly number[]): Generator<Samples> {
  let from = 0;
  for (const count of sizes) {
    const values = images.values.subarray(from * 784, (from + count) * 784);
    yield { ...images, count, values };
    from += count;
  }
}

onEachBackend(
  "a stream of codes is what encoding at once gives, in one batch's memory",
  async (name) => {
    const { test } = await digits();
    const env = await envOn(name);
    const run = begin();
    const whole = right(await encode(run, test, { env })());
    assert(whole.kind === "binary");
    const words: number[] = [];
    let asked = 0;
    function* counted(): Generator<Samples> {
      for (const part of parts(test, [1, 7, 60, 32])) {
        asked++;
        yield part;
      }
    }
    const before = tf.memory();
    let taken = 0;
    for await (const codes of encodeStream(run, counted(), { env })) {
      const batch = right(codes);
      assert(batch.kind === "binary");
      assertEquals(batch.words.length, batch.count * wordsPerCode(64));
      words.push(...batch.words);
      assertEquals(asked, ++taken);
      assertEquals(tf.memory().numTensors, before.numTensors);
    }
    assertEquals(words, [...whole.words]);
    dispose(run);
  },
);

Deno.test("a stream of codes ends with the first error; nothing is asked for after it", async () => {
  const { test } = await digits();
  const run = begin();
  const env = await envOn("cpu");
  let asked = 0;
  function* broken(): Generator<Samples> {
    for (const part of parts(test, [3, 3, 3])) {
      yield ++asked === 2 ? { ...part, values: part.values.subarray(1) } : part;
    }
  }
  const results = await Array.fromAsync(encodeStream(run, broken(), { env }));
  assertEquals(results.map(E.isRight), [true, false]);
  assertEquals(asked, 2);
  assert(describe(left(results[1])).startsWith("Cannot use data: expected samples of 784 numbers"));

  const controller = new AbortController();
  controller.abort();
  const aborted = { ...env, signal: controller.signal };
  const [stopped] = await Array.fromAsync(
    encodeStream(run, parts(test, [3]), { env: aborted }),
  );
  assertEquals(left(stopped)._tag, "Interrupted");
  dispose(run);
});
