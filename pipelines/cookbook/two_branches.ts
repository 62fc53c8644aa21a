/**
 * A graph of two branches, one for fine lines and one for coarse blots, whose outputs make one code.
 *
 *     deno run -P pipelines/cookbook/two_branches.ts
 *
 * @module
 */
import { cost, mermaid } from "../../graph/mod.ts";
import * as sparrow from "../../mod.ts";
const { graph, orThrow } = sparrow;
const [count, epochs] = Deno.args.includes("--quick") ? [300, 2] : [2000, 6];

const lines = graph`conv2d(1, 8, 5, stride=2) ▷ relu ▷ max_pool2d(2) ▷ flatten`;
const blots = graph`avg_pool2d(4) ▷ flatten ▷ linear(64) ▷ relu`;
const encoder = graph`fanout(${lines}, ${blots}) ▷ concat ▷ linear(256) ▷ kwta(0.05)`;

// Dimensions that were left out are inferred; an error names the node that does not fit.
const input = [28, 28, 1];
console.log(orThrow(mermaid(encoder, input)));
const { parameters, flops } = orThrow(cost(encoder, input));
console.log(`${parameters} parameters, ${flops} operations per image`);

const optimiser = sparrow.adam({ learningRate: 3e-3 });
const env = sparrow.quietEnv(await orThrow(sparrow.startBackend()));
const digits = await orThrow(sparrow.loadStrokes({ seed: 26, train: count, test: count / 2 }));
const run = orThrow(sparrow.createRun({ graph: encoder, input, optimiser, seed: 26 }));
const loss = sparrow.tripletCosineLoss();
const epoch = sparrow.train({ data: digits.train, loss, batchSize: 50 });
const experiment = sparrow.pipeline(sparrow.repeat(epochs)(epoch), sparrow.evaluate(digits));
const done = await orThrow(experiment(run)(env));
console.log(`test accuracy ${orThrow(sparrow.latest(done.history, "accuracy", "test"))}`);
sparrow.dispose(done);
