import fc from "npm:fast-check@4.3.0";
import { E, RTE } from "../../../graph/fp_ts.ts";
import { type ConsumedRun, invalidOption } from "../../../graph/error.ts";
import { tf } from "../../../ops/tfjs.ts";
import { checkpointOf } from "../../../pipelines/core/resume.ts";
import { encode } from "../../../pipelines/encode/encode.ts";
import { noFindings } from "../../../pipelines/core/findings.ts";
import { dispose, fork, type Run } from "../../../pipelines/core/run.ts";
import {
  every,
  pipeline,
  pure,
  repeat,
  skip,
  type Stage,
  stage,
  stageMonoid,
  tap,
  when,
} from "../../../pipelines/core/stage.ts";
import { checkpoint } from "../../../pipelines/stages/checkpoint.ts";
import { evaluate } from "../../../pipelines/stages/evaluate.ts";
import { kwtaSchedule } from "../../../pipelines/stages/schedules.ts";
import { save } from "../../../pipelines/stages/save.ts";
import { assert, assertEquals, assertRejects } from "../../assert.ts";
import { begin, digits, envOn, left, right, trainTiny } from "../tiny.ts";

/** A run without tensors. */
const empty: Run = {
  graph: { nodes: [] },
  input: [1],
  params: {},
  optimiser: null,
  optimiserState: { step: 0, learningRate: 1, slots: {} },
  plasticity: {},
  rng: { state: [1, 2, 3, 4] },
  epoch: 0,
  step: 0,
  history: [],
  findings: noFindings,
  saved: null,
};

const env = await envOn("cpu");
const outcome = (body: Stage, run: Run = empty) => body(run)(env)();

/** Stages that can be distinguished by their effect on the step, and one that fails. */
const someStage = fc.oneof(
  fc.integer({ min: 1, max: 9 }).map((n) => pure((run) => ({ ...run, step: 10 * run.step + n }))),
  fc.constant(skip),
  fc.integer({ min: 1, max: 9 }).map((n): Stage => () =>
    RTE.left(invalidOption("n", n, "nothing"))
  ),
);

Deno.test("stages are a monoid", async () => {
  await fc.assert(
    fc.asyncProperty(someStage, someStage, someStage, async (f, g, h) => {
      const { concat, empty } = stageMonoid;
      assertEquals(await outcome(concat(empty, f)), await outcome(f));
      assertEquals(await outcome(concat(f, empty)), await outcome(f));
      assertEquals(
        await outcome(concat(concat(f, g), h)),
        await outcome(concat(f, concat(g, h))),
      );
      assertEquals(await outcome(pipeline(f, g, h)), await outcome(concat(f, concat(g, h))));
    }),
    { seed: 26 },
  );
});

const count = pure((run) => ({ ...run, step: run.step + 1 }));
const nextEpoch = pure((run) => ({ ...run, epoch: run.epoch + 1 }));

Deno.test("repeat, every, when and tap do as their names say", async () => {
  assertEquals(right(await outcome(repeat(5)(count))).step, 5);
  assertEquals(right(await outcome(repeat(0)(count))).step, 0);
  // A million rounds do not grow the stack.
  assertEquals(right(await outcome(repeat(100_000)(count))).step, 100_000);
  const body = pipeline(nextEpoch, every(3, count));
  assertEquals(right(await outcome(repeat(10)(body))).step, 3);
  assertEquals(right(await outcome(when(({ epoch }) => epoch === 1, count))).step, 0);
  const seen: number[] = [];
  const looked = repeat(2)(pipeline(count, tap(({ step }) => void seen.push(step))));
  assertEquals(right(await outcome(looked)).step, 2);
  assertEquals(seen, [1, 2]);
});

Deno.test("an error ends a pipeline and frees the run", async () => {
  const before = tf.memory().numTensors;
  let after = false;
  const result = await outcome(
    pipeline(
      stage(() => Promise.resolve(E.left(invalidOption("x", 1, "2")))),
      tap(() => void (after = true)),
    ),
    begin(),
  );
  assertEquals(left(result)._tag, "InvalidOption");
  assert(!after);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("what is thrown frees the run and is thrown on", async () => {
  const before = tf.memory().numTensors;
  const broken = stage(() => Promise.reject(new Error("a mistake")));
  await assertRejects(() => outcome(broken, begin()), Error, "a mistake");
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("a fault of the GPU becomes the error of the stage in which it shows", async () => {
  const fault = { _tag: "GpuError", reason: "the device was lost" } as const;
  const lost = { ...env, backend: { ...env.backend, fault: () => fault } };
  const before = tf.memory().numTensors;
  const fine = stage((run) => Promise.resolve(E.right(run)));
  assertEquals(left(await fine(begin())(lost)()), fault);
  const throws = stage(() => Promise.reject(new Error("as a consequence")));
  assertEquals(left(await throws(begin())(lost)()), fault);
  assertEquals(tf.memory().numTensors, before);
});

/** A stage whose work replaces one tensor and hands the others on. */
const replaceOne = stage((run) => {
  const weight = tf.add(run.params["0.weight"], 1);
  run.params["0.weight"].dispose();
  return Promise.resolve(E.right({ ...run, params: { ...run.params, "0.weight": weight } }));
});

Deno.test("a run that was consumed is refused with a typed error, whatever consumed it", async () => {
  const tensors = tf.memory().numTensors;
  const data = await digits();
  const refusal = ({ epoch, step }: Run): ConsumedRun => ({ _tag: "ConsumedRun", epoch, step });
  const failing = stage(() => Promise.resolve(E.left(invalidOption("n", 1, "nothing"))));
  const consumers: readonly Stage[] = [trainTiny(data), replaceOne, failing];
  for (const consumer of consumers) {
    const run = { ...begin(), epoch: 3, step: 17 };
    const done = await outcome(consumer, run);
    const alive = tf.memory().numTensors;
    let begun = 0;
    const counting = stage((given) => {
      begun++;
      return Promise.resolve(E.right(given));
    });
    const folder = "nowhere";
    const again = [
      counting,
      trainTiny(data),
      evaluate(data),
      save(folder, data),
      checkpoint(folder),
    ];
    for (const body of [...again, tap(() => {}), pipeline(skip, counting), repeat(2)(counting)]) {
      assertEquals(left(await outcome(body, run)), refusal(run));
    }
    assertEquals(begun, 0);
    assertEquals(left(fork(run)), refusal(run));
    assertEquals(left(await checkpointOf(run)()), refusal(run));
    const encoded = await encode(run, data.test, { env })();
    assertEquals(left(E.map(() => null)(encoded)), refusal(run));
    // Disposed of again, it takes nothing from the run that came after it.
    dispose(run);
    dispose(run);
    assertEquals(tf.memory().numTensors, alive);
    if (E.isRight(done)) {
      const after = right(await outcome(trainTiny(data), done.right));
      dispose(after);
    }
    assertEquals(tf.memory().numTensors, tensors);
  }
});

Deno.test("forked runs go on to the same bits, and neither takes the other's tensors", async () => {
  const tensors = tf.memory().numTensors;
  const data = await digits();
  const stages = [trainTiny(data), evaluate(data), kwtaSchedule({ stepSize: 1 }), replaceOne];
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...stages), { maxLength: 2 }),
      fc.array(fc.constantFrom(...stages), { minLength: 1, maxLength: 2 }),
      async (before, after) => {
        const run = right(await outcome(pipeline(...before), begin()));
        const copy = right(fork(run));
        const first = right(await outcome(pipeline(...after), run));
        const plain = async (one: Run) => right(await checkpointOf(one)());
        const numbers = await plain(first);
        dispose(first);
        const second = right(await outcome(pipeline(...after), copy));
        const again = await plain(second);
        dispose(second);
        assertEquals(again.params, numbers.params);
        assertEquals(again.optimiserState, numbers.optimiserState);
        assertEquals(again.rng, numbers.rng);
        assertEquals(untimed(again.history), untimed(numbers.history));
        assertEquals(tf.memory().numTensors, tensors);
      },
    ),
    { numRuns: 8, seed: 26 },
  );
});

const untimed = (history: Run["history"]) =>
  history.filter(({ name }) => !/_per_second$|_seconds$/.test(name));
