/**
 * Float vectors for the tests of coders and searches.
 *
 * @module
 */
import { draw, seed } from "../../../graph/rng.ts";
import type { DenseEmbeddings } from "../../../ops/embeddings.ts";
import { normals } from "../../../ops/codes/projections.ts";
import { unitVectors } from "../../../ops/codes/vectors.ts";
import { ok } from "./sets.ts";

/** Vectors of independent normal numbers. */
export const vectorsOf = (count: number, width: number, number: number): DenseEmbeddings => ({
  kind: "dense",
  count,
  width,
  values: draw(seed(number), (dice) => Float32Array.from(normals(count * width, dice)))[0],
});

/** Vectors of independent normal numbers, scaled to length 1. */
export const units = (count: number, width: number, number: number): DenseEmbeddings =>
  ok(unitVectors(vectorsOf(count, width, number)));

/** Selects some of the vectors. */
export const rows = (
  { kind, width, values }: DenseEmbeddings,
  from: number,
  to: number,
): DenseEmbeddings => ({
  kind,
  count: to - from,
  width,
  values: values.subarray(from * width, to * width),
});

/** The vectors of one of the shared files of float16 numbers. */
export function float16Rows(file: URL): DenseEmbeddings {
  const { buffer } = Deno.readFileSync(file);
  const length = new DataView(buffer).getUint16(8, true);
  const text = new TextDecoder().decode(new Uint8Array(buffer, 10, length));
  const [count, width] = /\((\d+), (\d+)\)/.exec(text)!.slice(1).map(Number);
  const numbers = new Float16Array(buffer, 10 + length, count * width);
  return { kind: "dense", count, width, values: Float32Array.from(numbers) };
}
