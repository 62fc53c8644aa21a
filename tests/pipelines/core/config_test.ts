import { describe } from "../../../graph/error.ts";
import { graph } from "../../../graph/parse.ts";
import { tripletCosineLoss } from "../../../ops/losses/triplet.ts";
import { adam } from "../../../ops/optimisers/adam.ts";
import { stepLr } from "../../../ops/optimisers/schedules.ts";
import { tf } from "../../../ops/tfjs.ts";
import { compare } from "../../../pipelines/compare.ts";
import { compareRuns, readRun } from "../../../pipelines/report/comparison.ts";
import { configOf, writeConfig } from "../../../pipelines/core/config.ts";
import { withNormalisation } from "../../../pipelines/data/splits.ts";
import { denoFiles } from "../../../pipelines/files/files.ts";
import { createRun, dispose } from "../../../pipelines/core/run.ts";
import { pipeline, pure, repeat } from "../../../pipelines/core/stage.ts";
import { evaluate } from "../../../pipelines/stages/evaluate.ts";
import { save } from "../../../pipelines/stages/save.ts";
import { assertEquals, assertStringIncludes } from "../../assert.ts";
import { withFolder } from "../process.ts";
import { begin, digits, encoder, envOn, left, right, trainTiny } from "../tiny.ts";

Deno.test("a pipeline of one's own leaves a folder that compare.ts reads", () =>
  withFolder(async (folder) => {
    const dataset = await digits();
    const env = await envOn("cpu");
    const tensors = tf.memory().numTensors;
    const loss = tripletCosineLoss({ margin: 0.25 });
    const optimiser = adam({ learningRate: stepLr({ initial: 1e-3, stepSize: 2, gamma: 0.5 }) });
    for (const seed of [1, 2]) {
      const place = `${folder}/${seed}`;
      const own = pipeline(
        writeConfig(place, { pipeline: "own", dataset, loss, options: { seed } }),
        repeat(2)(pipeline(trainTiny(dataset), evaluate(dataset))),
        save(place, dataset),
      );
      const run = right(createRun({ graph: encoder, optimiser, seed }));
      dispose(right(await own(run)(env)()));
    }
    assertEquals(tf.memory().numTensors, tensors);

    const folders = [`${folder}/1`, `${folder}/2`];
    const [first, second] = await Promise.all(
      folders.map(async (one) => right(await readRun(one, denoFiles)())),
    );
    assertEquals(first.config.pipeline, "own");
    assertEquals(first.config.loss, { name: loss.name, ...loss.options });
    assertEquals(first.config.optimiser, {
      ...optimiser.options,
      name: "adam",
      learningRate: { name: "stepLr", initial: 1e-3, stepSize: 2, gamma: 0.5 },
    });
    // They differ in their seeds alone, and so are repetitions of one experiment.
    assertEquals(right(compareRuns([first, second])).groups, [{ label: "", runs: [0, 1] }]);
    right(await compare(folders, `${folder}/both`, denoFiles));
    const page = await Deno.readTextFile(`${folder}/both/compare.html`);
    assertStringIncludes(page, "Comparison of 2");
  }));

Deno.test("a configuration is not overwritten, but by the run that goes on", () =>
  withFolder(async (folder) => {
    const dataset = await digits();
    const env = await envOn("cpu");
    const tensors = tf.memory().numTensors;
    const named = writeConfig(folder, { pipeline: "own", dataset });
    dispose(right(await named(begin())(env)()));
    assertEquals(
      describe(left(await named(begin())(env)())),
      `Cannot use folder: expected a folder that does not hold a run yet, ` +
        `current value is "${folder}"`,
    );
    const later = pipeline(pure((run) => ({ ...run, epoch: 3 })), named);
    dispose(right(await later(begin())(env)()));
    assertEquals(tf.memory().numTensors, tensors);
  }));

Deno.test("without a loss or an optimiser the configuration says null", () =>
  withFolder(async (folder) => {
    const dataset = await digits();
    const run = right(createRun({ graph: graph`linear(784, 8)` }));
    const env = await envOn("cpu");
    dispose(right(await writeConfig(folder, { pipeline: "own", dataset })(run)(env)()));
    const config = JSON.parse(await Deno.readTextFile(`${folder}/config.json`));
    assertEquals([config.loss, config.optimiser, config.options], [null, null, {}]);
    assertEquals(config.graph, "linear(784, 8)");
  }));

Deno.test("means of many features are counted, not listed", async () => {
  const dataset = await digits();
  const env = await envOn("cpu");
  const of = (length: number) => {
    const normalisation = { mean: Array(length).fill(0), std: Array(length).fill(1) };
    const parts = { pipeline: "made", options: {}, graph: encoder, loss: null, optimiser: null };
    const normalised = withNormalisation(dataset, normalisation);
    const { dataset: kept } = configOf({ ...parts, dataset: normalised }, env);
    return (kept as { readonly normalisation: unknown }).normalisation;
  };
  assertEquals(of(3), { mean: [0, 0, 0], std: [1, 1, 1] });
  assertEquals(of(784), { features: 784 });
});
