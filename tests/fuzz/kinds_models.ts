/**
 * Kinds of input that hold weights or codes: models, checkpoints, coders, codes, indexes, ONNX networks, features.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { E, pipe } from "../../graph/fp_ts.ts";
import { graph } from "../../graph/parse.ts";
import { seed } from "../../graph/rng.ts";
import { show } from "../../graph/show.ts";
import { searchByVectors } from "../../ops/codes/asymmetric.ts";
import { encodeVectors } from "../../ops/codes/coders.ts";
import { productCoder } from "../../ops/codes/product_quantiser.ts";
import { projectionCoder } from "../../ops/codes/projections.ts";
import { buildVectorIndex, searchVectors } from "../../ops/codes/vector_index.ts";
import type { ImageArray } from "../../ops/saliency/image.ts";
import type { TrunkReference } from "../../pipelines/data/dataset.ts";
import { checkpointOf, resumeRun } from "../../pipelines/core/resume.ts";
import { createRun, dispose, toArrays } from "../../pipelines/core/run.ts";
import {
  type Checkpoint,
  readCheckpoint,
  writeCheckpoint,
} from "../../pipelines/files/checkpoint.ts";
import { readCoder, writeCoder } from "../../pipelines/files/coder.ts";
import { readCodes, writeCodes } from "../../pipelines/files/codes.ts";
import { readModel, writeModel } from "../../pipelines/files/model.ts";
import { readSafetensors, writeSafetensors } from "../../pipelines/files/safetensors.ts";
import { loadVectorIndex, saveVectorIndex } from "../../pipelines/files/vector_index.ts";
import { exportOnnx } from "../../pipelines/onnx/export_onnx.ts";
import { importOnnx } from "../../pipelines/onnx/import_onnx.ts";
import { reportFiles } from "../../pipelines/report/report.ts";
import { openFeatureCache } from "../../pipelines/trunks/feature_cache.ts";
import { describeOnnx, withOutput } from "../../pipelines/trunks/onnx_network.ts";
import { units } from "../ops/codes/float_vectors.ts";
import { fake } from "../pipelines/data/fake.ts";
import { randomModel } from "../pipelines/onnx/models.ts";
import {
  simulateCentroids,
  simulateEvaluation,
  simulateReconstructions,
} from "../pipelines/report/fixture.ts";
import { envOn, optimiser, right } from "../pipelines/tiny.ts";
import { npz, safetensors, type Seal } from "./formats.ts";
import type { Kind, Verdict } from "./kinds.ts";
import { protobuf } from "./wire.ts";

// ---- Models and checkpoints

const encoderGraph = graph`linear(12, 6) ▷ batch_norm ▷ relu ▷ linear(6, 16) ▷ kwta(0.25)`;
const facts = {
  normalisation: { mean: [0.1307], std: [0.3081] },
  dataset: "strokes",
  epoch: 3,
} as const;

/** A model, and a checkpoint with everything that stages may find. */
async function trained() {
  await envOn("cpu");
  const run = right(createRun({ graph: encoderGraph, optimiser, seed: 26 }));
  const history = [{ epoch: 1, step: 10, split: "test", name: "accuracy", value: 0.5 }] as const;
  const checkpoint = right(await checkpointOf({ ...run, history })());
  const [params, plasticity] = [await toArrays(run.params), await toArrays(run.plasticity)];
  dispose(run);
  const { graph, input } = run;
  return { model: writeModel({ graph, input, params, plasticity, ...facts }), checkpoint };
}

/** The checkpoint with findings of every kind. */
function withFindings(checkpoint: Checkpoint): Checkpoint {
  const { classes, means, codes } = simulateCentroids(["a", "b", "c"], 16);
  const rows = (of: readonly ArrayLike<number>[]) => of.map((row) => Float32Array.from(row));
  const classCodes = { classes, means: rows(means), codes: rows(codes) };
  const image: ImageArray = {
    shape: [3, 3, 1],
    data: Float32Array.from({ length: 9 }, (_, i) => i / 9),
  };
  const { samples, confused, ...evaluation } = simulateEvaluation({ classes, means, codes });
  const findings = {
    classCodes,
    evaluation: { ...evaluation, samples: samples.slice(0, 2), confused: confused.slice(0, 2) },
    explanations: [{ label: "a", image, mask: image, perturbed: image, before: 1, after: 0.5 }],
    reconstructions: simulateReconstructions(1),
  };
  return { ...checkpoint, findings };
}

/** A checkpoint with the sum that it has to have; what is no safetensors file stays as it is. */
const sealed: Seal = (file) => {
  const read = readSafetensors("sealed", file);
  if (E.isLeft(read)) return file;
  const { tensors, metadata } = read.right;
  const empty = writeSafetensors({ tensors, metadata: { ...metadata, sha256: "" } });
  const sha256 = createHash("sha256").update(empty).digest("hex");
  return writeSafetensors({ tensors, metadata: { ...metadata, sha256 } });
};

const resumed = (input: Uint8Array): Verdict =>
  pipe(
    readCheckpoint("c", input),
    E.chain((checkpoint) => resumeRun(checkpoint, optimiser)),
    E.map(dispose),
  );

/** The report that is drawn of a checkpoint at the end of its run. */
const drawn = (input: Uint8Array): Verdict =>
  pipe(
    readCheckpoint("c", input),
    E.map(({ graph, input, history, findings }) =>
      reportFiles({
        title: "fuzz",
        graph: show(graph),
        dataset: "strokes",
        notice: null,
        history,
        model: { graph, input },
        findings,
        config: {},
        finished: true,
      })
    ),
  );

// ---- Codes, coders and indexes

const vectors = units(30, 5, 1);

/** Another file of an index with the checksums of its tensors. */
const summed: Seal = (file, tensors) => {
  const sums = Object.fromEntries(tensors.map(([name, data]) => [name, crc32(data)]));
  const length = Number(new DataView(file.buffer).getBigUint64(0, true));
  if (!(length <= file.length - 8)) return file;
  const text = new TextDecoder().decode(file.subarray(8, 8 + length));
  const header = new TextEncoder().encode(
    text.replace(
      /"crc32":"(?:[^"\\]|\\.)*"/,
      () => `"crc32":${JSON.stringify(JSON.stringify(sums))}`,
    ),
  );
  const made = new Uint8Array(8 + header.length + file.length - 8 - length);
  new DataView(made.buffer).setBigUint64(0, BigInt(header.length), true);
  made.set(header, 8);
  made.set(file.subarray(8 + length), 8 + header.length);
  return made;
};

/** Reads an index from a file, as programs do, and searches it. */
async function indexSubject() {
  const folder = await Deno.makeTempDir({ prefix: "sparrow-fuzz-" });
  const path = `${folder}/index.safetensors`;
  const good: Uint8Array[] = [];
  for (const units of [0, 4]) {
    const index = right(buildVectorIndex(vectors, { units, ids: vectorIds }));
    right(await saveVectorIndex(path, index)());
    good.push(await Deno.readFile(path));
  }
  const read = async (input: Uint8Array): Promise<Verdict> => {
    Deno.writeFileSync(path, input);
    const index = await loadVectorIndex(path)();
    if (E.isLeft(index)) return index;
    // A width of its own is refused by the search, in words.
    return searchVectors(index.right, vectors, { k: 3 });
  };
  return { good, read };
}

const vectorIds = Array.from({ length: 30 }, (_, i) => i * 2 ** 33 + 7);

async function savedCodes(): Promise<readonly Uint8Array[]> {
  const codes = { kind: "binary", count: 2, width: 40, words: Uint32Array.of(5, 6, 7, 1) } as const;
  const origins = {
    model: { file: "m.safetensors", sha256: "0".repeat(64) },
    inverted: false,
    classes: ["a", "b"],
    parts: [
      { kind: "files", files: ["a.png"] },
      {
        ...{ kind: "dataset", dataset: "strokes", name: "strokes", data: null, seed: 0 },
        ...{ split: "test", from: 0, count: 1 },
      },
    ],
  };
  const sets = [
    { codes, labels: Int32Array.of(3, 4) },
    { codes, labels: null, values: Float32Array.from({ length: 8 }, (_, i) => i) },
    {
      codes,
      labels: null,
      origins,
      activations: new Int8Array(80),
      thumbnails: new Uint8Array(512),
    },
    {
      codes,
      labels: null,
      files: { contents: new Uint8Array(64), stats: BigInt64Array.of(1n, 2n, 3n, 4n) },
    },
  ];
  const files: Uint8Array[] = [];
  for (const set of sets) {
    const written = await writeCodes(set as unknown as Parameters<typeof writeCodes>[0])();
    files.push(Uint8Array.from(right(written)));
  }
  return files;
}

// ---- Networks of others

const onnxFixture = () =>
  Deno.readFile(new URL("../pipelines/onnx/fixture/small.onnx", import.meta.url));

const onnxFiles = (): Promise<readonly Uint8Array[]> =>
  onnxFixture().then((file) => [
    file,
    ...[
      graph`linear(6, 8) ▷ relu ▷ linear(8, 4) ▷ sigmoid`,
      graph`conv2d(2, 3, 3, padding=1) ▷ batch_norm ▷ max_pool2d(2) ▷ flatten ▷ linear(4)`,
      graph`residual(linear(6, 6) ▷ tanh) ▷ relu`,
    ].map((graph, i) =>
      Uint8Array.from(
        right(exportOnnx(randomModel(graph, i === 1 ? [4, 4, 2] : [6], i), { input: "values" }))
          .bytes,
      )
    ),
  ]);

const trunkFiles = (): Promise<readonly Uint8Array[]> =>
  Promise.all(
    ["conv.onnx", "conv_batch_of_2.onnx"].map((name) =>
      Deno.readFile(new URL(`../pipelines/trunks/fixture/${name}`, import.meta.url))
    ),
  );

const reference: TrunkReference = {
  source: "a",
  sha256: "0".repeat(64),
  layer: "features",
  pooling: "average",
  size: [2, 2],
  colour: "rgb",
  layout: "NCHW",
  normalisation: { mean: [0], std: [1] },
};
const variables = { HOME: "/home/me" };
const pictures = ["1", "2", "3"].map((digit) => digit.repeat(64));

/** The features that a file of the cache gives; a damaged one gives none. */
async function featureSubject() {
  const { env, disk } = fake({ variables });
  const cache = await openFeatureCache(reference, env);
  cache.add(pictures, Float32Array.from({ length: 12 }, (_, i) => i));
  await cache.keep();
  const [[path, file]] = [...disk];
  const read = async (input: Uint8Array): Promise<Verdict> => {
    const { find } = await openFeatureCache(
      reference,
      fake({ variables, disk: { [path]: input } }).env,
    );
    const found = pictures.flatMap((hash) => find(hash) ?? []);
    return found.length > 0 ? E.right(found) : E.left("expected features of these pictures");
  };
  return { good: [file], read };
}

/** Features under the sum that they must have. */
const featuresSealed: Seal = (file, tensors) => {
  const sum = createHash("sha256").update(tensors[0]?.[1] ?? new Uint8Array()).digest("hex");
  const length = Number(new DataView(file.buffer).getBigUint64(0, true));
  if (!(length <= file.length - 8)) return file;
  const text = new TextDecoder().decode(file.subarray(8, 8 + length));
  const header = new TextEncoder().encode(
    text.replace(/"sha256":"[0-9a-f]{64}"/, `"sha256":"${sum}"`),
  );
  return header.length === length
    ? Uint8Array.from([...file.subarray(0, 8), ...header, ...file.subarray(8 + length)])
    : file;
};

/** Kinds of files with weights and codes. */
export const modelKinds: Readonly<Record<string, Kind>> = {
  "safetensors": {
    share: 12,
    format: safetensors(),
    begin: async () => ({
      good: [(await trained()).model],
      read: (input) => readSafetensors("m", input),
    }),
  },
  "model": {
    share: 14,
    format: safetensors(),
    begin: async () => ({
      good: [(await trained()).model],
      read: (input) => readModel("m.safetensors", input),
    }),
  },
  "checkpoint": {
    share: 4,
    format: safetensors(sealed),
    begin: async () => ({ good: [writeCheckpoint((await trained()).checkpoint)], read: resumed }),
  },
  "findings": {
    share: 0.04,
    format: safetensors(sealed),
    begin: async () => ({
      good: [writeCheckpoint(withFindings((await trained()).checkpoint))],
      read: drawn,
    }),
  },
  "coder": {
    share: 6,
    format: safetensors(),
    begin: () => ({
      good: [
        right(projectionCoder(vectors, { bits: 12, centred: true }, seed(1)))[0],
        right(projectionCoder(vectors, { bits: 12, winners: 3 }, seed(1)))[0],
        right(productCoder(vectors, { bits: 12 }, seed(1)))[0],
        right(productCoder(vectors, { bits: 16, partBits: 8 }, seed(1)))[0],
      ].map(writeCoder),
      read: (input) => {
        const read = readCoder("c", input);
        if (E.isRight(read) && read.right.inputs === 5) {
          const codes = encodeVectors(read.right, vectors);
          right(searchByVectors(read.right, codes, vectors, { k: 3 }));
        }
        return read;
      },
    }),
  },
  "codes": {
    share: 2,
    format: npz,
    begin: async () => ({
      good: await savedCodes(),
      read: (input) => readCodes("c.npz", input)(),
    }),
  },
  "index": {
    share: 1.5,
    format: safetensors(summed),
    begin: indexSubject,
  },
  "onnx": {
    share: 7,
    format: protobuf,
    begin: async () => ({
      good: await onnxFiles(),
      read: (input) => importOnnx("damaged.onnx", input),
    }),
  },
  "onnx-trunk": {
    share: 3,
    format: protobuf,
    begin: async () => ({
      good: await trunkFiles(),
      read: (input) =>
        pipe(
          describeOnnx("trunk.onnx", input),
          E.map(({ usual }) => withOutput(input, usual.slice(0, 1000))),
        ),
    }),
  },
  "features": {
    share: 2,
    format: safetensors(featuresSealed),
    begin: featureSubject,
  },
};
