/**
 * A graph of two branches: what one sees of lines and the other of blots, in one code.
 *
 *     deno run -P pipelines/cookbook/two_branches.ts
 *
 * @module
 */
import * as sparrow from "../../mod.ts";
const { E, graph, orThrow } = sparrow;
const [count, epochs] = Deno.args.includes("--quick") ? [300, 2] : [2000, 6];

const lines = graph`conv2d(1, 8, 5, stride=2) ▷ relu ▷ max_pool2d(2) ▷ flatten`;
const blots = graph`avg_pool2d(4) ▷ flatten ▷ linear(64) ▷ relu`;
const encoder = graph`fanout(${lines}, ${blots}) ▷ concat ▷ linear(256) ▷ kwta(0.05)`;

// Every dimension that was left out is inferred, or the node that does not fit is named.
const input = [28, 28, 1];
console.log(E.getOrElseW(() => "")(sparrow.mermaid(encoder, input)));
const cost = sparrow.cost(encoder, input);
if (E.isLeft(cost)) throw new Error(sparrow.describe(cost.left));
console.log(`${cost.right.parameters} parameters, ${cost.right.flops} operations per image`);

const optimiser = sparrow.adam({ learningRate: 3e-3 });
const backend = await sparrow.startBackend("auto")();
const digits = await sparrow.loadStrokes({ seed: 26, train: count, test: count / 2 })();
const run = sparrow.createRun({ graph: encoder, input, optimiser, seed: 26 });
if (E.isLeft(backend) || E.isLeft(digits) || E.isLeft(run)) throw new Error("no start");

const { train: data } = digits.right;
const loss = sparrow.tripletCosineLoss();
const experiment = sparrow.pipeline(
  sparrow.repeat(epochs)(sparrow.train({ data, loss, batchSize: 50 })),
  sparrow.evaluate(digits.right),
);
const done = await experiment(run.right)(sparrow.quietEnv(backend.right))();
if (E.isLeft(done)) throw new Error(sparrow.describe(done.left));
console.log(`test accuracy ${orThrow(sparrow.latest(done.right.history, "accuracy", "test"))}`);
sparrow.dispose(done.right);
