/**
 * x·W + b as one kernel on all backends, with gradients that take each backend's fast path.
 *
 * @module
 */
import { type BackendWasm, tf } from "../tfjs.ts";
import { registerGpuKernel, runElementwise } from "./gpu.ts";
import {
  columnSums,
  isWorthLists,
  plainWork,
  productWork,
  timesTransposed,
  transposedTimes,
} from "./mat_mul.ts";
import { product } from "./product_gpu.ts";
import { registerSimdKernel } from "./simd/register.ts";

/** Kernel of a linear layer: (x [n, inputs], weight [inputs, outputs], bias [outputs]?) → [n, outputs]. */
export const LINEAR = "SparrowLinear";

/** max(0, x·W + b) of the inputs of {@linkcode LINEAR}; only on webgpu. */
export const LINEAR_RELU = "SparrowLinearRelu";

/** Kernel of the gradient of a ReLU, only on webgpu: (dy, y) → dy where y is above 0, else 0. */
const RELU_GRADIENT = "SparrowReluGradient";

/** A matrix as the stack of one that tfjs's matMul kernels take; the memory is the same. */
const stacked = (info: tf.TensorInfo): tf.TensorInfo => ({ ...info, shape: [1, ...info.shape] });

registerGpuKernel<object>(
  LINEAR,
  ["x", "weight", "bias"],
  (backend, [x, weight, bias]) => product(backend, x, weight, { bias }),
);

registerGpuKernel<object>(
  LINEAR_RELU,
  ["x", "weight", "bias"],
  (backend, [x, weight, bias]) => product(backend, x, weight, { bias, relu: true }),
);

registerGpuKernel<object>(RELU_GRADIENT, ["dy", "y"], (backend, [dy, y]) => {
  const program = {
    key: "relu_gradient",
    variables: ["dy", "y"],
    main: "result[index] = select(0.0, dy[index], y[index] > 0.0);",
  };
  return runElementwise(backend, program, [dy, y], { shape: y.shape, dtype: "float32" });
});

for (const backendName of ["wasm", "cpu"]) {
  tf.registerKernel({
    kernelName: LINEAR,
    backendName,
    kernelFunc: ({ inputs, backend }) => {
      const { x, weight, bias } = inputs as tf.NamedTensorInfoMap;
      const fused = tf.getKernel("_FusedMatMul", backendName);
      const product = fused.kernelFunc({
        inputs: bias === undefined
          ? { a: stacked(x!), b: stacked(weight!) }
          : { a: stacked(x!), b: stacked(weight!), bias },
        backend,
        attrs: { transposeA: false, transposeB: false, activation: "linear" },
      }) as tf.TensorInfo;
      return { ...product, shape: [x!.shape[0], weight!.shape[1]] };
    },
  });
}

/** Lists the gradients. The tape requests those that it needs, so the data's own gradient costs nothing. */
const gradients = (slope: tf.Tensor2D, x: tf.Tensor2D, weight: tf.Tensor2D) => ({
  x: () => timesTransposed(slope, weight),
  weight: () => transposedTimes(x, slope),
  bias: () => columnSums(slope),
});

tf.registerGradient({
  kernelName: LINEAR,
  inputsToSave: ["x", "weight"],
  gradFunc: (dy, [x, weight]) =>
    gradients(dy as tf.Tensor2D, x as tf.Tensor2D, weight as tf.Tensor2D),
});

tf.registerGradient({
  kernelName: LINEAR_RELU,
  inputsToSave: ["x", "weight"],
  outputsToSave: [true],
  gradFunc: (dy, [x, weight, y]) => {
    const slope: tf.Tensor2D = tf.engine().runKernel(RELU_GRADIENT, { dy: dy as tf.Tensor, y });
    return gradients(slope, x as tf.Tensor2D, weight as tf.Tensor2D);
  },
});

// ---- wasm, with SIMD

registerSimdKernel<object>({
  name: LINEAR,
  inputs: ["x", "weight", "bias"],
  outputs: ([[rows], [, n]]) => [{ shape: [rows, n], dtype: "float32" }],
  work: ([[, k], [, n]]) => isWorthLists(k) ? plainWork(k, n) : productWork(k),
  run: (
    { inParts },
    { inputs: [x, weight, bias], outputs: [y], work, workBytes: bytes },
    [[rows, k], [, n]],
  ) => {
    if (isWorthLists(k)) {
      const growth = { 3: 4 * k, 6: 4 * n };
      const parting = { rowsAt: 0, growth, work: { at: 7, bytes } };
      inParts("plainTimes", [rows, n, k, x, weight, bias, y, work], parting, rows * n * k / 5);
    } else {
      const growth = { 3: 4 * k, 10: 4 * n };
      const parting = { rowsAt: 0, growth, work: { at: 11, bytes } };
      const args = [rows, n, k, x, k, 1, weight, n, 1, bias, y, work] as const;
      inParts("gemm", [...args], parting, rows * n * k);
    }
  },
});

// ---- Clones on wasm

// They share the memory, as they do on every other backend. tfjs's own clone copies it, and its tape
// clones whatever a gradient saves: 2 MB in each training step of the MNIST encoder. Tensors are
// immutable and their memory is counted, so nothing else changes.

tf.unregisterKernel("Identity", "wasm");
tf.registerKernel({
  kernelName: "Identity",
  backendName: "wasm",
  kernelFunc: ({ inputs, backend }) => {
    const { x } = inputs as tf.NamedTensorInfoMap;
    (backend as unknown as BackendWasm).incRef(x!.dataId);
    return { dataId: x!.dataId, shape: x!.shape, dtype: x!.dtype };
  },
});
