import { describe } from "../../../graph/error.ts";
import { graph } from "../../../graph/parse.ts";
import { seed } from "../../../graph/rng.ts";
import { inferShapes } from "../../../graph/shape.ts";
import { lower } from "../../../ops/interpreter.ts";
import { meanSquaredErrorLoss } from "../../../ops/losses/reconstruction.ts";
import {
  contrastiveSparseLoss,
  matryoshka,
  sparseAutoencoderLoss,
  type SparseAutoencoderOptions,
  unexplained,
} from "../../../ops/losses/sparse_autoencoder.ts";
import { selfContrastLoss } from "../../../ops/losses/contrastive.ts";
import { type Loss, plus } from "../../../ops/losses/loss.ts";
import { type Params, tf } from "../../../ops/tfjs.ts";
import { valueAndGradients } from "../../../ops/train_step.ts";
import type { Value } from "../../../ops/interpreter.ts";
import type { Pair } from "../../../graph/types.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";
import { right } from "../../pipelines/tiny.ts";
import { assertClose, numbers, onEachBackend, tensor } from "../backends.ts";
import { golden, type GoldenTensor, numbersOf } from "./unlabelled_golden.ts";

const autoencoder = graph`linear(6, 20) ▷ top_k(3) ▷ fanout(identity, linear(20, 6))`;

const paths = ["0.weight", "0.bias", "2.second.0.weight", "2.second.0.bias"];
const weights = [golden.encoder, golden.encoder_bias, golden.decoder, golden.decoder_bias];

const placed = (at: GoldenTensor) => tensor(numbersOf(at), at.shape);

/** The loss of the golden batch, its gradients, and what is remembered, on tensors that the caller disposes of. */
function stepped(loss: Loss, silent: ArrayLike<number>) {
  const x = placed(golden.x);
  const params = Object.fromEntries(paths.map((path, i) => [path, placed(weights[i])]));
  const plasticity = { "1.silent": tf.tensor1d(Float32Array.from(silent)) };
  const [{ evaluate }] = loss.draw(new Array(8).fill(0), seed(26));
  let after: Params = {};
  const { value, gradients } = valueAndGradients(() => {
    const signal = lower(autoencoder).train(params, { value: x, plasticity, rng: seed(0) });
    after = signal.plasticity;
    tf.keep(after["1.silent"]);
    const { first, second } = signal.value as Pair<Value, Value>;
    const internals = { params, plasticity: after, exposed: signal.exposed ?? {} };
    return evaluate(second as tf.Tensor, x, first as tf.Tensor, internals);
  }, params);
  return { value, gradients: paths.map((path) => gradients[path]), silent: after["1.silent"] };
}

const silences = numbersOf(golden.silent);

onEachBackend("AuxK, Matryoshka and Multi-TopK with gradients are PyTorch's", async () => {
  const options = { auxiliary: golden.auxiliary, deadAfter: golden.dead_after };
  for (const { auxiliaryWeight, wider, prefixes, loss, gradients } of golden.autoencoders) {
    const name = JSON.stringify({ auxiliaryWeight, wider, prefixes });
    const auxiliary = auxiliaryWeight > 0 ? options.auxiliary : 0;
    const tried = sparseAutoencoderLoss({
      ...options,
      auxiliary,
      auxiliaryWeight,
      wider,
      prefixes,
    });
    const [value, silent, ...found] = await numbers(() => {
      const { value, silent, gradients } = stepped(tried, silences);
      return [value, silent, ...gradients];
    });
    // float32 sums in another order.
    assertClose(value, [loss], 2e-6, name);
    found.forEach((gradient, i) =>
      assertClose(gradient, numbersOf(gradients[i]), 5e-6, `${name}, ${paths[i]}`)
    );
    assertEquals(silent, numbersOf(golden.silent_after));
  }
});

onEachBackend("without a dead unit, the auxiliary loss and its gradient are 0", async () => {
  const both = await Promise.all([0, 1].map((auxiliaryWeight) =>
    numbers(() => {
      const loss = sparseAutoencoderLoss({ auxiliary: 4, auxiliaryWeight, deadAfter: 2000 });
      const { value, silent, gradients } = stepped(loss, silences);
      return [value, silent, ...gradients];
    })
  ));
  assertEquals(both[0], both[1]);
});

onEachBackend("CSR is its autoencoder plus the contrast of its codes", async () => {
  const options: SparseAutoencoderOptions = { auxiliary: 4, deadAfter: 100, wider: 12 };
  const losses = [
    contrastiveSparseLoss({ ...options, contrastWeight: 0.3, temperature: 0.5 }),
    sparseAutoencoderLoss(options),
    plus(meanSquaredErrorLoss(), selfContrastLoss({ temperature: 0.5 }), 1),
    meanSquaredErrorLoss(),
  ];
  const values: number[] = [];
  for (const loss of losses) {
    const [value] = await numbers(() => {
      const { value, silent, gradients } = stepped(loss, silences);
      return [value, silent, ...gradients.filter((one) => one !== undefined)];
    });
    values.push(value[0]);
  }
  const [csr, without, withContrast, error] = values;
  assertClose([csr], [without + 0.3 * (withContrast - error)], 2e-6, "loss");
  assert(withContrast > error);
});

onEachBackend("targets that do not vary, and no samples, have the loss 0", async () => {
  const [still, empty, prefixed] = await numbers(() => [
    unexplained(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[5, 6], [5, 6]])),
    unexplained(tf.tensor2d([], [0, 4]), tf.tensor2d([], [0, 4])),
    // A prefix of everything that is active explains as much as all.
    matryoshka(
      tf.tensor2d([[1, 0, 0], [2, 0, 0]]),
      tf.tensor2d([[1], [2]]),
      tf.tensor2d([[1], [3]]),
      { weight: tf.tensor2d([[1], [1], [1]]) },
      [1, 2],
    ),
  ]);
  assertEquals([still[0], empty[0]], [0, 0]);
  // (0 + 1) / 2 over the variance 1.
  assertClose(prefixed, [0.5], 1e-6, "prefixes");
});

Deno.test("graphs and options that do not fit are refused with what to do", () => {
  const plain = graph`linear(6, 20) ▷ relu ▷ fanout(identity, linear(20, 6))`;
  const elsewhere =
    graph`linear(6, 20) ▷ top_k(3) ▷ fanout(identity, linear(20, 5) ▷ linear(5, 6))`;
  const fault = (loss: Loss, nodes: typeof plain, outputs = 6) => {
    const { graph } = right(inferShapes(nodes));
    const bad = loss.problem ?? loss.fits?.({ graph, inputs: 6, outputs, classes: 0 });
    return bad === null || bad === undefined ? null : describe(bad);
  };
  assertEquals(fault(sparseAutoencoderLoss(), autoencoder), null);
  assertEquals(fault(contrastiveSparseLoss(), autoencoder), null);
  assertEquals(fault(sparseAutoencoderLoss({ auxiliary: 0 }), plain), null);
  const cases: readonly (readonly [string | null, string])[] = [
    [fault(sparseAutoencoderLoss(), plain), "a top_k or batch_top_k"],
    [fault(sparseAutoencoderLoss(), elsewhere), "linear(20, 6)"],
    [fault(sparseAutoencoderLoss(), autoencoder, 5), "as many as inputs"],
    [
      fault(sparseAutoencoderLoss({ prefixes: [5, 20] }), autoencoder),
      "below that of the code, 20",
    ],
    [fault(sparseAutoencoderLoss({ prefixes: [5, 5] }), autoencoder), "ascending"],
    [fault(sparseAutoencoderLoss({ auxiliary: -1 }), autoencoder), "auxiliary"],
    [fault(sparseAutoencoderLoss({ deadAfter: 0 }), autoencoder), "deadAfter"],
    [fault(sparseAutoencoderLoss({ wider: 0.5 }), autoencoder), "wider"],
    [fault(contrastiveSparseLoss({ temperature: 0 }), autoencoder), "temperature"],
    [fault(contrastiveSparseLoss({ contrastWeight: NaN }), autoencoder), "weight"],
  ];
  for (const [actual, expected] of cases) {
    assert(actual?.includes(expected) ?? false, `${actual}: expected ${expected}`);
  }
  assertThrows(
    () => {
      const [{ evaluate }] = sparseAutoencoderLoss().draw([0], seed(26));
      tf.tidy(() => evaluate(tf.ones([1, 6]), tf.ones([1, 6]), tf.ones([1, 20])));
    },
    TypeError,
    "given the internals",
  );
});
