/**
 * Trains an encoder and saves it; `encode_saved.ts` uses it.
 *
 *     deno run -P pipelines/cookbook/train_and_save.ts
 *
 * @module
 */
import * as sparrow from "../../mod.ts";
const { E, graph, orThrow } = sparrow;
const [count, epochs] = Deno.args.includes("--quick") ? [300, 2] : [4000, 8];
const folder = Deno.args.find((argument) => !argument.startsWith("-")) ?? "runs/cookbook";

const encoder = graph`linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)`;
const optimiser = sparrow.adam({ learningRate: 3e-3 });
const backend = await sparrow.startBackend("auto")();
// MNIST instead: sparrow.loadMnist({}, sparrow.denoDataEnv)
const digits = await sparrow.loadStrokes({ seed: 26, train: count, test: count / 4 })();
const run = sparrow.createRun({ graph: encoder, optimiser, seed: 26 });
if (E.isLeft(backend) || E.isLeft(digits) || E.isLeft(run)) throw new Error("no start");

const { train: data } = digits.right;
const loss = sparrow.supConLoss();
const experiment = sparrow.pipeline(
  sparrow.repeat(epochs)(sparrow.train({ data, loss, batchSize: 100 })),
  sparrow.evaluate(digits.right),
  sparrow.save(folder, digits.right),
);
const done = await experiment(run.right)(sparrow.quietEnv(backend.right))();
if (E.isLeft(done)) throw new Error(sparrow.describe(done.left));
console.log(`test accuracy ${orThrow(sparrow.latest(done.right.history, "accuracy", "test"))}`);
console.log(done.right.saved);
sparrow.dispose(done.right);
