/**
 * A step of Adam on wasm, with SIMD.
 *
 * @module
 */
import { tf } from "../tfjs.ts";
import { ADAM, type AdamAttributes, adamInputs, corrections } from "./adam.ts";
import { registerSimdKernel } from "./simd/register.ts";

registerSimdKernel<AdamAttributes>({
  name: ADAM,
  inputs: adamInputs,
  outputs: ([shape]) => [0, 1, 2].map(() => ({ shape, dtype: "float32" })),
  run: ({ simd }, addresses, [shape], attributes) => {
    const { beta1, beta2, epsilon, weightDecay } = attributes;
    const { kept, rate, root } = corrections(attributes);
    const [param, gradient, first, second] = addresses.inputs;
    const [nextParam, nextFirst, nextSecond] = addresses.outputs;
    simd.adam(
      tf.util.sizeFromShape([...shape]),
      param,
      gradient,
      first,
      second,
      nextParam,
      nextFirst,
      nextSecond,
      weightDecay,
      beta1,
      1 - beta1,
      beta2,
      1 - beta2,
      kept,
      rate,
      root,
      epsilon,
    );
  },
});
