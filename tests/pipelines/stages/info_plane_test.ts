import { describe, invalidOption, type SparrowError } from "../../../graph/error.ts";
import { TE } from "../../../graph/fp_ts.ts";
import { draw } from "../../../graph/rng.ts";
import { kMeansPlane, type PlaneEstimator } from "../../../ops/information/plane.ts";
import { tripletCosineLoss } from "../../../ops/losses/triplet.ts";
import { tf } from "../../../ops/tfjs.ts";
import type { Dataset } from "../../../pipelines/data/dataset.ts";
import { type History, newest, rowsNamed } from "../../../pipelines/core/history.ts";
import { dispose, type Run, toArrays } from "../../../pipelines/core/run.ts";
import { repeat, type Stage } from "../../../pipelines/core/stage.ts";
import { infoPlane, type InfoPlaneOptions } from "../../../pipelines/stages/info_plane.ts";
import { train } from "../../../pipelines/stages/train.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertLess,
  assertLessOrEqual,
} from "../../assert.ts";
import { onEachBackend } from "../../ops/backends.ts";
import { begin, digits, envOn, left, right } from "../tiny.ts";

const epochOf = (
  { train: data }: Dataset,
  options: Partial<InfoPlaneOptions> & Pick<InfoPlaneOptions, "dataset">,
): Stage =>
  infoPlane(
    options,
    (midway) =>
      train({
        data,
        loss: tripletCosineLoss(),
        batchSize: 32,
        midway,
      }),
  );

/** Knows nothing of a layer but its width, and draws. */
const widths = (name = "widths"): PlaneEstimator => ({
  name,
  problem: null,
  prepare: (inputs, labels, rng) =>
    TE.right({
      inputEntropy: inputs.width + labels.length + draw(rng, ({ unit }) => unit())[0],
      inputVarianceKept: 0.5,
      locate: (layer) =>
        layer.kind === "binary"
          ? TE.right({ input: layer.width, label: layer.count, varianceKept: null })
          : TE.left(invalidOption("layer", "a real-valued layer", "codes")),
    }),
});

const namesOf = (history: History): readonly string[] =>
  [...new Set(history.map(({ name }) => name))].filter((name) => /inform|entropy|kept/.test(name));

onEachBackend("layers are followed over the plane; training is as without", async (name) => {
  const dataset = await digits();
  const env = await envOn(name);
  const epochs = name === "webgpu" ? 2 : 6;
  const watched = epochOf(dataset, { dataset, samples: 200, estimators: [kMeansPlane()] });
  const run = right(await repeat(epochs)(watched)(begin())(env)());
  const { history } = run;

  const kwta = rowsNamed(history, "information_label:kmeans:3.kwta", "train");
  // Before, after steps 1 and 4 of the first epoch of 10, after every epoch.
  const expected = [
    [0, 0],
    [1, 1],
    [1, 4],
    ...Array.from({ length: epochs }, (_, i) => [i + 1, 10 * (i + 1)]),
  ];
  assertEquals(kwta.map(({ epoch, step }) => [epoch, step]), expected);
  assertEquals(rowsNamed(history, "info_plane_seconds", "run").length, expected.length);
  for (const { value } of rowsNamed(history, "info_plane_seconds")) assertGreater(value, 0);
  const label = newest(history, "entropy_label", "train")!;
  // Ten classes, nearly balanced.
  assert(label > 3.2 && label <= Math.log2(10));
  for (const layer of ["1.relu", "3.kwta"]) {
    for (const { value } of rowsNamed(history, `information_label:kmeans:${layer}`)) {
      assert(value >= 0 && value <= label + 1e-9);
    }
    for (const { value } of rowsNamed(history, `information_input:kmeans:${layer}`)) {
      assert(value >= 0);
      assertLessOrEqual(value, newest(history, "entropy_input:kmeans", "train")! + 1e-9);
    }
    const bound = newest(history, `accuracy_bound:kmeans:${layer}`, "train")!;
    assert(bound > 0.1 && bound <= 1);
  }
  if (name !== "webgpu") assertLess(kwta[0].value + 0.2, kwta[kwta.length - 1].value);

  const plain = epochOf(dataset, { dataset, steps: () => false, epochs: () => false });
  const other = right(await repeat(epochs)(plain)(begin())(env)());
  assertEquals(await toArrays(run.params), await toArrays(other.params));
  assertEquals(run.rng, other.rng);
  [run, other].forEach(dispose);
});

Deno.test("estimators are told apart, draw the same each time, and may refuse a layer", async () => {
  const dataset = await digits();
  const lines: string[] = [];
  const env = await envOn("cpu", { log: (line) => lines.push(line) });
  const estimators = [widths("one"), widths("two")];
  const stage = infoPlane({ dataset, estimators, split: "test", epochs: () => true });
  const twice = right(await repeat(2)(stage)(begin())(env)());
  const again = right(await infoPlane({ dataset, estimators, split: "test" })(begin())(env)());
  assertEquals(namesOf(twice.history), [
    "entropy_label",
    "entropy_input:one",
    "variance_kept:one:input",
    "information_input:one:3.kwta",
    "information_label:one:3.kwta",
    "entropy_input:two",
    "variance_kept:two:input",
    "information_input:two:3.kwta",
    "information_label:two:3.kwta",
  ]);
  const drawn = (run: Run, name: string) => newest(run.history, `entropy_input:${name}`, "test");
  assert(drawn(twice, "one") !== drawn(twice, "two"));
  assertEquals(drawn(again, "one"), drawn(twice, "one"));
  assertAlmostEquals(drawn(again, "two")!, 784 + 100, 1);
  assertEquals(newest(twice.history, "information_label:one:3.kwta"), 100);
  assertEquals(
    lines,
    ["one", "two", "one", "two"].map((name) =>
      `Information plane without ${name}:1.relu. ` +
      'Cannot use layer: expected codes, current value is "a real-valued layer"'
    ),
  );
  [twice, again].forEach(dispose);
});

Deno.test("bad options and Ctrl-C end the stage with an error and no tensors", async () => {
  const dataset = await digits();
  const env = await envOn("cpu");
  const before = tf.memory().numTensors;
  const refused = async (options: Partial<InfoPlaneOptions>, on = env) =>
    describe(
      left(await epochOf(dataset, { dataset, ...options })(begin())(on)()) as SparrowError,
    );
  assertEquals(
    await refused({ samples: 1 }),
    "Cannot use samples: expected an integer of at least 2, current value is 1",
  );
  assertEquals(
    await refused({ seed: 2 ** 32 }),
    "Cannot use seed: expected an integer from 0 to 4294967295, current value is 4294967296",
  );
  assertEquals(
    await refused({ split: "validation" }),
    "Cannot use split: expected one that the dataset has, of 2 samples or more, " +
      'current value is "validation"',
  );
  assertEquals(
    await refused({ layers: ["kwta"] }),
    "Cannot use layers: expected one of 0.linear, 1.relu, 2.linear, 3.kwta, " +
      'current value is "kwta"',
  );
  assertEquals(
    await refused({ estimators: [widths(), widths()] }),
    'Cannot use estimators: expected estimators of different names, current value is "widths twice"',
  );
  const { problem } = kMeansPlane({ clusters: 1 });
  assert(problem !== null);
  assertEquals(await refused({ estimators: [kMeansPlane({ clusters: 1 })] }), describe(problem));

  const controller = new AbortController();
  const stopping: PlaneEstimator = {
    ...widths(),
    prepare: (...task) => {
      controller.abort();
      return widths().prepare(...task);
    },
  };
  const stopped = await refused(
    { estimators: [stopping], layers: ["3"] },
    await envOn("cpu", { signal: controller.signal }),
  );
  assertEquals(stopped, describe({ _tag: "Interrupted", epoch: 0, step: 0 }));
  assertEquals(tf.memory().numTensors, before);
});
