import { graph } from "../../../graph/parse.ts";
import type { Model } from "../../../pipelines/core/batches.ts";
import { encode } from "../../../pipelines/encode/encode.ts";
import { findLayers, layerOutputs } from "../../../pipelines/core/layer_outputs.ts";
import { createRun, dispose, toArrays } from "../../../pipelines/core/run.ts";
import { describe } from "../../../graph/error.ts";
import { assert, assertEquals, assertGreater } from "../../assert.ts";
import { assertClose, onEachBackend } from "../../ops/backends.ts";
import { begin, digits, encoder, envOn, left, optimiser, right } from "../tiny.ts";

const paths = (...names: readonly string[]) => right(findLayers(encoder, names));

onEachBackend("the outputs of layers are what passes between the nodes", async (name) => {
  const data = await digits();
  const env = await envOn(name);
  const run = begin();
  const outputs = (layers: readonly number[]) =>
    layerOutputs(run, data.test, { paths: layers, env })();
  const [hidden, codes] = right(await outputs(paths("3.kwta", "1")));
  assertEquals(codes, right(await encode(run, data.test, { env })()));

  // linear(784, 16) ▷ relu by hand.
  const { "0.weight": weight, "0.bias": bias } = await toArrays(run.params);
  const { mean: [mean], std: [std] } = data.test.normalisation;
  const expected = Float32Array.from({ length: 100 * 16 }, (_, i) => {
    const [sample, unit] = [Math.floor(i / 16), i % 16];
    let sum = bias.data[unit];
    for (let pixel = 0; pixel < 784; pixel++) {
      const x = (data.test.values[sample * 784 + pixel] / 255 - mean) / std;
      sum += x * weight.data[pixel * 16 + unit];
    }
    return Math.max(0, sum);
  });
  assert(hidden.kind === "dense" && hidden.width === 16);
  // Sums of 784 products in float32.
  assertClose(hidden.values, expected, 1e-4, "relu");
  assertGreater(expected.filter((value) => value > 0).length, 100);
  assertEquals(right(await outputs([])), []);
  dispose(run);
});

Deno.test("layers that are not there, or make a pair, are refused", async () => {
  const data = await digits();
  const env = await envOn("cpu");
  assertEquals(
    describe(left(findLayers(encoder, ["3.kwta", "4.relu"]))),
    "Cannot use layers: expected one of 0.linear, 1.relu, 2.linear, 3.kwta, " +
      'current value is "4.relu"',
  );
  const run = right(createRun({
    graph: graph`linear(784, 8) ▷ fanout(identity, linear(8, 784))`,
    optimiser,
  }));
  const model: Model = run;
  const outputs = await layerOutputs(model, data.test, { paths: [0, 1], env })();
  assertEquals(
    describe(left(outputs)),
    "Cannot use layers: expected layers of one tensor, " +
      'current value is "1.fanout, which makes a pair"',
  );
  dispose(run);
});
