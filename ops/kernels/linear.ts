/**
 * x·W + b as one kernel on all backends, with gradients that take each backend's fast path.
 *
 * @module
 */
import { tf } from "../tfjs.ts";
import "./identity.ts";

/** (x [n, inputs], weight [inputs, outputs], bias [outputs]?) → [n, outputs]. */
export const LINEAR = "SparrowLinear";

/** A matrix as the stack of one that tfjs's matMul kernels take; the memory is the same. */
const stacked = (info: tf.TensorInfo): tf.TensorInfo => ({ ...info, shape: [1, ...info.shape] });

for (const backendName of ["webgpu", "wasm", "cpu"]) {
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

/**
 * aᵀ·b. On wasm only the product of plain matrices is fast (33 GFLOPS against 2 to 3), so something
 * is transposed first: a, or b and the result, (bᵀ·a)ᵀ, whichever is less to move.
 */
function transposedTimes(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  if (tf.getBackend() !== "wasm") return tf.matMul(a, b, true, false);
  const moved = b.size + a.shape[1] * b.shape[1];
  return moved < a.size
    ? tf.transpose(tf.matMul(tf.transpose(b), a))
    : tf.matMul(tf.transpose(a), b);
}

/** a·bᵀ. */
const timesTransposed = (a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D =>
  tf.getBackend() === "wasm" ? tf.matMul(a, tf.transpose(b)) : tf.matMul(a, b, false, true);

tf.registerGradient({
  kernelName: LINEAR,
  inputsToSave: ["x", "weight"],
  gradFunc: (dy, saved) => {
    const [x, weight] = saved as tf.Tensor2D[];
    const slope = dy as tf.Tensor2D;
    // The tape asks for those that it needs, so the data's own gradient costs nothing.
    return {
      x: () => timesTransposed(slope, weight),
      weight: () => transposedTimes(x, slope),
      // A product with ones: the sum over an axis would transpose the whole matrix on wasm.
      bias: () => tf.reshape(tf.matMul(tf.ones([1, slope.shape[0]]), slope), [-1]),
    };
  },
});
