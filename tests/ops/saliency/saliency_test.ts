import fc from "npm:fast-check@4.3.0";
import { describe } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import { graph } from "../../../graph/parse.ts";
import { draw, type Rng, seed } from "../../../graph/rng.ts";
import { startBackend } from "../../../ops/backend.ts";
import { valueAndGradients } from "../../../ops/train_step.ts";
import { softKwta } from "../../../ops/kwta.ts";
import { blur, type ImageArray, shift } from "../../../ops/saliency/image.ts";
import {
  classScore,
  drawViews,
  enlargement,
  objective,
  overlapScore,
  sceneOf,
  type Score,
  totalVariation,
  unitScore,
  upsample,
  viewsOf,
} from "../../../ops/saliency/objective.ts";
import {
  type Saliency,
  saliency,
  type SaliencyOptions,
  type SaliencyTask,
} from "../../../ops/saliency/saliency.ts";
import { tf } from "../../../ops/tfjs.ts";
import { denoDataEnv } from "../../../pipelines/data/environment.ts";
import { loadMnist } from "../../../pipelines/data/mnist.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertLess,
  assertNotEquals,
  assertRejects,
  assertThrows,
  fail,
} from "../../assert.ts";
import { shared, sharedTest } from "../../shared.ts";
import { apply } from "../apply.ts";
import { assertClose, numbers, onEachBackend } from "../backends.ts";
import { finiteDifferences } from "../reference.ts";

/** The formulas, in float64 and cell by cell. */
const reference = {
  /** torch's bilinear interpolation with aligned corners. */
  upsample: (
    mask: ArrayLike<number>,
    [rows, columns]: readonly [number, number],
    [height, width]: readonly [number, number],
  ): Float64Array =>
    Float64Array.from({ length: height * width }, (_, i) => {
      const at = (position: number, to: number, from: number) =>
        to === 1 ? 0 : position * (from - 1) / (to - 1);
      const y = at(Math.floor(i / width), height, rows);
      const x = at(i % width, width, columns);
      const cell = (r: number, c: number) =>
        mask[Math.min(r, rows - 1) * columns + Math.min(c, columns - 1)];
      const [top, left] = [Math.floor(y), Math.floor(x)];
      const [down, right] = [y - top, x - left];
      return (1 - down) * ((1 - right) * cell(top, left) + right * cell(top, left + 1)) +
        down * ((1 - right) * cell(top + 1, left) + right * cell(top + 1, left + 1));
    }),

  totalVariation: (
    x: ArrayLike<number>,
    [height, width]: readonly [number, number],
    beta: number,
  ): number => {
    const mean = (sizes: readonly number[]) =>
      sizes.length === 0 ? 0 : sizes.reduce((sum, size) => sum + size ** beta, 0) / sizes.length;
    const [down, right]: [number[], number[]] = [[], []];
    for (let i = 0; i < height * width; i++) {
      if (i + width < height * width) down.push(Math.abs(x[i + width] - x[i]));
      if (i % width < width - 1) right.push(Math.abs(x[i + 1] - x[i]));
    }
    return mean(down) + mean(right);
  },

  /** A window of two dimensions over an image that is folded out at its edges. */
  blur: ({ shape: [height, width, channels], data }: ImageArray, size: number, sigma: number) => {
    const radius = (size - 1) / 2;
    const fold = (i: number, side: number): number =>
      side === 1 ? 0 : i < 0 ? fold(-i, side) : i >= side ? fold(2 * (side - 1) - i, side) : i;
    return Float64Array.from(data, (_, i) => {
      const [x, y] = [Math.floor(i / channels) % width, Math.floor(i / channels / width)];
      let [sum, weights] = [0, 0];
      for (let dy = -radius; dy <= radius; dy++) {
        for (let dx = -radius; dx <= radius; dx++) {
          const weight = Math.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
          weights += weight;
          sum += weight *
            data[(fold(y + dy, height) * width + fold(x + dx, width)) * channels + i % channels];
        }
      }
      return sum / weights;
    });
  },
};

const uniform = (length: number, from: number): Float32Array =>
  draw(seed(from), ({ unit }) => Float32Array.from({ length }, unit))[0];

const imageOf = (shape: ImageArray["shape"], from: number): ImageArray => ({
  shape,
  data: uniform(shape[0] * shape[1] * shape[2], from),
});

const plain = (shape: ImageArray["shape"], value: number): ImageArray => ({
  shape,
  data: new Float32Array(shape[0] * shape[1] * shape[2]).fill(value),
});

async function found(task: SaliencyTask): Promise<Saliency> {
  const result = await saliency(task)();
  if (E.isLeft(result)) fail(describe(result.left));
  return result.right;
}

async function refused(task: SaliencyTask): Promise<string> {
  const result = await saliency(task)();
  if (E.isRight(result)) fail("it should have been refused");
  return describe(result.left);
}

const hides = (mask: ImageArray): number =>
  mask.data.reduce((sum, value) => sum + 1 - value, 0) / mask.data.length;

const sides = [1, 2, 3, 7, 10, 28];

onEachBackend("a mask is enlarged bilinearly, and a flat one stays flat to the bit", async () => {
  for (const [rows, columns] of [[1, 1], [2, 3], [10, 10], [7, 1]] as const) {
    for (const height of sides.filter((side) => side >= rows)) {
      for (const width of sides.filter((side) => side >= columns)) {
        const mask = uniform(rows * columns, height * width);
        const [learned, flat] = await numbers(() => {
          const enlarge = enlargement([rows, columns], [height, width]);
          return [tf.tensor2d(mask, [rows, columns]), tf.ones([rows, columns])]
            .map((mask) => upsample(mask as tf.Tensor2D, enlarge));
        });
        const expected = reference.upsample(mask, [rows, columns], [height, width]);
        assertClose(learned, expected, 1e-6, `${rows}×${columns} to ${height}×${width}`);
        assert(flat.every((value) => value === 1), `${rows}×${columns} to ${height}×${width}`);
      }
    }
  }
});

onEachBackend("total variation is its formula, with the gradient 0 where it is flat", async () => {
  for (const [height, width] of [[1, 1], [1, 9], [6, 1], [5, 8]] as const) {
    for (const beta of [1, 1.5, 2, 3]) {
      const x = uniform(height * width, 26);
      const [value, slope] = await numbers(() => {
        const flat = tf.ones([height, width]);
        const { gradients } = valueAndGradients(
          // The second term matters to the gradient where there are no neighbours.
          () => tf.add(totalVariation(flat as tf.Tensor2D, beta), tf.sum(tf.mul(flat, 0))),
          { flat },
        );
        return [totalVariation(tf.tensor2d(x, [height, width]), beta), gradients.flat];
      });
      const expected = reference.totalVariation(x, [height, width], beta);
      assertClose(value, [expected], 1e-6, `${height}×${width}, β ${beta}`);
      assert(slope.every((value) => value === 0), `${height}×${width}, β ${beta}: ${slope}`);
    }
  }
});

Deno.test("the blur is a normalised Gaussian window over the reflected image", () => {
  fc.assert(fc.property(
    fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })),
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 0, max: 6 }),
    fc.double({ min: 0.3, max: 20, noNaN: true }),
    ([height, width], channels, radius, sigma) => {
      const image = imageOf([height, width, channels], 1 + radius);
      const size = 2 * radius + 1;
      const { data } = blur(image, size, sigma);
      assertClose(data, reference.blur(image, size, sigma), 1e-6, `${size}, ${sigma}`);
    },
  ));
});

Deno.test("a shifted image repeats its edges", () => {
  const image = { shape: [2, 3, 1], data: Float32Array.of(1, 2, 3, 4, 5, 6) } as const;
  assertEquals([...shift(image, 0, 0).data], [1, 2, 3, 4, 5, 6]);
  assertEquals([...shift(image, 1, 0).data], [1, 2, 3, 1, 2, 3]);
  assertEquals([...shift(image, 0, -1).data], [2, 3, 3, 5, 6, 6]);
  assertEquals([...shift(image, -5, 7).data], [4, 4, 4, 4, 4, 4]);
});

Deno.test("what is seen is the image and its occluder moved together, under normal noise", () => {
  const [image, occluder] = [imageOf([40, 50, 3], 1), imageOf([40, 50, 3], 2)];
  const deviation = (sum: number, count: number) => Math.sqrt(sum / count);
  const [views, rng] = drawViews(image, occluder, { jitter: 0, noise: 0.2 }, seed(1));
  const noise = views.hidden.map((value, i) => value - occluder.data[i]);
  assertEquals([...views.contrast], [...image.data.map((value, i) => value - occluder.data[i])]);
  assertAlmostEquals(noise.reduce((sum, value) => sum + value, 0) / 6000, 0, 0.01);
  assertAlmostEquals(deviation(noise.reduce((sum, x) => sum + x * x, 0), 6000), 0.2, 0.01);
  const beyond = noise.filter((value) => Math.abs(value) > 0.2).length / 6000;
  assertAlmostEquals(beyond, 0.317, 0.02);
  assertNotEquals(drawViews(image, occluder, { jitter: 0, noise: 0.2 }, rng)[0], views);

  const moves = new Set<string>();
  let next = rng;
  for (let i = 0; i < 200; i++) {
    const [moved, later] = drawViews(image, occluder, { jitter: 1, noise: 0 }, next);
    next = later;
    const found = [-1, 0, 1].flatMap((down) => [-1, 0, 1].map((right) => [down, right] as const))
      .filter(([down, right]) => {
        const there = viewsOf(shift(image, down, right), shift(occluder, down, right));
        return moved.hidden.every((value, i) => value === there.hidden[i]) &&
          moved.contrast.every((value, i) => value === there.contrast[i]);
      });
    assertEquals(found.length, 1);
    moves.add(found.join());
  }
  assertEquals(moves.size, 9);
});

onEachBackend("the objective and its gradient are those of the formula", async (backend) => {
  for (const [shape, cells] of [[[9, 7, 2], [4, 3]], [[1, 12, 1], [1, 5]]] as const) {
    const [image, occluder] = [imageOf(shape, 1), imageOf(shape, 2)];
    const [height, width, channels] = shape;
    const weights = uniform(image.data.length, 3).map((w) => (w - 0.5) / 2);
    const mask = uniform(cells[0] * cells[1], 4);
    for (const variationPower of [1, 2, 3]) {
      const prices = { areaWeight: 0.3, variationWeight: 0.7, variationPower };
      const formula = (mask: ArrayLike<number>): number => {
        const full = reference.upsample(mask, cells, [height, width]);
        const area = full.reduce((sum, m) => sum + Math.abs(1 - m), 0) / full.length;
        const seen = image.data.reduce((sum, x, i) => {
          const m = full[Math.floor(i / channels)];
          return sum + weights[i] * (m * x + (1 - m) * occluder.data[i]);
        }, 0);
        return 0.3 * area +
          0.7 * reference.totalVariation(full, [height, width], variationPower) +
          1 / (1 + Math.exp(-seen));
      };
      const [value, gradient] = await numbers(() => {
        const score: Score = (x) =>
          tf.sigmoid(
            tf.sum(tf.mul(x, tf.tensor(weights, [1, ...shape])), [1, 2, 3]),
          ) as tf.Tensor1D;
        const learned = tf.tensor2d(mask, [...cells]);
        const scene = sceneOf(viewsOf(image, occluder));
        const enlarge = enlargement(cells, [height, width]);
        const { value, gradients } = valueAndGradients(
          () => objective(learned, enlarge, scene, score, prices),
          { learned },
        );
        return [value, gradients.learned];
      });
      assertClose(value, [formula(mask)], 1e-6, `${backend}: value, β ${variationPower}`);
      assertClose(
        gradient,
        finiteDifferences(formula, mask),
        1e-5,
        `gradient, β ${variationPower}`,
      );
    }
  }
});

onEachBackend("the mask finds the only region that counts", async () => {
  const shape = [16, 16, 3] as const;
  const image = imageOf(shape, 5);
  // Rows 3 to 7, columns 8 to 13.
  const score: Score = (x) => tf.mean(tf.slice(x, [0, 3, 8, 0], [-1, 5, 6, 3]), [1, 2, 3]);
  const { mask, before, after, perturbed, trace } = await found({
    score,
    image,
    rng: seed(26),
    options: { occluder: plain(shape, 0), areaWeight: 0.5, variationWeight: 0.05 },
  });
  const inside: number[] = [];
  const outside: number[] = [];
  mask.data.forEach((value, i) => {
    const [y, x] = [Math.floor(i / 16), i % 16];
    if (y >= 3 && y < 8 && x >= 8 && x < 14) inside.push(value);
    // Bilinear cells bleed over the border of the region.
    else if (y < 1 || y >= 10 || x < 6 || x >= 16) outside.push(value);
  });
  assert(inside.every((value) => value < 0.4), `inside: ${inside}`);
  assert(outside.every((value) => value > 0.75), `outside: ${outside}`);
  assertLess(after, before / 8);
  assertEquals([mask.shape, perturbed.shape, trace.length], [[16, 16, 1], [...shape], 100]);
  const mixed = image.data.map((value, i) => value * mask.data[Math.floor(i / 3)]);
  assertClose(perturbed.data, mixed, 1e-6, "perturbed");
});

Deno.test("saliency: whatever the options, the mask stays within [0, 1]", async () => {
  await startBackend("cpu")();
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        maskSize: fc.integer({ min: 1, max: 12 }),
        learningRate: fc.double({ min: 1e-3, max: 10, noNaN: true }),
        areaWeight: fc.double({ min: 0, max: 2, noNaN: true }),
        variationPower: fc.double({ min: 1, max: 4, noNaN: true }),
        noise: fc.double({ min: 0, max: 1, noNaN: true }),
        jitter: fc.integer({ min: 0, max: 9 }),
        blurSize: fc.integer({ min: 0, max: 5 }).map((radius) => 2 * radius + 1),
      }),
      fc.integer({ min: 0, max: 1000 }),
      async (options, start) => {
        const image = imageOf([6, 8, 2], start);
        const score: Score = (x) => tf.mean(tf.square(x), [1, 2, 3]);
        const { mask, trace } = await found({
          score,
          image,
          rng: seed(start),
          options: { ...options, steps: 5 },
        });
        assert(mask.data.every((value) => value >= 0 && value <= 1));
        assert(trace.length === 5 && trace.every(Number.isFinite));
      },
    ),
    { numRuns: 50 },
  );
});

onEachBackend("the same generator gives the same bits, and is handed on", async () => {
  const image = imageOf([8, 8, 1], 7);
  const score: Score = (x) => tf.mean(tf.square(x), [1, 2, 3]);
  const learn = (rng: Rng, options: SaliencyOptions = {}) =>
    found({ score, image, rng, options: { steps: 4, jitter: 2, ...options } });
  const [first, again] = [await learn(seed(1)), await learn(seed(1))];
  assertEquals(first, again);
  const other = await learn(first.rng);
  assertNotEquals(other.trace, first.trace);
  const still = { jitter: 0, noise: 0 };
  const [calm, calmToo] = [await learn(seed(1), still), await learn(seed(2), still)];
  assertEquals([...calm.mask.data], [...calmToo.mask.data]);
  assertEquals(calm.rng, seed(1));
});

onEachBackend("nothing is hidden from a score that sees nothing", async () => {
  const image = imageOf([8, 8, 1], 8);
  const score: Score = (x) => tf.mul(tf.mean(x, [1, 2, 3]), 0);
  const { mask, perturbed, before, after } = await found({
    score,
    image,
    rng: seed(1),
    options: { steps: 10 },
  });
  assert(mask.data.every((value) => value === 1));
  assertClose(perturbed.data, image.data, 1e-6, "perturbed");
  assertEquals([Math.abs(before), Math.abs(after)], [0, 0]);
});

Deno.test("the defaults are the reference's", async () => {
  await startBackend("cpu")();
  const image = imageOf([28, 28, 1], 9);
  const score: Score = (x) => tf.mean(tf.square(x), [1, 2, 3]);
  const short = { steps: 3 };
  const spelled: SaliencyOptions = {
    ...short,
    maskSize: 10,
    learningRate: 0.1,
    areaWeight: 0.01,
    variationWeight: 0.2,
    variationPower: 1,
    noise: 0.2,
    jitter: 0,
    blurSize: 5,
    blurSigma: 10,
    occluder: blur(image, 5, 10),
  };
  const task = { score, image, rng: seed(1) };
  assertEquals(
    await found({ ...task, options: short }),
    await found({ ...task, options: spelled }),
  );
  const { trace } = await found({ ...task, image: imageOf([3, 3, 1], 1) });
  assertEquals(trace.length, 100);
});

Deno.test("what is out of range is refused, in words", async () => {
  await startBackend("cpu")();
  const image = plain([4, 5, 1], 0.5);
  const score: Score = (x) => tf.mean(x, [1, 2, 3]);
  const task = { score, image, rng: seed(1) };
  const said = async (options: SaliencyOptions, message: string) =>
    assertEquals(await refused({ ...task, options }), `Cannot use ${message}`);
  const before = tf.memory().numTensors;
  await said({ maskSize: 0 }, "maskSize: expected an integer of at least 1, current value is 0");
  await said({ steps: 1.5 }, "steps: expected an integer of at least 1, current value is 1.5");
  await said(
    { learningRate: 0 },
    "learningRate: expected a finite number above 0, current value is 0",
  );
  await said(
    { areaWeight: -1 },
    "areaWeight: expected a finite number of at least 0, current value is -1",
  );
  await said(
    { variationWeight: Infinity },
    "variationWeight: expected a finite number of at least 0, current value is Infinity",
  );
  await said(
    { variationPower: 0.5 },
    "variationPower: expected a finite number of at least 1, current value is 0.5",
  );
  await said({ noise: NaN }, "noise: expected a finite number of at least 0, current value is NaN");
  await said({ jitter: -1 }, "jitter: expected an integer of at least 0, current value is -1");
  await said(
    { blurSize: 4 },
    "blurSize: expected an odd integer of at least 1, current value is 4",
  );
  await said({ blurSigma: 0 }, "blurSigma: expected a finite number above 0, current value is 0");
  await said(
    { occluder: plain([5, 4, 1], 0) },
    'occluder: expected the image\'s shape [4,5,1], current value is "shape [5,4,1]"',
  );
  await said(
    { occluder: plain([4, 5, 1], NaN) },
    "occluder: expected finite numbers, current value is NaN",
  );
  assertEquals(
    await refused({ ...task, image: { shape: [4, 5, 1], data: new Float32Array(19) } }),
    'Cannot use image: expected 20 numbers for [4,5,1], current value is "19 numbers"',
  );
  assertEquals(
    await refused({ ...task, image: { shape: [0, 5, 1], data: new Float32Array(0) } }),
    "Cannot use image: expected a height, a width and channels of at least 1, " +
      'current value is "shape [0,5,1]"',
  );
  assertEquals(
    await refused({ ...task, score: (x) => tf.mean(x, [1, 2]) as unknown as tf.Tensor1D }),
    'Cannot use score: expected one number per image, [1], current value is "[1,1]"',
  );
  assertEquals(tf.memory().numTensors, before);
});

onEachBackend("a score that is not a number ends it, one that throws leaves nothing", async () => {
  const image = plain([4, 4, 1], 1);
  // The first call is for the score before, and then one per step.
  let calls = 0;
  const score: Score = (x) => tf.mul(tf.mean(x, [1, 2, 3]), ++calls === 4 ? NaN : 1);
  const task = { score, image, rng: seed(1) };
  assertEquals(
    await saliency(task)(),
    E.left({
      _tag: "NonFinite",
      tensor: "the mask's objective",
      value: NaN,
      epoch: 1,
      step: 3,
      lastGood: null,
    }),
  );
  const broken: Score = (x) => {
    tf.neg(x);
    throw new RangeError("no such unit");
  };
  await assertRejects(() => saliency({ ...task, score: broken })(), RangeError, "no such unit");
  const infinite: Score = (x) => tf.div(tf.mean(x, [1, 2, 3]), 0);
  const result = await saliency({ ...task, score: infinite })();
  assert(E.isLeft(result) && result.left._tag === "NonFinite" && result.left.step === 0);
});

onEachBackend("scores: a class, a unit and a code of a model", async () => {
  const activations = uniform(2 * 6, 10);
  const model = (x: tf.Tensor) => tf.reshape(x, [-1, 6]);
  const [classes, units, overlaps] = await numbers(() => {
    const images = tf.tensor(activations, [2, 2, 3, 1]);
    return [
      classScore(model, 2)(images),
      unitScore(model, 5)(images),
      overlapScore(model, [0, 1, 0, 0, 1, 1])(images),
    ];
  });
  const rows = [activations.subarray(0, 6), activations.subarray(6)];
  const exps = (row: Float32Array) => row.reduce((sum, x) => sum + Math.exp(x), 0);
  assertClose(classes, rows.map((row) => Math.exp(row[2]) / exps(row)), 1e-6, "class");
  assertEquals([...units], rows.map((row) => row[5]));
  assertClose(overlaps, rows.map((row) => (row[1] + row[4] + row[5]) / 3), 1e-6, "code");
});

Deno.test("scores: units that are not there are the program's mistake", async () => {
  await startBackend("cpu")();
  const model = (x: tf.Tensor) => tf.reshape(x, [-1, 6]);
  const score = (score: Score) => () => tf.tidy(() => [score(tf.ones([1, 2, 3, 1]))]);
  const wide = (what: string) =>
    `Cannot score ${what}: expected outputs [images, more than 6], current value is [1,6]`;
  assertThrows(score(classScore(model, 6)), RangeError, wide("class 6"));
  assertThrows(score(unitScore(model, 6)), RangeError, wide("unit 6"));
  assertThrows(score(unitScore(model, -1)), RangeError);
  assertThrows(
    score(overlapScore(model, [1, 1, 0])),
    RangeError,
    "Cannot score a code of 3 units, 2 of them set: expected one for outputs [1,6]",
  );
  assertThrows(score(overlapScore(model, new Float32Array(6))), RangeError, "0 of them set");
});

onEachBackend("a mask unmakes a code: through soft kWTA, and through a lowered graph", async () => {
  const image = imageOf([8, 8, 1], 11);
  const weight = tf.tensor2d(uniform(64 * 32, 12).map((w) => w - 0.5), [64, 32]);
  const encode = (x: tf.Tensor) => tf.matMul(tf.reshape(x, [-1, 64]) as tf.Tensor2D, weight);
  const params = { "1.weight": weight, "1.bias": tf.zeros([32]) };
  const encoder = graph`flatten ▷ linear(64, 32) ▷ kwta(0.125)`;
  const [code] = await numbers(() => [
    apply(encoder, params, tf.tensor(image.data, [1, 8, 8, 1]), "evaluate"),
  ]);
  const models = [
    (x: tf.Tensor) => softKwta(encode(x) as tf.Tensor2D, 0.125, 4, "sigmoid"),
    (x: tf.Tensor) => apply(encoder, params, x, "train"),
  ];
  for (const model of models) {
    const { before, after, mask } = await found({
      score: overlapScore(model, code),
      image,
      rng: seed(26),
      options: {
        occluder: plain([8, 8, 1], 0),
        maskSize: 6,
        steps: 40,
        noise: 0.05,
        variationWeight: 0.05,
      },
    });
    assertGreater(before, 0.6);
    assertLess(after, before - 0.25);
    assertGreater(hides(mask), 0.05);
  }
  tf.dispose([weight, params["1.bias"]]);
});

/** A linear softmax by plain stochastic descent: [785, 10], the last row the bias. */
function trainLinear(
  images: Float32Array,
  labels: Uint8Array,
): { readonly weight: Float32Array; readonly bias: Float32Array } {
  const weight = new Float32Array(784 * 10);
  const bias = new Float32Array(10);
  for (let n = 0; n < labels.length; n++) {
    const x = images.subarray(n * 784, (n + 1) * 784);
    const z = Float64Array.from(bias);
    for (let i = 0; i < 784; i++) {
      if (x[i] > 0) { for (let k = 0; k < 10; k++) z[k] += x[i] * weight[i * 10 + k]; }
    }
    const most = Math.max(...z);
    const sum = z.reduce((sum, value) => sum + Math.exp(value - most), 0);
    const slope = z.map((value, k) => Math.exp(value - most) / sum - (labels[n] === k ? 1 : 0));
    for (let k = 0; k < 10; k++) bias[k] -= 0.02 * slope[k];
    for (let i = 0; i < 784; i++) {
      if (x[i] > 0) { for (let k = 0; k < 10; k++) weight[i * 10 + k] -= 0.02 * slope[k] * x[i]; }
    }
  }
  return { weight, bias };
}

sharedTest("MNIST: hiding little of a digit takes its class away", "mnist", async () => {
  const loaded = await loadMnist({ data: shared("mnist").pathname }, denoDataEnv)();
  if (E.isLeft(loaded)) fail(describe(loaded.left));
  const { train, test } = loaded.right;
  const scaled = (bytes: Uint8Array) => Float32Array.from(bytes, (byte) => byte / 255);
  const images = scaled(train.values.subarray(0, 10_000 * 784));
  const { weight, bias } = trainLinear(images, Uint8Array.from(train.labels.subarray(0, 10_000)));
  const tests = scaled(test.values.subarray(0, 40 * 784));
  const labels = test.labels.subarray(0, 40);

  await startBackend("wasm")();
  const before = tf.memory().numTensors;
  const [w, b] = [tf.tensor2d(weight, [784, 10]), tf.tensor1d(bias)];
  const model = (x: tf.Tensor) => tf.add(tf.matMul(tf.reshape(x, [-1, 784]) as tf.Tensor2D, w), b);
  const [probabilities] = await numbers(() => [tf.softmax(model(tf.tensor2d(tests, [40, 784])))]);
  // Where the softmax is all but 1 it has no gradient to follow.
  const tried = [...labels.keys()]
    .filter((i) => probabilities[i * 10 + labels[i]] > 0.6)
    .filter((i) => probabilities[i * 10 + labels[i]] < 0.998)
    .slice(0, 8);
  assertEquals(tried.length, 8);
  for (const i of tried) {
    const image = { shape: [28, 28, 1], data: tests.slice(i * 784, (i + 1) * 784) } as const;
    const { mask, ...scores } = await found({
      score: classScore(model, labels[i]),
      image,
      rng: seed(26),
      options: { areaWeight: 0.1, blurSize: 21, blurSigma: 5 },
    });
    assertAlmostEquals(scores.before, probabilities[i * 10 + labels[i]], 1e-5);
    assertLess(scores.after, 0.2 * scores.before, `image ${i}, a ${labels[i]}`);
    assertLess(hides(mask), 0.5, `image ${i}, a ${labels[i]}`);
  }
  tf.dispose([w, b]);
  assertEquals(tf.memory().numTensors, before);
});
