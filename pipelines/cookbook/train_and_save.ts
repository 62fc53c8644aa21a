/**
 * Trains an encoder and saves it; `encode_saved.ts` uses it.
 *
 *     deno run -P pipelines/cookbook/train_and_save.ts
 *
 * @module
 */
import * as sparrow from "../../mod.ts";
const { graph, orThrow } = sparrow;
const [count, epochs] = Deno.args.includes("--quick") ? [300, 2] : [4000, 8];
const folder = Deno.args.find((argument) => !argument.startsWith("-")) ?? "runs/cookbook";

const encoder = graph`linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)`;
const optimiser = sparrow.adam({ learningRate: 3e-3 });
const env = sparrow.quietEnv(await orThrow(sparrow.startBackend()));
// `sparrow.loadMnist()` in its place downloads MNIST.
const digits = await orThrow(sparrow.loadStrokes({ seed: 26, train: count, test: count / 4 }));
const run = orThrow(sparrow.createRun({ graph: encoder, optimiser, seed: 26 }));
const epoch = sparrow.train({ data: digits.train, loss: sparrow.supConLoss(), batchSize: 100 });
const experiment = sparrow.pipeline(
  sparrow.repeat(epochs)(epoch),
  sparrow.evaluate(digits),
  sparrow.save(folder, digits),
);
const done = await orThrow(experiment(run)(env));
console.log(`test accuracy ${orThrow(sparrow.latest(done.history, "accuracy", "test"))}`);
console.log(done.saved);
sparrow.dispose(done);
