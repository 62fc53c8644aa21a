import * as fc from "npm:fast-check@4.3.0";
import { describe, type SparrowError } from "../../../graph/error.ts";
import { graph } from "../../../graph/parse.ts";
import { homeostasis } from "../../../ops/homeostasis.ts";
import { lower } from "../../../ops/interpreter.ts";
import { dutyCycles, dutyEntropy } from "../../../ops/metrics/activity.ts";
import { tf } from "../../../ops/tfjs.ts";
import { encode } from "../../../pipelines/encode/encode.ts";
import { denoFiles } from "../../../pipelines/files/files.ts";
import { loadModel } from "../../../pipelines/files/model.ts";
import { createRun, dispose, type Run, toArrays } from "../../../pipelines/core/run.ts";
import { pipeline, repeat, type Stage } from "../../../pipelines/core/stage.ts";
import { boostDecay } from "../../../pipelines/stages/schedules.ts";
import { save } from "../../../pipelines/stages/save.ts";
import { synapticScaling, weightHomeostasis } from "../../../pipelines/stages/homeostasis.ts";
import { assert, assertAlmostEquals, assertEquals, assertLess } from "../../assert.ts";
import { numbers, onEachBackend } from "../../ops/backends.ts";
import { begin, digits, envOn, left, optimiser, right, trainTiny } from "../tiny.ts";

const scaling = synapticScaling({ strength: 5 });

onEachBackend(
  "scaling raises the entropy of the codes, repeats itself, and is saved",
  async (name) => {
    const data = await digits();
    const env = await envOn(name);
    const epochs = name === "webgpu" ? 3 : 12;
    const after = async (...before: readonly Stage[]): Promise<Run> =>
      right(await repeat(epochs)(pipeline(...before, trainTiny(data)))(begin())(env)());
    const entropy = async (run: Run) =>
      dutyEntropy(dutyCycles(right(await encode(run, data.train, { env })())));
    const [plain, scaled, again] = [await after(), await after(scaling), await after(scaling)];
    if (name !== "webgpu") assertLess(await entropy(plain), await entropy(scaled));
    assertEquals(await toArrays(again.plasticity), await toArrays(scaled.plasticity));
    assertEquals(await toArrays(again.params), await toArrays(scaled.params));
    const duty = await scaled.plasticity["3.duty_cycle"].data();
    assert(duty.every((rate) => rate >= 0 && rate <= 1));
    assertEquals((await scaled.plasticity["3.samples"].data())[0], 300 * epochs);

    const folder = await Deno.makeTempDir();
    try {
      const saved = right(await save(folder, data)(again)(env)());
      const model = right(await loadModel(`${folder}/model.safetensors`, denoFiles)());
      const resumed = right(createRun({ ...model, optimiser }));
      assertEquals(await toArrays(resumed.plasticity), await toArrays(saved.plasticity));
      const codes = await numbers(() => {
        const x = tf.ones([2, 784]);
        return [saved, resumed].map(({ graph, ...weights }) =>
          lower(graph).evaluate(weights, x) as tf.Tensor
        );
      });
      assertEquals(codes[1], codes[0]);
      const { "3.samples": _, ...torn } = model.plasticity;
      assertEquals(
        describe(left(createRun({ ...model, plasticity: torn, optimiser })) as SparrowError),
        'Cannot use plasticity 3.samples: expected the shape [], current value is "none"',
      );
      [plain, scaled, saved, resumed].forEach(dispose);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

Deno.test("options of synaptic scaling out of range are refused", async () => {
  const env = await envOn("cpu");
  const refused = async (stage: Stage) =>
    describe(left(await stage(begin())(env)()) as SparrowError);
  assertEquals(
    await refused(synapticScaling({ strength: -1 })),
    "Cannot use strength: expected a finite number of at least 0, current value is -1",
  );
  assertEquals(
    await refused(synapticScaling({ target: 1.5 })),
    "Cannot use target: expected a number of at least 0 and at most 1, current value is 1.5",
  );
  assertEquals(
    await refused(synapticScaling({ decay: 0 })),
    "Cannot use decay: expected a number above 0 and at most 1, current value is 0",
  );
  const data = await digits();
  const { train } = data;
  assertEquals(
    await refused(weightHomeostasis({ data: train, least: 2 })),
    "Cannot use least: expected a number above 0 and at most 1, current value is 2",
  );
  const other = right(createRun({ graph: graph`linear(784, 4) ▷ relu`, optimiser }));
  assertEquals(
    describe(
      left(await weightHomeostasis({ data: train })(other)(env)()) as SparrowError,
    ),
    "Cannot use weightHomeostasis: expected one that ends in linear ▷ kwta, " +
      'current value is "another graph"',
  );
});

Deno.test("boosting fades with every epoch but the first, and its state is saved", async () => {
  const data = await digits();
  const env = await envOn("wasm");
  const encoder = graph`linear(784, 16) ▷ k_winners(0.25, boost=2) ▷ linear(16, 64) ▷ kwta(0.0625)`;
  const run = right(createRun({ graph: encoder, optimiser, seed: 26 }));
  const done = right(await repeat(3)(pipeline(boostDecay(0.5), trainTiny(data)))(run)(env)());
  const [, boosted] = done.graph.nodes;
  assert(boosted._tag === "k_winners");
  assertEquals(boosted.boost, 0.5);
  const model = await toArrays(done.plasticity);
  assertEquals(Object.keys(model), ["1.duty_cycle", "1.samples"]);
  assertEquals(model["1.samples"].data[0], 900);
  dispose(done);
  assertEquals(
    describe(left(await boostDecay(0)(begin())(env)()) as SparrowError),
    "Cannot use factor: expected a number above 0 and at most 1, current value is 0",
  );
});

Deno.test("homeostasis keeps directions, its limits, and units that are on target", () => {
  const rate = fc.oneof(
    fc.constant(0),
    fc.constant(0.05),
    fc.double({ min: 0, max: 1, noNaN: true }),
  );
  fc.assert(
    fc.property(
      fc.array(rate, { minLength: 1, maxLength: 8 }),
      fc.double({ min: 0.01, max: 3, noNaN: true }),
      (rates, exponent) => {
        const units = rates.length;
        const data = Float32Array.from({ length: 3 * units }, (_, i) => Math.sin(i + 1));
        const options = { target: 0.05, exponent };
        const scaled = homeostasis({ shape: [3, units], data }, rates, options).data;
        rates.forEach((rate, unit) => {
          const factors = [0, 1, 2].map((row) =>
            scaled[row * units + unit] / data[row * units + unit]
          );
          for (const factor of factors) {
            assert(factor >= 0.5 - 1e-6 && factor <= 2 + 1e-6, `${factor}`);
            assertAlmostEquals(factor, factors[0], 1e-6);
          }
          if (rate === 0.05) assertEquals(factors[0], 1);
          if (rate === 0) assertAlmostEquals(factors[0], 2, 1e-6);
          if (rate > 0.05) assert(factors[0] <= 1);
        });
      },
    ),
    { numRuns: 200, seed: 26 },
  );
});

onEachBackend("weight homeostasis moves rates towards the sparsity", async (name) => {
  const data = await digits();
  const env = await envOn(name);
  const { train: split } = data;
  const trained = right(await trainTiny(data)(begin())(env)());
  const spread = async (run: Run) => {
    const duty = dutyCycles(right(await encode(run, split, { env })()));
    return duty.reduce((sum, rate) => sum + (rate - 0.0625) ** 2, 0);
  };
  const before = await spread(trained);
  const homeostatic = repeat(5)(weightHomeostasis({ data: split }));
  const after = right(await homeostatic(trained)(env)());
  assertLess(await spread(after), before);
  dispose(after);
});
