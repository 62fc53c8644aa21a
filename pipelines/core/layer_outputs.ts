/**
 * The outputs of a model's layers: the values that pass between the nodes of its graph, for samples.
 *
 * @module
 */
import { type InvalidOption, invalidOption, type SparrowError } from "../../graph/error.ts";
import { E, type TE } from "../../graph/fp_ts.ts";
import type { Nodes } from "../../graph/node.ts";
import { isBinaryNode } from "../../graph/traits.ts";
import type { Embeddings } from "../../ops/embeddings.ts";
import { lowerEach, type Value } from "../../ops/interpreter.ts";
import { tf } from "../../ops/tfjs.ts";
import type { Samples } from "../data/dataset.ts";
import type { EncodeOptions } from "../encode/encode.ts";
import { collector, forEachForward, type Model, widestOf } from "./batches.ts";

/**
 * Names a layer, the output of a graph's node, by the node's path and kind: "3.kwta".
 *
 * @param graph Graph that has the layer.
 * @param path Index of its node in the graph.
 */
export const layerName = ({ nodes }: Nodes, path: number): string => `${path}.${nodes[path]._tag}`;

/**
 * Finds layers by their names.
 *
 * @param graph Graph that has the layers.
 * @param names Names as {@linkcode layerName} gives them, or paths alone: "3".
 * @returns The paths in rising order, each once; `InvalidOption` for a name that the graph has not.
 *
 * @example
 * ```ts
 * import { findLayers } from "./layer_outputs.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const encoder = graph`linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)`;
 * assertEquals(findLayers(encoder, ["3.kwta", "1"]), E.right([1, 3]));
 * assertEquals(E.isLeft(findLayers(encoder, ["1.kwta"])), true);
 * ```
 */
export function findLayers(
  graph: Nodes,
  names: readonly string[],
): E.Either<InvalidOption, readonly number[]> {
  const known = graph.nodes.map((_, path) => layerName(graph, path));
  const found = new Set<number>();
  for (const name of names) {
    const path = known.findIndex((one, path) => name === one || name === String(path));
    if (path === -1) return E.left(invalidOption("layers", name, `one of ${known.join(", ")}`));
    found.add(path);
  }
  return E.right(Array.from(found).toSorted((a, b) => a - b));
}

/** Options of {@linkcode layerOutputs}. */
export interface LayerOutputsOptions extends EncodeOptions {
  /** Indices of the graph's nodes in rising order, as {@linkcode findLayers} returns them. */
  readonly paths: readonly number[];
}

/**
 * Computes the evaluated outputs of nodes of the graph itself (not of branches inside of a node), in one pass:
 * packed codes of a kWTA of any kind, numbers of the others, [samples, units] however many axes a
 * sample has.
 *
 * @param model Model to evaluate.
 * @param samples Samples to send through the model, normalised as `encode` does.
 * @param options Options, as {@linkcode LayerOutputsOptions} describes them.
 * @returns The embeddings, in the order of the paths; `InvalidOption` for a node that makes a pair;
 * else as `forEachBatch` does.
 */
export const layerOutputs = (
  { graph, ...model }: Model,
  samples: Samples,
  { paths, env }: LayerOutputsOptions,
): TE.TaskEither<SparrowError, readonly Embeddings[]> =>
async () => {
  const parts = lowerEach(graph);
  const collectors = paths.map((path) => collector(samples.count, isBinaryNode(graph.nodes[path])));
  let pair: number | null = null;
  const forward = (x: tf.Tensor): readonly tf.Tensor[] => {
    const chosen: tf.Tensor[] = [];
    let value: Value = x;
    for (let path = 0; path <= (paths.at(-1) ?? -1); path++) {
      value = parts[path].evaluate(model, value);
      if (!paths.includes(path)) continue;
      const { compact } = collectors[paths.indexOf(path)];
      if (value instanceof tf.Tensor) chosen.push(compact(value));
      else pair ??= path;
    }
    return chosen;
  };
  const done = await forEachForward(model, samples, {
    forward,
    widest: widestOf(graph, model.input),
    use: ({ outputs, from }) => {
      if (pair === null) outputs.forEach((read, i) => collectors[i].add(read, from));
    },
    env,
  })();
  if (pair !== null) {
    const name = layerName(graph, pair);
    return E.left(invalidOption("layers", `${name}, which makes a pair`, "layers of one tensor"));
  }
  return E.map(() => collectors.map(({ embeddings }) => embeddings()))(done);
};
