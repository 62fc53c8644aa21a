/**
 * A node of your own: its kernel on every backend, its gradient, its shape rule and a weight.
 *
 *     deno run -P pipelines/cookbook/own_node.ts
 *
 * @module
 */
import * as sparrow from "../../mod.ts";
import { elementwiseKernel } from "../../ops/mod.ts";
const { graph, orThrow, tf } = sparrow;
const [count, epochs] = Deno.args.includes("--quick") ? [300, 2] : [2000, 8];

// The kernel twice: in TypeScript for wasm and cpu, in WGSL for the GPU.
const steps = elementwiseKernel({
  name: "Steps",
  arguments: ["levels"],
  host: (x, levels) => Math.floor(Math.min(Math.max(x, 0), 1) * levels) / levels,
  wgsl: "floor(clamp(x, 0.0, 1.0) * levels) / levels",
});

// A staircase has no slope: where x is between 0 and 1 the gradient passes straight through.
const straightThrough = (x: sparrow.tf.Tensor, levels: number) =>
  tf.customGrad((x, save) => {
    (save as sparrow.tf.GradSaveFunc)([x as sparrow.tf.Tensor]);
    return {
      value: steps(x as sparrow.tf.Tensor, levels),
      gradFunc: (dy: sparrow.tf.Tensor, [x]: sparrow.tf.Tensor[]) =>
        tf.where(tf.logicalAnd(tf.greater(x, 0), tf.less(x, 1)), dy, tf.zerosLike(dy)),
    };
  })(x);

// The node: each unit times a gain that is learned, in steps.
const quantise = sparrow.defineNode({
  name: "quantise",
  arguments: [{ name: "levels", kind: "count", fallback: 4 }],
  shape: (input) => input.length === 1 ? input : "a vector",
  params: (input) => [{ name: "gain", shape: input, mean: 1, bound: 0 }],
  evaluate: (x, { levels }, { gain }) => straightThrough(tf.mul(x, gain), levels),
});
console.log(sparrow.show(quantise({ levels: 8 })));

// From here on it is a node like any other, as a function and in text.
const encoder = graph`linear(784, 64) ▷ quantise(8) ▷ linear(64, 256) ▷ kwta(0.05)`;
const optimiser = sparrow.adam({ learningRate: 3e-3 });
const env = sparrow.quietEnv(await orThrow(sparrow.startBackend()));
const digits = await orThrow(sparrow.loadStrokes({ seed: 26, train: count, test: count / 2 }));
const run = orThrow(sparrow.createRun({ graph: encoder, optimiser, seed: 26 }));
const loss = sparrow.tripletCosineLoss();
const epoch = sparrow.train({ data: digits.train, loss, batchSize: 64 });
const experiment = sparrow.pipeline(sparrow.repeat(epochs)(epoch), sparrow.evaluate(digits));
const done = await orThrow(experiment(run)(env));
console.log(`test accuracy ${orThrow(sparrow.latest(done.history, "accuracy", "test"))}`);
sparrow.dispose(done);
