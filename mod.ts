/**
 * Sparrow: train and use encoders that turn images, or any vectors, into binary sparse distributed
 * representations.
 *
 * A model is an immutable graph, a training run an immutable value, and what happens to them are
 * functions that compose.
 *
 * @example
 * ```ts
 * import {
 *   adam,
 *   createRun,
 *   describe,
 *   dispose,
 *   E,
 *   evaluate,
 *   graph,
 *   latest,
 *   loadStrokes,
 *   orThrow,
 *   pipeline,
 *   quietEnv,
 *   repeat,
 *   startBackend,
 *   train,
 *   tripletCosineLoss,
 * } from "./mod.ts";
 * import { assert } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const encoder = graph`linear(784, 32) ▷ relu ▷ linear(32, 128) ▷ kwta(0.05)`;
 * const optimiser = adam({ learningRate: 3e-3 });
 *
 * const digits = await loadStrokes({ seed: 26, train: 512, test: 128 })();
 * const backend = await startBackend("wasm")();
 * const run = createRun({ graph: encoder, optimiser, seed: 26 });
 * if (E.isLeft(digits) || E.isLeft(backend) || E.isLeft(run)) throw new Error("no start");
 * const data = digits.right;
 *
 * const experiment = pipeline(
 *   repeat(4)(train({
 *     data: data.train,
 *     loss: tripletCosineLoss(),
 *     batchSize: 64,
 *   })),
 *   evaluate(data),
 * );
 * const done = await experiment(run.right)(quietEnv(backend.right))();
 * if (E.isLeft(done)) throw new Error(describe(done.left));
 * assert(orThrow(latest(done.right.history, "accuracy", "test")) > 0.2);
 * dispose(done.right);
 * ```
 *
 * @module
 */
export * from "./graph/mod.ts";
export * from "./ops/mod.ts";
export * from "./pipelines/mod.ts";
