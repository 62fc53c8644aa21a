import { E } from "../../graph/fp_ts.ts";
import { graphFromJson, graphToJson } from "../../graph/codec.ts";
import type { Nodes } from "../../graph/node.ts";
import type { ParamArrays } from "../../graph/params.ts";
import { parse } from "../../graph/parse.ts";
import { inferShapes } from "../../graph/shape.ts";
import { show } from "../../graph/show.ts";
import type { BackendName } from "../../ops/backend.ts";
import { defineNode } from "../../ops/custom_node.ts";
import { tripletCosineLoss } from "../../ops/losses/triplet.ts";
import { adam, adamW } from "../../ops/optimisers/adam.ts";
import { tf } from "../../ops/tfjs.ts";
import {
  type Checkpoint,
  newestCheckpoint,
  readCheckpoint,
} from "../../pipelines/files/checkpoint.ts";
import { checkpointOf, resumeRun } from "../../pipelines/core/resume.ts";
import { loadCodes } from "../../pipelines/files/codes.ts";
import { readRun } from "../../pipelines/report/comparison.ts";
import { encode } from "../../pipelines/encode/encode.ts";
import { denoFiles } from "../../pipelines/files/files.ts";
import type { History } from "../../pipelines/core/history.ts";
import { loadModel, type ModelFile } from "../../pipelines/files/model.ts";
import { importOnnx } from "../../pipelines/onnx/import_onnx.ts";
import { dispose, type Run, toTensors } from "../../pipelines/core/run.ts";
import { pipeline } from "../../pipelines/core/stage.ts";
import { synapticScaling } from "../../pipelines/stages/homeostasis.ts";
import { train } from "../../pipelines/stages/train.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes, fail } from "../assert.ts";
import { inOnnxruntime } from "./onnx/onnxruntime.ts";
import { deno, root, start, withFolder } from "./process.ts";
import { envOn, right } from "./tiny.ts";

const files = new URL("files_of_0_1/", import.meta.url).pathname;
const read = (name: string) => Deno.readFile(`${files}${name}`);
const readJson = async (name: string) => JSON.parse(await Deno.readTextFile(`${files}${name}`));

const expected = await readJson("expected.json");
const stripes = await readJson("images.json");
const normalisation = stripes.normalisation;
const data = {
  count: 48,
  values: Uint8Array.fromBase64(stripes.pixels),
  labels: Uint8Array.fromBase64(stripes.labels),
  normalisation,
};

// What is trained and encoded with, in one place: the interface may change, what comes out may not.

/** The packed codes of the images, in hexadecimal. */
async function codesOf(
  { graph, input, params, plasticity }: Omit<ModelFile, "normalisation" | "dataset" | "epoch">,
  backend: BackendName,
): Promise<string> {
  const env = await envOn(backend);
  const weights = { params: toTensors(params), plasticity: toTensors(plasticity) };
  const model = { graph, input, ...weights };
  const codes = right(await encode(model, data, { env })());
  tf.dispose([weights.params, weights.plasticity]);
  assert(codes.kind === "binary", "the model's embeddings are codes");
  return new Uint8Array(codes.words.buffer as ArrayBuffer).toHex();
}

/** Trains another epoch of the model "plastic". */
async function anotherEpoch(checkpoint: Checkpoint): Promise<Run> {
  const env = await envOn("wasm");
  const optimiser = adam({ learningRate: 0.01 });
  const stage = pipeline(
    synapticScaling({ target: 0.125 }),
    train({ data, loss: tripletCosineLoss(), batchSize: 16 }),
  );
  return right(await stage(right(resumeRun(checkpoint, optimiser)))(env)());
}

/** Weights as `expected.json` has them. */
interface Weights {
  /** SHA-256 of the numbers in float32, tensors in the order of their names. */
  readonly sha256: string;
  /** Sum of the absolute values. */
  readonly sum: number;
}

const numbersOf = (...arrays: readonly ParamArrays[]): Float32Array<ArrayBuffer> => {
  const all: ParamArrays = Object.assign({}, ...arrays);
  return Float32Array.from(Object.keys(all).toSorted().flatMap((name) => [...all[name].data]));
};

async function sha256(numbers: Float32Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", numbers)).toHex();
}

/**
 * Compares weights that were trained here with recorded ones: to the bit where relaxed SIMD rounds a
 * product and a sum as on the machine that recorded them, else closely.
 */
async function assertTrained({ sha256: sum256, sum }: Weights, ...arrays: readonly ParamArrays[]) {
  const numbers = numbersOf(...arrays);
  const actual = numbers.reduce((sum, x) => sum + Math.abs(x), 0);
  assert(Math.abs(actual - sum) < 1e-3 * sum, `a sum of ${actual}, expected ${sum}`);
  if (Deno.build.arch === "x86_64") assertEquals(await sha256(numbers), sum256);
}

/** Fails unless an epoch has at least the rows that the one before it has. */
function assertMeasured(history: History, epoch: number): void {
  const namesOf = (of: number) =>
    new Set(history.flatMap(({ epoch, split, name }) => epoch === of ? [`${split} ${name}`] : []));
  const [before, after] = [namesOf(epoch - 1), namesOf(epoch)];
  assert(before.size > 5, `${before.size} rows of epoch ${epoch - 1}`);
  assertEquals([...before.difference(after)], []);
}

for (const name of ["plain", "plastic", "learned", "predicted"]) {
  Deno.test(`a model of 0.1 opens, and makes the codes that it made: ${name}`, async () => {
    const model = right(await loadModel(`${files}models/${name}.safetensors`, denoFiles)());
    const { text, weights, codes } = expected[name];
    assertEquals(show(model.graph), text);
    assertEquals([model.dataset, model.epoch, model.metrics], ["stripes", 2, { accuracy: 0.5 }]);
    assertEquals(model.normalisation, normalisation);
    assertEquals(await sha256(numbersOf(model.params, model.plasticity)), weights.sha256);
    for (const backend of ["cpu", "wasm"] as const) {
      assertEquals(await codesOf(model, backend), codes, backend);
    }
  });
}

Deno.test("a checkpoint of 0.1 goes on as it did: batch norm, winners and scaling included", async () => {
  const bytes = await read("plastic_checkpoint.safetensors");
  const checkpoint = right(readCheckpoint("checkpoint", bytes));
  assertEquals([checkpoint.epoch, checkpoint.step, checkpoint.optimiserState.step], [2, 6, 6]);
  assertEquals(Object.keys(checkpoint.optimiserState.slots), ["first", "second"]);
  const run = await anotherEpoch(checkpoint);
  const { params, plasticity, history, epoch } = right(await checkpointOf(run)());
  dispose(run);
  const { weights, loss } = expected.resumed;
  assertEquals(epoch, 3);
  await assertTrained(weights, params, plasticity);
  assertEquals(history.slice(0, checkpoint.history.length), checkpoint.history);
  assertMeasured(history, 3);
  const last = history.findLast(({ name }) => name === "loss")!.value;
  assert(Math.abs(last - loss) < 1e-3, `a loss of ${last}, expected ${loss}`);
});

Deno.test("a run's folder of 0.1: its configuration, its history, and its checkpoint as a run", async () => {
  const folder = `${files}run`;
  const { config, history } = right(await readRun(folder, denoFiles)());
  assertEquals(config.pipeline, "conv_kwta");
  const rows = (await Deno.readTextFile(`${folder}/metrics.jsonl`)).trim().split("\n");
  assertEquals(history, rows.map((row) => JSON.parse(row)));
  assertEquals(history.length, 42);

  await envOn("cpu");
  const { checkpoint } = right(await newestCheckpoint(folder, denoFiles)());
  assert(checkpoint !== null, "a checkpoint is found");
  assertEquals(checkpoint.history, history);
  const run = right(resumeRun(checkpoint, adamW({ learningRate: 5e-3, weightDecay: 0.1 })));
  assertEquals(right(await checkpointOf(run)()), checkpoint);
  dispose(run);
  assertEquals(checkpoint.epoch, 2);

  const model = right(await loadModel(`${folder}/model.safetensors`, denoFiles)());
  assertEquals(show(model.graph), expected.run.text);
  assertEquals(model.params, checkpoint.params);
  const weights = numbersOf(model.params, model.plasticity);
  assertEquals(await sha256(weights), expected.run.weights.sha256);
});

Deno.test("codes of 0.1 open, with labels and origins", async () => {
  const { codes, labels, origins } = right(await loadCodes(`${files}codes.npz`, denoFiles)());
  assertEquals([codes.count, codes.width], [20, 40]);
  assertEquals([...labels!], expected.codes.labels);
  assertEquals(new Uint8Array(codes.words.buffer as ArrayBuffer).toHex(), expected.codes.words);
  const model = await read("run/model.safetensors");
  assertEquals(
    origins!.model.sha256,
    new Uint8Array(await crypto.subtle.digest("SHA-256", model)).toHex(),
  );
  assertEquals(origins!.classes, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
  assertEquals(origins!.parts, [{
    ...{ kind: "dataset", dataset: "strokes", name: "strokes", data: null },
    ...{ seed: 3, split: "test", from: 0, count: 20 },
  }]);
});

/** Zeros and ones as the packed codes that they are, in hexadecimal, where the width is a multiple of 32. */
const packed = (bits: ArrayLike<number>): string =>
  Uint8Array.from(
    { length: bits.length / 8 },
    (_, i) => Array.from({ length: 8 }, (_, j) => bits[8 * i + j] << j).reduce((a, b) => a | b),
  ).toHex();

Deno.test("an ONNX file of 0.1 makes the same codes in onnxruntime", async () => {
  const { codes } = await inOnnxruntime(await read("plain.onnx"), "pixels", data.values, [48, 64]);
  assertEquals(packed(codes), expected.plain.codes);
});

Deno.test("an ONNX file of 0.1 is imported: with a kWTA after it, it makes the same codes", async () => {
  const trunk = right(importOnnx("trunk.onnx", await read("trunk.onnx")));
  const head = right(parse("kwta(0.0625)"));
  const whole: Nodes = { nodes: [...trunk.graph.nodes, ...head.nodes] };
  const { graph } = right(inferShapes(whole, trunk.input));
  for (const backend of ["cpu", "wasm"] as const) {
    assertEquals(await codesOf({ ...trunk, graph }, backend), expected.plain.codes, backend);
  }
});

defineNode({
  name: "gain_of_0_1",
  arguments: [{ name: "by", kind: "real", fallback: 2 }],
  evaluate: (x, { by }) => tf.mul(x, by),
});

Deno.test("graphs of 0.1, as text and as JSON, are the same graphs", async () => {
  const graphs: readonly { text: string; shown: string; json: unknown }[] = await readJson(
    "graphs.json",
  );
  for (const { text, shown, json } of graphs) {
    const graph = right(parse(text));
    assertEquals(show(graph), shown);
    assertEquals(graphFromJson(json), E.right(graph));
    assertEquals(graphToJson(graph), json);
  }
  // Every node that 0.1 had, and one that a program has defined.
  const nodes = new Set(JSON.stringify(graphs).match(/(?<="node":")\w+/g));
  assertEquals(nodes.size, 26 + 1, [...nodes].join(", "));
});

const program = (name: string, ...args: readonly string[]) =>
  deno("run", "-P", `pipelines/${name}.ts`, ...args);
const wasm = ["--backend", "wasm"];

Deno.test("programs go on with a run of 0.1, and compare it with what becomes of it", () =>
  withFolder(async (folder) => {
    const place = `${folder}/run`;
    await Deno.mkdir(`${root}${place}/checkpoints`, { recursive: true });
    const names = ["config.json", "metrics.jsonl", "checkpoints/epoch_000002.safetensors"];
    for (const name of names) await Deno.copyFile(`${files}run/${name}`, `${root}${place}/${name}`);
    const resumed = await program("conv_kwta", "--resume", place, "--epochs", "3");
    assertEquals([resumed.code, resumed.err], [0, ""]);
    assertMatch(resumed.out, /^Goes on after epoch 2 of 3\n/);
    const model = right(await loadModel(`${root}${place}/model.safetensors`, denoFiles)());
    assertEquals(model.epoch, 3);
    await assertTrained(expected.run.resumed, model.params, model.plasticity);
    const { accuracy } = expected.run.resumed.metrics;
    assert(Math.abs(model.metrics!.accuracy - accuracy) < 0.01, `${model.metrics!.accuracy}`);
    const { history } = right(await readRun(`${root}${place}`, denoFiles)());
    const { history: before } = right(await readRun(`${files}run`, denoFiles)());
    assertEquals(history.slice(0, before.length), before);
    assertMeasured(history, 3);

    const compared = await program("compare", `${files}run`, place, "--out", `${folder}/both`);
    assertEquals([compared.code, compared.err], [0, ""]);
    assertMatch(compared.out, /^2 runs share \d{2,} quantities; /);
  }));

Deno.test("programs encode with a model of 0.1, search its codes and export it", () =>
  withFolder(async (folder) => {
    const [model, codes] = [`${files}run/model.safetensors`, `${files}codes.npz`];
    const out = `${folder}/codes.npz`;
    const strokes = ["strokes", "--seed", "3", "--first"];
    const [encoded, searched, exported] = await Promise.all([
      program("encode", model, ...strokes, "20", "--out", out, ...wasm),
      program("search", codes, ...strokes, "4", "--model", model, "-k", "1", "--json", ...wasm),
      program("export", `${files}models/plain.safetensors`, "--out", `${folder}/plain.onnx`),
    ]);
    assertEquals([encoded.code, encoded.err], [0, ""]);
    const [again, before] = await Promise.all(
      [`${root}${out}`, codes].map((path) => loadCodes(path, denoFiles)()),
    );
    assertEquals([right(again).codes, right(again).labels], [
      right(before).codes,
      right(before).labels,
    ]);
    assertEquals(right(again).origins!.parts, right(before).origins!.parts);

    assertEquals([searched.code, searched.err], [0, ""]);
    const { answers } = JSON.parse(searched.out);
    assertEquals(
      answers.map(({ results: [{ distance }] }: { results: { distance: number }[] }) => distance),
      [0, 0, 0, 0],
    );

    assertEquals([exported.code, exported.err], [0, ""]);
    const bytes = await Deno.readFile(`${root}${folder}/plain.onnx`);
    const made = await inOnnxruntime(bytes, "pixels", data.values, [48, 64]);
    assertEquals(packed(made.codes), expected.plain.codes);
  }));

Deno.test("every training program knows the configuration of a run of 0.1 as its own", () =>
  withFolder(async (folder) => {
    const begun = async (name: string) => {
      const place = `${folder}/${name}`;
      await Deno.mkdir(`${root}${place}`, { recursive: true });
      await Deno.copyFile(`${files}begun/${name}/config.json`, `${root}${place}/config.json`);
      const main = `pipelines/${name.replace("_supcon", "")}.ts`;
      const process = start("run", "-P", main, "--resume", place);
      try {
        await process.until("it begins anew");
      } catch {
        fail(`${name}: ${(await process.finished).err}`);
      }
      process.kill("SIGKILL");
      await process.finished;
    };
    const names = Array.from(Deno.readDirSync(`${files}begun`), ({ name }) => name).toSorted();
    assertStringIncludes(names.join(), "mnist_autoencoder,mnist_kwta,mnist_kwta_supcon");
    for (let i = 0; i < names.length; i += 2) await Promise.all(names.slice(i, i + 2).map(begun));
  }));
