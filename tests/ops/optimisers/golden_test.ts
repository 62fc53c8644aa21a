import { adam, adamW } from "../../../ops/optimisers/adam.ts";
import { sgd } from "../../../ops/optimisers/sgd.ts";
import type { Optimiser } from "../../../ops/optimisers/transform.ts";
import type { Params } from "../../../ops/tfjs.ts";
import { assert, assertEquals } from "../../assert.ts";
import { float32, type GoldenArray, goldenJson } from "../../shared.ts";
import { assertClose, numbers, onEachBackend, tensor } from "../backends.ts";

interface AdamHyper {
  readonly lr: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weight_decay: number;
  readonly amsgrad: boolean;
}

interface SgdHyper {
  readonly lr: number;
  readonly momentum: number;
  readonly dampening: number;
  readonly weight_decay: number;
  readonly nesterov: boolean;
}

interface Steps {
  readonly name: string;
  readonly kind: "optimizer";
  readonly initial: readonly GoldenArray[];
  readonly grads: readonly (readonly GoldenArray[])[];
  readonly params_after: readonly (readonly GoldenArray[])[];
}

type OptimiserCase =
  & Steps
  & (
    | { readonly optimizer: "Adam" | "AdamW"; readonly hyper: AdamHyper }
    | { readonly optimizer: "SGD"; readonly hyper: SgdHyper }
  );

function optimiserOf(golden: OptimiserCase): Optimiser {
  const { lr: learningRate, weight_decay: weightDecay } = golden.hyper;
  if (golden.optimizer === "SGD") {
    const { momentum, dampening, nesterov } = golden.hyper;
    return sgd({ learningRate, momentum, dampening, nesterov, weightDecay });
  }
  const { betas: [beta1, beta2], eps: epsilon, amsgrad } = golden.hyper;
  const make = golden.optimizer === "Adam" ? adam : adamW;
  return make({ learningRate, beta1, beta2, epsilon, weightDecay, amsgrad });
}

const toParams = (arrays: readonly GoldenArray[]): Params =>
  Object.fromEntries(
    arrays.map((array, i) => [`${i}`, tensor(float32(array).data, array.shape)]),
  );

onEachBackend("the steps of Adam, AMSGrad, AdamW and SGD are PyTorch's", async () => {
  const cases = goldenJson<OptimiserCase | { readonly kind: "lr_scheduler" }>("optim")
    .filter((one): one is OptimiserCase => one.kind === "optimizer");
  assertEquals(
    ["Adam", "AdamW", "SGD"].map((name) => cases.filter((one) => one.optimizer === name).length),
    [3, 2, 5],
  );
  for (const golden of cases) {
    const { name, initial, grads, params_after } = golden;
    const { init, update, check } = optimiserOf(golden);
    assertEquals(check(["0", "1"]), null);
    const history = await numbers(() => {
      let params = toParams(initial);
      let state = init(params);
      return grads.flatMap((gradients) => {
        [params, state] = update(toParams(gradients), state, params);
        return initial.map((_, i) => params[i]);
      });
    });
    assert(history.length === params_after.flat().length);
    // The last bits of a float32 square root and quotient; of ten float32 sums for SGD.
    params_after.flat().forEach((expected, i) =>
      assertClose(history[i], float32(expected).data, 1e-6, `${name}, tensor ${i}`)
    );
  }
}, "golden");
