import { pairContrast, selfContrast } from "../../../ops/losses/contrastive.ts";
import { selectRows } from "../../../ops/select_rows.ts";
import { tf } from "../../../ops/tfjs.ts";
import { assertClose, numbers, onEachBackend, tensor } from "../backends.ts";
import { golden, type GoldenTensor, numbersOf } from "./unlabelled_golden.ts";

const placed = (at: GoldenTensor) => tensor(numbersOf(at), at.shape);

onEachBackend("the contrast of partners is the reference's of two views", async () => {
  const { first, second, loss, gradients } = golden.contrast;
  const [value, ...found] = await numbers(() => {
    // The reference has one view after the other, here partners stand side by side.
    const order = [0, 5, 1, 6, 2, 7, 3, 8, 4, 9];
    const { value, grads } = tf.valueAndGrads((x: tf.Tensor, y: tf.Tensor) =>
      pairContrast(selectRows(tf.concat([x, y], 0) as tf.Tensor2D, order), 0.2)
    )([placed(first), placed(second)]);
    return [value, ...grads];
  });
  assertClose(value, [loss], 2e-6, "loss");
  found.forEach((gradient, i) => assertClose(gradient, numbersOf(gradients[i]), 2e-6, `view ${i}`));
});

onEachBackend("the contrast with oneself is the reference's of one view twice", async () => {
  const { first, self, self_gradient } = golden.contrast;
  const [value, gradient] = await numbers(() => {
    const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => selfContrast(x as tf.Tensor2D, 0.2))(
      placed(first),
    );
    return [value, grad];
  });
  assertClose(value, [self], 2e-6, "loss");
  assertClose(gradient, numbersOf(self_gradient), 2e-6, "gradient");
});
