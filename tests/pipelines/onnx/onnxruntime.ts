/**
 * Models in onnxruntime.
 *
 * @module
 */
import * as ort from "npm:onnxruntime-node@1.30.0";
import type { Shape } from "../../../graph/types.ts";

/** Runs a model on a batch in onnxruntime; returns its outputs by name. */
export async function inOnnxruntime(
  bytes: Uint8Array,
  input: string,
  data: Float32Array | Uint8Array,
  shape: Shape,
): Promise<Readonly<Record<string, Float32Array | Uint8Array>>> {
  const session = await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1 });
  const type = data instanceof Uint8Array ? "uint8" : "float32";
  const outputs = await session.run({ [input]: new ort.Tensor(type, data, [...shape]) });
  await session.release();
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { data }]) => [name, data as Float32Array]),
  );
}
