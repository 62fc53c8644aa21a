import { adam } from "../../ops/adam.ts";
import { stepLr } from "../../ops/schedules.ts";
import { type Params, tf } from "../../ops/tfjs.ts";
import { assert, assertEquals } from "../assert.ts";
import { float32, type GoldenArray, goldenJson, sharedTest } from "../shared.ts";
import { assertClose, numbers, onEachBackend, tensor } from "./backends.ts";

interface OptimiserCase {
  readonly name: string;
  readonly optimizer?: string;
  readonly hyper: {
    readonly lr: number;
    readonly betas: readonly [number, number];
    readonly eps: number;
    readonly weight_decay: number;
    readonly amsgrad: boolean;
  };
  readonly initial: readonly GoldenArray[];
  readonly grads: readonly (readonly GoldenArray[])[];
  readonly params_after: readonly (readonly GoldenArray[])[];
}

interface ScheduleCase {
  readonly name: string;
  readonly scheduler?: string;
  readonly attrs: { readonly step_size: number; readonly gamma: number };
  readonly lr0: number;
  readonly lr_first_epoch: number;
  readonly lr_after_step: readonly number[];
}

const toParams = (arrays: readonly GoldenArray[]): Params =>
  Object.fromEntries(
    arrays.map((array, i) => [`${i}`, tensor(float32(array).data, array.shape)]),
  );

onEachBackend("Adam's steps are PyTorch's", async () => {
  const cases = goldenJson<OptimiserCase>("optim")
    .filter(({ optimizer, hyper }) => optimizer === "Adam" && !hyper.amsgrad);
  assert(cases.length >= 2);
  for (const { name, hyper, initial, grads, params_after } of cases) {
    const { lr: learningRate, betas: [beta1, beta2], eps: epsilon, weight_decay: weightDecay } =
      hyper;
    const { init, update } = adam({ learningRate, beta1, beta2, epsilon, weightDecay });
    const history = await numbers(() => {
      let params = toParams(initial);
      let state = init(params);
      return grads.flatMap((gradients) => {
        [params, state] = update(toParams(gradients), state, params);
        return initial.map((_, i) => params[i]);
      });
    });
    // The last bits of a float32 square root and quotient.
    params_after.flat().forEach((expected, i) =>
      assertClose(history[i], float32(expected).data, 1e-6, `${name}, tensor ${i}`)
    );
  }
}, "golden");

onEachBackend("a weight without a gradient stays, and nothing is changed in place", async () => {
  const [moved, left, param, m0, m1] = await numbers(() => {
    const { init, update } = adam({ learningRate: 0.1 });
    const params = { moved: tf.tensor1d([1, 2]), left: tf.tensor1d([3]) };
    const before = init(params);
    const [after, state] = update({ moved: tf.tensor1d([1, -1]) }, before, params);
    assertEquals([before.step, state.step], [0, 1]);
    const { first } = before.slots;
    return [after.moved, after.left, params.moved, first.moved, state.slots.first.moved];
  });
  assertEquals(left, Float32Array.of(3));
  assertClose(moved, [0.9, 2.1], 1e-6, "moved");
  assertEquals(param, Float32Array.of(1, 2));
  assertEquals(m0, Float32Array.of(0, 0));
  assertClose(m1, [0.1, -0.1], 1e-6, "first moment");
});

sharedTest("the step schedule is PyTorch's", "golden", () => {
  const cases = goldenJson<ScheduleCase>("optim").filter(({ scheduler }) => scheduler === "StepLR");
  assert(cases.length >= 2);
  for (const { attrs, lr0, lr_first_epoch, lr_after_step } of cases) {
    const schedule = stepLr(lr0, attrs.step_size, attrs.gamma);
    assertEquals(schedule(0), lr_first_epoch);
    // PyTorch multiplies epoch by epoch, in float64.
    assertClose(
      lr_after_step.map((_, e) => schedule(e + 1) / lr0),
      lr_after_step.map((lr) => lr / lr0),
      1e-13,
      "rates",
    );
  }
});
