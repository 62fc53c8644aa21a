import { describe, orThrow } from "../../../graph/error.ts";
import { E, TE } from "../../../graph/fp_ts.ts";
import { graph } from "../../../graph/parse.ts";
import { adam } from "../../../ops/optimisers/adam.ts";
import { tripletCosineLoss } from "../../../ops/losses/triplet.ts";
import { checkpointOf, resumeRun } from "../../../pipelines/core/resume.ts";
import { createRun, dispose, type Run, toArrays } from "../../../pipelines/core/run.ts";
import type { Samples } from "../../../pipelines/data/dataset.ts";
import { openVectors } from "../../../pipelines/data/vectors/open.ts";
import { vectorsInMemory, type VectorSource } from "../../../pipelines/data/vectors/source.ts";
import { type StreamedSplit, streamVectors } from "../../../pipelines/data/vectors/stream.ts";
import { encode } from "../../../pipelines/encode/encode.ts";
import { readCheckpoint, writeCheckpoint } from "../../../pipelines/files/checkpoint.ts";
import { loadModel } from "../../../pipelines/files/model.ts";
import { batchesOf } from "../../../pipelines/stages/epoch_batches.ts";
import { save } from "../../../pipelines/stages/save.ts";
import { train } from "../../../pipelines/stages/train.ts";
import { assert, assertEquals, assertNotEquals } from "../../assert.ts";
import { onEachBackend } from "../../ops/backends.ts";
import { draw, seed } from "../../../graph/rng.ts";
import { envOn, right } from "../tiny.ts";

const [CLASSES, WIDTH] = [5, 20];

/** x_j = [j mod 5 = class] + noise, sorted by class: the worst order to train in. */
function noisyClasses(count: number, from: number) {
  const labels = Array.from({ length: count }, (_, i) => Math.floor(i * CLASSES / count));
  const [values] = draw(seed(from), ({ unit }) => {
    const normal = () => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit());
    return labels.map((label) =>
      Array.from({ length: WIDTH }, (_, j) => (j % CLASSES === label ? 1 : 0) + normal())
    );
  });
  return { values, labels };
}

const samples = noisyClasses(600, 1);

const streamOf = async (block: number, window?: number): Promise<StreamedSplit> => {
  const { values, labels } = samples;
  const source = right(vectorsInMemory("noisy", values, WIDTH, { class: labels }));
  return await orThrow(streamVectors({ ...source, block }, {
    labels: "class",
    normalisation: "feature",
    window,
  }));
};

const optimiser = adam({ learningRate: 3e-3 });
const begin = (): Run =>
  right(createRun({
    graph: graph`linear(20, 32) ▷ relu ▷ linear(32, 64) ▷ kwta(0.1)`,
    optimiser,
    seed: 3,
  }));

const epochOf = (data: StreamedSplit) => train({ data, loss: tripletCosineLoss(), batchSize: 32 });

onEachBackend("a run on a stream goes on from a checkpoint with the same bits", async (name) => {
  const env = await envOn(name);
  // Blocks of 25 rows, windows of three of them, and batches of 32 that lie across.
  const epoch = epochOf(await streamOf(25, 4 * WIDTH * 75));
  const epochs = async (run: Run, n: number): Promise<Run> => {
    let state = run;
    for (let i = 0; i < n; i++) state = right(await epoch(state)(env)());
    return state;
  };
  const whole = await epochs(begin(), 4);
  const half = await epochs(begin(), 2);
  const bytes = writeCheckpoint(right(await checkpointOf(half)()));
  dispose(half);
  const resumed = right(resumeRun(right(readCheckpoint("half", bytes)), optimiser));
  const done = await epochs(resumed, 2);
  assertEquals(await toArrays(done.params), await toArrays(whole.params));
  assertEquals([done.rng, done.step], [whole.rng, 4 * Math.ceil(600 / 32)]);
  const losses = whole.history.filter((row) => row.name === "loss").map((row) => row.value);
  assert(losses[3] < losses[0], losses.join(" "));
  dispose(done);
  dispose(whole);
});

onEachBackend("codes of a stream are those of the same vectors in memory", async (name) => {
  const env = await envOn(name);
  const stream = await streamOf(100);
  const run = right(await epochOf(stream)(begin())(env)());
  const memory: Samples = {
    count: 600,
    values: Float32Array.from(samples.values.flat()),
    normalisation: stream.normalisation,
  };
  const expected = right(await encode(run, memory)());
  assertEquals(right(await encode(run, stream)()), expected);
  const normalised = { ...run, normalisation: stream.normalisation };
  assertEquals(right(await encode(normalised, stream.source)()), expected);
  assertNotEquals(right(await encode(run, stream.source)()), expected);
  dispose(run);
});

Deno.test("a file that is trained on and cannot be read further ends the epoch with its error", async () => {
  const env = await envOn("cpu");
  const stream = await streamOf(25, 1);
  const error = { _tag: "CorruptFile", file: "noisy", reason: "expected more" } as const;
  const read: VectorSource["read"] = (from, count) =>
    from >= 300 ? TE.left(error) : stream.source.read(from, count);
  const run = begin();
  const trained = await epochOf({ ...stream, source: { ...stream.source, read } })(run)(env)();
  assertEquals(trained, E.left(error));
});

Deno.test("streams that do not fit a run are refused before it is trained", async () => {
  const env = await envOn("cpu");
  const stream = await streamOf(25);
  const narrow = right(vectorsInMemory("narrow", [[1, 2]]));
  const refused: readonly (readonly [StreamedSplit, string])[] = [
    [{ ...stream, labels: null }, "one class per sample, which the loss"],
    [{ ...stream, labels: Uint8Array.of(1) }, "one for each of 600 samples"],
    [{ ...stream, source: narrow, labels: null }, "samples of 20 numbers"],
    [{ ...stream, window: NaN }, "bytes, from 1 to 2^31"],
  ];
  for (const [data, words] of refused) {
    const trained = await epochOf(data)(begin())(env)();
    assert(E.isLeft(trained) && describe(trained.left).includes(words), words);
  }
});

Deno.test("a file of a format that is not NumPy's is trained on and encoded", async () => {
  const env = await envOn("cpu");
  const path = await Deno.makeTempFile();
  const line = (vector: readonly number[], i: number) =>
    JSON.stringify({ class: `c${samples.labels[i]}`, vector });
  await Deno.writeTextFile(path, samples.values.map(line).join("\n"));
  const source = await orThrow(openVectors(path));
  const options = { labels: "class", normalisation: "feature" } as const;
  const stream = await orThrow(streamVectors(source, options));
  assertEquals(stream.classes, ["c0", "c1", "c2", "c3", "c4"]);
  const run = right(await epochOf(stream)(begin())(env)());
  const codes = right(await encode(run, stream)());
  assertEquals([codes.kind, codes.count, codes.width], ["binary", 600, 64]);
  // The model's file knows how the vectors were normalised.
  const folder = await Deno.makeTempDir();
  const saved = right(await save(folder, { name: source.name, train: stream })(run)(env)());
  const model = right(await loadModel(`${folder}/model.safetensors`)());
  assertEquals(right(await encode(model, source)()), codes);
  dispose(saved);
  await source.close()();
  await Deno.remove(path);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("two views of samples that are read meanwhile stand side by side, with their labels", async () => {
  const data = await streamOf(25);
  const batches = batchesOf({ data, batchSize: 32, shape: [WIDTH], views: 2 }, seed(5));
  const once = batchesOf({ data, batchSize: 32, shape: [WIDTH] }, seed(5));
  assertEquals(batches.rng, once.rng);
  const [two] = orThrow(await batches.at(0, seed(6)));
  const [one] = orThrow(await once.at(0, seed(6)));
  assertEquals([two.labels.length, one.labels.length], [64, 32]);
  const [rows, row] = [two.values as Float32Array, one.values as Float32Array];
  for (let i = 0; i < 64; i++) {
    assertEquals(two.labels[i], one.labels[i >> 1]);
    const from = (i >> 1) * WIDTH;
    assertEquals(rows.slice(i * WIDTH, (i + 1) * WIDTH), row.slice(from, from + WIDTH));
  }
  await batches.dispose();
  await once.dispose();
});
