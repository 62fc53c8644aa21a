import { conv2d, flatten, kwta, linear, maxPool2d } from "../../graph/constructors.ts";
import { sequence } from "../../graph/compose.ts";
import type { LocalRule } from "../../ops/local/rules.ts";
import { competitive } from "../../ops/local/rules.ts";
import { oja } from "../../ops/local/rules.ts";
import { onlineKMeans } from "../../ops/local/rules.ts";
import { softHebb } from "../../ops/local/rules.ts";
import { tf } from "../../ops/tfjs.ts";
import type { Dataset } from "../../pipelines/data/dataset.ts";
import { newest } from "../../pipelines/core/history.ts";
import { take } from "../../pipelines/data/splits.ts";
import { createRun, dispose, type Run, toArrays } from "../../pipelines/core/run.ts";
import { pipeline } from "../../pipelines/core/stage.ts";
import { withNormalisation } from "../../pipelines/data/splits.ts";
import { learnLocally, type LearnLocallyOptions } from "../../pipelines/stages/learn_locally.ts";
import { readOut } from "../../pipelines/stages/read_out.ts";
import { synapticScaling } from "../../pipelines/stages/homeostasis.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { onEachBackend } from "../ops/backends.ts";
import { digits, envOn, left, right } from "./tiny.ts";

/** Images with a background of exactly 0. */
const images = async (): Promise<Dataset> =>
  withNormalisation(await digits(), { mean: [0], std: [1] });

/** Two layers of patches. */
const stacked = sequence(
  conv2d(1, 16, 5, { bias: false }),
  kwta(0.1, { hard: true, over: "location" }),
  maxPool2d(2),
  conv2d(16, 24, 3, { bias: false }),
  kwta(0.1, { hard: true, over: "location" }),
  maxPool2d(5),
  flatten,
);

const begin = (graph = stacked, input: readonly number[] = [28, 28, 1]): Run =>
  right(createRun({ graph, input, seed: 1 }));

const rules: readonly LocalRule[] = [onlineKMeans(), competitive(), softHebb(), oja()];

type Patched = Record<string, unknown>;

/** Runs a function during which every request for a gradient in tfjs throws. */
async function withoutGradients<A>(run: () => Promise<A>): Promise<A> {
  const forbidden: readonly (readonly [Patched, string])[] = [
    ...["grad", "grads", "valueAndGrad", "valueAndGrads", "variableGrads"]
      .map((name) => [tf as unknown as Patched, name] as const),
    ...["gradients", "customGrad", "startTape"]
      .map((name) => [tf.engine() as unknown as Patched, name] as const),
    [tf.Optimizer.prototype as unknown as Patched, "minimize"],
    [tf.Optimizer.prototype as unknown as Patched, "computeGradients"],
  ];
  // A module's exports cannot be replaced; all of them go through the engine, which can.
  const open = forbidden.filter(([owner, name]) =>
    Object.getOwnPropertyDescriptor(owner, name)?.writable !== false && !isModule(owner)
  );
  const kept = open.map(([owner, name]) =>
    [owner, name, owner[name], Object.hasOwn(owner, name)] as const
  );
  for (const [owner, name] of open) {
    owner[name] = () => {
      throw new Error(`${name} was called`);
    };
  }
  try {
    for (
      const f of [() => tf.grad((x) => x)(tf.scalar(1)), () => tf.variableGrads(() => tf.scalar(1))]
    ) {
      const before = tf.memory().numTensors;
      tf.engine().startScope();
      assertThrows(f);
      tf.engine().endScope();
      assertEquals(tf.memory().numTensors, before);
    }
    return await run();
  } finally {
    for (const [owner, name, value, own] of kept) {
      if (own) owner[name] = value;
      else delete owner[name];
    }
  }
}

const isModule = (owner: Patched): boolean => owner === tf as unknown as Patched;

onEachBackend("encoder and read-outs are learnt without a gradient", async (name) => {
  // The slow backends are given less: there it is the gradients that matter.
  const dataset = name === "wasm" ? await images() : take(await images(), 60);
  const env = await envOn(name);
  const { train: data } = dataset;
  for (const rule of name === "wasm" ? rules : rules.slice(0, 1)) {
    const layer = (path: number, whiten: number | null) =>
      learnLocally({ data, path, rule, samples: 1000, whiten });
    const done = right(
      await withoutGradients(() =>
        pipeline(layer(0, 0.1), layer(3, null), readOut({ dataset, perClass: [5], noise: [0.2] }))(
          begin(),
        )(env)()
      ),
    );
    assertEquals(done.epoch, 2);
    for (const readOut of ["nearest", "naive_bayes", "bcpnn", "willshaw", "centroid"]) {
      const accuracy = newest(done.history, `accuracy_${readOut}`, "test") ?? 0;
      // Chance is 0.1 ± 0.03, of ten classes and 100 images.
      if (name === "wasm") assert(accuracy > 0.3, `${rule.name}, ${readOut}: ${accuracy}`);
      assert(newest(done.history, `accuracy_${readOut}_5`, "test") !== null);
      assert(newest(done.history, `accuracy_${readOut}_noise_0.2`, "test") !== null);
    }
    dispose(done);
  }
});

onEachBackend("what is learnt depends on the seed alone, and sums to 0", async (name) => {
  const { train: data } = await images();
  const env = await envOn(name);
  const learnt = async () => {
    const rule = onlineKMeans();
    const stage = learnLocally({ data, path: 0, rule, samples: 500, whiten: 0.1 });
    const done = right(await stage(begin())(env)());
    const weights = (await toArrays(done.params))["0.weight"];
    dispose(done);
    return weights;
  };
  const [first, second] = [await learnt(), await learnt()];
  assertEquals(first, second);
  for (let unit = 0; unit < 16; unit++) {
    let sum = 0;
    for (let i = unit; i < first.data.length; i += 16) sum += first.data[i];
    assert(Math.abs(sum) < 1e-3, `unit ${unit} sums to ${sum}`);
  }
});

Deno.test({
  name: "synaptic scaling has more units take part",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const { train: data } = await images();
    const env = await envOn("wasm");
    const graph = sequence(linear(784, 64, { bias: false }), kwta(0.1, { hard: true }));
    const run = async (scaled: boolean) => {
      const rule = competitive();
      const stage = learnLocally({ data, path: 0, rule, epochs: 3, batchSize: 20 });
      const whole = scaled
        ? pipeline(synapticScaling({ strength: 20, target: 1 / 64 }), stage)
        : stage;
      const done = right(await whole(begin(graph, [784]))(env)());
      const used = newest(done.history, "units_used", "train") ?? 0;
      const duty = done.plasticity["1.duty_cycle"];
      if (scaled) {
        const mean = (await duty.data<"float32">()).reduce((sum, x) => sum + x) / 64;
        assert(Math.abs(mean - 1 / 64) < 1e-6, `a mean duty cycle of ${mean}`);
      } else assertEquals(duty, undefined);
      dispose(done);
      return used;
    };
    const [plain, scaled] = [await run(false), await run(true)];
    assert(scaled > plain, `${scaled} of units with scaling, ${plain} without`);
  },
});

Deno.test({
  name: "learn refuses what does not fit, and stops when it is told to",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const { train: data } = await images();
    const env = await envOn("cpu");
    const usual: LearnLocallyOptions = {
      data,
      path: 0,
      rule: onlineKMeans(),
      samples: 100,
    };
    const before = tf.memory().numTensors;
    const wrong: readonly (readonly [Partial<LearnLocallyOptions>, string])[] = [
      [{ path: 1 }, "path"],
      [{ path: 9 }, "path"],
      [{ epochs: 0 }, "epochs"],
      [{ rate: NaN }, "rate"],
      [{ samples: 1 }, "samples"],
      [{ whiten: 0 }, "whiten"],
      [{ rule: competitive({ k: 1 }) }, "k"],
      [{ rule: competitive({ k: 16 }) }, "units"],
      [{ data: { ...data, count: 1, values: new Uint8Array(3) } }, "data"],
      [{ data: { ...data, count: 2, values: new Uint8Array(2 * 784) } }, "data"],
    ];
    for (const [change, option] of wrong) {
      const error = left(await learnLocally({ ...usual, ...change })(begin())(env)());
      assert(error._tag === "InvalidOption" && error.option === option, JSON.stringify(error));
    }
    const signal = AbortSignal.abort();
    const stopped = left(await learnLocally(usual)(begin())({ ...env, signal })());
    assertEquals(stopped._tag, "Interrupted");
    const unread = readOut({ dataset: await images(), perClass: [0] });
    assertEquals(left(await unread(begin())(env)())._tag, "InvalidOption");
    assertEquals(tf.memory().numTensors, before, "tensors were leaked");
  },
});
