/**
 * x·W + b as one kernel on all backends, with gradients that take each backend's fast path.
 *
 * @module
 */
import { tf } from "../tfjs.ts";
import { registerGpuKernel } from "./gpu.ts";
import "./identity.ts";
import { columnSums, timesTransposed, transposedTimes } from "./mat_mul.ts";
import { product } from "./product_gpu.ts";

/** (x [n, inputs], weight [inputs, outputs], bias [outputs]?) → [n, outputs]. */
export const LINEAR = "SparrowLinear";

/** A matrix as the stack of one that tfjs's matMul kernels take; the memory is the same. */
const stacked = (info: tf.TensorInfo): tf.TensorInfo => ({ ...info, shape: [1, ...info.shape] });

registerGpuKernel<object>(
  LINEAR,
  ["x", "weight", "bias"],
  (backend, [x, weight, bias]) => product(backend, x, weight, { bias }),
);

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
      bias: () => columnSums(slope),
    };
  },
});
