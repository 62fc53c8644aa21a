/**
 * Adam.
 *
 * Source: Kingma & Ba 2015, algorithm 1, as torch.optim.Adam computes it.
 *
 * @module
 */
import { type Params, tf } from "./tfjs.ts";
import { ADAM, type AdamAttributes } from "./kernels/adam.ts";
import type { Optimiser } from "./optimiser.ts";

/** Options of {@linkcode adam}. */
export interface AdamOptions {
  /** Above 0; 1e-3. */
  readonly learningRate?: number;
  /** Of the first moment, in [0, 1); 0.9. */
  readonly beta1?: number;
  /** Of the second moment, in [0, 1); 0.999. */
  readonly beta2?: number;
  /** Added to the root of the second moment; 1e-8. */
  readonly epsilon?: number;
  /** L2 coupled to the gradient, as in torch.optim.Adam: g + weightDecay · w; 0. */
  readonly weightDecay?: number;
}

/**
 * Adam: w − lr / (1 − β1^t) · m / (√v / √(1 − β2^t) + ε), with the moments
 * m = β1·m + (1 − β1)·g and v = β2·v + (1 − β2)·g².
 */
export function adam(options: AdamOptions = {}): Optimiser {
  const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } =
    options;
  return {
    name: "adam",
    options: { learningRate, beta1, beta2, epsilon, weightDecay },
    init: (params) => ({
      step: 0,
      learningRate,
      slots: { first: zerosLike(params), second: zerosLike(params) },
    }),
    update: (gradients, state, params) => {
      const step = state.step + 1;
      const attributes: AdamAttributes = {
        learningRate: state.learningRate,
        beta1,
        beta2,
        epsilon,
        weightDecay,
        step,
      };
      const next: Record<string, tf.Tensor>[] = [{}, {}, {}];
      for (const [path, param] of Object.entries(params)) {
        const { first, second } = state.slots;
        const gradient = gradients[path];
        const [w, m, v] = gradient === undefined
          ? [param, first[path], second[path]].map((tensor) => tensor.clone())
          : tf.engine().runKernel(
            ADAM,
            { param, gradient, first: first[path], second: second[path] },
            attributes as unknown as tf.NamedAttrMap,
          ) as unknown as tf.Tensor[];
        next[0][path] = w;
        next[1][path] = m;
        next[2][path] = v;
      }
      const [weights, first, second] = next;
      return [weights, { step, learningRate: state.learningRate, slots: { first, second } }];
    },
  };
}

const zerosLike = (params: Params): Params =>
  Object.fromEntries(
    Object.entries(params).map(([path, param]) => [path, tf.zeros(param.shape)]),
  );
