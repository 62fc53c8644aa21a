/**
 * Trunks: features equal to PyTorch's on every runtime, and what is refused.
 */
import { describe } from "../../../graph/error.ts";
import { denoDataEnv } from "../../../pipelines/data/environment.ts";
import { loadTrunk, poolFeatures, type TrunkOptions } from "../../../pipelines/trunks/trunk.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../assert.ts";
import { assertClose, onEachBackend } from "../../ops/backends.ts";
import { deno } from "../process.ts";
import { left, right } from "../tiny.ts";
import { conv, fixture, inThisThread, transformer } from "./fixture.ts";

/** PyTorch's numbers, and ours. */
const near = (actual: ArrayLike<number>, expected: ArrayLike<number>) =>
  assertClose(actual, expected, 1e-5, "features");

/** Features of a trunk, which is closed. */
async function featuresOf(
  name: string,
  pixels: Uint8Array,
  options: TrunkOptions = {},
): Promise<Float32Array> {
  const trunk = right(await loadTrunk(fixture(name), options)());
  const features = right(await trunk.features(pixels)());
  trunk.close();
  return features;
}

const runtimes: Readonly<Record<string, TrunkOptions>> = {
  "onnxruntime-node": {},
  "onnxruntime-web": { onnxruntime: await inThisThread() },
};

for (const [runtime, options] of Object.entries(runtimes)) {
  Deno.test(`${runtime} makes PyTorch's features of a convolutional network, of any layer`, async () => {
    const { pixels, layers } = conv;
    const of = (more: TrunkOptions) => featuresOf("conv.onnx", pixels, { ...options, ...more });
    // The usual layer: what the classifier takes.
    near(await of({}), layers.pooled);
    near(await of({ layer: "output" }), layers.output);
    near(await of({ layer: "/Relu_output_0" }), layers.first);
    const map = { layer: "/Relu_1_output_0", pooling: "flatten" } as const;
    near(await of(map), layers.second);
    near(await of({ ...map, pooling: "average" }), layers.pooled);
  });

  Deno.test(`${runtime} makes PyTorch's tokens of a transformer: their average, the first, all`, async () => {
    const { pixels, layers: { tokens } } = transformer;
    const of = (pooling?: TrunkOptions["pooling"]) =>
      featuresOf("transformer.onnx", pixels, { ...options, size: [8, 12], pooling });
    near(await of("flatten"), tokens);
    const first = [tokens.slice(0, 16), tokens.slice(7 * 16, 8 * 16)].flat();
    near(await of("first"), first);
    const averages = poolFeatures(
      { shape: [2, 7, 16], data: Float32Array.from(tokens) },
      "average",
      "NCHW",
    );
    near(await of(), averages);
  });

  Deno.test(`${runtime} is given full batches where the model fixes their size`, async () => {
    const { pixels, layers } = conv;
    const one = pixels.subarray(0, pixels.length / 2);
    const three = Uint8Array.of(...one, ...one, ...one);
    const features = await featuresOf("conv_batch_of_2.onnx", three, options);
    near(features, [1, 2, 3].flatMap(() => layers.pooled.slice(0, 12)));
  });
}

for (const folder of ["layers", "graph"]) {
  onEachBackend(`a ${folder} model of TensorFlow.js makes PyTorch's features`, async () => {
    const { pixels, layers } = conv;
    const of = (options: TrunkOptions = {}) =>
      featuresOf(`${folder}/model.json`, pixels, { normalisation: "imagenet", ...options });
    near(await of(), layers.pooled);
    near(await of({ layer: folder === "graph" ? "output" : "head" }), layers.output);
    near(await of({ layer: folder === "graph" ? "one/relu" : "one" }), layers.first);
    // TensorFlow.js has channels last.
    const map = { layer: folder === "graph" ? "two/relu" : "two", pooling: "flatten" } as const;
    const channelsLast = layers.second.map((_, i) => {
      const [picture, place, channel] = [Math.floor(i / 144), Math.floor(i / 12) % 12, i % 12];
      return layers.second[picture * 144 + channel * 12 + place];
    });
    near(await of(map), channelsLast);
  });
}

for (const folder of ["layers", "graph"]) {
  onEachBackend(`a ${folder} model takes pictures of another size than its file says`, async () => {
    const [large, small] = [[15, 13], [9, 11]] as const;
    const pixels = Uint8Array.from({ length: 15 * 13 * 3 }, (_, i) => (i * 97 + i * i) % 256);
    const corner = Array.from({ length: small[0] }, (_, row) => [
      ...pixels.subarray(row * large[1] * 3, (row * large[1] + small[1]) * 3),
    ]);
    const options = { layer: folder === "graph" ? "two/relu" : "two", pooling: "flatten" } as const;
    const file = `${folder}/model.json`;
    const whole = await featuresOf(file, pixels, { ...options, size: large });
    const part = await featuresOf(file, Uint8Array.from(corner.flat()), options);
    // Its convolutions have no padding: the maps of a corner are the corner of the maps, 6 × 5 and 3 × 4 of 12.
    assertEquals([whole.length, part.length], [6 * 5 * 12, 3 * 4 * 12]);
    near([0, 1, 2].flatMap((row) => [...whole.subarray(row * 60, row * 60 + 48)]), [...part]);
  });
}

Deno.test("a picture has the same features, to the bit, alone and beside others", async () => {
  const { pixels } = conv;
  const both = await featuresOf("conv.onnx", pixels);
  const one = await featuresOf("conv.onnx", pixels.subarray(pixels.length / 2));
  assertEquals(one, both.slice(both.length / 2));
});

Deno.test("a trunk says what determines its features", async () => {
  const trunk = right(await loadTrunk(fixture("conv.onnx"))());
  const { sha256, ...reference } = trunk.reference;
  assertMatch(sha256, /^[0-9a-f]{64}$/);
  assertEquals(reference, {
    source: fixture("conv.onnx"),
    layer: "/ReduceMean_output_0",
    pooling: "average",
    size: [9, 11],
    colour: "rgb",
    layout: "NCHW",
    normalisation: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  });
  assertEquals(trunk.runtime, "onnxruntime-node 1.30.0");
  trunk.close();
});

Deno.test("what cannot be a trunk is refused, and the error says what can", async () => {
  const refusal = async (name: string, options: TrunkOptions = {}) =>
    describe(left(await loadTrunk(fixture(name), options)()));
  const folder = await Deno.makeTempDir();
  const file = async (name: string, bytes: Uint8Array) => {
    await Deno.writeFile(`${folder}/${name}`, bytes);
    return `${folder}/${name}`;
  };
  const bytes = await Deno.readFile(fixture("conv.onnx"));
  const load = async (path: string) => describe(left(await loadTrunk(path)()));

  assertMatch(await load("/nowhere/trunk.onnx"), /^Cannot read \/nowhere\/trunk.onnx: there is no/);
  assertMatch(
    await load(await file("half.onnx", bytes.subarray(0, bytes.length / 2))),
    /expected an ONNX model, current value is \d+ bytes of something else/,
  );
  assertStringIncludes(await load(await file("empty", new Uint8Array())), "this is no ONNX model");
  // A model whose weights are too few for their shape: only the runtime finds that.
  const text = new TextDecoder("latin1").decode(bytes);
  const at = text.indexOf("one.weight");
  assert(at > 0);
  const worse = bytes.slice();
  worse.set(new TextEncoder().encode("one.weighs"), at);
  assertMatch(
    await load(await file("worse.onnx", worse)),
    /expected a model that onnxruntime takes, it says: /,
  );
  assertStringIncludes(
    await load(await file("model.json", new TextEncoder().encode('{"modelTopology": {}}'))),
    "expected the model.json of a graph or layers model of TensorFlow.js",
  );
  const json = await Deno.readTextFile(fixture("layers/model.json"));
  const outside = json.replaceAll("group1-shard1of2.bin", "../group1-shard1of2.bin");
  assertStringIncludes(
    await load(await file("model.json", new TextEncoder().encode(outside))),
    'current value is "../group1-shard1of2.bin"',
  );
  assertMatch(
    await load(await file("model.json", new TextEncoder().encode(json))),
    /^Cannot read \S+\/group1-shard1of2.bin: there is no such file/,
  );

  const layer = await refusal("conv.onnx", { layer: "/Relu_2_output_0" });
  assertMatch(
    layer,
    /expected one of its \d+ layers: .*\/Relu_1_output_0.* \(outputs: output\)/,
  );
  assertStringIncludes(layer, "Did you mean");
  assertStringIncludes(
    await refusal("graph/model.json", { layer: "three" }),
    "expected one of its 10 layers: one/conv, one/add, one/relu",
  );
  assertStringIncludes(
    await refusal("conv.onnx", { size: [224, 224] }),
    'and what the model takes: [9, 11], current value is "[224, 224]"',
  );
  assertMatch(
    await refusal("conv.onnx", { sha256: "0".repeat(64) }),
    /expected the trunk of SHA-256 000000000000…, current value is ".*conv.onnx, of SHA-256/,
  );
  assertStringIncludes(
    await refusal("conv.onnx", { normalisation: { mean: [0, 0], std: [1, 1] } }),
    "1 or 3",
  );
  await Deno.remove(folder, { recursive: true });
});

Deno.test("pictures of another size than the trunk's are refused, and so is a network that does not take its own", async () => {
  const trunk = right(await loadTrunk(fixture("conv.onnx"))());
  const error = describe(left(await trunk.features(new Uint8Array(9 * 11 * 3 + 1))()));
  assertStringIncludes(error, "expected pictures of 297 bytes");
  trunk.close();
  // Its patches are 4 × 4 and its tokens seven: 12 × 12 pixels do not fit.
  const other = right(await loadTrunk(fixture("transformer.onnx"), { size: [12, 12] })());
  const said = describe(left(await other.features(new Uint8Array(12 * 12 * 3))()));
  assertMatch(said, /expected a network that takes pictures of \[12, 12\] in NCHW .* it says: /);
  other.close();
});

Deno.test("a signal stops the computation", async () => {
  const trunk = right(await loadTrunk(fixture("conv.onnx"))());
  const stop = new AbortController();
  stop.abort();
  const env = { signal: stop.signal, now: () => performance.now() };
  assertEquals(left(await trunk.features(conv.pixels, { env })())._tag, "Interrupted");
  trunk.close();
});

/** A program that prints the runtime and the features of a trunk. */
const program = `
import { loadTrunk } from "./pipelines/trunks/trunk.ts";
import { orThrow } from "./graph/error.ts";
const trunk = await orThrow(loadTrunk(${JSON.stringify(fixture("conv.onnx"))}));
const pixels = Uint8Array.from(${JSON.stringify(Array.from(conv.pixels))});
console.log(JSON.stringify([trunk.runtime, [...await orThrow(trunk.features(pixels))]]));
trunk.close();
`;

Deno.test("onnxruntime is WebAssembly in workers, with no permission but to read, and native with --allow-ffi", async () => {
  const lock = ["--quiet", "--no-check", "--lock=tests/deno.lock", "--frozen", "--no-prompt"];
  const folder = await Deno.makeTempDir();
  const path = new URL("../../../", import.meta.url).pathname;
  const file = `${folder}/program.ts`;
  await Deno.writeTextFile(file, program.replaceAll('"./', `"${path}`));
  const run = async (...permissions: readonly string[]) => {
    const { code, out, err } = await deno("run", ...lock, ...permissions, file);
    assertEquals([code, err], [0, ""]);
    const [runtime, features] = JSON.parse(out);
    near(features, conv.layers.pooled);
    return runtime;
  };
  assertEquals(await run("--allow-read"), "onnxruntime-web 1.30.0");
  assertEquals(await run("--allow-read", "--allow-ffi"), "onnxruntime-node 1.30.0");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a trunk at an address that Deno may not reach names the permission", async () => {
  const dataEnv = {
    ...denoDataEnv,
    fetch: () =>
      Promise.reject(new Error('Requires net access to "models.example:443", run again')),
    permitted: () => Promise.resolve(false),
  };
  const error = left(await loadTrunk("https://models.example/a.onnx", { dataEnv })());
  assertStringIncludes(describe(error), "Add --allow-net=models.example:443");
});
