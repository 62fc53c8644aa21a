import fc from "npm:fast-check@4.3.0";
import { describe } from "../../../graph/error.ts";
import type { Nodes } from "../../../graph/node.ts";
import { type ParamArrays, paramSpecs } from "../../../graph/params.ts";
import { graph } from "../../../graph/parse.ts";
import { initialPlasticity } from "../../../graph/plasticity.ts";
import { seed, splitRng } from "../../../graph/rng.ts";
import { inferShapes, sizeOf } from "../../../graph/shape.ts";
import { show } from "../../../graph/show.ts";
import { crossEntropyLoss } from "../../../ops/losses/cross_entropy.ts";
import { tripletCosineLoss } from "../../../ops/losses/triplet.ts";
import { adam } from "../../../ops/optimisers/adam.ts";
import { chain } from "../../../ops/optimisers/chain.ts";
import { freeze } from "../../../ops/optimisers/transforms.ts";
import { tf } from "../../../ops/tfjs.ts";
import type { Dataset } from "../../../pipelines/data/dataset.ts";
import { noFindings } from "../../../pipelines/core/findings.ts";
import { createRun, dispose, type Run, toArrays } from "../../../pipelines/core/run.ts";
import { pipeline, pure, repeat } from "../../../pipelines/core/stage.ts";
import { evaluate } from "../../../pipelines/stages/evaluate.ts";
import { newHead, type NewHeadOptions } from "../../../pipelines/stages/new_head.ts";
import { train } from "../../../pipelines/stages/train.ts";
import { assert, assertEquals, assertNotEquals } from "../../assert.ts";
import { onEachBackend } from "../../ops/backends.ts";
import { digits, envOn, left, optimiser, right } from "../tiny.ts";

const classifier = graph`linear(784, 16) ▷ batch_norm ▷ relu ▷ linear(16, 10)`;
const head = graph`linear(16, 32, bias=false) ▷ kwta(0.125)`;
const frozen = chain(freeze("0", "1"), adam({ learningRate: 7e-3 }));
/** The trunk: all but the last layer. */
const swap: NewHeadOptions = { keep: 3, head, optimiser: frozen };

const trainClassifier = ({ train: data }: Dataset) =>
  train({ data, loss: crossEntropyLoss(), batchSize: 64 });

const trainHead = ({ train: data }: Dataset) =>
  train({ data, loss: tripletCosineLoss(), batchSize: 64 });

const beginClassifier = (): Run => right(createRun({ graph: classifier, optimiser, seed: 26 }));

/** Selects the params of the trunk. */
const trunkOf = (arrays: ParamArrays): ParamArrays =>
  Object.fromEntries(Object.entries(arrays).filter(([path]) => Number.parseInt(path) < swap.keep));

/** Everything that a run has learned, as plain data. */
const stateOf = async ({ params, plasticity }: Run) => ({
  params: await toArrays(params),
  plasticity: await toArrays(plasticity),
});

onEachBackend("the trunk is kept to the bit, and what goes on goes on", async (name) => {
  const env = await envOn(name);
  const data = await digits();
  const learned = pipeline(repeat(2)(trainClassifier(data)), evaluate(data, { by: "argmax" }));
  const trained = {
    ...right(await learned(beginClassifier())(env)()),
    saved: "runs/1/model.safetensors",
    identity: "1",
  };
  const before = await stateOf(trained);
  assertNotEquals(before.plasticity, initialPlasticity(trained.graph), "the statistics moved");

  const run = right(await newHead(swap)(trained)(env)());
  const after = await stateOf(run);
  assertEquals(
    show(run.graph),
    "linear(784, 16) ▷ batch_norm(16) ▷ relu ▷ linear(16, 32, bias=false) ▷ kwta(0.125)",
  );
  assertEquals(
    Object.keys(after.params).sort(),
    paramSpecs(run.graph).map(({ path }) => path).sort(),
  );
  assertEquals(trunkOf(after.params), trunkOf(before.params));
  assertEquals(after.plasticity, before.plasticity);
  assertEquals(after.params["3.weight"].shape, [16, 32]);

  const { epoch, step, history, saved, findings, input } = run;
  assertEquals([epoch, step, saved], [2, 10, "runs/1/model.safetensors"]);
  assertEquals(run.identity, "1");
  assertEquals(history, trained.history);
  // The old graph's codes are not the new one's.
  assertEquals([findings, input], [noFindings, [784]]);
  dispose(run);
});

Deno.test("without an optimiser of its own a new head has the run's, which begins anew", async () => {
  const env = await envOn("cpu");
  const data = await digits();
  const swapped = pipeline(trainClassifier(data), newHead({ keep: 3, head }));
  const run = right(await swapped(beginClassifier())(env)());
  assertEquals(run.optimiser, optimiser);
  assertEquals([run.epoch, run.optimiserState.step], [1, 0]);
  dispose(run);
  const untrained = right(createRun({ graph: classifier }));
  const none = right(await newHead({ keep: 3, head })(untrained)(env)());
  assertEquals([none.optimiser, none.optimiserState.slots], [null, {}]);
  dispose(none);
});

onEachBackend("training changes the head and nothing of a frozen trunk's weights", async (name) => {
  const env = await envOn(name);
  const data = await digits();
  const swapped = pipeline(trainClassifier(data), newHead(swap));
  const run = right(await swapped(beginClassifier())(env)());
  const before = await stateOf(run);
  assertEquals([run.optimiserState.step, run.optimiserState.learningRate], [0, 7e-3]);
  for (const slot of Object.values(run.optimiserState.slots)) {
    for (const [path, { data }] of Object.entries(await toArrays(slot))) {
      assert(data.every((value) => value === 0), `${path} begins with moments of 0`);
      assert(Object.hasOwn(before.params, path), `${path} is a weight of the new graph`);
    }
  }

  const trained = right(await trainHead(data)(run)(env)());
  const after = await stateOf(trained);
  assertEquals([trained.epoch, trained.step, trained.optimiserState.step], [2, 10, 5]);
  assertEquals(trunkOf(after.params), trunkOf(before.params));
  assertNotEquals(after.params["3.weight"], before.params["3.weight"]);
  // Batch norm in training goes on to track, as with PyTorch's requires_grad = False.
  assertNotEquals(after.plasticity, before.plasticity);
  dispose(trained);
});

onEachBackend(
  "the new weights are drawn from the run's generator, and from nothing else",
  async (name) => {
    const env = await envOn(name);
    const swapAt = async (value: number) => {
      const from = pure((run) => ({ ...run, rng: seed(value) }));
      const run = right(await pipeline(from, newHead(swap))(beginClassifier())(env)());
      const { params } = await stateOf(run);
      dispose(run);
      return { params, rng: run.rng };
    };
    const [first, again, other] = [await swapAt(1), await swapAt(1), await swapAt(2)];
    assertEquals(again, first);
    assertNotEquals(other.params["3.weight"], first.params["3.weight"]);
    assertEquals(trunkOf(other.params), trunkOf(first.params));
    // What is drawn next comes from the other half of the generator.
    assertEquals(first.rng, splitRng(seed(1))[1]);
    const twice = right(
      await pipeline(
        pure((run) => ({ ...run, rng: seed(1) })),
        newHead(swap),
        newHead(swap),
      )(beginClassifier())(env)(),
    );
    assertNotEquals((await stateOf(twice)).params["3.weight"], first.params["3.weight"]);
    dispose(twice);
  },
);

Deno.test("of any number of nodes those that stay have their weights, and the others are gone", async () => {
  const env = await envOn("cpu");
  const nested = graph`linear(4, 6) ▷ batch_norm ▷ fanout(linear(6, 3) ▷ batch_norm, identity) ▷
                       concat ▷ residual(linear(9, 9)) ▷ relu`;
  const heads: readonly Nodes[] = [graph`linear(5)`, graph`batch_norm ▷ linear(2)`];
  // Numbers that no node begins with.
  const learned = (specs: readonly { path: string; shape: readonly number[] }[]): ParamArrays =>
    Object.fromEntries(specs.map(({ path, shape }, i) => [path, {
      shape,
      data: new Float32Array(sizeOf(shape)).map((_, at) => 5 + i + at / 1024),
    }]));
  const inferred = right(inferShapes(nested)).graph;
  const params = learned(paramSpecs(inferred));
  const plasticity = learned(
    Object.entries(initialPlasticity(inferred)).map(([path, { shape }]) => ({ path, shape })),
  );
  await fc.assert(
    fc.asyncProperty(fc.nat(nested.nodes.length), fc.constantFrom(...heads), async (keep, top) => {
      // The third node makes a pair, on which these heads cannot stand.
      fc.pre(keep !== 3);
      const begun = right(createRun({ graph: nested, optimiser, params, plasticity }));
      const before = await stateOf(begun);
      const run = right(await newHead({ keep, head: top, optimiser })(begun)(env)());
      const after = await stateOf(run);
      dispose(run);
      assertEquals(run.graph.nodes.slice(0, keep), begun.graph.nodes.slice(0, keep));
      assertEquals(run.graph.nodes.length, keep + top.nodes.length);
      assertEquals(
        Object.keys(after.params).sort(),
        paramSpecs(run.graph).map(({ path }) => path).sort(),
      );
      assertEquals(Object.keys(after.plasticity), Object.keys(initialPlasticity(run.graph)));
      for (const [path, array] of Object.entries({ ...after.params, ...after.plasticity })) {
        const old = before.params[path] ?? before.plasticity[path];
        if (Number.parseInt(path) < keep) assertEquals(array, old, path);
        else assertNotEquals(array, old, path);
      }
    }),
    { seed: 26, numRuns: 40 },
  );
});

onEachBackend(
  "what does not fit is refused with its place, and everything is freed",
  async (name) => {
    const env = await envOn(name);
    const before = tf.memory().numTensors;
    const refused = async (changes: Partial<NewHeadOptions>) =>
      describe(left(await newHead({ ...swap, ...changes })(beginClassifier())(env)()));
    for (const keep of [-1, 5, 1.5, NaN]) {
      assertEquals(
        await refused({ keep }),
        `Cannot use keep: expected an integer from 0 to 4, current value is ${keep}`,
      );
    }
    assertEquals(
      await refused({ head: graph`linear(7, 32) ▷ kwta(0.125)` }),
      "Cannot apply linear(7, 32) at position 3: expected an input of shape [7], current value is [16]",
    );
    assertEquals(
      await refused({ head: graph`fanout(identity, identity) ▷ linear(3)` }),
      "Cannot apply linear(3) at position 4: expected one tensor, current value is a pair ([16], [16])",
    );
    assertEquals(
      await refused({ optimiser: chain(freeze("9"), adam({ learningRate: 1e-3 })) }),
      "Cannot use freeze: expected the path of a weight or a node, of " +
        '0.weight, 0.bias, 1.weight, 1.bias, 3.weight, current value is "9"',
    );
    assertEquals(tf.memory().numTensors, before);
  },
);
