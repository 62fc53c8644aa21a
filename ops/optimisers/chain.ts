/**
 * Optimisers from transforms, one after the other. A chain that ends in Adam runs that end as one fused kernel.
 *
 * @module
 */
import { ADAM, ADAM_ALL, type AdamAttributes } from "../kernels/adam.ts";
import { type Params, tf } from "../tfjs.ts";
import {
  mapUpdates,
  type Optimiser,
  type OptimiserState,
  type Slots,
  type Transform,
} from "./transform.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import type { OptionValues } from "../ranges.ts";
import type { Schedule } from "./schedules.ts";

/** An optimiser that is composed of transforms, and can be part of another chain. */
export interface Chain extends Optimiser {
  /** The transforms in order, without nesting. */
  readonly transforms: readonly Transform[];
}

/** Keys of a transform's slots in the state, by the names that the transform gave them. */
type SlotKeys = Readonly<Record<string, string>>;

/** Last operation of a step: turns the updates into new weights, and returns the slots that it has changed. */
type Finish = (
  updates: Params,
  state: OptimiserState,
  params: Params,
) => readonly [Params, Slots];

/**
 * Transforms one after the other; the weights less the last one's updates are the new weights. A
 * chain inside a chain stands for its transforms, so chain(a, chain(b, c)) is chain(chain(a, b), c).
 *
 * Its learning rate is that of its `scaleByLearningRate`, which `adam`, `adamW` and `sgd` end in;
 * `check` refuses a chain with none or with several.
 *
 * A chain that ends in Adam, coupled or decoupled decay included, runs that end as one kernel.
 *
 * @param parts Transforms in their order.
 *
 * @example
 * ```ts
 * import { adam } from "./adam.ts";
 * import { chain } from "./chain.ts";
 * import { clipByNorm } from "./transforms.ts";
 * import { freeze } from "./transforms.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const optimiser = chain(freeze("0"), clipByNorm(1), adam({ learningRate: 3e-3 }));
 * assertEquals(optimiser.name, "freeze ▷ clipByNorm ▷ scaleByAdam ▷ scaleByLearningRate");
 * assertEquals(optimiser.check(["0.weight", "2.weight"]), null);
 * assertEquals(chain(clipByNorm(1)).check([])?.option, "chain");
 * ```
 */
export function chain(...parts: readonly (Transform | Chain)[]): Chain {
  const transforms = parts.flatMap((part) => "transforms" in part ? part.transforms : [part]);
  const keys = slotKeys(transforms);
  const tail = adamTail(transforms);
  const head = transforms.slice(0, tail?.begin);
  const finish: Finish = tail === null
    ? subtract
    : descendByAdam(tail.attributes, keys[tail.moments]);
  const [learningRate = 1] = rates(transforms);
  return {
    name: transforms.map(({ name }) => name).join(" ▷ "),
    options: allOptions(transforms),
    learningRate,
    transforms,
    init: (params) => ({
      step: 0,
      learningRate: typeof learningRate === "number" ? learningRate : learningRate(0),
      slots: Object.assign(
        {},
        ...transforms.map(({ init }, i) => toState(init(params), keys[i])),
      ),
    }),
    update: (gradients, state, params) => {
      const step = state.step + 1;
      const { learningRate } = state;
      // The tidy keeps what it returns, and frees what the transforms have made in between.
      const [next, slots] = tidy(() => {
        let updates = gradients;
        const changed: Record<string, Params> = {};
        head.forEach(({ update }, i) => {
          const own = fromState(state.slots, keys[i]);
          const [onward, moved] = update(updates, { step, learningRate, slots: own }, params);
          updates = onward;
          Object.assign(changed, toState(moved, keys[i]));
        });
        const [weights, moved] = finish(updates, state, params);
        Object.assign(changed, moved);
        return [carry(params, weights), carrySlots(state.slots, changed)];
      });
      return [next, { step, learningRate, slots }];
    },
    check: (paths) => checkChain(transforms, paths),
  };
}

const subtract: Finish = (updates, _, params) => [
  mapUpdates(updates, (update, path) => tf.sub(params[path], update)),
  {},
];

// ---- The fused end: Adam

/** A chain that ends in Adam. */
interface AdamTail {
  /** Index of the transform at which the tail begins. */
  readonly begin: number;
  /** Index of the transform that holds the moments. */
  readonly moments: number;
  /** Attributes of the kernel that do not change from step to step. */
  readonly attributes: Omit<AdamAttributes, "learningRate" | "step">;
}

/** The tail `addDecayedWeights? ▷ scaleByAdam ▷ addDecayedWeights? ▷ scaleByLearningRate`, or null. */
function adamTail(transforms: readonly Transform[]): AdamTail | null {
  let at = transforms.length;
  const take = () => transforms[--at]?.fusible;
  const decay = (): number => {
    const before = at;
    const part = take();
    if (part?._tag === "AddDecayedWeights") return part.weightDecay;
    at = before;
    return 0;
  };
  if (take()?._tag !== "ScaleByLearningRate") return null;
  const decoupledDecay = decay();
  const scale = take();
  if (scale?._tag !== "ScaleByAdam") return null;
  const moments = at;
  const weightDecay = decay();
  const { beta1, beta2, epsilon } = scale;
  return { begin: at, moments, attributes: { beta1, beta2, epsilon, weightDecay, decoupledDecay } };
}

/** Tensors that a step of Adam reads for one weight. */
export interface AdamInputs extends tf.NamedTensorMap {
  readonly param: tf.Tensor;
  readonly gradient: tf.Tensor;
  readonly first: tf.Tensor;
  readonly second: tf.Tensor;
}

/** The weights, each with its moments, after a step. */
export function fusedAdam(
  weights: readonly AdamInputs[],
  attributes: AdamAttributes,
): readonly (readonly [param: tf.Tensor, first: tf.Tensor, second: tf.Tensor])[] {
  const attrs = attributes as unknown as tf.NamedAttrMap;
  const run = (kernel: string, inputs: tf.NamedTensorMap) =>
    tf.engine().runKernel(kernel, inputs, attrs) as unknown as tf.Tensor[];
  if (weights.length === 0) return [];
  if (tf.getBackend() !== "webgpu") {
    return weights.map((weight) => run(ADAM, weight) as [tf.Tensor, tf.Tensor, tf.Tensor]);
  }
  const all = run(
    ADAM_ALL,
    Object.fromEntries(
      weights.flatMap((weight, i) =>
        Object.entries(weight).map(([name, tensor]) => [`${name}${i}`, tensor])
      ),
    ),
  );
  return weights.map((_, i) => [all[3 * i], all[3 * i + 1], all[3 * i + 2]]);
}

const descendByAdam =
  (attributes: AdamTail["attributes"], keys: SlotKeys): Finish =>
  (updates, { step, learningRate, slots }, params) => {
    const weights: Record<string, tf.Tensor> = {};
    const first: Record<string, tf.Tensor> = {};
    const second: Record<string, tf.Tensor> = {};
    const now = { ...attributes, learningRate, step: step + 1 };
    const inputs = Object.entries(updates).map(([path, gradient]) => ({
      param: params[path],
      gradient,
      first: slots[keys.first][path],
      second: slots[keys.second][path],
    }));
    const stepped = fusedAdam(inputs, now);
    Object.keys(updates).forEach((path, i) => {
      [weights[path], first[path], second[path]] = stepped[i];
    });
    return [weights, toState({ first, second }, keys)];
  };

// ---- The state

/** The changed tensors, and copies of the others: the next state shares none with the last. */
const carry = (before: Params, changed: Params): Params =>
  Object.fromEntries(
    Object.entries(before).map(([path, tensor]) => [path, changed[path] ?? tensor.clone()]),
  );

const carrySlots = (before: Slots, changed: Slots): Slots =>
  Object.fromEntries(
    Object.entries(before).map(([name, slot]) => [name, carry(slot, changed[name] ?? {})]),
  );

const toState = (slots: Slots, keys: SlotKeys): Slots =>
  Object.fromEntries(Object.entries(slots).map(([name, slot]) => [keys[name], slot]));

const fromState = (slots: Slots, keys: SlotKeys): Slots =>
  Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, slots[key]]));

const tidy = <Result extends readonly unknown[]>(make: () => Result): Result =>
  tf.tidy(make as unknown as () => tf.TensorContainer) as unknown as Result;

/** A name that is taken gets a number: "first", then "first#2". */
function unique(name: string, taken: Readonly<Record<string, unknown>>): string {
  let candidate = name;
  for (let i = 2; candidate in taken; i++) candidate = `${name}#${i}`;
  return candidate;
}

function slotKeys(transforms: readonly Transform[]): readonly SlotKeys[] {
  const taken: Record<string, true> = {};
  return transforms.map(({ init }) =>
    Object.fromEntries(
      Object.keys(init({})).map((name) => {
        const key = unique(name, taken);
        taken[key] = true;
        return [name, key];
      }),
    )
  );
}

function allOptions(transforms: readonly Transform[]): OptionValues {
  const all: Record<string, OptionValues[string]> = {};
  for (const { name, options } of transforms) {
    for (const [option, value] of Object.entries(options)) {
      all[unique(`${name}.${option}`, all)] = value;
    }
  }
  return all;
}

const rates = (transforms: readonly Transform[]): readonly (number | Schedule)[] =>
  transforms.flatMap(({ fusible }) =>
    fusible?._tag === "ScaleByLearningRate" ? [fusible.learningRate] : []
  );

function checkChain(
  transforms: readonly Transform[],
  paths: readonly string[],
): InvalidOption | null {
  for (const { check } of transforms) {
    const bad = check(paths);
    if (bad !== null) return bad;
  }
  const { length } = rates(transforms);
  return length === 1 ? null : invalidOption(
    "chain",
    `${length} learning rates`,
    "exactly one, as from adam, adamW, sgd or scaleByLearningRate",
  );
}
