/**
 * Embeddings for the tests of metrics.
 *
 * @module
 */
import fc from "npm:fast-check@4.3.0";
import {
  type DenseEmbeddings,
  type Embeddings,
  packRows,
  wordsPerCode,
} from "../../../ops/embeddings.ts";
import { float32, type GoldenArray } from "../../shared.ts";

/** Rows of numbers. */
export const dense = (rows: readonly (readonly number[])[]): DenseEmbeddings => ({
  kind: "dense",
  count: rows.length,
  width: rows[0]?.length ?? 0,
  values: Float32Array.from(rows.flat()),
});

/** Packs the bits into words. */
export function packed({ count, width, values }: DenseEmbeddings): Embeddings {
  const words = new Uint32Array(count * wordsPerCode(width));
  packRows(values, width, words, 0);
  return { kind: "binary", count, width, words };
}

/** A golden array as embeddings, one per entry of the first axis, and packed as well where binary. */
export function goldenForms(array: GoldenArray): readonly [DenseEmbeddings, ...Embeddings[]] {
  const { shape, data: values } = float32(array);
  const count = shape.length === 1 ? 1 : shape[0];
  const plain: DenseEmbeddings = { kind: "dense", count, width: values.length / count, values };
  return values.every((x) => x === 0 || x === 1) ? [plain, packed(plain)] : [plain];
}

/**
 * Generates sets of codes of one width, `sets` of them, of 1 to 12 codes each, some sparse, some not; zero codes and
 * equal ones are likely.
 */
export const codeSets = (sets: number): fc.Arbitrary<readonly DenseEmbeddings[]> =>
  fc.tuple(fc.integer({ min: 1, max: 70 }), fc.constantFrom(1, 3, 15)).chain(([width, zeros]) =>
    fc.array(
      fc.array(
        fc.array(fc.nat({ max: zeros }).map((x) => x === 0 ? 1 : 0), {
          minLength: width,
          maxLength: width,
        }),
        {
          minLength: 1,
          maxLength: 12,
        },
      ).map(dense),
      { minLength: sets, maxLength: sets },
    )
  );

/** Generates `count` vectors of one width with small integer entries, so that sums are exact and ties happen. */
export const integerRows = (count: number): fc.Arbitrary<DenseEmbeddings> =>
  fc.integer({ min: 1, max: 9 }).chain((width) =>
    fc.array(
      fc.array(fc.integer({ min: -3, max: 3 }), { minLength: width, maxLength: width }),
      { minLength: count, maxLength: count },
    )
  ).map(dense);

/** Row i as plain numbers. */
export const row = ({ width, values }: DenseEmbeddings, i: number): readonly number[] =>
  Array.from(values.subarray(i * width, (i + 1) * width));
