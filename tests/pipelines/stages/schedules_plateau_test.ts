import { describe } from "../../../graph/error.ts";
import { adam } from "../../../ops/optimisers/adam.ts";
import { chain } from "../../../ops/optimisers/chain.ts";
import { freeze } from "../../../ops/optimisers/transforms.ts";
import { stepLr } from "../../../ops/optimisers/schedules.ts";
import { tf } from "../../../ops/tfjs.ts";
import type { Row } from "../../../pipelines/core/history.ts";
import { createRun, dispose, type RunOptions } from "../../../pipelines/core/run.ts";
import { reduceOnPlateau } from "../../../pipelines/stages/schedules.ts";
import { pipeline, repeat } from "../../../pipelines/core/stage.ts";
import { newest, rowsNamed } from "../../../pipelines/core/history.ts";
import { assert, assertEquals } from "../../assert.ts";
import { begin, digits, encoder, envOn, left, right, trainTiny } from "../tiny.ts";

const losses = (...values: readonly number[]): readonly Row[] =>
  values.map((value, i) => ({ epoch: i + 1, step: i + 1, split: "train", name: "loss", value }));

Deno.test("the rate follows the watched metric, and no other", async () => {
  const env = await envOn("cpu");
  const options = { factor: 0.5, patience: 1 };
  const history = [
    ...losses(3, 2, 2, 2),
    { epoch: 4, step: 4, split: "test", name: "accuracy", value: 0.5 } as const,
  ];
  for (
    const [stage, rate] of [
      [reduceOnPlateau(options), 1.5e-3],
      [reduceOnPlateau({ ...options, name: "accuracy", split: "test" }), 3e-3],
      [reduceOnPlateau({ ...options, split: "test" }), 3e-3],
    ] as const
  ) {
    const done = right(await stage({ ...begin(), history })(env)());
    assertEquals(done.optimiserState.learningRate, rate);
    dispose(done);
  }
});

Deno.test("before train it sets the rate of the next epoch", async () => {
  const data = await digits();
  const env = await envOn("cpu");
  const optimiser = adam({ learningRate: 4e-3 });
  const run = right(createRun({ graph: encoder, optimiser, seed: 26 }));
  // No loss is better by 99 %: the rate halves after every epoch but the first.
  const rate = reduceOnPlateau({ factor: 0.5, patience: 0, threshold: 0.99 });
  const done = right(await repeat(4)(pipeline(rate, trainTiny(data)))(run)(env)());
  assertEquals(rowsNamed(done.history, "learning_rate").map(({ value }) => value), [
    4e-3,
    4e-3,
    2e-3,
    1e-3,
  ]);
  assert(newest(done.history, "loss", "train") !== null);
  dispose(done);
});

Deno.test("a rate that a schedule sets, or that no optimiser has, is refused", async () => {
  const env = await envOn("cpu");
  const schedule = stepLr({ initial: 1e-3, stepSize: 1, gamma: 0.5 });
  const refused = async (options: Pick<RunOptions, "optimiser">) =>
    describe(
      left(await reduceOnPlateau()(right(createRun({ graph: encoder, ...options })))(env)()),
    );
  const says = (actual: string) =>
    `Cannot use learningRate: expected a number, which reduceOnPlateau lowers, ` +
    `current value is "${actual}"`;
  assertEquals(
    await refused({ optimiser: adam({ learningRate: schedule }) }),
    says("the schedule stepLr"),
  );
  assertEquals(await refused({}), says("no optimiser"));
});

Deno.test("options out of range are refused by what uses them, and nothing leaks", async () => {
  const env = await envOn("cpu");
  const before = tf.memory().numTensors;
  const broken = reduceOnPlateau({ factor: 2 });
  assertEquals(left(await broken(begin())(env)())._tag, "InvalidOption");
  const zero = adam({ learningRate: stepLr({ initial: 1e-3, stepSize: 0, gamma: 0.5 }) });
  for (const optimiser of [zero, adam({ beta1: 2 }), chain(freeze("7"), adam())]) {
    assertEquals(left(createRun({ graph: encoder, optimiser }))._tag, "InvalidOption");
  }
  const frozen = chain(freeze("0"), adam());
  dispose(right(createRun({ graph: encoder, optimiser: frozen })));
  assertEquals(tf.memory().numTensors, before);
});
