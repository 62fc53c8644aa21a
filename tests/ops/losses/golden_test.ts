import { bceWithLogits, meanSquaredError } from "../../../ops/losses/reconstruction.ts";
import { cosineEmbedding } from "../../../ops/losses/contrastive.ts";
import { crossEntropy } from "../../../ops/losses/cross_entropy.ts";
import { penalty } from "../../../ops/losses/penalty.ts";
import { tripletMargin } from "../../../ops/losses/triplet.ts";
import { tf } from "../../../ops/tfjs.ts";
import { assert, assertEquals } from "../../assert.ts";
import {
  float32,
  type GoldenArray,
  goldenJson,
  type GoldenNumber,
  int32,
  number,
} from "../../shared.ts";
import { assertClose, numbers, onEachBackend, tensor } from "../backends.ts";

interface Case {
  readonly name: string;
  readonly loss: string;
  readonly attrs: {
    readonly margin: number;
    readonly swap: boolean;
    readonly lambd: number | "tensor";
    readonly norm: 1 | 2;
    readonly latent_grad: boolean;
    readonly criterion: string;
  };
  readonly value: GoldenNumber;
}

/** A loss of tensors, with the golden names of those that have a gradient. */
interface Tried {
  readonly inputs: readonly string[];
  readonly evaluate: (...tensors: tf.Tensor[]) => tf.Scalar;
}

const criteria: Readonly<Record<string, (x: tf.Tensor, t: tf.Tensor) => tf.Scalar>> = {
  MSELoss: meanSquaredError,
  BCEWithLogitsLoss: bceWithLogits,
};

const losses: Readonly<Record<string, (golden: Case) => Tried>> = {
  TripletMarginLoss: ({ attrs: { margin, swap } }) => ({
    inputs: ["anchor", "positive", "negative"],
    evaluate: (a, p, n) =>
      tripletMargin(a as tf.Tensor2D, p as tf.Tensor2D, n as tf.Tensor2D, { margin, swap }),
  }),
  CosineEmbeddingLoss: (golden) => ({
    inputs: ["input1", "input2"],
    evaluate: (x, y) =>
      cosineEmbedding(x as tf.Tensor2D, y as tf.Tensor2D, targetsOf(golden), golden.attrs.margin),
  }),
  CrossEntropyLoss: (golden) => ({
    inputs: ["input"],
    evaluate: (logits) => crossEntropy(logits as tf.Tensor2D, targetsOf(golden)),
  }),
  BCEWithLogitsLoss: () => ({ inputs: ["input", "target"], evaluate: bceWithLogits }),
  MSELoss: () => ({ inputs: ["input", "target"], evaluate: meanSquaredError }),
  LossPenalty: ({ attrs: { lambd, norm, latent_grad, criterion } }) => ({
    inputs: ["reconstructed", "input", "latent", ...(lambd === "tensor" ? ["lambd"] : [])],
    evaluate: (reconstructed, input, latent, weight) =>
      tf.add(
        criteria[criterion](reconstructed, input),
        penalty(latent, {
          weight: lambd === "tensor" ? weight : lambd,
          norm,
          gradient: latent_grad,
        }),
      ),
  }),
};

const fields = (golden: Case) => golden as unknown as Readonly<Record<string, GoldenArray | null>>;

const targetsOf = (golden: Case): Int32Array => int32(fields(golden).target!).data;

onEachBackend("losses and their gradients are PyTorch's", async () => {
  const cases = goldenJson<Case>("losses").filter(({ loss }) => loss !== "TripletCosineLoss");
  // Only the triplet cosine loss, which has a test of its own, has cases in which the value is NaN.
  assertEquals(cases.length, 31);
  for (const golden of cases) {
    const { inputs, evaluate } = losses[golden.loss](golden);
    const given = inputs.map((name) => float32(fields(golden)[name]!));
    const [value, ...gradients] = await numbers(() => {
      const all = given.map(({ data, shape }) => tensor(data, shape));
      const { value, grads } = tf.valueAndGrads(evaluate)(all);
      return [value, ...grads];
    });
    // float32 sums in another order; relative where gradients are of 1e5 or the value of 1e3.
    assertClose(value, [number(golden.value)], 1e-5, `${golden.name}, value`);
    let compared = 0;
    inputs.forEach((input, i) => {
      const expected = fields(golden)[`grad_${input}`];
      if (expected === undefined) return;
      compared++;
      const data = expected === null
        ? new Float32Array(given[i].data.length)
        : float32(expected).data;
      assertClose(gradients[i], data, 1e-5, `${golden.name}, gradient of ${input}`);
    });
    const all = Object.keys(golden).filter((field) => field.startsWith("grad_"));
    assert(compared === all.length, `${golden.name} has gradients that were not compared`);
  }
}, "golden");
