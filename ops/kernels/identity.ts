/**
 * A clone on wasm that shares the memory, as it does on every other backend. tfjs's own copies it,
 * and its tape clones whatever a gradient saves: 2 MB in each training step of the MNIST encoder.
 * Tensors are immutable and their memory is counted, so nothing else changes.
 *
 * @module
 */
import { type BackendWasm, tf } from "../tfjs.ts";

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
