import type { Nodes } from "../../../graph/node.ts";
import { graph } from "../../../graph/parse.ts";
import type { Value } from "../../../ops/interpreter.ts";
import { tf } from "../../../ops/tfjs.ts";
import { forEachBatch } from "../../../pipelines/core/batches.ts";
import { layerOutputs } from "../../../pipelines/core/layer_outputs.ts";
import { createRun, dispose } from "../../../pipelines/core/run.ts";
import { encode } from "../../../pipelines/encode/encode.ts";
import { assert, assertEquals } from "../../assert.ts";
import { envOn, right } from "../tiny.ts";

const normalisation = { mean: [0], std: [1] };
Deno.test("a batch has at most 1,000 samples, and 64 MiB of its widest tensor", async () => {
  await envOn("wasm");
  const cases: readonly (readonly [nodes: Nodes, size: number, counts: readonly number[]])[] = [
    [graph`relu`, 784, [1000, 1000, 1]],
    // 167 samples of 100,000 numbers are less than 64 MiB, and 168 are more.
    [graph`linear(1, 100000) ▷ kwta(0.01)`, 1, [167, 1]],
    [graph`fanout(linear(1, 100000), linear(1, 100000)) ▷ add ▷ kwta(0.01)`, 1, [83, 1]],
  ];
  for (const [nodes, size, expected] of cases) {
    const run = right(createRun({ graph: nodes, input: [size] }));
    const counts: number[] = [];
    const count = expected.reduce((sum, n) => sum + n, 0);
    const samples = { count, values: new Uint8Array(count * size), normalisation };
    const choose = (value: Value) => [tf.slice(value as tf.Tensor, 0, 1)];
    const use = ({ count }: { readonly count: number }) => counts.push(count);
    right(await forEachBatch(run, samples, { choose, use })());
    assertEquals(counts, [...expected]);
    dispose(run);
  }
});

Deno.test("codes and layers are the same whatever the batch", async () => {
  await envOn("wasm");
  const run = right(createRun({ graph: graph`linear(2, 100000) ▷ kwta(0.01)`, seed: 1 }));
  const values = Float32Array.from({ length: 2 * 180 }, (_, i) => Math.sin(i * i));
  const codes = right(await encode(run, { count: 180, values, normalisation })());
  const [layer] = right(
    await layerOutputs(run, { count: 180, values, normalisation }, { paths: [1] })(),
  );
  assertEquals(layer, codes);
  const last = { count: 1, values: values.subarray(2 * 179), normalisation };
  const alone = right(await encode(run, last)());
  assert(alone.kind === "binary" && codes.kind === "binary");
  assertEquals(alone.words, codes.words.subarray(-alone.words.length));
  dispose(run);
});
