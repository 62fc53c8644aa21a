/**
 * A value with its gradients.
 *
 * @module
 */
import { type Params, tf } from "./tfjs.ts";

/** The part of tfjs's engine that its declarations keep to themselves. */
interface Tape {
  readonly gradients: (
    f: () => tf.Scalar,
    xs: readonly tf.Tensor[],
  ) => { readonly value: tf.Scalar; readonly grads: readonly (tf.Tensor | undefined)[] };
}

/**
 * A scalar function of params with its gradients.
 *
 * @param f Reads the very tensors of `params`.
 * @param params Not empty, and at least one of them matters to f.
 * @returns The value, and the gradient of each param that f depends on.
 */
export function valueAndGradients(
  f: () => tf.Scalar,
  params: Params,
): { readonly value: tf.Scalar; readonly gradients: Params } {
  const paths = Object.keys(params);
  // tf.grads takes tensors by position and computes the value as well; so does its engine, in one go.
  const { value, grads } = (tf.engine() as unknown as Tape).gradients(
    f,
    paths.map((path) => params[path]),
  );
  const gradients: Record<string, tf.Tensor> = {};
  paths.forEach((path, i) => {
    const gradient = grads[i];
    if (gradient !== undefined && gradient !== null) gradients[path] = gradient;
  });
  return { value, gradients };
}
