import * as fc from "npm:fast-check@4.3.0";
import { TE } from "../../../../graph/fp_ts.ts";
import { graph } from "../../../../graph/parse.ts";
import { sgd } from "../../../../ops/optimisers/sgd.ts";
import { adam } from "../../../../ops/optimisers/adam.ts";
import { stepLr } from "../../../../ops/optimisers/schedules.ts";
import { tf } from "../../../../ops/tfjs.ts";
import {
  type Checkpoint,
  checkpointName,
  epochOfName,
  newestCheckpoint,
  pack,
  readCheckpoint,
  unpack,
  writeCheckpoint,
} from "../../../../pipelines/files/checkpoint.ts";
import { checkpointOf, resumeRun } from "../../../../pipelines/core/resume.ts";
import { denoFiles, type Files } from "../../../../pipelines/files/files.ts";
import type { History } from "../../../../pipelines/core/history.ts";
import { createRun, dispose, type Run, toArrays } from "../../../../pipelines/core/run.ts";
import { pipeline, pure, type Stage, until } from "../../../../pipelines/core/stage.ts";
import { checkpoint } from "../../../../pipelines/stages/checkpoint.ts";
import { evaluate } from "../../../../pipelines/stages/evaluate.ts";
import { kwtaSchedule } from "../../../../pipelines/stages/schedules.ts";
import { synapticScaling } from "../../../../pipelines/stages/homeostasis.ts";
import { assert, assertEquals, assertMatch } from "../../../assert.ts";
import { onEachBackend } from "../../../ops/backends.ts";
import { begin, digits, encoder, envOn, left, optimiser, right, trainTiny } from "../../tiny.ts";

const timings = ["samples_per_second", "training_seconds", "evaluation_seconds"];
const untimed = (history: History): History =>
  history.filter(({ name }) => !timings.includes(name));

const inFolder = async (use: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await Deno.makeTempDir({ prefix: "sparrow-checkpoint-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
};

/** The run of the newest checkpoint in a folder. */
async function resumed(folder: string, trainer = optimiser): Promise<Run> {
  const { checkpoint } = right(await newestCheckpoint(folder, denoFiles)());
  assert(checkpoint !== null);
  return right(resumeRun(checkpoint, trainer));
}

Deno.test("plain data is packed and unpacked to the bit, odd numbers and arrays of them too", () => {
  const numbers = fc.oneof(
    fc.float32Array(),
    fc.float64Array(),
    fc.uint8Array(),
    fc.uint32Array(),
    fc.int32Array(),
  );
  const { data } = fc.letrec((tie) => ({
    data: fc.oneof(
      { depthSize: "small" },
      fc.double(),
      fc.string(),
      fc.boolean(),
      fc.constant(null),
      numbers,
      fc.array(tie("data"), { maxLength: 4 }),
      fc.dictionary(fc.stringMatching(/^\w+$/), tie("data"), { maxKeys: 4, noNullPrototype: true }),
    ),
  }));
  fc.assert(fc.property(data, (value) => {
    assertEquals(unpack(JSON.parse(JSON.stringify(pack(value)))), value);
  }));
});

onEachBackend("a checkpoint is the run: from the file it comes back to the bit", async (name) => {
  const data = await digits();
  const env = await envOn(name);
  const whole = pipeline(kwtaSchedule(), synapticScaling(), trainTiny(data), evaluate(data));
  const run = right(await whole(begin())(env)());
  const made = right(await checkpointOf(run)());
  const read = right(readCheckpoint("c", writeCheckpoint(made)));
  assertEquals(read, made as Checkpoint);
  const again = right(resumeRun(read, optimiser));
  assertEquals(right(await checkpointOf(again)()), made);
  dispose(run);
  dispose(again);
});

onEachBackend("six epochs are two, a checkpoint, and four", async (name) => {
  const data = await digits();
  const env = await envOn(name);
  const epoch = (folder: string): Stage =>
    pipeline(
      kwtaSchedule({ stepSize: 2 }),
      trainTiny(data),
      evaluate(data),
      checkpoint(folder),
    );
  await inFolder(async (folder) => {
    const tensors = tf.memory().numTensors;
    const learningRate = stepLr({ initial: 3e-3, stepSize: 2, gamma: 0.5 });
    const optimiser = adam({ learningRate });
    const fresh = () => right(createRun({ graph: encoder, optimiser, seed: 26 }));
    const straight = right(await until(6)(epoch(`${folder}/a`))(fresh())(env)());
    dispose(right(await until(2)(epoch(`${folder}/b`))(fresh())(env)()));
    const continued = right(
      await until(6)(epoch(`${folder}/b`))(await resumed(`${folder}/b`, optimiser))(env)(),
    );
    assertEquals(await toArrays(continued.params), await toArrays(straight.params));
    assertEquals(untimed(continued.history), untimed(straight.history));
    assertEquals(continued.rng, straight.rng);
    assertEquals(continued.optimiserState.step, straight.optimiserState.step);
    dispose(straight);
    dispose(continued);
    assertEquals(tf.memory().numTensors, tensors);
  });
});

/** A run whose epochs are counted and not trained, with an accuracy. */
const counted = (accuracies: readonly number[]): Stage =>
  pure((run) => {
    const epoch = run.epoch + 1;
    const value = accuracies[run.epoch];
    const row = { epoch, step: epoch, split: "test", name: "accuracy", value } as const;
    return { ...run, epoch, history: [...run.history, row] };
  });

Deno.test("the last two are kept, and the best", async () => {
  const env = await envOn("cpu");
  await inFolder(async (folder) => {
    const epochs = until(5)(pipeline(counted([0.1, 0.5, 0.3, 0.5, 0.4]), checkpoint(folder)));
    const done = right(await epochs(begin())(env)());
    assertEquals(done.saved, `${folder}/checkpoints/epoch_000005.safetensors`);
    dispose(done);
    const names = right(await denoFiles.list(`${folder}/checkpoints`)()).toSorted();
    assertEquals(names, ["best.safetensors", checkpointName(4), checkpointName(5)]);
    const best = right(
      readCheckpoint(
        "best",
        right(await denoFiles.read(`${folder}/checkpoints/best.safetensors`)()),
      ),
    );
    assertEquals(best.epoch, 2, "the first of two that are equally good");
  });
});

Deno.test("whichever write is the last of a process, the best is that of the record it goes on from", async () => {
  const env = await envOn("cpu");
  const accuracies = [0.1, 0.5, 0.3, 0.5, 0.6];
  const bestOf = (epochs: number): number =>
    accuracies.indexOf(Math.max(...accuracies.slice(0, epochs))) + 1;
  const best = async (folder: string): Promise<number> => {
    const bytes = await Deno.readFile(`${folder}/checkpoints/best.safetensors`);
    return right(readCheckpoint("best", bytes)).epoch;
  };
  const epochs = (folder: string) => until(5)(pipeline(counted(accuracies), checkpoint(folder)));
  for (let writes = 1;; writes++) {
    let done = 0;
    const killed: Files = {
      ...denoFiles,
      write: (file, bytes) =>
        done++ < writes ? denoFiles.write(file, bytes) : TE.left({
          _tag: "FileUnavailable",
          operation: "write",
          file,
          reason: "the process was killed",
          advice: "",
        }),
    };
    let last = false;
    await inFolder(async (folder) => {
      const result = await epochs(folder)(begin())({ ...env, files: killed })();
      last = result._tag === "Right";
      if (last) assertEquals(done, writes);
      const run = await resumed(folder);
      assertEquals(await best(folder), bestOf(run.epoch), `after ${writes} writes`);
      dispose(right(await epochs(folder)(run)(env)()));
      assertEquals(await best(folder), 5);
      if (result._tag === "Right") dispose(result.right);
    });
    if (last) break;
  }
});

Deno.test("the last checkpoint of a run that was copied is the copy", async () => {
  const env = await envOn("cpu");
  await inFolder(async (folder) => {
    dispose(right(await pipeline(counted([0.1]), checkpoint(`${folder}/a`))(begin())(env)()));
    await Deno.rename(`${folder}/a`, `${folder}/b`);
    const run = await resumed(`${folder}/b`);
    assertEquals(run.saved, `${folder}/b/checkpoints/${checkpointName(1)}`);
    dispose(run);
  });
});

Deno.test("names of checkpoints tell their epochs, and no other name does", () => {
  fc.assert(fc.property(fc.nat(9_999_999), (epoch) => {
    assertEquals(epochOfName(checkpointName(epoch)), epoch);
  }));
  assertEquals(
    ["best.safetensors", "epoch_1.safetensors", "epoch_000001.safetensors.ab.tmp"].map(epochOfName),
    [null, null, null],
  );
});

Deno.test("a damaged checkpoint gives way to the one before it; damaged ones only are an error", async () => {
  const env = await envOn("cpu");
  await inFolder(async (folder) => {
    const place = `${folder}/checkpoints`;
    dispose(
      right(await until(2)(pipeline(counted([0.1, 0.2]), checkpoint(folder)))(begin())(env)()),
    );
    const newest = `${place}/${checkpointName(2)}`;
    const bytes = await Deno.readFile(newest);
    await Deno.writeFile(newest, bytes.subarray(0, bytes.length - 9));
    const found = right(await newestCheckpoint(folder, denoFiles)());
    assertEquals([found.checkpoint?.epoch, found.damaged.length], [1, 1]);
    await Deno.writeFile(`${place}/${checkpointName(1)}`, new Uint8Array(3));
    const error = left(await newestCheckpoint(folder, denoFiles)());
    assertEquals(error._tag, "CorruptFile");
    assertEquals(right(await newestCheckpoint(`${folder}/none`, denoFiles)()).checkpoint, null);
  });
});

Deno.test("whatever is changed in a file, it is refused", async () => {
  const run = begin();
  const bytes = writeCheckpoint(right(await checkpointOf(run)()));
  dispose(run);
  const header = new DataView(bytes.buffer).getUint32(0, true);
  const anywhere = fc.oneof(fc.nat(header + 8), fc.nat(bytes.length - 1));
  const change = fc.integer({ min: 1, max: 255 });
  const spaces = new TextDecoder().decode(bytes.subarray(8, 8 + header)).trimEnd().length;
  fc.assert(
    fc.property(anywhere, change, fc.boolean(), (at, change, cut) => {
      const other = cut ? bytes.slice(0, at) : bytes.slice();
      if (!cut) other[at] ^= change;
      // What fills the header up says nothing.
      fc.pre(cut || at < 8 + spaces || at >= 8 + header);
      left(readCheckpoint("c", other));
    }),
    { numRuns: 400 },
  );
});

Deno.test("a checkpoint of another optimiser is refused, and nothing is left behind", async () => {
  await envOn("cpu");
  const run = begin();
  const made = right(await checkpointOf(run)());
  dispose(run);
  const tensors = tf.memory().numTensors;
  const error = left(resumeRun(made, sgd({ learningRate: 1 })));
  assertEquals(error._tag === "InvalidOption" && error.option, "optimiser");
  assertMatch(error._tag === "InvalidOption" ? error.expected : "", /remembers first, second/);
  const other = right(
    createRun({ graph: graph`linear(784, 8)`, optimiser: adam({ learningRate: 1 }) }),
  );
  const foreign = right(await checkpointOf(other)());
  dispose(other);
  left(resumeRun({ ...made, params: foreign.params }, optimiser));
  left(resumeRun({ ...made, optimiserState: foreign.optimiserState }, optimiser));
  assertEquals(tf.memory().numTensors, tensors);
});

onEachBackend(
  "a disk that is full, or a weight that is not finite, leaves what was kept",
  async (name) => {
    const tensors = tf.memory().numTensors;
    await inFolder(async (folder) => {
      const full: Files = {
        ...denoFiles,
        write: (file) =>
          TE.left({
            _tag: "FileUnavailable",
            operation: "write",
            file,
            reason: "No space left on device (os error 28)",
            advice: "Choose a folder that can be written to, with enough room",
          }),
      };
      const env = await envOn(name);
      const first = right(await pipeline(counted([0.1, 0.2]), checkpoint(folder))(begin())(env)());
      const error = left(
        await pipeline(counted([0.1, 0.2]), checkpoint(folder))(first)({ ...env, files: full })(),
      );
      assertEquals(
        error._tag === "FileUnavailable" && error.file,
        `${folder}/checkpoints/best.safetensors`,
      );
      const kept = await resumed(folder);
      assertEquals(kept.epoch, 1);
      const broken = pure((run) => ({
        ...run,
        epoch: 2,
        params: { ...run.params, "0.bias": tf.fill([16], NaN) },
      }));
      const bias = kept.params["0.bias"];
      const nan = left(await pipeline(broken, checkpoint(folder))(kept)(env)());
      bias.dispose();
      assert(nan._tag === "NonFinite");
      assertEquals([nan.tensor, nan.epoch], ["0.bias", 2]);
      assertEquals(nan.lastGood, `${folder}/checkpoints/${checkpointName(1)}`);
      assertEquals(right(await newestCheckpoint(folder, denoFiles)()).checkpoint?.epoch, 1);
    });
    assertEquals(tf.memory().numTensors, tensors);
  },
);

Deno.test("keep is at least one; a stage that trains nothing does not go on for ever", async () => {
  const env = await envOn("cpu");
  const error = left(await checkpoint("nowhere", { keep: 0 })(begin())(env)());
  assertEquals(error._tag === "InvalidOption" && error.option, "keep");
  const idle = left(await until(2)(pure((run) => run))(begin())(env)());
  assertEquals(idle._tag === "InvalidOption" && idle.option, "until");
});
