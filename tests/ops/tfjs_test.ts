import type * as Full from "../../ops/full_tfjs.ts";
import { tf } from "../../ops/tfjs.ts";
import { assert, assertEquals } from "../assert.ts";

type Inputs = readonly tf.Tensor[];
type Case = readonly [
  f: (...xs: tf.Tensor[]) => tf.Tensor,
  ...shapes: readonly (readonly number[])[],
];

/** Numbers between 0.1 and 0.9, where every function below has a slope. */
const input = (shape: readonly number[], i: number): tf.Tensor => {
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Float32Array.from(
    { length: size },
    (_, j) => 0.1 + 0.8 * (((j + 1) * 0.618 + i * 0.37) % 1),
  );
  return tf.tensor(values, [...shape]);
};

const image = [1, 4, 4, 2];
const volume = [1, 4, 4, 4, 1];

const unary = [
  ...[tf.abs, tf.acos, tf.asin, tf.asinh, tf.atan, tf.atanh, tf.ceil, tf.cos, tf.cosh],
  ...[tf.elu, tf.erf, tf.exp, tf.expm1, tf.floor, tf.isNaN, tf.log, tf.log1p, tf.logSigmoid],
  ...[tf.neg, tf.reciprocal, tf.relu, tf.relu6, tf.round, tf.rsqrt, tf.selu, tf.sigmoid],
  ...[tf.sign, tf.sin, tf.sinh, tf.softplus, tf.sqrt, tf.square, tf.step, tf.tan, tf.tanh],
  ...[tf.logSoftmax, tf.softmax, tf.onesLike, tf.zerosLike, tf.max, tf.min, tf.mean, tf.sum],
  tf.prod,
] as readonly ((x: tf.Tensor) => tf.Tensor)[];

const binary = [
  ...[tf.add, tf.atan2, tf.div, tf.floorDiv, tf.maximum, tf.minimum, tf.mod, tf.mul, tf.pow],
  ...[tf.sub, tf.squaredDifference, tf.prelu],
] as readonly ((a: tf.Tensor, b: tf.Tensor) => tf.Tensor)[];

const alike: readonly unknown[] = [
  ...[tf.maximum, tf.minimum, tf.mod, tf.prelu, tf.squaredDifference],
];

const index = (...values: number[]) => tf.tensor1d(values, "int32");

const cases: readonly Case[] = [
  ...unary.map((f) => [f, [2, 3]] as const),
  ...binary.map((f) => [f, [2, 3], [2, 3]] as const),
  // tfjs's own gradients of the others expect inputs of one shape.
  ...binary.filter((f) => !alike.includes(f)).map((f) => [f, [2, 3], [3]] as const),
  [(x) => tf.acosh(tf.add(x, 1)), [3]],
  [(a, b) => tf.addN([a, b]), [3], [3]],
  [(x) => tf.mul(x, tf.argMax(x)), [3]],
  [(x) => tf.mul(x, tf.argMin(x)), [3]],
  [(x) => tf.avgPool(x as tf.Tensor4D, 2, 1, "same"), image],
  [(x) => tf.avgPool3d(x as tf.Tensor5D, 2, 2, "valid"), volume],
  [(x) => tf.maxPool(x as tf.Tensor4D, 2, 2, "valid"), image],
  [(x) => tf.maxPool3d(x as tf.Tensor5D, 2, 2, "valid"), volume],
  ...[[false, false], [true, false], [false, true], [true, true]].map(
    ([a, b]) => [(x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, a, b), [3, 3], [3, 3]] as const,
  ),
  [(x) => tf.batchToSpaceND(x, [2, 2], [[0, 0], [0, 0]]), [4, 2, 2, 1]],
  [(x) => tf.spaceToBatchND(x, [2, 2], [[0, 0], [0, 0]]), [1, 4, 4, 1]],
  [(x) => tf.broadcastTo(x, [2, 3]), [1, 3]],
  [(x) => tf.cast(x, "float32"), [3]],
  [(x) => tf.cast(tf.cast(x, "int32"), "float32"), [3]],
  [(x) => tf.clipByValue(x, 0.3, 0.6), [5]],
  [(x, y) => tf.concat([x, y], 1), [2, 3], [2, 1]],
  [
    (x, f) => tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, "same"),
    image,
    [3, 3, 2, 2],
  ],
  [
    (x, f) => tf.conv2dTranspose(x as tf.Tensor4D, f as tf.Tensor4D, [1, 4, 4, 2], 1, "same"),
    image,
    [3, 3, 2, 2],
  ],
  [
    (x, f) => tf.conv3d(x as tf.Tensor5D, f as tf.Tensor5D, 1, "same"),
    volume,
    [2, 2, 2, 1, 1],
  ],
  [
    (x, f) => tf.depthwiseConv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, "valid"),
    image,
    [2, 2, 2, 1],
  ],
  [
    (x, f) => tf.dilation2d(x as tf.Tensor4D, f as tf.Tensor3D, 1, "valid"),
    image,
    [2, 2, 2],
  ],
  [(x) => tf.cumsum(x, 1, false, true), [2, 3]],
  [(x) => tf.expandDims(x, 0), [3]],
  [
    (x, mean, variance, offset, scale) =>
      tf.batchNorm(
        x as tf.Tensor4D,
        mean as tf.Tensor1D,
        variance as tf.Tensor1D,
        offset as tf.Tensor1D,
        scale as tf.Tensor1D,
      ),
    image,
    [2],
    [2],
    [2],
    [2],
  ],
  [(x) => tf.gather(x, index(1, 0, 1)), [2, 3]],
  [(x) => tf.gather(x, tf.tensor2d([[1, 0], [2, 2]], [2, 2], "int32"), 1, 1), [2, 3]],
  [(x, y) => tf.mul(x, tf.cast(tf.greaterEqual(x, y), "float32")), [3], [3]],
  [(x) => tf.mul(x, tf.cast(tf.isFinite(x), "float32")), [3]],
  [(x) => tf.mul(x, tf.cast(tf.isInf(x), "float32")), [3]],
  [(x) => tf.leakyRelu(x, 0.1), [3]],
  [(x) => tf.localResponseNormalization(x as tf.Tensor4D, 2), image],
  [(x) => tf.max(x, 1), [2, 3]],
  [(x) => tf.min(x, 0), [2, 3]],
  [(x) => tf.mean(x, 1), [2, 3]],
  [(x) => tf.prod(x, 1), [2, 3]],
  [(x) => tf.mirrorPad(x, [[1, 1], [1, 0]], "reflect"), [2, 3]],
  [(x) => tf.mul(tf.oneHot(tf.cast(x, "int32"), 2), tf.expandDims(x, 1)), [3]],
  [(x) => tf.pad(x, [[1, 0], [0, 2]]), [2, 3]],
  [(x) => tf.reshape(x, [3, 2]), [2, 3]],
  [(x) => tf.image.resizeBilinear(x as tf.Tensor4D, [6, 6]), image],
  [(x) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [6, 6]), image],
  [(x) => tf.reverse(x, 1), [2, 3]],
  [(a, b) => tf.where(tf.tensor1d([1, 0, 1], "bool"), a, b), [3], [3]],
  [(x) => tf.slice(x, [0, 1], [2, 2]), [2, 3]],
  [(x) => tf.concat(tf.split(x, 3, 1).reverse(), 1), [2, 3]],
  [(x, y) => tf.stack([x, y]), [3], [3]],
  [(x) => tf.tile(x, [2, 2]), [2, 3]],
  [(x) => tf.transpose(x, [1, 0]), [2, 3]],
  [(x) => tf.add(...(tf.unstack(x) as [tf.Tensor, tf.Tensor])), [2, 3]],
  [(x) => tf.unsortedSegmentSum(x, index(0, 1, 0), 2), [3, 2]],
];

type Gradient = Parameters<typeof tf.registerGradient>[0];

/** The kernels that have a gradient, with it. */
const registered = (): ReadonlyMap<string, Gradient> =>
  new Map(
    Object.values(tf).flatMap((name) => {
      const gradient = typeof name === "string" ? tf.getGradient(name) : undefined;
      return gradient === undefined ? [] : [[gradient.kernelName, gradient] as const];
    }),
  );

/** Computes the gradient of each case, and lists the kernels whose gradients were used. */
function slopes(gradients: ReadonlyMap<string, Gradient>): readonly [number[][][], Set<string>] {
  const asked = new Set<string>();
  for (const gradient of gradients.values()) {
    tf.registerGradient({
      ...gradient,
      gradFunc: (...call) => {
        asked.add(gradient.kernelName);
        return gradient.gradFunc(...call);
      },
    });
  }
  const found = cases.map(([f, ...shapes]) =>
    tf.tidy(() => {
      const inputs: Inputs = shapes.map(input);
      // Weighed, so that the slope of each output is another.
      const weighed = (...xs: tf.Tensor[]) => {
        const y = f(...xs);
        return tf.sum(tf.mul(y, input(y.shape, 5)));
      };
      return tf.grads(weighed)([...inputs]).map((slope) => [...slope.dataSync()]);
    })
  );
  return [found, asked];
}

Deno.test("@tensorflow/tfjs beside Sparrow: one engine, no warning, and the same gradients to the bit", async (t) => {
  await tf.setBackend("cpu");
  const own = registered();
  const warned: unknown[][] = [];
  const { warn } = console;
  console.warn = (...what) => void warned.push(what);
  const full = await import("../../ops/full_tfjs.ts").finally(() => console.warn = warn);
  const theirs = registered();

  await t.step("nothing is registered twice, and every gradient of theirs is there", () => {
    assertEquals(warned, []);
    assertEquals([...own.keys()].sort(), [...theirs.keys()].sort());
    assert(own.size >= 100);
  });
  await t.step("gradients are the same bits", () => {
    const [expected] = slopes(theirs);
    const [found, asked] = slopes(own);
    assertEquals(found, expected);
    // No operation reaches these: cpu has no such kernels, and no gradient goes through complex numbers.
    const never = ["BroadcastTo", "ComplexAbs", "LogSoftmax"];
    assertEquals([...own.keys()].filter((name) => !asked.has(name)).sort(), never);
  });
  await t.step("tensors and backends are shared, in types as well", () => {
    const before = tf.memory().numTensors;
    const x: tf.Tensor = full.tensor1d([1, 2]);
    const y: Full.Tensor = tf.add(x.square(), 1);
    assertEquals([...y.dataSync()], [2, 5]);
    assertEquals(full.getBackend(), "cpu");
    assertEquals(full.memory().numTensors, tf.memory().numTensors);
    full.dispose([x, y]);
    // `x.square()` made one more.
    assertEquals(tf.memory().numTensors, before + 1);
    full.disposeVariables();
    const dense = full.sequential({
      layers: [full.layers.dense({ units: 2, inputShape: [3], kernelInitializer: "ones" })],
    });
    const predicted = dense.predict(tf.ones([1, 3])) as tf.Tensor;
    assertEquals([...predicted.dataSync()], [3, 3]);
    dense.dispose();
  });
});
