/**
 * Networks that PyTorch wrote, in Sparrow and in onnxruntime: whether they compute the same, and how long one image
 * takes.
 *
 *     python3 tests/pipelines/onnx/fixture/networks.py DIR
 *     deno run -P=test --lock=tests/deno.lock tests/bench/networks.ts --files DIR/a.onnx,DIR/b.onnx
 *
 * The error is the largest difference from onnxruntime's output, divided by the largest number of that output. Times
 * are medians of alternating rounds on one thread. onnxruntime-web is measured where the program may load it
 * (`deno run -A --no-lock`), and skipped elsewhere.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { describe, orThrow } from "../../graph/error.ts";
import { type BackendName, startBackend } from "../../ops/backend.ts";
import { lower } from "../../ops/interpreter.ts";
import { tf } from "../../ops/tfjs.ts";
import { readOptions } from "../../pipelines/cli/options.ts";
import { USAGE } from "../../pipelines/cli/program.ts";
import { toTensors } from "../../pipelines/core/run.ts";
import { type ImportedModel, loadOnnx } from "../../pipelines/onnx/import_onnx.ts";
import { channelsLast } from "../ops/layout.ts";
import { noise } from "../pipelines/onnx/models.ts";

const read = readOptions({
  files: { kind: "text", help: "networks with one input", value: "FILE,…" },
  backends: { kind: "text", help: "", value: "NAME,…", fallback: "wasm,cpu,webgpu" },
  rounds: { kind: "integer", help: "times that each is run", fallback: 10, least: 1, most: 1e6 },
}, Deno.args);
if (E.isLeft(read)) {
  console.error(describe(read.left));
  Deno.exit(USAGE);
}
const { rounds } = read.right;
const listed = (names: string | null) => names?.split(",").filter((name) => name !== "") ?? [];

/** Computes the output for one image. */
type Network = (image: Float32Array) => Promise<Float32Array>;

/** The interface that onnxruntime's two packages share. */
interface Runtime {
  readonly Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => object;
  readonly InferenceSession: {
    readonly create: (bytes: Uint8Array, options: object) => Promise<{
      readonly inputNames: readonly string[];
      readonly run: (feeds: object) => Promise<Readonly<Record<string, { data: Float32Array }>>>;
    }>;
  };
}

async function inOnnxruntime(
  packageName: string,
  bytes: Uint8Array,
  dims: readonly number[],
): Promise<Network | null> {
  try {
    const runtime: Runtime = await import(packageName);
    const options = { intraOpNumThreads: 1, interOpNumThreads: 1 };
    const session = await runtime.InferenceSession.create(bytes, options);
    return async (image) => {
      const feeds = { [session.inputNames[0]]: new runtime.Tensor("float32", image, dims) };
      const [{ data }] = Object.values(await session.run(feeds));
      return data;
    };
  } catch (cause) {
    console.log(`Skipped ${packageName}: ${String(cause).slice(0, 100)}`);
    return null;
  }
}

async function inSparrow(model: ImportedModel, backend: BackendName): Promise<Network> {
  orThrow(await startBackend(backend)());
  const weights = { params: toTensors(model.params), plasticity: toTensors(model.plasticity) };
  const { evaluate } = lower(model.graph);
  const [height, width, channels] = model.input;
  return async (image) => {
    await tf.setBackend(backend);
    const x = channelsLast({ shape: [1, channels, height, width], data: Float32Array.from(image) });
    const y = tf.tidy(() => evaluate(weights, tf.tensor(x.data, x.shape)) as tf.Tensor);
    const made = await y.data<"float32">();
    y.dispose();
    return made;
  };
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];

for (const file of listed(read.right.files)) {
  const model = orThrow(await loadOnnx(file)());
  const [height, width, channels] = model.input;
  const bytes = await Deno.readFile(file);
  const dims = [1, channels, height, width];
  const image = noise(channels * height * width, 7);
  const named: (readonly [string, Network | null])[] = [
    ["onnxruntime-node", await inOnnxruntime("npm:onnxruntime-node@1.30.0", bytes, dims)],
    ["onnxruntime-web", await inOnnxruntime("npm:onnxruntime-web@1.30.0/wasm", bytes, dims)],
  ];
  for (const backend of listed(read.right.backends) as BackendName[]) {
    named.push([`Sparrow, ${backend}`, await inSparrow(model, backend)]);
  }
  const networks = named.flatMap(([name, network]) =>
    network === null ? [] : [{ name, network, times: [] as number[] }]
  );
  const expected = await networks[0].network(image);
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const errors: number[] = [];
  for (const { network } of networks) {
    const made = await network(image);
    errors.push(made.reduce((most, v, i) => Math.max(most, Math.abs(v - expected[i])), 0) / scale);
  }
  for (let round = 0; round < rounds; round++) {
    for (const { network, times } of networks) {
      const begun = performance.now();
      await network(image);
      times.push(performance.now() - begun);
    }
  }
  console.log(`${file}, [${model.input}] to ${expected.length}, scale ${scale.toPrecision(3)}`);
  networks.forEach(({ name, times }, i) =>
    console.log(
      `  ${name}: ${median(times).toFixed(0)} ms (${Math.min(...times).toFixed(0)} at best), ` +
        `error ${errors[i].toExponential(1)}`,
    )
  );
}
