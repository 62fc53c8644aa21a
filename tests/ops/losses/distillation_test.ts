import { rankDistillation } from "../../../ops/losses/distillation.ts";
import { tf } from "../../../ops/tfjs.ts";
import { assertClose, numbers, onEachBackend, tensor } from "../backends.ts";
import { golden, type GoldenTensor, numbersOf } from "./unlabelled_golden.ts";

const placed = (at: GoldenTensor) => tensor(numbersOf(at), at.shape);

onEachBackend("the distillation of neighbourhoods and its gradient are PyTorch's", async () => {
  const { codes, inputs, loss, gradient, ...temperatures } = golden.distillation;
  const [value, ofCodes, ofInputs] = await numbers(() => {
    const { value, grads } = tf.valueAndGrads((x: tf.Tensor, y: tf.Tensor) =>
      rankDistillation(x as tf.Tensor2D, y as tf.Tensor2D, temperatures)
    )([placed(codes), placed(inputs)]);
    return [value, ...grads];
  });
  assertClose(value, [loss], 2e-6, "loss");
  assertClose(ofCodes, numbersOf(gradient), 2e-6, "gradient");
  assertClose(ofInputs, new Float32Array(ofInputs.length), 0, "gradient of the inputs");
});
