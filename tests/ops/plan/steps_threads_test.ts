import { graph } from "../../../graph/parse.ts";
import { initialParams } from "../../../graph/params.ts";
import { draw, seed } from "../../../graph/rng.ts";
import { startBackend } from "../../../ops/backend.ts";
import { lower } from "../../../ops/interpreter.ts";
import { type SimdBackend, simdOf } from "../../../ops/kernels/simd/module.ts";
import { tripletCosineLoss } from "../../../ops/losses/triplet.ts";
import { adam } from "../../../ops/optimisers/adam.ts";
import { startSteps } from "../../../ops/plan/steps.ts";
import { tf } from "../../../ops/tfjs.ts";
import { assert, assertEquals } from "../../assert.ts";
import { right } from "../../pipelines/tiny.ts";
import { tensor } from "../backends.ts";

// In a file of its own: the memory of tfjs's wasm backend is shared or not from its start on.
Deno.test({
  name: "a plan's steps on three threads are those on one, to the bit",
  // Workers end by themselves.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    right(await startBackend("wasm", { threads: 3 })());
    const kernels = simdOf(tf.backend()) as { -readonly [K in keyof SimdBackend]: SimdBackend[K] };
    const nodes = graph`linear(300, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)`;
    const [loss, optimiser] = [tripletCosineLoss(), adam({ learningRate: 0.01 })];
    const trainer = { graph: nodes, model: lower(nodes), input: [300], loss, optimiser };
    const [values] = draw(
      seed(1),
      ({ unit }) => Float32Array.from({ length: 256 * 300 }, () => unit() < 0.7 ? 0 : unit()),
    );
    const labels = Uint8Array.from({ length: 256 }, (_, i) => i % 3);
    const steps = async () => {
      const params = Object.fromEntries(
        Object.entries(initialParams(nodes, seed(2))[0]).map(([path, { shape, data }]) =>
          [path, tensor(data, shape)] as const
        ),
      );
      const begun = { params, plasticity: {}, optimiserState: optimiser.init(params) };
      const training = startSteps(trainer, { ...begun, rng: seed(3) }, 256);
      assertEquals(training.tape, null);
      let rng = seed(3);
      for (let i = 0; i < 6; i++) {
        rng = training.take({ values, labels }, rng).rng;
        // Lets the workers start.
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
      const state = training.state();
      training.dispose();
      const numbers = Object.values(state.params).map((one) => one.dataSync().slice());
      tf.dispose([state.params, state.optimiserState.slots] as unknown as tf.TensorContainer);
      return numbers;
    };
    const { inParts } = kernels;
    let parted = 0;
    kernels.inParts = (...args) => {
      if (args[3] > 300_000) parted++;
      inParts(...args);
    };
    const inMany = await steps();
    assert(parted > 20, `${parted} calls in parts`);
    kernels.inParts = (name, args) =>
      void (kernels.simd[name] as (...args: readonly number[]) => void)(...args);
    const whole = await steps();
    kernels.inParts = inParts;
    assertEquals(inMany, whole);
  },
});
