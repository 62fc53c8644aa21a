/**
 * Rows of numbers as packed bits, on all backends: a code is read back as 1 bit per unit, not 32.
 *
 * @module
 */
import { wordsPerCode } from "../embeddings.ts";
import { int, registerGpuKernel, runElementwise } from "./gpu.ts";
import { registerHostKernel } from "./host.ts";
import { registerSimdKernel } from "./simd/register.ts";
import { tf } from "../tfjs.ts";

/**
 * x [rows, n] → int32 [rows, ⌈n / 32⌉]: unit u is bit u mod 32 of word ⌊u / 32⌋, 1 where x is above 0.
 * It has no gradient.
 */
const PACK_BITS = "SparrowPackBits";

/**
 * Packs rows of zeros and ones, 32 units per word, on the backend that has them.
 *
 * @param x [rows, units]; whatever is above 0 is a 1.
 * @returns int32 [rows, ⌈units / 32⌉]: the words of binary `Embeddings`, read as signed.
 *
 * @example
 * ```ts
 * import { packBits } from "./pack_bits.ts";
 * import { startBackend } from "../backend.ts";
 * import { tf } from "../tfjs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("cpu")();
 * const words = packBits(tf.tensor2d([[1, 0, 0], [0, 1, 1]]));
 * assertEquals([...words.dataSync()], [1, 6]);
 * words.dispose();
 * ```
 */
export const packBits = (x: tf.Tensor2D): tf.Tensor2D =>
  tf.engine().runKernel(PACK_BITS, { x }) as tf.Tensor2D;

registerHostKernel({
  name: PACK_BITS,
  inputs: ["x"],
  outputs: ([[rows, n]]) => [{ shape: [rows, wordsPerCode(n)], dtype: "int32" }],
  run: ([x], [words], [[rows, n]]) => {
    words.fill(0);
    const perRow = wordsPerCode(n);
    for (let row = 0, i = 0; row < rows; row++) {
      for (let unit = 0; unit < n; unit++, i++) {
        if (x[i] > 0) words[row * perRow + (unit >>> 5)] |= 1 << (unit & 31);
      }
    }
  },
});

registerSimdKernel({
  name: PACK_BITS,
  inputs: ["x"],
  outputs: ([[rows, n]]) => [{ shape: [rows, wordsPerCode(n)], dtype: "int32" }],
  run: ({ simd }, { inputs: [x], outputs: [words] }, [[rows, n]]) =>
    simd.packBits(x, rows, n, words),
});

const program = {
  key: "pack_bits",
  variables: ["x"],
  uniforms: "n : i32, perRow : i32",
  main: `
    let first = index % uniforms.perRow * 32;
    let base = index / uniforms.perRow * uniforms.n + first;
    var word = 0u;
    for (var i = 0; i < min(32, uniforms.n - first); i = i + 1) {
      word = word | select(0u, 1u << u32(i), x[base + i] > 0.0);
    }
    result[index] = bitcast<i32>(word);`,
};

registerGpuKernel(PACK_BITS, ["x"], (backend, [x]) => {
  const [rows, n] = x.shape;
  const output = { shape: [rows, wordsPerCode(n)], dtype: "int32" } as const;
  if (rows === 0) return backend.makeTensorInfo([...output.shape], "int32", new Int32Array(0));
  return runElementwise(backend, program, [x], output, [int(n), int(wordsPerCode(n))]);
});
