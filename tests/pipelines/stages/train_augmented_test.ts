import { describe } from "../../../graph/error.ts";
import { graph } from "../../../graph/parse.ts";
import { initialPlasticity } from "../../../graph/plasticity.ts";
import type { BackendName } from "../../../ops/backend.ts";
import { crossEntropyLoss } from "../../../ops/losses/cross_entropy.ts";
import { tripletCosineLoss } from "../../../ops/losses/triplet.ts";
import { tf } from "../../../ops/tfjs.ts";
import {
  augment,
  type Augmentation,
  type AugmentOptions,
} from "../../../pipelines/data/augment.ts";
import type { Dataset } from "../../../pipelines/data/dataset.ts";
import { encode } from "../../../pipelines/encode/encode.ts";
import { denoFiles } from "../../../pipelines/files/files.ts";
import { newest } from "../../../pipelines/core/history.ts";
import { loadModel } from "../../../pipelines/files/model.ts";
import { createRun, dispose, type Run, toArrays, toTensors } from "../../../pipelines/core/run.ts";
import { pipeline, repeat } from "../../../pipelines/core/stage.ts";
import { save } from "../../../pipelines/stages/save.ts";
import { train, type TrainOptions } from "../../../pipelines/stages/train.ts";
import { assert, assertEquals, assertNotEquals } from "../../assert.ts";
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

/** What a run's training makes of it, as plain data. */
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
  const seen: { size: number; shape: readonly number[]; background: readonly number[] }[] = [];
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
  const batch = (images: number) => ({ size: images * 784, shape: [28, 28], background });
  const epoch = [64, 64, 64, 64, 44].map(batch);
  assertEquals(seen, [...epoch, ...epoch]);
  assertEquals(states.size, 10);
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
