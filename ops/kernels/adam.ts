/**
 * One step of Adam as one kernel: a single pass over a weight, its gradient and its two moments. On webgpu, where a
 * program has its price whatever it does, one program steps as many weights as the device can bind at once.
 *
 * @module
 */
import { registerHostKernel } from "./host.ts";
import { tf, type WebGPUBackend } from "../tfjs.ts";
import {
  type Binding,
  float,
  type GpuOutput,
  int,
  type RawProgram,
  registerGpuKernel,
  runRaw,
  type Uniform,
} from "./gpu.ts";
import { registerSimdKernel } from "./simd/register.ts";

/** Kernel of Adam: (param, gradient, first, second) → [param, first, second], all of one shape. */
export const ADAM = "SparrowAdam";

/** Attributes of the Adam kernel. */
export interface AdamAttributes {
  /** The learning rate of this step. */
  readonly learningRate: number;
  /** Factor by which the first moment decays in a step. */
  readonly beta1: number;
  /** Factor by which the second moment decays in a step. */
  readonly beta2: number;
  /** Number added to the root of the second moment. */
  readonly epsilon: number;
  /** Coupled weight decay (L2): the weight times this is added to the gradient before the moments. */
  readonly weightDecay: number;
  /** The decay of the weight itself, times the learning rate (AdamW). */
  readonly decoupledDecay: number;
  /** The number of this step, counted from 1. */
  readonly step: number;
}

/** The names of the inputs. */
const adamInputs = ["param", "gradient", "first", "second"] as const;

/** Computes the factors of a step that do not depend on the moments; in float64, where it is cheap. */
const corrections = (
  { learningRate, beta1, beta2, decoupledDecay, step }: AdamAttributes,
): { readonly kept: number; readonly rate: number; readonly root: number } => ({
  kept: 1 - learningRate * decoupledDecay,
  rate: learningRate / (1 - beta1 ** step),
  root: 1 / Math.sqrt(1 - beta2 ** step),
});

// ---- wasm and cpu

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

// ---- webgpu

/**
 * Kernel of Adam for many weights, only on webgpu: (param0, gradient0, first0, second0, param1, …) → [param0, first0,
 * second0, param1, …], those of each weight of one shape.
 */
export const ADAM_ALL = "SparrowAdamAll";

/** Invocations of a workgroup. */
const LANES = 256;

/** Number of arrays per weight, read and written. */
const ARRAYS = 7;

/** A weight with its gradient and its moments. */
type Member = readonly tf.TensorInfo[];

/** Makes the program for `count` weights: each has its own workgroups, one after the other. */
const programFor = (count: number): RawProgram => {
  const members = Array.from({ length: count }, (_, i) => i);
  const named = (names: readonly string[]): readonly Binding[] =>
    members.flatMap((i) => names.map((name) => ({ name: `${name}${i}`, type: "f32" })));
  const each = (f: (i: number) => string) => members.map(f).join("\n");
  return {
    key: `adam_${count}`,
    inputs: named(adamInputs),
    outputs: named(["next_param", "next_first", "next_second"]),
    uniforms: "decay : f32, kept1 : f32, fresh1 : f32, kept2 : f32, fresh2 : f32, " +
      `kept : f32, rate : f32, root : f32, epsilon : f32, ${
        each((i) => `begin${i} : i32, size${i} : i32,`)
      }`,
    lanes: LANES,
    main: each((i) => `
      if (group >= uniforms.begin${i}) {
        let at = (group - uniforms.begin${i}) * ${LANES} + lane;
        if (at < uniforms.size${i}) {
          let param = param${i}[at];
          let slope = gradient${i}[at] + uniforms.decay * param;
          let m = uniforms.kept1 * first${i}[at] + uniforms.fresh1 * slope;
          let v = uniforms.kept2 * second${i}[at] + uniforms.fresh2 * slope * slope;
          next_first${i}[at] = m;
          next_second${i}[at] = v;
          next_param${i}[at] = uniforms.kept * param -
            uniforms.rate * m / (sqrt(v) * uniforms.root + uniforms.epsilon);
        }
      }`),
  };
};

/** A step of as many weights as one dispatch takes. */
function step(
  backend: WebGPUBackend,
  members: readonly Member[],
  attributes: AdamAttributes,
): tf.TensorInfo[] {
  const { beta1, beta2, epsilon, weightDecay } = attributes;
  const { kept, rate, root } = corrections(attributes);
  const outputs = members.flatMap(([{ shape }]) =>
    Array.from({ length: 3 }, (): GpuOutput => ({ shape, dtype: "float32" }))
  );
  const shared = [weightDecay, beta1, 1 - beta1, beta2, 1 - beta2, kept, rate, root, epsilon];
  const places: Uniform[] = [];
  let groups = 0;
  for (const [{ shape }] of members) {
    const size = tf.util.sizeFromShape([...shape]);
    places.push(int(groups), int(size));
    groups += Math.ceil(size / LANES);
  }
  const uniforms = [...shared.map(float), ...places];
  return runRaw(backend, programFor(members.length), groups, members.flat(), outputs, uniforms);
}

function stepAll(
  backend: WebGPUBackend,
  members: readonly Member[],
  attributes: AdamAttributes,
): tf.TensorInfo[] {
  const { maxStorageBuffersPerShaderStage } = backend.device.limits;
  const most = Math.max(1, Math.floor(maxStorageBuffersPerShaderStage / ARRAYS));
  const made: tf.TensorInfo[] = [];
  for (let at = 0; at < members.length; at += most) {
    made.push(...step(backend, members.slice(at, at + most), attributes));
  }
  return made;
}

registerGpuKernel<AdamAttributes>(
  ADAM,
  adamInputs,
  (backend, member, attributes) => stepAll(backend, [member], attributes),
);

tf.registerKernel({
  kernelName: ADAM_ALL,
  backendName: "webgpu",
  kernelFunc: (call) => {
    const given = call.inputs as tf.NamedTensorInfoMap;
    const count = Object.keys(given).length / adamInputs.length;
    const members = Array.from(
      { length: count },
      (_, i) => adamInputs.map((name) => given[`${name}${i}`]!),
    );
    const attributes = call.attrs as unknown as AdamAttributes;
    return stepAll(call.backend as WebGPUBackend, members, attributes);
  },
});

// ---- wasm, with SIMD

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
