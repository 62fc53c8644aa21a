/**
 * One step of Adam as one kernel: a single pass over a weight, its gradient and its two moments. On
 * webgpu, where a program has its price whatever it does, one for all weights: see adam_gpu.ts.
 *
 * @module
 */
import { registerHostKernel } from "./host.ts";

/** (param, gradient, first, second) → [param, first, second], all of one shape. */
export const ADAM = "SparrowAdam";

/** Attributes of the Adam kernel. */
export interface AdamAttributes {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Added to the gradient, times the weight, before the moments (L2). */
  readonly weightDecay: number;
  /** Of the weight itself, times the learning rate (AdamW). */
  readonly decoupledDecay: number;
  /** The number of this step, counted from 1. */
  readonly step: number;
}

/** The names of the inputs. */
export const adamInputs = ["param", "gradient", "first", "second"] as const;

/** What remains to be multiplied once the moments are there; in float64, where it is cheap. */
export const corrections = (
  { learningRate, beta1, beta2, decoupledDecay, step }: AdamAttributes,
): { readonly kept: number; readonly rate: number; readonly root: number } => ({
  kept: 1 - learningRate * decoupledDecay,
  rate: learningRate / (1 - beta1 ** step),
  root: 1 / Math.sqrt(1 - beta2 ** step),
});

registerHostKernel<AdamAttributes>({
  name: ADAM,
  inputs: adamInputs,
  outputs: ([shape]) => [0, 1, 2].map(() => ({ shape, dtype: "float32" })),
  run: ([param, gradient, first, second], [nextParam, nextFirst, nextSecond], _, attributes) => {
    const { beta1, beta2, epsilon, weightDecay } = attributes;
    const { kept, rate, root } = corrections(attributes);
    for (let i = 0; i < param.length; i++) {
      const slope = gradient[i] + weightDecay * param[i];
      const m = beta1 * first[i] + (1 - beta1) * slope;
      const v = beta2 * second[i] + (1 - beta2) * slope * slope;
      nextFirst[i] = m;
      nextSecond[i] = v;
      nextParam[i] = kept * param[i] - rate * m / (Math.sqrt(v) * root + epsilon);
    }
  },
});
