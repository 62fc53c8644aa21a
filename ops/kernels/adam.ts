/**
 * One step of Adam as one kernel: a single pass over a weight, its gradient and its two moments.
 *
 * @module
 */
import type { tf, WebGPUBackend } from "../tfjs.ts";
import { float, type GpuProgram, registerGpuKernel, runElementwise } from "./gpu.ts";
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
export const inputs = ["param", "gradient", "first", "second"] as const;

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
  inputs,
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

const slope = "let slope = gradient[index] + uniforms.decay * param[index];";

const firstMoment: GpuProgram = {
  key: "adam_first",
  variables: ["param", "gradient", "first"],
  uniforms: "decay : f32, kept : f32, fresh : f32",
  main: `${slope} result[index] = uniforms.kept * first[index] + uniforms.fresh * slope;`,
};

const secondMoment: GpuProgram = {
  key: "adam_second",
  variables: ["param", "gradient", "second"],
  uniforms: "decay : f32, kept : f32, fresh : f32",
  main: `${slope} result[index] = uniforms.kept * second[index] + uniforms.fresh * slope * slope;`,
};

const update: GpuProgram = {
  key: "adam_update",
  variables: ["param", "first", "second"],
  uniforms: "kept : f32, rate : f32, root : f32, epsilon : f32",
  main: `result[index] = uniforms.kept * param[index] - uniforms.rate * first[index] /
    (sqrt(second[index]) * uniforms.root + uniforms.epsilon);`,
};

registerGpuKernel<AdamAttributes>(
  ADAM,
  inputs,
  (backend: WebGPUBackend, [param, gradient, first, second], attributes): tf.TensorInfo[] => {
    const { beta1, beta2, epsilon, weightDecay } = attributes;
    const { kept, rate, root } = corrections(attributes);
    const output = { shape: param.shape, dtype: "float32" } as const;
    const moment = (program: GpuProgram, state: tf.TensorInfo, beta: number) =>
      runElementwise(backend, program, [param, gradient, state], output, [
        float(weightDecay),
        float(beta),
        float(1 - beta),
      ]);
    const m = moment(firstMoment, first, beta1);
    const v = moment(secondMoment, second, beta2);
    const next = runElementwise(backend, update, [param, m, v], output, [
      float(kept),
      float(rate),
      float(root),
      float(epsilon),
    ]);
    return [next, m, v];
  },
);
