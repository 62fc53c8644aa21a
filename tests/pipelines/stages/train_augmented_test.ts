import { describe } from "../../../graph/error.ts";
import { graph } from "../../../graph/parse.ts";
import { initialPlasticity } from "../../../graph/plasticity.ts";
import type { BackendName } from "../../../ops/backend.ts";
import { crossEntropyLoss } from "../../../ops/losses/cross_entropy.ts";
import { pairContrastLoss, supConLoss } from "../../../ops/losses/contrastive.ts";
import type { Loss } from "../../../ops/losses/loss.ts";
import { tripletCosineLoss } from "../../../ops/losses/triplet.ts";
import { tf } from "../../../ops/tfjs.ts";
import {
  augment,
  type Augmentation,
  type AugmentOptions,
  type ImageLayout,
} from "../../../pipelines/data/augment.ts";
import type { Dataset } from "../../../pipelines/data/dataset.ts";
import { take } from "../../../pipelines/data/splits.ts";
import { encode } from "../../../pipelines/encode/encode.ts";
import { denoFiles } from "../../../pipelines/files/files.ts";
import { newest, rowsNamed } from "../../../pipelines/core/history.ts";
import { checkpointOf, resumeRun } from "../../../pipelines/core/resume.ts";
import { readCheckpoint, writeCheckpoint } from "../../../pipelines/files/checkpoint.ts";
import { loadModel } from "../../../pipelines/files/model.ts";
import { createRun, dispose, type Run, toArrays, toTensors } from "../../../pipelines/core/run.ts";
import { pipeline, repeat } from "../../../pipelines/core/stage.ts";
import { save } from "../../../pipelines/stages/save.ts";
import { train, type TrainOptions } from "../../../pipelines/stages/train.ts";
import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "../../assert.ts";
import { onEachBackend } from "../../ops/backends.ts";
import { begin, digits, envOn, left, optimiser, right } from "../tiny.ts";

/** Everything that is random in training, in one encoder. */
const noisy = graph`reshape([28, 28, 1]) ▷ conv2d(1, 2, 5, stride=3) ▷ batch_norm ▷ relu ▷ flatten ▷
                    dropout(0.25) ▷ drop_connect(linear(24), rate=0.25) ▷ batch_norm ▷ kwta(0.125)`;

const changes = augment({ shift: 2, flip: true });

const beginNoisy = (seed = 26): Run =>
  right(createRun({ graph: noisy, input: [28, 28], optimiser, seed }));

const trainOn = (
  { train: data }: Dataset,
  more: Partial<TrainOptions> = {},
) => train({ data, loss: tripletCosineLoss(), batchSize: 64, ...more });

/** Trains a run and returns its results as plain data. */
async function trained(
  name: BackendName,
  run: () => Run,
  more: Partial<TrainOptions>,
  epochs = 1,
) {
  const env = await envOn(name);
  const data = await digits();
  const done = right(await repeat(epochs)(trainOn(data, more))(run())(env)());
  const state = {
    params: await toArrays(done.params),
    plasticity: await toArrays(done.plasticity),
    rng: done.rng,
    loss: newest(done.history, "loss", "train"),
  };
  dispose(done);
  return state;
}

onEachBackend("the same seed gives the same bits with everything that is random", async (name) => {
  const once = (seed: number) => trained(name, () => beginNoisy(seed), { augment: changes });
  const first = await once(26);
  assert(Number.isFinite(first.loss));
  assertEquals(await once(26), first);
  assertNotEquals((await once(27)).params, first.params);
});

onEachBackend("augmentation changes what is learned, and not the images", async (name) => {
  const data = await digits();
  const pixels = data.train.values.slice();
  // Vectors of 784: the images' shape is the dataset's.
  const by = async (options?: AugmentOptions) => {
    const more = options && { augment: augment(options), shape: data.shape };
    return (await trained(name, begin, more ?? {})).params;
  };
  const plain = await by();
  const shifted = await by({ shift: 2 });
  const mirrored = await by({ flip: true });
  assertEquals(await by({ shift: 2 }), shifted);
  assertNotEquals(shifted, plain);
  assertNotEquals(mirrored, plain);
  assertNotEquals(mirrored, shifted);
  assertEquals(data.train.values, pixels);
});

Deno.test("an augmentation that changes nothing draws nothing", async () => {
  const nothing = { augment: augment({}) };
  assertEquals(
    await trained("cpu", beginNoisy, nothing),
    await trained("cpu", beginNoisy, {}),
  );
});

Deno.test("every batch is changed once, with its own draws and the images' background", async () => {
  const seen: ({ readonly size: number } & ImageLayout)[] = [];
  const states = new Set<string>();
  const looking: Augmentation = {
    ...changes,
    apply: (values, layout, rng) => {
      seen.push({ size: values.length, ...layout });
      states.add(JSON.stringify(rng));
      return changes.apply(values, layout, rng);
    },
  };
  // Nothing else in this training is drawn but the order of the images, once per epoch.
  const nodes = graph`flatten ▷ linear(10)`;
  const calm = () => right(createRun({ graph: nodes, input: [28, 28], optimiser, seed: 26 }));
  await trained("cpu", calm, { augment: looking, loss: crossEntropyLoss() }, 2);
  const background = [Math.fround(-0.123 / 0.2853)];
  const white = [Math.fround((1 - 0.123) / 0.2853)];
  const batch = (images: number) => ({ size: images * 784, shape: [28, 28], background, white });
  const epoch = [64, 64, 64, 64, 44].map(batch);
  assertEquals(seen, [...epoch, ...epoch]);
  assertEquals(states.size, 10);
});

/** Two views of six samples of four numbers, in batches of four and two. */
const sixSamples = {
  count: 6,
  values: Uint8Array.from({ length: 24 }, (_, i) => 10 * i),
  labels: Uint8Array.of(0, 1, 2, 3, 4, 5),
  normalisation: { mean: [0], std: [1] },
};

Deno.test("two views of a sample stand side by side, with its label, each changed on its own", async () => {
  const env = await envOn("cpu");
  const labels: number[][] = [];
  const inputs: number[][] = [];
  const marked: Augmentation = {
    ...augment({}),
    apply: (values, _, rng) => {
      for (let row = 0; row < values.length / 4; row++) values[row * 4] += row % 2 === 0 ? 0 : 10;
      return rng;
    },
  };
  const { draw, ...loss } = supConLoss();
  const looking: Loss = {
    ...loss,
    draw: (given, rng) => {
      labels.push([...Array.from(given)]);
      const [objective, next] = draw(given, rng);
      const evaluate: typeof objective.evaluate = (outputs, x, ...more) => {
        inputs.push([...x.dataSync()]);
        return objective.evaluate(outputs, x, ...more);
      };
      return [{ ...objective, evaluate }, next];
    },
  };
  const run = right(createRun({ graph: graph`flatten ▷ linear(3)`, input: [2, 2], optimiser }));
  const once = train({ data: sixSamples, loss: looking, batchSize: 4, views: 2, augment: marked });
  const done = right(await once(run)(env)());
  assertEquals(labels.map((batch) => batch.length), [8, 4]);
  const seen = labels.flat();
  assertEquals(seen.toSorted(), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
  for (let row = 0; row < 12; row += 2) assertEquals(seen[row], seen[row + 1]);
  const expected = seen.flatMap((label, row) =>
    [0, 1, 2, 3].map((i) =>
      Math.fround(Math.fround((4 * label + i) * 10 / 255) + (i === 0 && row % 2 === 1 ? 10 : 0))
    )
  );
  assertEquals(inputs.flat(), expected);
  assertEquals([newest(done.history, "terms", "train"), done.step], [6, 2]);
  dispose(done);
});

onEachBackend(
  "training on two views without labels goes on from a checkpoint with the same bits",
  async (name) => {
    const env = await envOn(name);
    const { train: some } = take(await digits(), 90);
    const data = { ...some, labels: null };
    const epoch = train({
      data,
      loss: pairContrastLoss(),
      batchSize: 30,
      views: 2,
      augment: changes,
    });
    const whole = right(await repeat(3)(epoch)(beginNoisy())(env)());
    const part = right(await epoch(beginNoisy())(env)());
    const bytes = writeCheckpoint(right(await checkpointOf(part)()));
    dispose(part);
    const again = right(resumeRun(right(readCheckpoint("part", bytes)), optimiser));
    const done = right(await repeat(2)(epoch)(again)(env)());
    assertEquals(await toArrays(done.params), await toArrays(whole.params));
    assertEquals(done.rng, whole.rng);
    const losses = rowsNamed(whole.history, "loss").map(({ value }) => value);
    assert(losses[2] < losses[0], losses.join(" "));
    dispose(whole);
    dispose(done);
  },
);

onEachBackend("the loss of two views is the formula's on the codes of a batch", async (name) => {
  const env = await envOn(name);
  // One batch of all samples; SimCLR's equation 1 on codes that are known, since nothing is drawn but the order.
  const nodes = graph`flatten ▷ linear(5, bias=false)`;
  const run = right(createRun({ graph: nodes, input: [2, 2], optimiser, seed: 4 }));
  const { "1.weight": weight } = await toArrays(run.params);
  const rows = Array.from(
    { length: 12 },
    (_, row) =>
      Array.from(
        { length: 5 },
        (_, unit) =>
          [0, 1, 2, 3].reduce((sum, i) =>
            sum + sixSamples.values[4 * (row >> 1) + (row % 2 === 0 ? i : 3 - i)] / 255 *
              weight.data[i * 5 + unit], 0),
      ),
  );
  const cosine = (a: readonly number[], b: readonly number[]) => {
    const dot = (x: readonly number[], y: readonly number[]) =>
      x.reduce((sum, value, i) => sum + value * y[i], 0);
    return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  };
  const tau = 0.5;
  const expected = rows.map((row, i) => {
    const others = rows.map((other, j) => i === j ? 0 : Math.exp(cosine(row, other) / tau));
    return -Math.log(others[i ^ 1] / others.reduce((sum, value) => sum + value, 0));
  }).reduce((sum, value) => sum + value, 0) / 12;
  const reversed: Augmentation = {
    ...augment({}),
    apply: (values, _, rng) => {
      for (let row = 1; row < values.length / 4; row += 2) {
        values.subarray(4 * row, 4 * row + 4).reverse();
      }
      return rng;
    },
  };
  const data = { ...sixSamples, labels: null };
  const loss = pairContrastLoss({ temperature: tau });
  const done = right(
    await train({ data, loss, batchSize: 6, views: 2, augment: reversed })(run)(env)(),
  );
  assertAlmostEquals(newest(done.history, "loss", "train")!, expected, 2e-5);
  dispose(done);
});

Deno.test("what augmentation cannot be used on is refused before anything is trained", async () => {
  const env = await envOn("cpu");
  const data = await digits();
  const before = tf.memory().numTensors;
  const refused = async (run: () => Run, more: Partial<TrainOptions>) => {
    const loss = {
      ...tripletCosineLoss(),
      draw: (): never => {
        throw new Error("a batch was drawn");
      },
    };
    return describe(left(await trainOn(data, { ...more, loss })(run())(env)()));
  };
  assertEquals(
    await refused(beginNoisy, { augment: augment({ shift: 0.5 }) }),
    "Cannot use shift: expected an integer of at least 0, current value is 0.5",
  );
  assertEquals(
    await refused(beginNoisy, { augment: augment({ shift: 28 }) }),
    "Cannot use shift: expected less than the images' smaller side, which is 28, " +
      "current value is 28",
  );
  // Without the images' shape, it is that of the run's input.
  assertEquals(
    await refused(begin, { augment: changes }),
    "Cannot use augment: expected images of the shape [height, width] or " +
      '[height, width, channels], current value is "samples of the shape [784]"',
  );
  assertEquals(
    await refused(begin, { augment: changes, shape: [28, 27] }),
    'Cannot use shape: expected that of images of 784 numbers, current value is "[28, 27]"',
  );
  assertEquals(
    await refused(begin, { augment: changes, shape: [28, 28, 1, 1] }),
    "Cannot use augment: expected images of the shape [height, width] or " +
      '[height, width, channels], current value is "samples of the shape [28, 28, 1, 1]"',
  );
  const byPixel = { mean: Array(784).fill(0), std: Array(784).fill(1) };
  assertEquals(
    await refused(beginNoisy, {
      augment: changes,
      data: { ...data.train, normalisation: byPixel },
    }),
    "Cannot use normalisation: expected one mean, or one per channel, of images that are augmented, " +
      'current value is "784 means"',
  );
  assertEquals(
    await refused(begin, { views: 3 as 2 }),
    "Cannot use views: expected 1 or 2, current value is 3",
  );
  assertEquals(tf.memory().numTensors, before);
});

onEachBackend(
  "a model with state is saved with it, and its codes after loading are the same",
  async (name) => {
    const folder = await Deno.makeTempDir();
    try {
      const env = await envOn(name);
      const data = await digits();
      const stages = pipeline(repeat(2)(trainOn(data, { augment: changes })), save(folder, data));
      const done = right(await stages(beginNoisy())(env)());
      const loaded = right(await loadModel(`${folder}/model.safetensors`, denoFiles)());
      const { graph: nodes, plasticity } = loaded;
      assertEquals(nodes, done.graph);
      assertEquals(loaded.params, await toArrays(done.params));
      assertEquals(plasticity, await toArrays(done.plasticity));
      const fresh = initialPlasticity(nodes);
      assertEquals(
        Object.keys(plasticity).sort(),
        ["2.running_mean", "2.running_var", "7.running_mean", "7.running_var"],
      );
      for (const [path, array] of Object.entries(plasticity)) assertNotEquals(array, fresh[path]);

      const again = right(createRun({ ...loaded, optimiser }));
      // Without what it remembers it would be another model.
      const forgetful = { ...again, plasticity: toTensors(fresh) };
      const codes = await Promise.all(
        [done, done, again, forgetful].map(async (run) =>
          right(await encode(run, data.test, { env })())
        ),
      );
      const [code, evaluatedAgain, afterLoading, forgotten] = codes;
      assertEquals([code.kind, code.count, code.width], ["binary", 100, 24]);
      assertEquals(evaluatedAgain, code);
      assertEquals(afterLoading, code);
      assertNotEquals(forgotten, code);
      tf.dispose(Object.values(forgetful.plasticity));
      dispose(done);
      dispose(again);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
