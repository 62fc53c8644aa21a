/**
 * TensorFlow.js with its three backends, at one version, in this one place. A backend registers
 * itself when it is imported.
 *
 * `tf` is tfjs-core with the gradients of all its kernels. The package `@tensorflow/tfjs`, which has layers,
 * converted models and chained operations (`x.add(y)`) besides, shares its tensors, backends and gradients
 * with it wherever a program imports both.
 *
 * @module
 */
import * as tf from "npm:@tensorflow/tfjs-core@4.22.0";
import "npm:@tensorflow/tfjs-backend-cpu@4.22.0";
import "npm:@tensorflow/tfjs-backend-wasm@4.22.0";
import "npm:@tensorflow/tfjs-backend-webgpu@4.22.0";
import "./tfjs_gradients.js";

export { type BackendWasm, setWasmPaths } from "npm:@tensorflow/tfjs-backend-wasm@4.22.0";
export { WebGPUBackend } from "npm:@tensorflow/tfjs-backend-webgpu@4.22.0";

// Silences the advice to use Node.js bindings, which Deno cannot load.
tf.enableProdMode();

export { tf };

/** Tensors by path: the weights of a graph, or anything that has their shapes. */
export type Params = Readonly<Record<string, tf.Tensor>>;
