import * as fc from "npm:fast-check@4.3.0";
import { draw, seed } from "../../../../graph/rng.ts";
import { startBackend } from "../../../../ops/backend.ts";
import { hardKwta, softKwta } from "../../../../ops/kwta.ts";
import { columnSums, timesTransposed, transposedTimes } from "../../../../ops/kernels/mat_mul.ts";
import { simdOf } from "../../../../ops/kernels/simd/module.ts";
import { plain, relaxed } from "../../../../ops/kernels/simd/binary.ts";
import { linear } from "../../../../ops/layers.ts";
import { tf } from "../../../../ops/tfjs.ts";
import { assert, assertEquals } from "../../../assert.ts";
import { assertClose } from "../../backends.ts";
import { right } from "../../../pipelines/tiny.ts";

/** Rows of noise; of some of them most are one number, which differs from row to row. */
function rowsOf(rows: number, columns: number, plainness: number, number: number): Float32Array {
  const [values] = draw(seed(number), ({ unit }) => {
    const grounds = Float32Array.from({ length: rows }, () => unit() < 0.5 ? 0 : unit() - 0.5);
    return Float32Array.from(
      { length: rows * columns },
      (_, i) => unit() < plainness ? grounds[Math.floor(i / columns)] : 2 * unit() - 1,
    );
  });
  return values;
}

/** Runs a function of tensors on a backend and returns the numbers. */
async function on(name: "cpu" | "wasm", make: () => tf.Tensor): Promise<Float32Array> {
  right(await startBackend(name)());
  return tf.tidy(() => make().dataSync<"float32">().slice());
}

const size = (most: number) => fc.integer({ min: 1, max: most });
const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const plainness = fc.constantFrom(0, 0.5, 0.8, 1);
// 512 products of numbers below 1, summed in another order.
const tolerance = 1e-5;
const runs = { numRuns: 60, interruptAfterTimeLimit: 8000 };

Deno.test("SIMD runs here, on relaxed SIMD where the engine has it", async () => {
  right(await startBackend("wasm")());
  const found = simdOf(tf.backend());
  assert(found !== null);
  assertEquals(simdOf(tf.backend()), found);
  for (const text of [plain, relaxed]) {
    assert(WebAssembly.validate(Uint8Array.from(atob(text), (c) => c.charCodeAt(0))));
  }
});

Deno.test("SIMD: an affine map and its gradients' products are those of the cpu", async () => {
  await fc.assert(
    fc.asyncProperty(
      size(20),
      fc.oneof(size(40), fc.integer({ min: 256, max: 300 })),
      size(70),
      plainness,
      seeds,
      async (m, k, n, plainness, number) => {
        const [x, d] = [rowsOf(m, k, plainness, number), rowsOf(m, n, 0, number ^ 1)];
        const [w, b] = [rowsOf(k, n, 0, number ^ 2), rowsOf(1, n, 0, number ^ 3)];
        const all = () => {
          const [X, D, W] = [
            tf.tensor2d(x, [m, k]),
            tf.tensor2d(d, [m, n]),
            tf.tensor2d(w, [k, n]),
          ];
          return tf.concat([
            linear(X, W, tf.tensor1d(b)),
            linear(X, W),
            timesTransposed(D, W),
            transposedTimes(X, D),
            columnSums(D),
          ].map((result) => tf.reshape(result, [-1])));
        };
        assertClose(await on("wasm", all), await on("cpu", all), tolerance, `${m}×${k}×${n}`);
      },
    ),
    runs,
  );
});

Deno.test("SIMD: a sample's result does not depend on the batch that it is in", async () => {
  await fc.assert(
    fc.asyncProperty(size(17), size(70), plainness, seeds, async (m, n, plainness, number) => {
      for (const k of [24, 784]) {
        const [x, w] = [rowsOf(m, k, plainness, number), rowsOf(k, n, 0, number ^ 1)];
        const of = (rows: Float32Array) =>
          on("wasm", () => linear(tf.tensor2d(rows, [rows.length / k, k]), tf.tensor2d(w, [k, n])));
        const whole = await of(x);
        for (const row of [0, m - 1]) {
          assertEquals(
            await of(x.slice(row * k, (row + 1) * k)),
            whole.slice(row * n, (row + 1) * n),
          );
        }
      }
    }),
    { ...runs, numRuns: 20 },
  );
});

Deno.test("SIMD: kWTA and its gradient are those of the cpu, with ties and at the extremes", async () => {
  await fc.assert(
    fc.asyncProperty(
      size(9),
      fc.integer({ min: 2, max: 70 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      plainness,
      fc.constantFrom(0.5, 2, 16, 1e4),
      seeds,
      async (rows, n, sparsity, plainness, hardness, number) => {
        const [x, d] = [rowsOf(rows, n, plainness, number), rowsOf(rows, n, 0, number ^ 1)];
        const both = () => {
          const X = tf.tensor2d(x, [rows, n]);
          const slope = tf.grad((x: tf.Tensor) => softKwta(x, sparsity, hardness))(
            X,
            tf.tensor2d(d, [rows, n]),
          );
          return tf.concat([hardKwta(X, sparsity), softKwta(X, sparsity, hardness), slope]);
        };
        // The gradient has the hardness as a factor.
        const scaled = tolerance * Math.max(1, hardness);
        assertClose(await on("wasm", both), await on("cpu", both), scaled, `${rows}×${n}`);
      },
    ),
    runs,
  );
});
