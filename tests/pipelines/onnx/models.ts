/**
 * Models of random weights, and what Sparrow makes of them.
 *
 * @module
 */
import { initialParams } from "../../../graph/params.ts";
import { initialPlasticity } from "../../../graph/plasticity.ts";
import { draw, seed } from "../../../graph/rng.ts";
import { inferShapes } from "../../../graph/shape.ts";
import type { Nodes } from "../../../graph/node.ts";
import type { Shape } from "../../../graph/types.ts";
import { lower } from "../../../ops/interpreter.ts";
import { tf } from "../../../ops/tfjs.ts";
import type { ModelFile } from "../../../pipelines/files/model.ts";
import { toTensors } from "../../../pipelines/core/run.ts";
import { right } from "../tiny.ts";

/** A model of random weights and statistics. */
export function randomModel(graph: Nodes, input: Shape, from: number): ModelFile {
  const inferred = right(inferShapes(graph, input)).graph;
  const [params, rng] = initialParams(inferred, seed(from));
  const [plasticity] = draw(rng, ({ unit }) =>
    Object.fromEntries(
      Object.entries(initialPlasticity(inferred)).map(([path, { shape, data }]) => [
        path,
        { shape, data: data.map((value) => value + 0.5 * unit()) },
      ]),
    ));
  const facts = { normalisation: { mean: [0.25], std: [0.5] }, dataset: "random", epoch: 0 };
  return { graph: inferred, input, params, plasticity, ...facts };
}

/** Runs a model on a batch in Sparrow, on the current backend. */
export async function inSparrow(
  model: Pick<ModelFile, "graph" | "params" | "plasticity">,
  data: Float32Array,
  shape: Shape,
): Promise<Float32Array> {
  const [params, plasticity] = [toTensors(model.params), toTensors(model.plasticity)];
  const y = tf.tidy(() =>
    lower(model.graph).evaluate({ params, plasticity }, tf.tensor(data, [...shape])) as tf.Tensor
  );
  const read = await y.data<"float32">();
  tf.dispose([params, plasticity, y]);
  return read;
}

/** Numbers around 0, the same for the same seed. */
export const noise = (count: number, from: number): Float32Array =>
  draw(seed(from), ({ unit }) => Float32Array.from({ length: count }, () => 2 * unit() - 1))[0];
