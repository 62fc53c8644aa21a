import { describe } from "../../../graph/error.ts";
import type { Loss } from "../../../ops/losses/loss.ts";
import { tripletCosineLoss } from "../../../ops/losses/triplet.ts";
import type { Optimiser } from "../../../ops/optimisers/transform.ts";
import { adam } from "../../../ops/optimisers/adam.ts";
import { tf } from "../../../ops/tfjs.ts";
import { createRun } from "../../../pipelines/core/run.ts";
import { train } from "../../../pipelines/stages/train.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";
import { onEachBackend } from "../../ops/backends.ts";
import { begin, digits, encoder, envOn, left, right } from "../tiny.ts";

/** The label of one sample, in one batch: what goes wrong, goes wrong in the same step each time. */
const MARK = 77;

/** A loss to which something is added in the batch of the marked sample, and when that was. */
function marked(fault: (outputs: tf.Tensor) => tf.Scalar) {
  const fine = tripletCosineLoss();
  const met = { step: 0, draws: 0 };
  const loss: Loss = {
    ...fine,
    draw: (labels, rng) => {
      const [objective, next] = fine.draw(labels, rng);
      met.draws++;
      if (!Array.from(labels).includes(MARK)) return [objective, next];
      if (met.step === 0) met.step = met.draws;
      const evaluate: typeof objective.evaluate = (outputs, x, latent) =>
        tf.add(objective.evaluate(outputs, x, latent), fault(outputs)) as tf.Scalar;
      return [{ ...objective, evaluate }, next];
    },
  };
  return { loss, met };
}

const stopped = async (
  name: "cpu" | "wasm" | "webgpu",
  loss: Loss,
  run = begin(),
) => {
  const data = await digits();
  const labels = data.train.labels.slice();
  labels[123] = MARK;
  const stage = train({
    data: { ...data.train, labels },
    loss,
    batchSize: 32,
  });
  const error = left(
    await stage({ ...run, step: 40, epoch: 3, saved: "the last one" })(
      await envOn(name),
    )(),
  );
  assert(error._tag === "NonFinite", JSON.stringify(error));
  assertEquals([error.epoch, error.lastGood], [4, "the last one"]);
  assert(!Number.isFinite(error.value));
  return error;
};

onEachBackend("a loss that is not finite is named with its step", async (name) => {
  const { loss, met } = marked(() => tf.scalar(Infinity));
  const error = await stopped(name, loss);
  assertEquals([error.tensor, error.value, error.step], ["loss", Infinity, 40 + met.step]);
});

onEachBackend(
  "a gradient that is not finite under a finite loss is named with its step",
  async (name) => {
    // The slope of a square root is infinite at 0.
    const { loss, met } = marked((outputs) => tf.sqrt(tf.mul(tf.sum(outputs), 0)));
    const error = await stopped(name, loss);
    assertStringIncludes(error.tensor, "the gradient of ");
    assertEquals(error.step, 40 + met.step);
    assertStringIncludes(describe(error), "the last good model is the last one");
  },
);

onEachBackend("a weight that overflows is named, though nothing else is amiss", async (name) => {
  const adamLike = adam({ learningRate: 1e-3 });
  const { loss, met } = marked(() => tf.scalar(0));
  let updates = 0;
  const overflowing: Optimiser = {
    ...adamLike,
    update: (gradients, state, params) => {
      const [next, moved] = adamLike.update(gradients, state, params);
      updates++;
      // The seventh step by the optimiser's own count, which is the same when it is done again.
      if (state.step !== 6) return [next, moved];
      const bias = tf.add(next["2.bias"], Infinity);
      next["2.bias"].dispose();
      return [{ ...next, "2.bias": bias }, moved];
    },
  };
  const run = right(createRun({ graph: encoder, optimiser: overflowing, seed: 26 }));
  const error = await stopped(name, loss, run);
  assertEquals([error.tensor, error.value, error.step], ["2.bias", Infinity, 47]);
  assert(met.draws >= 7 && updates >= 7);
});
