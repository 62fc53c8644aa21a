import { createHash } from "node:crypto";
import { graphToJson } from "../../../graph/codec.ts";
import { graph } from "../../../graph/parse.ts";
import { E, pipe } from "../../../graph/fp_ts.ts";
import { readCheckpoint, writeCheckpoint } from "../../../pipelines/files/checkpoint.ts";
import { checkpointOf, resumeRun } from "../../../pipelines/core/resume.ts";
import { readModel, writeModel } from "../../../pipelines/files/model.ts";
import { createRun, dispose, toArrays } from "../../../pipelines/core/run.ts";
import {
  readSafetensors,
  type Safetensors,
  writeSafetensors,
} from "../../../pipelines/files/safetensors.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";
import { envOn, left, optimiser, right } from "../tiny.ts";
import { mutatedBytes, mutatedTexts } from "./mutate.ts";
import { COUNT, survive } from "./survive.ts";

const encoder = graph`linear(12, 6) ▷ batch_norm ▷ relu ▷ linear(6, 16) ▷ kwta(0.25)`;
const normalisation = { mean: [0.1307], std: [0.3081] };
const facts = { normalisation, dataset: "strokes", epoch: 3 };

const runs = async () => {
  await envOn("cpu");
  const run = right(createRun({ graph: encoder, optimiser, seed: 26 }));
  const history = [{ epoch: 1, step: 10, split: "test", name: "accuracy", value: 0.5 }] as const;
  const checkpoint = right(await checkpointOf({ ...run, history })());
  const [params, plasticity] = [await toArrays(run.params), await toArrays(run.plasticity)];
  dispose(run);
  const { graph, input } = run;
  return { model: writeModel({ graph, input, params, plasticity, ...facts }), checkpoint };
};

/** A file whose header is another text, and says how long it is. */
function withHeader(file: Uint8Array, change: (text: string) => string): Uint8Array {
  const length = Number(new DataView(file.buffer).getBigUint64(0, true));
  const text = new TextEncoder().encode(
    change(new TextDecoder().decode(file.subarray(8, 8 + length))),
  );
  const made = new Uint8Array(8 + text.length + file.length - 8 - length);
  new DataView(made.buffer).setBigUint64(0, BigInt(text.length), true);
  made.set(text, 8);
  made.set(file.subarray(8 + length), 8 + text.length);
  return made;
}

/** Parts that headers are made of. */
const words = [
  '"dtype":"F16"',
  '"__proto__":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},',
  '"shape":[9007199254740991,9007199254740991]',
  '"data_offsets":[0,9007199254740991]',
  "\\u0000",
  "batch_norm",
  "fanout",
  "{",
  "}",
  "[",
  '"',
];

/** The header's text mutated, the bytes after it left. */
function* headers(file: Uint8Array, count: number, from: number): Generator<Uint8Array> {
  let text = "";
  withHeader(file, (header) => text = header);
  for (const changed of mutatedTexts([text], words, count, from)) {
    yield withHeader(file, () => changed);
  }
}

/** One text of the metadata mutated, everything else as it should be. */
function* metadata(
  file: Uint8Array,
  count: number,
  from: number,
  write: (content: Safetensors) => Uint8Array,
): Generator<Uint8Array> {
  const content = right(readSafetensors("m", file));
  const names = Object.keys(content.metadata);
  const each = names.map((name, i) => ({
    name,
    texts: mutatedTexts([content.metadata[name]], words, Math.ceil(count / names.length), from + i),
  }));
  for (const { name, texts } of each) {
    for (const text of texts) {
      yield write({ ...content, metadata: { ...content.metadata, [name]: text } });
    }
  }
}

const asModel = (bytes: Uint8Array) => Promise.resolve(readModel("m.safetensors", bytes));
const asCheckpoint = (bytes: Uint8Array) => Promise.resolve(readCheckpoint("c", bytes));

/** Writes the file with the checksum that it has to have. */
function sealed({ tensors, metadata }: Safetensors): Uint8Array {
  const empty = writeSafetensors({ tensors, metadata: { ...metadata, sha256: "" } });
  const sha256 = createHash("sha256").update(empty).digest("hex");
  return writeSafetensors({ tensors, metadata: { ...metadata, sha256 } });
}

Deno.test("model files: 2,000 of mutated bytes, and of mutated headers and metadata", async () => {
  const { model } = await runs();
  assert(E.isRight(readModel("m", model)));
  const bytes = await survive(mutatedBytes([model], COUNT, 1), asModel);
  assert(bytes.refused > COUNT / 2 && bytes.read > 0, JSON.stringify(bytes));
  const header = await survive(headers(model, COUNT / 2, 2), asModel);
  assert(header.refused > COUNT / 4, JSON.stringify(header));
  const texts = await survive(metadata(model, COUNT / 2, 3, writeSafetensors), asModel);
  assert(texts.refused > COUNT / 4 && texts.read > 0, JSON.stringify(texts));
});

Deno.test("checkpoints: 2,000 of mutated bytes, and of metadata under a seal that is right", async () => {
  const checkpoint = writeCheckpoint((await runs()).checkpoint);
  assert(E.isRight(readCheckpoint("c", checkpoint)));
  const bytes = await survive(mutatedBytes([checkpoint], COUNT, 4), asCheckpoint);
  // Only what changes nothing, such as a space more, is read.
  assert(bytes.refused > 0.98 * COUNT, JSON.stringify(bytes));
  const texts = await survive(metadata(checkpoint, COUNT / 2, 5, sealed), asCheckpoint);
  assert(texts.refused > COUNT / 4, JSON.stringify(texts));
});

/** A model file without a tensor, of that graph. */
const declared = (nodes: unknown, input: readonly number[]): Uint8Array =>
  writeSafetensors({
    tensors: {},
    metadata: {
      format: "sparrow-model-1",
      graph: JSON.stringify({ nodes }),
      input: JSON.stringify(input),
      normalisation: JSON.stringify(normalisation),
      dataset: "strokes",
      epoch: "1",
    },
  });

Deno.test("a model file that declares gigabytes is refused before anything is made for them", async () => {
  const huge = 2_000_000_000;
  const graphs: readonly (readonly [unknown, readonly number[]])[] = [
    [[{ node: "batch_norm" }], [huge]],
    [[{ node: "k_winners", sparsity: 0.1 }], [huge]],
    [[{ node: "linear", outputs: huge }], [huge]],
    [[{ node: "learned_kwta", sparsity: 0.1 }], [huge]],
  ];
  const files = graphs.map(([nodes, input]) => declared(nodes, input));
  assertEquals(await survive(files, asModel), { refused: 4, read: 0 });
  const { model } = await runs();
  const huges = ["[4611686018427387904]", "[9007199254740991,9007199254740991]", "[1e9,1e9]"];
  for (const shape of huges) {
    const file = withHeader(model, (text) => text.replace('"shape":[6]', `"shape":${shape}`));
    assertEquals(await survive([file], asModel), { refused: 1, read: 0 });
  }
});

Deno.test("a checkpoint whose graph declares weights that it has not is refused, and none is drawn", async () => {
  const { checkpoint } = await runs();
  const { params, plasticity } = checkpoint;
  const { "0.bias": _, ...fewer } = params;
  const graphs = [
    graph`linear(1000, 100000)`,
    graph`linear(16, 1000000000)`,
    graph`linear(200000, 200000)`,
    graph`linear(100000, 100000) ▷ batch_norm`,
    graph`fanout(identity, identity) ▷ concat`,
  ];
  const files = [
    ...graphs.map((graph) => {
      const input = graph.nodes[0]._tag === "linear"
        ? [graph.nodes[0].inputs as number]
        : [2 ** 28];
      return writeCheckpoint({ ...checkpoint, graph, input, params: {}, plasticity: {} });
    }),
    writeCheckpoint({ ...checkpoint, params: fewer }),
    writeCheckpoint({ ...checkpoint, plasticity: {} }),
  ];
  const resumed = (bytes: Uint8Array) =>
    Promise.resolve(
      pipe(readCheckpoint("c", bytes), E.chain((read) => resumeRun(read, optimiser))),
    );
  assertEquals(await survive(files, resumed), { refused: 7, read: 0 });
  assertEquals(Object.keys(plasticity).length, 2);
});

Deno.test("a graph that declares more weights than a run may have makes no run", async () => {
  await envOn("cpu");
  const graphs = [graph`linear(16, 1000000000)`, graph`linear(200000, 200000)`];
  for (const huge of graphs) {
    const { _tag } = left(createRun({ graph: huge }));
    assert(["ShapeMismatch", "InvalidOption"].includes(_tag));
  }
});

Deno.test("a graph that is long, or whose pairs of pairs double at each node, takes no second", async () => {
  const relus = Array.from({ length: 200_000 }, () => ({ node: "relu" }));
  const both = {
    node: "fanout",
    first: graphToJson({ nodes: [] }),
    second: graphToJson({ nodes: [] }),
  };
  const doubling = [...Array.from({ length: 64 }, () => both), { node: "relu" }];
  const files = [declared(relus, [12]), declared(doubling, [12])];
  assertEquals(await survive(files, asModel), { refused: 2, read: 0 });
});

Deno.test("a tensor that is called __proto__ is one tensor too many", () => {
  const file = writeSafetensors({
    tensors: Object.fromEntries([["__proto__", { shape: [0], data: new Float32Array(0) }]]),
    metadata: {},
  });
  const { tensors } = right(readSafetensors("m", file));
  assertEquals(Object.keys(tensors), ["__proto__"]);
  assertEquals(Object.getPrototypeOf(tensors), Object.prototype);
  const error = left(readCheckpoint("m", file));
  assert(error._tag === "CorruptFile");
  assertStringIncludes(error.reason, "format");
});
