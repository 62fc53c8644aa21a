/**
 * Recipe of the program's options: a graph, and the stages that train it.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../../graph/error.ts";
import { sequence } from "../../../graph/compose.ts";
import { conv2d, flatten, kwta, linear, maxPool2d } from "../../../graph/constructors.ts";
import type { Nodes } from "../../../graph/node.ts";
import type { ParamArrays } from "../../../graph/params.ts";
import { seed, splitRng } from "../../../graph/rng.ts";
import type { Shape } from "../../../graph/types.ts";
import {
  competitive,
  type LocalRule,
  oja,
  onlineKMeans,
  randomSynapses,
  softHebb,
} from "../../../ops/local/rules.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { Stage } from "../../core/stage.ts";
import { learnLocally } from "../../stages/learn_locally.ts";
import { synapticScaling } from "../../stages/homeostasis.ts";

const rules: Readonly<Record<string, () => LocalRule>> = {
  k_means: onlineKMeans,
  competitive: () => competitive(),
  soft_hebb: () => softHebb(),
  oja: () => oja(),
};

/** Values of `--rule`. */
export const ruleNames: readonly string[] = [...Object.keys(rules), "random"];

/** Inputs that a unit sums without learning: a tenth, as the fly's does. */
const SYNAPSES = 0.1;

/** Number added to the variances of patches that are whitened. */
const WHITEN = 0.1;

/** The program's options as far as they make a recipe. */
export interface RecipeOptions {
  /** One of {@linkcode ruleNames}. */
  readonly rule: string;
  /** Units of a layer. */
  readonly units: number;
  /** Active at a place. */
  readonly k: number;
  /** Height and width of a patch; 0: the whole image. */
  readonly patch: number;
  /** Layers of patches. */
  readonly layers: number;
  /** Height and width of a pool. */
  readonly pool: number;
  /** Places from one pool to the next. */
  readonly "pool-step": number;
  /** Number of training samples. */
  readonly samples: number;
  /** Whether synapses are scaled. */
  readonly scaling: boolean;
  /** Epochs of each layer. */
  readonly epochs: number;
  /** Seed of all randomness. */
  readonly seed: number;
}

/** Graph and stages of a run. */
export interface Recipe {
  /** The encoder. */
  readonly graph: Nodes;
  /** Shape of one image. */
  readonly input: Shape;
  /** Weights that are not learnt; null where they are. */
  readonly params: ParamArrays | null;
  /** Stages that learn. */
  readonly stages: readonly Stage[];
}

/** An option that does not go with the others, or null. */
export function checkRecipe(
  { k, units, patch, layers, pool, rule }: RecipeOptions,
  [height, width]: readonly number[],
): InvalidOption | null {
  if (k >= units) return invalidOption("--k", k, `fewer than --units, ${units}`);
  if (patch === 0) {
    return layers === 1 ? null : invalidOption("--layers", layers, "1 where --patch is 0");
  }
  const most = Math.min(height, width);
  if (patch > most) return invalidOption("--patch", patch, `at most ${most}`);
  if (layers === 2 && rule === "random") {
    return invalidOption("--layers", layers, "1 where nothing is learnt");
  }
  const places = layers === 1 ? most - patch + 1 : Math.floor((most - patch - 1) / 2) - 2;
  return pool > places || places < 1 ? invalidOption("--pool", pool, `at most ${places}`) : null;
}

/** The graph and the stages of options that {@linkcode checkRecipe} accepts. */
export function recipeOf(options: RecipeOptions, { shape, train }: Dataset): Recipe {
  const { rule, units, k, patch, layers, pool, epochs, samples, seed: number } = options;
  const [height, width] = shape;
  // Below k / units by rounding alone, so that k units win: ceil(sparsity · units) = k.
  const sparsity = (k - 0.5) / units;
  const local = rules[rule]?.();
  const whiten = rule === "k_means" || rule === "oja" ? WHITEN : null;
  const learning = (path: number, whitened: number | null): Stage[] =>
    local === undefined ? [] : [
      ...(options.scaling ? [synapticScaling({ target: 1 / units, strength: 10 })] : []),
      learnLocally({
        data: train,
        path,
        rule: local,
        epochs,
        samples,
        whiten: whitened,
      }),
    ];
  const fixed = (inputs: number, shape: Shape): ParamArrays | null => {
    if (local !== undefined) return null;
    const perUnit = Math.max(1, Math.round(SYNAPSES * inputs));
    const data = randomSynapses(inputs, units, perUnit, splitRng(seed(number))[0])[0];
    // Zero-sum, as learnt weights are: only the form of an input counts.
    return { "0.weight": { shape, data: data.map((weight) => weight - perUnit / inputs) } };
  };
  if (patch === 0) {
    const inputs = height * width;
    return {
      graph: sequence(linear(inputs, units, { bias: false }), kwta(sparsity, { hard: true })),
      input: [inputs],
      params: fixed(inputs, [inputs, units]),
      stages: learning(0, null),
    };
  }
  const layer = (inputs: number, size: number) => [
    conv2d(inputs, units, size, { bias: false }),
    kwta(sparsity, { hard: true, over: "location" }),
  ];
  const pooled = [maxPool2d(pool, options["pool-step"]), flatten];
  return {
    graph: layers === 1
      ? sequence(...layer(1, patch), ...pooled)
      : sequence(...layer(1, patch), maxPool2d(2), ...layer(units, 3), ...pooled),
    input: [height, width, 1],
    params: fixed(patch * patch, [patch, patch, 1, units]),
    stages: [...learning(0, whiten), ...(layers === 1 ? [] : learning(3, null))],
  };
}
