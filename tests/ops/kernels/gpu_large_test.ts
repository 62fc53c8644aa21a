import * as fc from "npm:fast-check@4.3.0";
import { draw, seed } from "../../../graph/rng.ts";
import { startBackend } from "../../../ops/backend.ts";
import { BATCH_NORM, BATCH_NORM_GRADIENT } from "../../../ops/kernels/batch_norm.ts";
import { gatherBytes } from "../../../ops/kernels/gather.ts";
import { TensorTooLarge } from "../../../ops/kernels/gpu.ts";
import { columnSums, timesTransposed, transposedTimes } from "../../../ops/kernels/mat_mul.ts";
import { hardwareTiling, product, softwareTiling } from "../../../ops/kernels/product_gpu.ts";
import { hardKwta, softKwta } from "../../../ops/kwta.ts";
import { winnerCount } from "../../../ops/kernels/select_edges.ts";
import { linear } from "../../../ops/layers.ts";
import { adam } from "../../../ops/optimisers/adam.ts";
import { tf, type WebGPUBackend } from "../../../ops/tfjs.ts";
import { normaliser } from "../../../pipelines/data/normalise.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";
import { right } from "../../pipelines/tiny.ts";
import { assertClose, numbers } from "../backends.ts";
import { onGpu, withLimits } from "../gpu.ts";

/** Runs functions of tensors on a backend and returns the numbers. */
async function on(name: "cpu" | "webgpu", make: () => readonly tf.Tensor[]) {
  right(await startBackend(name)());
  return await numbers(make);
}

/** Numbers in [−1, 1), of `levels` values where it is above 0. */
function noise(size: number, number: number, levels = 0): Float32Array {
  const [values] = draw(seed(number), ({ unit }) =>
    Float32Array.from({ length: size }, () => {
      const value = 2 * unit() - 1;
      return levels > 0 ? Math.floor(value * levels) / levels : value;
    }));
  return values;
}

const size = (most: number) => fc.integer({ min: 1, max: most });
const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });

onGpu("products are the cpu's in either tiling, whatever is transposed", async () => {
  const tilings = fc.constantFrom(hardwareTiling, softwareTiling);
  const shapes = [size(70), size(40), size(70), fc.boolean(), fc.boolean()] as const;
  await fc.assert(
    fc.asyncProperty(
      ...shapes,
      fc.boolean(),
      fc.boolean(),
      tilings,
      seeds,
      async (m, k, n, transposeA, transposeB, biased, relu, tiling, number) => {
        const [a, b, c] = [noise(m * k, number), noise(k * n, number ^ 1), noise(n, number ^ 2)];
        const inputs = () => ({
          a: tf.tensor2d(a, transposeA ? [k, m] : [m, k]),
          b: tf.tensor2d(b, transposeB ? [n, k] : [k, n]),
          bias: tf.tensor1d(c),
        });
        const [expected] = await on("cpu", () => {
          const { a, b, bias } = inputs();
          const plain = tf.matMul(a, b, transposeA, transposeB);
          const sum = biased ? tf.add(plain, bias) : plain;
          return [relu ? tf.relu(sum) : sum];
        });
        const [actual] = await on("webgpu", () => {
          const { a, b, bias } = inputs();
          const options = { transposeA, transposeB, relu, ...biased ? { bias } : {} };
          const made = product(tf.backend() as WebGPUBackend, a, b, options, tiling);
          return [tf.engine().makeTensorFromTensorInfo(made)];
        });
        // 40 products of numbers below 1.
        assertClose(actual, expected, 2e-6, "product");
      },
    ),
    { numRuns: 24 },
  );
});

onGpu("products of a long inner dimension are the exact ones, whatever is transposed", async () => {
  // From 65,536 steps on, lavapipe leaves a loop early.
  const [m, k, n] = [9, 70_001, 8];
  const [a, b, bias] = [noise(m * k, 1), noise(k * n, 2), noise(n, 3)];
  for (const [transposeA, transposeB] of [[true, false], [false, true], [false, false]]) {
    for (const tiling of [hardwareTiling, softwareTiling]) {
      const [plain, ended] = await on("webgpu", () => {
        const x = tf.tensor2d(a, transposeA ? [k, m] : [m, k]);
        const y = tf.tensor2d(b, transposeB ? [n, k] : [k, n]);
        const transposed = { transposeA, transposeB };
        const all = [transposed, { ...transposed, bias: tf.tensor1d(bias), relu: true }];
        return all.map((options) => {
          const made = product(tf.backend() as WebGPUBackend, x, y, options, tiling);
          return tf.engine().makeTensorFromTensorInfo(made);
        });
      });
      const exact = Float64Array.from({ length: m * n }, (_, at) => {
        const [i, j] = [Math.floor(at / n), at % n];
        let sum = 0;
        for (let step = 0; step < k; step++) {
          sum += a[transposeA ? step * m + i : i * k + step] *
            b[transposeB ? j * k + step : step * n + j];
        }
        return sum;
      });
      // Sums of 8,192 numbers below 1 at a time: up to some hundred, in float32.
      assertClose(plain, exact, 2e-4, "product");
      const cut = exact.map((sum, at) => Math.max(0, sum + bias[at % n]));
      assertClose(ended, cut, 2e-4, "product, bias and ReLU");
    }
  }
});

onGpu("sums of millions of rows are whole", async () => {
  // lavapipe leaves a loop after 65,535 passes: 16 and 64 rows were visited in one.
  const rows = 4_300_000;
  const x = Float32Array.from({ length: rows }, (_, i) => i % 2 === 0 ? 1 : 3);
  const [sums, statistics, gradient] = await on("webgpu", () => {
    const values = tf.tensor2d(x, [rows, 1]);
    const [weight, epsilon] = [tf.ones([1]), 1e-5];
    const given = { x: values, weight, bias: tf.zeros([1]) };
    const [, statistics] = tf.engine().runKernel(BATCH_NORM, given, { epsilon }) as tf.Tensor[];
    const backward = { dy: values, x: values, weight, statistics };
    const [, gradient] = tf.engine()
      .runKernel(BATCH_NORM_GRADIENT, backward, { epsilon }) as tf.Tensor[];
    return [columnSums(values), statistics, gradient];
  });
  assertClose(sums, [2 * rows], 1e-6, "sum");
  assertClose(statistics, [2, 1], 1e-6, "mean and variance");
  // Σ dy · x̂, x̂ being −1 or 1 but for epsilon; Σ dy.
  assertClose(gradient, [rows, 2 * rows], 1e-5, "gradient");
});

onGpu("an affine map and its gradients are the cpu's at sizes that fit no tile", async () => {
  const [rows, inputs, outputs] = [37, 101, 83];
  const [x, w] = [noise(rows * inputs, 1), noise(inputs * outputs, 2)];
  const [b, d] = [noise(outputs, 3), noise(rows * outputs, 4)];
  const all = () => {
    const xs = tf.tensor2d(x, [rows, inputs]);
    const weight = tf.tensor2d(w, [inputs, outputs]);
    const slope = tf.tensor2d(d, [rows, outputs]);
    return [
      linear(xs, weight, tf.tensor1d(b)),
      timesTransposed(slope, weight),
      transposedTimes(xs, slope),
      columnSums(slope),
    ];
  };
  const expected = await on("cpu", all);
  const actual = await on("webgpu", all);
  // At most 101 products of numbers below 1.
  actual.forEach((made, i) => assertClose(made, expected[i], 5e-6, `output ${i}`));
});

// 64, 1,024 and 1,025: where a row just fits the registers, and where it does not.
for (const n of [2, 64, 65, 1024, 1025, 65_536]) {
  onGpu(`kWTA of rows of ${n} units is the cpu's, ties included`, async () => {
    const rows = 3;
    for (const levels of [0, 2, 20]) {
      const [x, d] = [noise(rows * n, n + levels, levels), noise(rows * n, n + 1)];
      const all = () => {
        const values = tf.tensor2d(x, [rows, n]);
        const slope = tf.tensor2d(d, [rows, n]);
        const [hard, soft] = [hardKwta(values, 0.05), softKwta(values, 0.05, 2)];
        const gradients = tf.grad((v) => softKwta(v, 0.05, 2))(values, slope);
        const gentle = tf.grad((v) => softKwta(v, 0.05, 2, "hard_sigmoid"))(values, slope);
        return [hard, soft, gradients, gentle];
      };
      const expected = await on("cpu", all);
      const actual = await on("webgpu", all);
      assertEquals(actual[0], expected[0]);
      if (levels === 0) {
        const ones = actual[0].reduce((sum, one) => sum + one, 0);
        assertEquals(ones, rows * winnerCount(0.05, n));
      }
      assertClose(actual[1], expected[1], 1e-6, "soft");
      // The edges' share is a sum of n numbers below 0.5, in float32.
      assertClose(actual[2], expected[2], 1e-6 * Math.sqrt(n), "gradient");
      assertClose(actual[3], expected[3], 1e-6 * Math.sqrt(n), "gradient of the hard sigmoid");
    }
  });
}

onGpu("bytes are gathered and normalised as the host does it, to the bit", async () => {
  const [count, size, channels] = [11, 27, 3];
  const pixels = Uint8Array.from(noise(count * size, 7), (value) => 128 * (value + 1));
  const split = { count, values: pixels, labels: new Uint8Array(count) };
  const normalisation = { mean: [0.1307, 0.5, 0.25], std: [0.3081, 0.2, 0.7] };
  const picks = Uint32Array.of(10, 0, 3, 3, 7);
  const gather = normaliser(normalisation);
  const expected = gather(split, size, picks);
  const every = Uint8Array.from({ length: 256 * channels }, (_, i) => i / channels);
  const one = { ...split, count: 1, values: every };
  const table = gather(one, every.length, Uint32Array.of(0));
  const [actual] = await on("webgpu", () => {
    const values = tf.transpose(tf.tensor2d(table, [256, channels])) as tf.Tensor2D;
    return [gatherBytes(pixels, size, picks, values)];
  });
  assertEquals(actual, expected);
});

onGpu("Adam takes as many weights at a time as the device can bind", async (backend) => {
  const sizes = [5, 300, 1, 256];
  const optimiser = adam({ weightDecay: 0.1 });
  const step = () => {
    const [params, gradients] = [0, 1].map((which) =>
      Object.fromEntries(
        sizes.map((size, i) => [`w${i}`, tf.tensor1d(noise(size, 10 * which + i))] as const),
      )
    );
    const [next, { slots }] = optimiser.update(gradients, optimiser.init(params), params);
    return [next, slots.first, slots.second].flatMap((tensors) => Object.values(tensors));
  };
  const together = await on("webgpu", step);
  // The least that every device has, and two weights' worth.
  for (const most of [8, 15]) {
    await withLimits(backend, { maxStorageBuffersPerShaderStage: most }, async () => {
      assertEquals(await on("webgpu", step), together);
    });
  }
  assert(together.every((values) => values.every((value) => value !== 0)));
});

onGpu("kWTA of a batch too large to bind is done in parts", async (backend) => {
  const [rows, n] = [200, 80];
  const [x, d] = [noise(rows * n, 5), noise(rows * n, 6)];
  const all = () => {
    const values = tf.tensor2d(x, [rows, n]);
    const gradient = tf.grad((v) => softKwta(v, 0.1, 2))(values, tf.tensor2d(d, [rows, n]));
    return [hardKwta(values, 0.1), softKwta(values, 0.1, 2), gradient];
  };
  const whole = await on("webgpu", all);
  // 70 rows fit, of which 64 are taken: 4 parts.
  await withLimits(backend, { maxStorageBufferBindingSize: 70 * 4 * n }, async () => {
    const parts = await on("webgpu", all);
    parts.forEach((part, i) => assertEquals(part, whole[i]));
  });
});

onGpu("what can be bound neither whole nor in parts is an error that says the limit", async () => {
  const backend = tf.backend() as WebGPUBackend;
  await withLimits(backend, { maxStorageBufferBindingSize: 1000 }, () => {
    const tooWide = () => hardKwta(tf.zeros([70, 300]), 0.1);
    const tooLarge = () =>
      linear(tf.zeros([20, 20]) as tf.Tensor2D, tf.zeros([20, 20]) as tf.Tensor2D);
    for (const [run, bytes] of [[tooWide, 84_000], [tooLarge, 1600]] as const) {
      const error = assertThrows(() => tf.tidy(run), TensorTooLarge, "1000");
      assert(error instanceof TensorTooLarge);
      assertEquals([error.bytes, error.limit], [bytes, 1000]);
    }
    return Promise.resolve();
  });
});
