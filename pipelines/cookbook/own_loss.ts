/**
 * A loss of your own: tfjs ops make the number, and its gradient comes by itself.
 *
 *     deno run -P pipelines/cookbook/own_loss.ts
 *
 * @module
 */
import * as sparrow from "../../mod.ts";
const { graph, orThrow, tf } = sparrow;
const [count, epochs] = Deno.args.includes("--quick") ? [300, 3] : [2000, 8];

/**
 * Compares each sample with the next one of the batch: 1 − cosine for two of one class, else the excess of
 * the cosine over a margin.
 */
const neighbourLoss = (margin: number): sparrow.Loss => ({
  name: "neighbour",
  options: { margin },
  // This loss draws nothing at random, so the generator is returned as it came.
  draw: (labels, rng) => {
    const pairs = labels.length - 1;
    const alike = Float32Array.from(
      { length: pairs },
      (_, i) => Number(labels[i] === labels[i + 1]),
    );
    const evaluate = (outputs: sparrow.tf.Tensor): sparrow.tf.Scalar => {
      const units = tf.div(outputs, tf.add(tf.norm(outputs, 2, 1, true), 1e-8));
      const [first, second] = [tf.slice(units, [0], [pairs]), tf.slice(units, [1], [pairs])];
      const cosine = tf.sum(tf.mul(first, second), 1);
      const same = tf.tensor1d(alike);
      const pull = tf.mul(same, tf.sub(1, cosine));
      const push = tf.mul(tf.sub(1, same), tf.relu(tf.sub(cosine, margin)));
      return tf.mean(tf.add(pull, push));
    };
    return [{ evaluate, terms: pairs }, rng];
  },
});

const encoder = graph`linear(784, 64) ▷ relu ▷ linear(64, 256) ▷ kwta(0.05)`;
const optimiser = sparrow.adam({ learningRate: 3e-3 });
const env = sparrow.quietEnv(await orThrow(sparrow.startBackend()));
const digits = await orThrow(sparrow.loadStrokes({ seed: 26, train: count, test: count / 2 }));
const run = orThrow(sparrow.createRun({ graph: encoder, optimiser, seed: 26 }));
const epoch = sparrow.train({ data: digits.train, loss: neighbourLoss(0.1), batchSize: 50 });
const experiment = sparrow.pipeline(sparrow.repeat(epochs)(epoch), sparrow.evaluate(digits));
const done = await orThrow(experiment(run)(env));
console.log(`loss ${orThrow(sparrow.latest(done.history, "loss", "train")).toFixed(4)}`);
console.log(`test accuracy ${orThrow(sparrow.latest(done.history, "accuracy", "test"))}`);
sparrow.dispose(done);
