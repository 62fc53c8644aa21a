import { Buffer } from "node:buffer";
import fc from "npm:fast-check@4.3.0";
import { E } from "../../../graph/fp_ts.ts";
import { describe, type SparrowError } from "../../../graph/error.ts";
import { tf } from "../../../ops/tfjs.ts";
import type { Files } from "../../../pipelines/files/files.ts";
import { denoFiles } from "../../../pipelines/files/files.ts";
import { lower } from "../../../ops/interpreter.ts";
import { newest } from "../../../pipelines/core/history.ts";
import { loadModel, readModel, saveModel, writeModel } from "../../../pipelines/files/model.ts";
import { createRun, dispose, toArrays, toTensors } from "../../../pipelines/core/run.ts";
import { readSafetensors, writeSafetensors } from "../../../pipelines/files/safetensors.ts";
import { pipeline } from "../../../pipelines/core/stage.ts";
import { evaluate } from "../../../pipelines/stages/evaluate.ts";
import { report } from "../../../pipelines/stages/report.ts";
import { save } from "../../../pipelines/stages/save.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";
import { begin, digits, envOn, left, optimiser, right, trainTiny } from "../tiny.ts";

const model = async () => {
  await envOn("cpu");
  const run = begin();
  const params = await toArrays(run.params);
  dispose(run);
  return {
    graph: run.graph,
    input: run.input,
    params,
    plasticity: {},
    normalisation: { mean: [0.1307], std: [0.3081] },
    dataset: "strokes",
    epoch: 3,
  };
};

Deno.test("what is saved can be loaded, and computes the same", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const data = await digits();
    const env = await envOn("cpu");
    const stages = pipeline(
      trainTiny(data),
      evaluate(data),
      save(folder, data),
      report(folder, { title: "tiny", dataset: data, config: { seed: 26 } }),
    );
    const done = right(await stages(begin())(env)());
    const path = `${folder}/model.safetensors`;
    assertEquals(done.saved, path);
    const loaded = right(await loadModel(path, denoFiles)());
    assertEquals(loaded.params, await toArrays(done.params));
    assertEquals(loaded.graph, done.graph);
    assertEquals([loaded.input, loaded.dataset, loaded.epoch], [[784], "strokes", 1]);
    assertEquals(loaded.normalisation, data.train.normalisation);
    assertEquals(loaded.metrics?.accuracy, newest(done.history, "accuracy", "test") ?? undefined);
    assert(loaded.metrics!.accuracy > 0.1);

    const again = right(createRun({ ...loaded, optimiser }));
    const x = tf.ones([2, 784]);
    const codes = [done, again].map(({ graph, ...weights }) =>
      (lower(graph).evaluate(weights, x) as tf.Tensor).dataSync()
    );
    assertEquals(codes[0], codes[1]);

    const rows = (await Deno.readTextFile(`${folder}/metrics.jsonl`)).trim().split("\n")
      .map((line) => JSON.parse(line));
    assertEquals(rows, [...done.history]);
    assertEquals(Object.keys(rows[0]), ["epoch", "step", "split", "name", "value"]);
    const page = await Deno.readTextFile(`${folder}/report.html`);
    assertStringIncludes(page, "<svg");
    assertStringIncludes(page, "linear(784, 16) ▷ relu ▷ linear(16, 64) ▷ kwta(0.0625)");
    // Nothing temporary is left.
    assertEquals(
      Array.from(Deno.readDirSync(folder), ({ name }) => name).sort(),
      ["figures", "metrics.jsonl", "model.safetensors", "report.html"],
    );
    x.dispose();
    dispose(done);
    dispose(again);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the format is safetensors', byte by byte", () => {
  const bytes = writeSafetensors({
    tensors: { b: { shape: [2], data: Float32Array.of(1, -2) } },
    metadata: { a: "x" },
  });
  const header = `{"__metadata__":{"a":"x"},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`;
  const length = Math.ceil(header.length / 8) * 8;
  assertEquals(new DataView(bytes.buffer).getBigUint64(0, true), BigInt(length));
  assertEquals(new TextDecoder().decode(bytes.subarray(8, 8 + length)), header.padEnd(length));
  assertEquals(Array.from(bytes.subarray(8 + length)), [0, 0, 128, 63, 0, 0, 0, 192]);
});

/** The types of the format's specification, with their bytes. */
const dtypes: Readonly<Record<string, number>> = { F64: 8, F32: 4, F16: 2, I64: 8, I32: 4, U8: 1 };

Deno.test("a whole model file is as the specification has it, read without our reader", async () => {
  const bytes = writeModel({ ...await model(), metrics: { accuracy: 0.875 } });
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  assertEquals(length % 8, 0);
  assertEquals(bytes[8], "{".charCodeAt(0));
  const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + length));
  assertEquals(text.trimEnd().at(-1), "}");
  const { __metadata__: metadata, ...tensors } = JSON.parse(text);
  assertEquals(Object.keys(metadata).sort(), [
    ...["dataset", "epoch", "format", "graph", "graph_text", "input", "metrics", "normalisation"],
  ]);
  assert(Object.values(metadata).every((value) => typeof value === "string"));
  assertEquals(JSON.parse(metadata.metrics), { accuracy: 0.875 });
  let next = 0;
  for (const [name, tensor] of Object.entries(tensors)) {
    const { dtype, shape, data_offsets: [begin, end], ...more } = tensor as {
      readonly dtype: string;
      readonly shape: readonly number[];
      readonly data_offsets: readonly [number, number];
    };
    assertEquals([begin, more], [next, {}], name);
    const size = dtypes[dtype];
    // What a view of such numbers needs.
    assertEquals((8 + length + begin) % size, 0, name);
    assertEquals(end - begin, size * shape.reduce((product, extent) => product * extent, 1), name);
    next = end;
  }
  assertEquals(8 + length + next, bytes.length);
});

const python = `import json, sys
from safetensors import safe_open
with safe_open(sys.argv[1], framework="numpy") as file:
    sums = {name: float(file.get_tensor(name).sum(dtype="float64")) for name in file.keys()}
    print(json.dumps({"metadata": file.metadata(), "sums": sums}))`;

/** Whether this machine's Python has the library that the format is named after. */
const hasSafetensors = await new Deno.Command("python3", {
  args: ["-c", "import safetensors, numpy"],
  stderr: "null",
}).output().then(({ success }) => success, () => false);

Deno.test({
  name: "Python's safetensors reads a model file" +
    (hasSafetensors ? "" : " (no python3 with safetensors and numpy here)"),
  ignore: !hasSafetensors,
  fn: async () => {
    const path = await Deno.makeTempFile({ suffix: ".safetensors" });
    try {
      const good = await model();
      await Deno.writeFile(path, writeModel(good));
      const { stdout } = await new Deno.Command("python3", { args: ["-c", python, path] }).output();
      const { metadata, sums } = JSON.parse(new TextDecoder().decode(stdout));
      assertEquals(metadata.dataset, "strokes");
      const own = Object.entries(good.params).map(([name, { data }]) =>
        [name, data.reduce((sum, x) => sum + x, 0)] as const
      );
      assertEquals(Object.keys(sums).sort(), own.map(([name]) => name).sort());
      for (const [name, sum] of own) assert(Math.abs(sums[name] - sum) < 1e-9, name);
    } finally {
      await Deno.remove(path);
    }
  },
});

Deno.test("the bytes may be a Buffer of Node.js, at any place of a larger one", async () => {
  const bytes = writeModel(await model());
  for (const offset of [0, 1, 5]) {
    const whole = Buffer.alloc(bytes.length + offset + 9, 7);
    whole.set(bytes, offset);
    const read = right(readModel("m", whole.subarray(offset, offset + bytes.length)));
    assertEquals(read, right(readModel("m", bytes)));
  }
});

Deno.test("damaged model files give a typed error, never a crash", async () => {
  const whole = writeModel(await model());
  fc.assert(
    fc.property(
      fc.nat(whole.length - 1),
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      (at, flip, cut) => {
        const bytes = cut ? whole.slice(0, at) : whole.slice();
        // Bits of a weight are any number's; those of the header are not.
        if (!cut) bytes[at % 900] ^= flip;
        const read = readModel("m.safetensors", bytes);
        if (E.isLeft(read)) assert(describe(read.left).length > 20);
        else assert(!cut);
      },
    ),
    { numRuns: 500, seed: 26 },
  );
});

Deno.test("a file whose parts do not belong together is named with its fault", async () => {
  const good = await model();
  const message = (bytes: Uint8Array) => describe(left<SparrowError>(readModel("m", bytes)));
  const { tensors, metadata } = right(readSafetensors("m", writeModel(good)));
  const { "0.bias": _, ...fewer } = tensors;
  assertEquals(
    message(writeSafetensors({ tensors: fewer, metadata })),
    "Cannot use m: expected a tensor 0.bias of shape [16], current value is none",
  );
  const misshapen = { ...tensors, "0.bias": { shape: [3], data: new Float32Array(3) } };
  assertEquals(
    message(writeSafetensors({ tensors: misshapen, metadata })),
    "Cannot use m: expected a tensor 0.bias of shape [16], current value is [3]",
  );
  const more = { ...tensors, "9.bias": { shape: [3], data: new Float32Array(3) } };
  assertEquals(
    message(writeSafetensors({ tensors: more, metadata })),
    "Cannot use m: expected no tensor 9.bias: its graph has none",
  );
  assertEquals(
    message(writeSafetensors({ tensors, metadata: { ...metadata, format: "other" } })),
    'Cannot use m: expected the metadata "format" to be sparrow-model-1, current value is other',
  );
  const wrong = [
    { mean: 0.13, std: 0.31 },
    { mean: [], std: [] },
    { mean: [0.5, 0.5], std: [0.2] },
    { mean: [0.5], std: [0] },
    { mean: [null], std: [1] },
    // 784 values do not have three channels.
    { mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] },
  ];
  for (const normalisation of wrong) {
    const text = JSON.stringify(normalisation);
    assertEquals(
      message(writeSafetensors({ tensors, metadata: { ...metadata, normalisation: text } })),
      'Cannot use m: expected the metadata "normalisation" to be {"mean": [a number], "std": ' +
        "[a number above 0]} with one of each, or as many as channels, current value is " + text,
    );
  }
  const colours = JSON.stringify({ mean: [0.5, 0.4], std: [0.2, 0.1] });
  const coloured = readModel(
    "m",
    writeSafetensors({ tensors, metadata: { ...metadata, normalisation: colours } }),
  );
  assertEquals(right(coloured).normalisation.mean, [0.5, 0.4]);
  assertEquals(
    message(new Uint8Array(3)),
    "Cannot use m: this is no model file: it begins with the bytes 00 00 00",
  );
});

Deno.test("a weight that is not finite is never saved over a good model", async () => {
  const data = await digits();
  const written: string[] = [];
  const files: Files = {
    ...denoFiles,
    write: (path) => {
      written.push(path);
      return () => Promise.resolve(E.right(undefined));
    },
  };
  const env = await envOn("cpu", { files });
  const arrays = (await model()).params;
  const bad = toTensors({
    ...arrays,
    "2.bias": { shape: [64], data: new Float32Array(64).fill(NaN) },
  });
  const run = begin();
  tf.dispose(run.params);
  const error = left(await save("out", data)({ ...run, params: bad, saved: "good" })(env)());
  assert(error._tag === "NonFinite");
  assertEquals([error.tensor, error.lastGood], ["2.bias", "good"]);
  assertEquals(written, []);
});

Deno.test("a model of plain data is saved, in place of the one before, and loaded as it is", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/models/encoder.safetensors`;
    const first = await model();
    for (const one of [first, { ...first, epoch: 4, metrics: { accuracy: 0.5 } }]) {
      assertEquals(await saveModel(path, one, denoFiles)(), E.right(undefined));
      assertEquals(await loadModel(path, denoFiles)(), E.right(one));
      assertEquals(await Deno.readFile(path), writeModel(one));
    }
    const error = left(await saveModel("/proc/no/such/model", first, denoFiles)());
    assertStringIncludes(describe(error), "Cannot write /proc/no/such/model");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a full or forbidden disk is an error with advice, and frees the run", async () => {
  const data = await digits();
  const env = await envOn("cpu");
  const before = tf.memory().numTensors;
  const error = left(await save("/proc/no/such/place", data)(begin())(env)());
  assert(error._tag === "FileUnavailable");
  assertStringIncludes(describe(error), "Cannot write /proc/no/such/place/model.safetensors");
  assertEquals(tf.memory().numTensors, before);
});
