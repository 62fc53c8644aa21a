import { E } from "../../../graph/fp_ts.ts";
import { graph } from "../../../graph/parse.ts";
import { draw, seed } from "../../../graph/rng.ts";
import { startBackend } from "../../../ops/backend.ts";
import { tripletCosineLoss } from "../../../ops/losses/triplet.ts";
import { adam } from "../../../ops/optimisers/adam.ts";
import { tf } from "../../../ops/tfjs.ts";
import type { Samples } from "../../../pipelines/data/dataset.ts";
import { feedOf } from "../../../pipelines/data/feed.ts";
import { normaliser } from "../../../pipelines/data/normalise.ts";
import { encode } from "../../../pipelines/encode/encode.ts";
import { quietEnv } from "../../../pipelines/core/env.ts";
import { createRun } from "../../../pipelines/core/run.ts";
import { train } from "../../../pipelines/stages/train.ts";
import { assert, assertEquals, assertMatch } from "../../assert.ts";
import { onEachBackend } from "../../ops/backends.ts";
import { onGpu, withLimits } from "../../ops/gpu.ts";
import { digits, left, right } from "../tiny.ts";

const normalisation = { mean: [0.1307, 0.5], std: [0.3081, 0.2] };
const images = {
  count: 9,
  values: Uint8Array.from({ length: 90 }, (_, i) => 31 * i),
  normalisation,
};

const [numbers] = draw(
  seed(3),
  ({ unit }) => Float32Array.from({ length: 90 }, () => 9 * unit() - 4),
);
const features = {
  mean: [...numbers.subarray(0, 10)],
  std: [...numbers.map((x) => x ** 2)].slice(0, 10),
};
const floats: readonly Samples[] = [
  { count: 9, values: numbers, normalisation },
  { count: 9, values: numbers, normalisation: features },
  { count: 9, values: numbers, normalisation: { mean: [0], std: [1] } },
];

onEachBackend("a feed's batches are the host's, to the bit, wherever they are", async (backend) => {
  for (const samples of [images, ...floats]) {
    const feed = feedOf(samples, 4);
    for (const picks of [[8, 0, 8, 3], [5], []].map((all) => Uint32Array.from(all))) {
      const expected = normaliser(samples.normalisation)(samples, 10, picks);
      const rows = feed.rows(picks);
      assertEquals(rows instanceof tf.Tensor, backend !== "cpu");
      assertEquals(feed.hostRows(picks), expected);
      if (!(rows instanceof tf.Tensor)) continue;
      assertEquals(rows.shape, [picks.length, 10]);
      assertEquals(await rows.data<"float32">(), expected);
      rows.dispose();
    }
    feed.dispose();
  }
});

onGpu("samples are uploaded once, however many feeds they have", async (backend) => {
  const bytes = () => (tf.memory() as unknown as { readonly numBytesInGPU: number }).numBytesInGPU;
  const take = async (values: Samples["values"]) => {
    const feed = feedOf({ count: 100, values, normalisation }, 4);
    const rows = feed.rows(Uint32Array.of(99)) as tf.Tensor;
    const read = await rows.data<"float32">();
    rows.dispose();
    feed.dispose();
    return read;
  };
  for (
    const own of [
      Uint8Array.from({ length: 4_000 }, (_, i) => i),
      Float32Array.from({ length: 1_000 }, (_, i) => i),
    ]
  ) {
    const before = bytes();
    const first = await take(own);
    const after = bytes();
    assertEquals(after - before, 4_000);
    assertEquals(await take(own), first);
    assertEquals(bytes(), after);
  }
  assert(backend.device !== null);
});

onGpu("samples too many for the device stay on the host", async (backend) => {
  const [bytes, numbers] = [new Uint8Array(9_000), new Float32Array(9_000)];
  for (const values of [bytes.map((_, i) => i), numbers.map((_, i) => i)]) {
    const many = { count: 900, values, normalisation };
    await withLimits(backend, { maxStorageBufferBindingSize: 8_999 }, () => {
      const feed = feedOf(many, 4);
      const picks = Uint32Array.of(7, 3);
      assertEquals(feed.rows(picks), normaliser(normalisation)(many, 10, picks));
      feed.dispose();
      return Promise.resolve();
    });
  }
});

onGpu("a tensor too large for the device is an error of stages and of encoding", async (gpu) => {
  const env = quietEnv(right(await startBackend("webgpu")()));
  const data = await digits();
  const encoder = graph`linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)`;
  const optimiser = adam();
  const run = right(createRun({ graph: encoder, optimiser, seed: 26 }));
  // The first weights have 200,704 bytes.
  await withLimits(gpu, { maxStorageBufferBindingSize: 150_000 }, async () => {
    const encoded = await encode(run, data.test, { env })();
    // It frees the run, too.
    const { train: split } = data;
    const stage = train({ data: split, loss: tripletCosineLoss() });
    const trained = await stage(run)(env)();
    for (const result of [encoded, trained] as const) {
      const error = left(E.map(() => null)(result as E.Either<never, unknown>));
      assertMatch(JSON.stringify(error), /"GpuError".*150000.*smaller batch, or --backend wasm/);
    }
  });
});
