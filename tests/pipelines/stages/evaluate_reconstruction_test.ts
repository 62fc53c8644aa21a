import fc from "npm:fast-check@4.3.0";
import { fanout, identity } from "../../../graph/compose.ts";
import { linear } from "../../../graph/constructors.ts";
import { describe } from "../../../graph/error.ts";
import type { Nodes } from "../../../graph/node.ts";
import type { ParamArrays } from "../../../graph/params.ts";
import { graph } from "../../../graph/parse.ts";
import { draw, type Rng, seed } from "../../../graph/rng.ts";
import type { BackendName } from "../../../ops/backend.ts";
import { tf } from "../../../ops/tfjs.ts";
import type { Dataset, DataSplit, Normalisation } from "../../../pipelines/data/dataset.ts";
import { newest, rowsNamed, type SplitName } from "../../../pipelines/core/history.ts";
import { createRun, dispose, type Run } from "../../../pipelines/core/run.ts";
import {
  evaluateReconstruction,
  type ReconstructionOptions,
} from "../../../pipelines/stages/evaluate_reconstruction.ts";
import { assert, assertAlmostEquals, assertEquals, assertStrictEquals } from "../../assert.ts";
import { onEachBackend } from "../../ops/backends.ts";
import { envOn, left, optimiser, right } from "../tiny.ts";

type Images = readonly (readonly number[])[];

const split = (images: Images, normalisation: Normalisation): DataSplit => ({
  count: images.length,
  values: Uint8Array.from(images.flat()),
  labels: new Uint8Array(images.length),
  normalisation,
});

interface Sets {
  readonly train: Images;
  readonly validation?: Images;
  readonly test: Images;
}

const handmade = ({ train, validation, test }: Sets, normalisation: Normalisation): Dataset => ({
  name: "handmade",
  shape: [train[0].length / normalisation.mean.length, 1, normalisation.mean.length],
  classes: ["all"],
  train: split(train, normalisation),
  validation: validation === undefined ? null : split(validation, normalisation),
  test: split(test, normalisation),
  source: "a test",
  sha256: {},
  notice: null,
});

/** Bytes as they are. */
const asBytes: Normalisation = { mean: [0], std: [1 / 255] };

/** A decoder x ↦ x · weight, row-major, of n pixels. */
const decoder = (n: number, weight: readonly number[]): Run => {
  const params: ParamArrays = {
    "0.second.0.weight": { shape: [n, n], data: Float32Array.from(weight) },
  };
  const nodes: Nodes = fanout(identity, linear(n, n, { bias: false }));
  return right(createRun({ graph: nodes, optimiser, params }));
};

const unit = (n: number): readonly number[] =>
  Array.from({ length: n * n }, (_, i) => i % (n + 1) === 0 ? 1 : 0);

/** Split, name and value of each row. */
type Rows = readonly (readonly [split: string, name: string, value: number])[];

async function measure(
  weight: readonly number[],
  data: Dataset,
  options: ReconstructionOptions,
  backend: BackendName = "cpu",
): Promise<Rows> {
  const env = await envOn(backend);
  const run = decoder(data.shape[0] * data.shape[2], weight);
  const before = tf.memory().numTensors;
  const done = right(await evaluateReconstruction(data, options)(run)(env)());
  assertEquals(tf.memory().numTensors, before);
  assertStrictEquals(done.params, run.params);
  dispose(done);
  return done.history.map(({ split, name, value }) => [split, name, value]);
}

const TEN_STEPS = Array.from({ length: 10 }, (_, i) => 0.1 + i * 0.85 / 9);

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The rows as their names are explained, pixel by pixel in float64. */
function reference(
  weight: readonly number[],
  { train, validation, test }: Sets,
  normalisation: Normalisation,
  { activation = "sigmoid", thresholds = TEN_STEPS }: ReconstructionOptions,
): Rows {
  const inputOf = (image: readonly number[]) =>
    image.map((byte, i) => {
      const channel = i % normalisation.mean.length;
      return (byte / 255 - normalisation.mean[channel]) / normalisation.std[channel];
    });
  const madeOf = (input: readonly number[]) =>
    input.map((_, j) => {
      const logit = input.reduce((sum, x, i) => sum + x * weight[i * input.length + j], 0);
      return activation === "identity" ? logit : 1 / (1 + Math.exp(-logit));
    });
  const cut = mean(train.flatMap(inputOf));
  const missedAt = (threshold: number) => (image: readonly number[]) => {
    const [input, made] = [inputOf(image), madeOf(inputOf(image))];
    return input.filter((x, i) => x > cut !== made[i] >= threshold).length;
  };
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const missed = thresholds.map((threshold) => sum(train.map(missedAt(threshold))));
  const threshold = thresholds[missed.indexOf(Math.min(...missed))];

  const squaresOf = (image: readonly number[]) => {
    const [input, made] = [inputOf(image), madeOf(inputOf(image))];
    return mean(input.map((x, i) => (x - made[i]) ** 2));
  };
  const rangeOf = (image: readonly number[]) => {
    const input = inputOf(image);
    return Math.max(...input) - Math.min(...input);
  };
  const rowsOf = (name: SplitName, images: Images): Rows => {
    const decibels = images.filter((image) => rangeOf(image) > 0)
      .map((image) => 10 * Math.log10(rangeOf(image) ** 2 / squaresOf(image)));
    const wrong = images.map(missedAt(threshold));
    const exact = wrong.filter((pixels) => pixels === 0).length;
    return [
      [name, "reconstruction_error", mean(images.map(squaresOf))],
      ...(decibels.length > 0 && Number.isFinite(mean(decibels))
        ? [[name, "psnr", mean(decibels)] as const]
        : []),
      [name, "missed_pixels", sum(wrong) / images.length],
      [name, "exact", exact],
      [name, "exact_fraction", exact / images.length],
    ];
  };
  return [
    ["run", "reconstruction_threshold", threshold],
    ...rowsOf("train", train),
    ...(validation === undefined ? [] : rowsOf("validation", validation)),
    ...rowsOf("test", test),
  ];
}

/** The means of squares and of decibels have been rounded; whatever is counted is exact. */
function assertRows(actual: Rows, expected: Rows, tolerance: number): void {
  assertEquals(
    actual.map(([split, name]) => `${split} ${name}`),
    expected.map(([split, name]) => `${split} ${name}`),
  );
  actual.forEach(([split, name, value], i) => {
    const wanted = expected[i][2];
    const slack = ["reconstruction_error", "psnr"].includes(name) ? tolerance : 0;
    assert(
      Math.abs(value - wanted) <= slack * Math.max(1, Math.abs(wanted)),
      `${split} ${name} is ${value}, and ${wanted} was expected`,
    );
  });
}

/**
 * Pixels, weights and thresholds such that inputs and outputs are whole numbers, exact in float32, and some equal a
 * threshold.
 */
const wholeCase = fc.record({
  channels: fc.integer({ min: 1, max: 3 }),
  area: fc.constantFrom(1, 2),
})
  .chain(({ channels, area }) => {
    const n = channels * area;
    const image = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: n, maxLength: n });
    const images = fc.array(image, { minLength: 1, maxLength: 6 });
    return fc.record({
      sets: fc.record({
        train: images,
        validation: fc.option(images, { nil: undefined }),
        test: images,
      }),
      weight: fc.array(fc.integer({ min: -1, max: 2 }), { minLength: n * n, maxLength: n * n }),
      mean: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: channels, maxLength: channels }),
      scale: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: channels, maxLength: channels }),
      thresholds: fc.uniqueArray(fc.integer({ min: -6, max: 24 }), { minLength: 1, maxLength: 8 })
        .map((halves) => halves.toSorted((a, b) => a - b).map((half) => half / 2)),
    });
  });

Deno.test("counts, errors and decibels are those of a slow computation, whatever the channels", async () => {
  let disagreements = 0;
  await fc.assert(
    fc.asyncProperty(wholeCase, async ({ sets, weight, mean: shifts, scale, thresholds }) => {
      const normalisation = {
        mean: shifts.map((shift) => shift / 255),
        std: scale.map((factor) => 1 / (255 * factor)),
      };
      // A pixel of just the mean is on either side of it by rounding.
      const inputs = sets.train.flat().map((byte, i) =>
        (byte - shifts[i % shifts.length]) * scale[i % scale.length]
      );
      fc.pre(!inputs.includes(mean(inputs)));
      const options = { activation: "identity", thresholds } as const;
      const actual = await measure(weight, handmade(sets, normalisation), options);
      assertRows(actual, reference(weight, sets, normalisation, options), 1e-12);
      const swapped = { train: sets.test, test: sets.test };
      if (reference(weight, swapped, normalisation, options)[0][2] !== actual[0][2]) {
        disagreements++;
      }
    }),
    { seed: 26, numRuns: 300 },
  );
  assert(disagreements > 30, "the test set would often have chosen another threshold");
});

/** Grey images whose bytes are multiples of 51. */
function imagesOf(count: number, n: number, rng: Rng): readonly [Images, Rng] {
  return draw(
    rng,
    ({ integer }) =>
      Array.from({ length: count }, () => Array.from({ length: n }, () => 51 * integer(0, 5))),
  );
}

onEachBackend("logits are compared through the sigmoid, at ten thresholds", async (name) => {
  const n = 12;
  const [train, next] = imagesOf(40, n, seed(26));
  const [validation, last] = imagesOf(7, n, next);
  const [test, rest] = imagesOf(20, n, last);
  const [noise] = draw(
    rest,
    ({ integer }) => Array.from({ length: n * n }, () => integer(-4, 4) / 8),
  );
  // Eighths are exact in float32; pixels that are set are the likelier to come out as set.
  const weight = noise.map((value, i) => value + (i % (n + 1) === 0 ? 3 : 0));
  const sets = { train, validation, test };
  const normalisation = { mean: [0], std: [1] };
  const actual = await measure(weight, handmade(sets, normalisation), {}, name);
  assertRows(actual, reference(weight, sets, normalisation, {}), 1e-6);
});

Deno.test("images of one value count for the error and not for the decibels, in every batch", async () => {
  // A second batch begins after 1000 images: few of its images differ in their pixels.
  const clear = Array.from({ length: 1000 }, (_, i) => [0, 200 + i % 7]);
  const plain = Array.from({ length: 90 }, () => [100, 100]);
  const faint = Array.from({ length: 10 }, () => [100, 104]);
  const sets = { train: [...clear, ...plain, ...faint], test: plain };
  // The second pixel comes out twice as large.
  const weight = [1, 0, 0, 2];
  const options = { activation: "identity", thresholds: [50, 150] } as const;
  const actual = await measure(weight, handmade(sets, asBytes), options);
  assertRows(actual, reference(weight, sets, asBytes, options), 1e-9);
  assert(!actual.some(([split, name]) => split === "test" && name === "psnr"));
});

onEachBackend("a graph that reproduces its input has every image exact", async (name) => {
  const n = 9;
  const [black, rest] = imagesOf(30, n, seed(1));
  const [white] = imagesOf(11, n, rest);
  const binary = (images: Images) => images.map((image) => image.map((x) => x > 100 ? 255 : 0));
  const sets = { train: binary(black), test: binary(white) };
  const options = { activation: "identity", thresholds: [-1, 0, 1, 128, 255, 256] } as const;
  const rows = await measure(unit(n), handmade(sets, asBytes), options, name);
  const perfect = (split: SplitName, images: number): Rows => [
    [split, "reconstruction_error", 0],
    // The decibels are infinite, and not a row.
    [split, "missed_pixels", 0],
    [split, "exact", images],
    [split, "exact_fraction", 1],
  ];
  assertEquals(rows, [
    // The lowest of those that make no mistake.
    ["run", "reconstruction_threshold", 1],
    ...perfect("train", 30),
    ...perfect("test", 11),
  ]);
});

Deno.test("what is to be seen is the first images of each class beside what is made of it", async () => {
  const env = await envOn("cpu");
  const [n, classes] = [6, 4];
  const [train, next] = imagesOf(20, n, seed(1));
  const [test] = imagesOf(1500, n, next);
  const normalisation: Normalisation = { mean: [0.25], std: [0.5] };
  const data = handmade({ train, test }, normalisation);
  // The third class comes late, in the second batch; the fourth is not there.
  const labels = Uint8Array.from(test, (_, i) => i === 1234 ? 2 : i % 2);
  const named = {
    ...data,
    classes: Array.from({ length: classes }, (_, c) => `class ${c}`),
    test: { ...data.test, labels },
  };
  // Half of what went in, as it is normalised.
  const run = decoder(n, unit(n).map((x) => x / 2));
  const options = { activation: "identity", thresholds: [0, 0.25, 0.5] } as const;
  const done = right(await evaluateReconstruction(named, options)(run)(env)());
  dispose(done);
  const { reconstructions } = done.findings;
  assertEquals(
    reconstructions.map(({ index, label }) => [index, label]),
    [
      ...[0, 2, 4, 6, 8].map((index) => [index, "class 0"]),
      ...[1, 3, 5, 7].map((index) => [index, "class 1"]),
      [1234, "class 2"],
    ],
  );
  const threshold = newest(done.history, "reconstruction_threshold")!;
  const inputs = train.flat().map((byte) => (byte / 255 - 0.25) / 0.5);
  const cut = mean(inputs);
  for (const { index, original, made, missed } of reconstructions) {
    assertEquals(original.shape, [n, 1, 1]);
    assertEquals(original.data, Float32Array.from(test[index], (byte) => byte / 255));
    made.data.forEach((value, i) =>
      // (x − mean) / std, halved, and back.
      assertAlmostEquals(value, (test[index][i] / 255 - 0.25) / 2 + 0.25, 1e-6)
    );
    const wrong = test[index].filter((byte) => {
      const input = (byte / 255 - 0.25) / 0.5;
      return input > cut !== input / 2 >= threshold;
    });
    assertEquals(missed, wrong.length);
  }
});

Deno.test("a pixel is set above the mean of all channels as they are normalised", async () => {
  // By channel: bytes −4 and then times 10, bytes as they are. Inputs −40, 5, 60, 7: the mean is 8.
  const normalisation = { mean: [4 / 255, 0], std: [1 / 2550, 1 / 255] };
  const sets = { train: [[0, 5], [10, 7]], test: [[5, 7], [5, 9]] };
  const options = { activation: "identity", thresholds: [-100, 8.5, 100] } as const;
  const rows = await measure(unit(2), handmade(sets, normalisation), options);
  const value = (split: SplitName, name: string) =>
    rows.find((row) => row[0] === split && row[1] === name)?.[2];
  assertEquals(value("run", "reconstruction_threshold"), 8.5);
  assertEquals([value("train", "exact"), value("train", "missed_pixels")], [2, 0]);
  assertEquals([value("test", "exact"), value("test", "missed_pixels")], [2, 0]);
  // At another threshold the set pixels are missed: the 60 of four in training, the 10 and 10, 9 in
  // testing. By the mean of bytes, 5.5, all of them but one would be set.
  const high = await measure(unit(2), handmade(sets, normalisation), {
    ...options,
    thresholds: [100],
  });
  assertEquals(
    high.filter(([, name]) => name === "missed_pixels"),
    [["train", "missed_pixels", 0.5], ["test", "missed_pixels", 1.5]],
  );
});

Deno.test("graphs, thresholds and samples that do not fit are refused, and everything is freed", async () => {
  const env = await envOn("cpu");
  const data = handmade({ train: [[1, 2, 3, 4]], test: [[1, 2, 3, 4]] }, asBytes);
  const before = tf.memory().numTensors;
  const refused = async (nodes: Nodes, options: ReconstructionOptions = {}, given = data) => {
    const run = right(createRun({ graph: nodes, optimiser }));
    return describe(left(await evaluateReconstruction(given, options)(run)(env)()));
  };
  const misfit = (ends: string) =>
    "Cannot use evaluateReconstruction: expected one that ends in a pair, the second of 4 numbers, " +
    `current value is "a graph that ends in ${ends}"`;
  assertEquals(await refused(graph`linear(4, 4)`), misfit("[4]"));
  assertEquals(
    await refused(graph`linear(4, 2) ▷ fanout(identity, linear(2, 3))`),
    misfit("([2], [3])"),
  );
  assertEquals(
    await refused(graph`linear(4, 4) ▷ fanout(identity, fanout(identity, identity))`),
    misfit("([4], ([4], [4]))"),
  );
  const fine = graph`linear(4, 2) ▷ fanout(identity, linear(2, 4))`;
  for (const thresholds of [[], [0.5, 0.5], [0.6, 0.5], [NaN], [0.1, NaN], [NaN, 0.1]]) {
    assertEquals(
      await refused(fine, { thresholds }),
      "Cannot use thresholds: expected one or more numbers, ascending, " +
        `current value is "[${thresholds.join(", ")}]"`,
    );
  }
  assertEquals(
    await refused(fine, {}, handmade({ train: [[1, 2]], test: [[1, 2]] }, asBytes)),
    'Cannot use data: expected samples of 4 numbers, current value is "samples of 2"',
  );
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("an interruption in any of the sets frees everything", async () => {
  const images: Images = [[0, 255], [255, 0]];
  const data = handmade({ train: images, validation: images, test: images }, asBytes);
  const before = tf.memory().numTensors;
  let stopped = 0;
  for (let reads = 1;; reads++) {
    // The clock is read before every batch, and every set has one.
    const abort = new AbortController();
    let toCome = reads;
    const now = () => {
      if (--toCome === 0) abort.abort();
      return performance.now();
    };
    const env = await envOn("cpu", { signal: abort.signal, now });
    const done = await evaluateReconstruction(data)(decoder(2, unit(2)))(env)();
    if (done._tag === "Right") {
      assertEquals(rowsNamed(done.right.history, "exact").length, 3);
      dispose(done.right);
      break;
    }
    stopped++;
    assertEquals(left(done), { _tag: "Interrupted", epoch: 0, step: 0 });
    assertEquals(tf.memory().numTensors, before);
  }
  assert(stopped >= 3, `it stopped in ${stopped} places`);
});
