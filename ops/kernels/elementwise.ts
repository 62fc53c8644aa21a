/**
 * Kernels that a program defines, for every backend: a function of one number, written twice.
 *
 * @module
 */
import { tf } from "../tfjs.ts";
import { float, registerGpuKernel, runElementwise } from "./gpu.ts";
import { registerHostKernel } from "./host.ts";

/** A function of each element of a tensor. */
export interface ElementwiseKernel<A extends readonly string[]> {
  /** Name of the kernel for tfjs and the profiler: "Quantise". */
  readonly name: string;
  /** The names of its arguments, which are numbers. @default [] */
  readonly arguments?: A;
  /** The value at x, for wasm and cpu. */
  readonly host: (x: number, ...values: { readonly [K in keyof A]: number }) => number;
  /** Function for webgpu, as an expression of WGSL, of `x` and of the arguments by name, all f32. */
  readonly wgsl: string;
}

/**
 * Adds a kernel to tfjs on wasm, cpu and webgpu. It has no gradient: `tf.customGrad` gives it one.
 *
 * The expression of WGSL is compiled when it first runs; one that does not compile ends in a `GpuError`.
 *
 * @param kernel Name of the kernel, and the function in TypeScript and in WGSL. The two must agree to float32.
 * @returns The function of a tensor, of any shape, and of its arguments; it makes a new float32 tensor.
 * @throws {TypeError} When tfjs has a kernel of that name, as a mistake in the program.
 *
 * @example
 * ```ts
 * import { elementwiseKernel } from "./elementwise.ts";
 * import { startBackend } from "../backend.ts";
 * import { tf } from "../tfjs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const above = elementwiseKernel({
 *   name: "Above",
 *   arguments: ["limit"],
 *   host: (x, limit) => x > limit ? x : 0,
 *   wgsl: "select(0.0, x, x > limit)",
 * });
 * await startBackend("cpu")();
 * assertEquals(await above(tf.tensor1d([1, 2, 3]), 2).array(), [0, 0, 3]);
 * ```
 */
export function elementwiseKernel<const A extends readonly string[] = readonly []>(
  kernel: ElementwiseKernel<A>,
): (x: tf.Tensor, ...values: { readonly [K in keyof A]: number }) => tf.Tensor {
  const { name, host, wgsl } = kernel;
  const names: readonly string[] = kernel.arguments ?? [];
  if (["cpu", "wasm", "webgpu"].some((backend) => tf.getKernel(name, backend) != null)) {
    throw new TypeError(`Cannot add the kernel ${name}: tfjs has one of that name; choose another`);
  }
  registerHostKernel<{ readonly values: readonly number[] }>({
    name,
    inputs: ["x"],
    outputs: ([shape]) => [{ shape, dtype: "float32" }],
    run: ([x], [y], _, { values }) => {
      const given = values as { readonly [K in keyof A]: number };
      for (let i = 0; i < y.length; i++) y[i] = host(x[i], ...given);
    },
  });
  registerGpuKernel<{ readonly values: readonly number[] }>(
    name,
    ["x"],
    (backend, [x], attributes) =>
      runElementwise(
        backend,
        {
          key: `elementwise_${name}`,
          variables: ["X"],
          uniforms: names.map((argument) => `${argument} : f32, `).join(""),
          main: [
            "let x = f32(X[index]);",
            ...names.map((argument) => `let ${argument} = uniforms.${argument};`),
            `result[index] = ${wgsl};`,
          ].join("\n"),
        },
        [x],
        { shape: x.shape, dtype: "float32" },
        attributes.values.map(float),
      ),
  );
  return (x, ...values) =>
    tf.engine().runKernel(name, { x }, { values: [...values as readonly number[]] }) as tf.Tensor;
}
