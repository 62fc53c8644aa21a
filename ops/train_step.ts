/**
 * The pure trainer: one step from a state and a batch to the next state. A step runs the model and the loss on
 * tfjs's tape, takes the gradients, and has the optimiser make new weights of them.
 *
 * @module
 */
import { type Params, tf } from "./tfjs.ts";
import type { Rng } from "../graph/rng.ts";
import type { Shape } from "../graph/types.ts";
import type { Lowered, Value } from "./interpreter.ts";
import type { Loss } from "./losses/loss.ts";
import type { Optimiser, OptimiserState } from "./optimisers/transform.ts";

/** State that a training step reads and replaces. */
export interface TrainState {
  /** The weights. */
  readonly params: Params;
  /** State of the units beside the weights, such as duty cycles and running statistics. */
  readonly plasticity: Params;
  /** The optimiser's moments, steps and learning rate. */
  readonly optimiserState: OptimiserState;
  /** Generator that the loss draws from, then the model. */
  readonly rng: Rng;
}

/** Samples with their classes. */
export interface Batch {
  /**
   * labels.length × (product of the input shape), row-major: plain data, or a tensor, which the step
   * disposes of.
   */
  readonly values: Float32Array | tf.Tensor;
  /** One class per sample. */
  readonly labels: ArrayLike<number>;
}

/** A batch as plain data. */
export interface HostBatch extends Batch {
  /** labels.length × (product of the input shape), row-major. */
  readonly values: Float32Array;
}

/** Parts of a training step that are the same in every step. */
export interface Trainer {
  /** The graph as a function. */
  readonly model: Lowered;
  /** The shape of one sample. */
  readonly input: Shape;
  /** The loss to minimise. */
  readonly loss: Loss;
  /** The optimiser that made the state. */
  readonly optimiser: Optimiser;
  /** Observer of the gradients of every step. @default none */
  readonly observe?: ObserveGradients;
}

/**
 * Observes a step's gradients: those of the loss, by path, before the optimiser clips, decays or freezes any. It is
 * called in the step's tidy: the gradients, and tensors that it makes, are disposed of after the step unless it keeps
 * them.
 */
export type ObserveGradients = (gradients: Params) => void;

/** Result of a training step. */
export interface Stepped {
  /** State after the update. */
  readonly state: TrainState;
  /** The batch's loss before the update; the caller disposes of it. */
  readonly loss: tf.Scalar;
  /** Number of terms that the loss is the mean of. */
  readonly terms: number;
}

/**
 * One step of training. It consumes the state that it is given: the tensors that the next state
 * supersedes are disposed of, so that as many are alive after a step as before, and its loss.
 *
 * @param trainer Model, loss and optimiser of all steps.
 */
export const trainStep =
  (trainer: Trainer): (state: TrainState, batch: Batch) => Stepped => (state, batch) => {
    const { model, input, loss, optimiser, observe } = trainer;
    let next = state.optimiserState;
    let { plasticity, rng } = state;
    let terms = 0;
    let value: tf.Scalar | undefined;
    // The tidy keeps what it returns: the new params and slots, and the loss.
    const updated = (): Params => {
      const [objective, drawn] = loss.draw(batch.labels, state.rng);
      [rng, terms] = [drawn, objective.terms];
      const shape = [batch.labels.length, ...input];
      const x = batch.values instanceof tf.Tensor
        ? tf.reshape(batch.values, shape)
        : tf.tensor(batch.values, shape);
      const stepped = valueAndGradients(
        () => {
          const after = model.train(state.params, { value: x, plasticity, rng });
          rng = after.rng;
          // The tape would dispose of them: they are no part of the loss.
          plasticity = after.plasticity;
          for (const tensor of Object.values(plasticity)) tf.keep(tensor);
          const [outputs, latent] = ends(after.value);
          const internals = { params: state.params, plasticity, exposed: after.exposed ?? {} };
          return objective.evaluate(outputs, x, latent, internals);
        },
        state.params,
      );
      observe?.(stepped.gradients);
      const [params, moved] = optimiser.update(
        stepped.gradients,
        state.optimiserState,
        state.params,
      );
      next = moved;
      value = stepped.value;
      return [params, moved.slots, stepped.value] as unknown as Params;
    };
    let params: Params;
    try {
      [params] = tf.tidy(updated as () => tf.TensorContainer) as unknown as [Params];
    } catch (thrown) {
      disposeUnlessIn(state.plasticity, plasticity);
      throw thrown;
    } finally {
      if (batch.values instanceof tf.Tensor) batch.values.dispose();
    }
    tf.dispose([state.params, state.optimiserState.slots] as unknown as tf.TensorContainer);
    disposeUnlessIn(plasticity, state.plasticity);
    return {
      state: { params, plasticity, optimiserState: next, rng },
      loss: value as tf.Scalar,
      terms,
    };
  };

/** Disposes of those tensors that are not among the kept ones. */
function disposeUnlessIn(kept: Params, tensors: Params): void {
  for (const [path, tensor] of Object.entries(tensors)) {
    if (kept[path] !== tensor) tensor.dispose();
  }
}

/** The outputs and the latent: of a pair the second and the first, of one tensor itself twice. */
const ends = (value: Value): readonly [tf.Tensor, tf.Tensor] =>
  value instanceof tf.Tensor
    ? [value, value]
    : [value.second as tf.Tensor, value.first as tf.Tensor];

// ---- Gradients

/** The part of tfjs's engine that its declarations keep to themselves. */
interface Tape {
  readonly gradients: (
    f: () => tf.Scalar,
    xs: readonly tf.Tensor[],
  ) => { readonly value: tf.Scalar; readonly grads: readonly (tf.Tensor | undefined)[] };
  readonly state: {
    /** Depth of nested gradients being computed. */
    readonly gradientDepth: number;
    /** The operations so far, with what they have kept for their gradients. */
    activeTape: readonly { readonly saved?: tf.Tensor[] }[] | null;
  };
}

/** Frees the tensors that operations have kept for gradients that will not be computed, as tfjs does not. */
function dropTape({ state }: Tape): void {
  if (state.gradientDepth > 0) return;
  for (const { saved } of state.activeTape ?? []) tf.dispose(saved ?? []);
  state.activeTape = null;
}

/**
 * A scalar function of params with its gradients.
 *
 * @param f Reads the very tensors of `params`.
 * @param params Weights, at least one of which matters to f.
 * @returns The value, and the gradient of each param that f depends on.
 * @throws What f throws; no tensor of it is left.
 */
export function valueAndGradients(
  f: () => tf.Scalar,
  params: Params,
): { readonly value: tf.Scalar; readonly gradients: Params } {
  const paths = Object.keys(params);
  // tf.grads takes tensors by position and computes the value as well; so does its engine, in one go.
  const tape = tf.engine() as unknown as Tape;
  let found: ReturnType<Tape["gradients"]>;
  try {
    found = tape.gradients(f, paths.map((path) => params[path]));
  } catch (thrown) {
    dropTape(tape);
    throw thrown;
  }
  const { value, grads } = found;
  const gradients: Record<string, tf.Tensor> = {};
  paths.forEach((path, i) => {
    const gradient = grads[i];
    if (gradient !== undefined && gradient !== null) gradients[path] = gradient;
  });
  return { value, gradients };
}
