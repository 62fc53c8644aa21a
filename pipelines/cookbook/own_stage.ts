/**
 * A stage of your own, and a combinator: training that stops when it gets no better.
 *
 *     deno run -P pipelines/cookbook/own_stage.ts
 *
 * @module
 */
import * as sparrow from "../../mod.ts";
const { E, graph, orThrow } = sparrow;
const [count, most] = Deno.args.includes("--quick") ? [300, 6] : [2000, 30];

/** Repeats a stage until its test accuracy has not grown for some epochs, or the limit is reached. */
const whileBetter = (patience: number, most: number, body: sparrow.Stage): sparrow.Stage =>
  sparrow.stage(async (run, env) => {
    let [at, best, bestEpoch] = [run, -Infinity, run.epoch];
    while (at.epoch < most && at.epoch - bestEpoch <= patience) {
      // A stage consumes the run it is given: from here on there is only the next one.
      const next = await body(at)(env)();
      if (E.isLeft(next)) return next;
      at = next.right;
      const accuracy = sparrow.latest(at.history, "accuracy", "test");
      if (E.isLeft(accuracy)) {
        sparrow.dispose(at);
        return accuracy;
      }
      if (accuracy.right > best) [best, bestEpoch] = [accuracy.right, at.epoch];
    }
    // What a stage finds out goes into the history, where reports and files have it from.
    const { epoch, step } = at;
    const row = { epoch, step, split: "run", name: "best_epoch", value: bestEpoch } as const;
    return E.right({ ...at, history: [...at.history, row] });
  });

const encoder = graph`linear(784, 32) ▷ relu ▷ linear(32, 256) ▷ kwta(0.05)`;
const optimiser = sparrow.adam({ learningRate: 3e-3 });
const env = sparrow.consoleEnv(await orThrow(sparrow.startBackend()));
const digits = await orThrow(sparrow.loadStrokes({ seed: 26, train: count, test: count / 2 }));
const run = orThrow(sparrow.createRun({ graph: encoder, optimiser, seed: 26 }));

// Training stops after 3 epochs that were no better.
const experiment = whileBetter(
  3,
  most,
  sparrow.pipeline(
    sparrow.train({ data: digits.train, loss: sparrow.tripletCosineLoss(), batchSize: 50 }),
    sparrow.evaluate(digits),
    // `tap` looks at a run and leaves it as it is.
    sparrow.tap(({ epoch, history }, { log }) =>
      log(`epoch ${epoch}: ${orThrow(sparrow.latest(history, "accuracy", "test"))}`)
    ),
  ),
);
const done = await orThrow(experiment(run)(env));
console.log(`best after epoch ${orThrow(sparrow.latest(done.history, "best_epoch", "run"))}`);
sparrow.dispose(done);
