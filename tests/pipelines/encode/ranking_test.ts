import fc from "npm:fast-check@4.3.0";
import { hamming, overlap } from "../../../ops/codes/algebra.ts";
import { pickCodes } from "../../../ops/codes/codes.ts";
import { describe } from "../../../graph/error.ts";
import { nearestImages } from "../../../pipelines/encode/search.ts";
import type { SavedCodes } from "../../../pipelines/files/codes.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";
import { codesOf } from "../../ops/codes/sets.ts";
import { left, right } from "../tiny.ts";

const width = 24;
const model = { file: "m.safetensors", sha256: "00" };

/** An image as it is known: its name, the units of its code, and numbers that its other arrays are made of. */
interface Known {
  readonly name: string;
  readonly units: readonly number[];
  /** Numbers among few values, so that some are equal. */
  readonly values: readonly number[];
  /** Index of the picture that it shows, of four, and its brightness. */
  readonly picture: number;
  readonly shift: number;
}

const known = fc.record({
  name: fc.string({ minLength: 1, maxLength: 6 }),
  units: fc.uniqueArray(fc.integer({ min: 0, max: width - 1 }), { maxLength: 4 }),
  values: fc.array(fc.integer({ min: -1, max: 2 }), { minLength: width, maxLength: width }),
  picture: fc.integer({ min: 0, max: 11 }),
  shift: fc.integer({ min: 0, max: 3 }),
});
const knowns = (least: number, most: number) =>
  fc.uniqueArray(known, { minLength: least, maxLength: most, selector: ({ name }) => name });

const setOf = (images: readonly Known[]): SavedCodes => ({
  codes: codesOf(images.map(({ units }) => units.toSorted((a, b) => a - b)), width),
  labels: null,
  activations: Int8Array.from(images.flatMap(({ values }) => values)),
  thumbnails: Uint8Array.from(
    images.flatMap(({ picture, shift }) =>
      Array.from({ length: 256 }, (_, i) => {
        const cell = 32 * picture + ((i >> 5) << 2 | (i >> 2 & 3));
        const bit = Math.imul(Math.imul(cell, 0x85ebca6b) ^ (cell + 99), 0xc2b2ae35) >>> 31;
        return 60 + 120 * bit + shift;
      })
    ),
  ),
  origins: {
    ...{ model, inverted: false, classes: [] },
    parts: [{ kind: "files", files: images.map(({ name }) => name) }],
  },
});

const cosine = (a: readonly number[], b: readonly number[]): number => {
  const dot = a.reduce((sum, x, i) => sum + x * b[i], 0);
  const square = b.reduce((sum, x) => sum + x * x, 0);
  return square === 0 ? 0 : dot / Math.sqrt(square);
};

const cases = fc.record({
  images: knowns(1, 50),
  queries: knowns(1, 3),
  share: fc.double({ min: 0.01, max: 1, noNaN: true }),
  distance: fc.constantFrom("hamming" as const, "overlap" as const),
});

Deno.test("near-duplicates, then the distance, then the values, then the name: all that were sorted so", () => {
  fc.assert(
    fc.property(cases, ({ images, queries, share, distance }) => {
      const k = Math.ceil(share * images.length);
      const [set, asked] = [setOf(images), setOf(queries)];
      const answers = right(nearestImages(set, asked, { k, distance }));
      answers.forEach(({ results }, q) => {
        assertEquals(results.length, k);
        const one = pickCodes(asked.codes, Int32Array.from(images, () => q));
        const [apart, common] = [hamming(set.codes, one), overlap(set.codes, one)];
        const far = distance === "hamming" ? [...apart] : Array.from(common, (units) => -units);
        const keys = images.map(({ name, values, picture, shift }, i) => ({
          i,
          name,
          near: picture === queries[q].picture ? Math.abs(shift - queries[q].shift) : Infinity,
          far: far[i],
          value: cosine(queries[q].values, values),
        }));
        const expected = keys.toSorted((a, b) =>
          (a.near === b.near ? 0 : a.near - b.near) || a.far - b.far || b.value - a.value ||
          (a.name < b.name ? -1 : 1)
        ).slice(0, k);
        assertEquals(results.map(({ index }) => index), expected.map(({ i }) => i));
        results.forEach(({ index, distance, overlap, difference, rank }, at) => {
          assertEquals([distance, overlap, rank], [apart[index], common[index], at + 1]);
          assertEquals(difference !== undefined, keys[index].near < Infinity);
        });
      });
    }),
    { numRuns: 100 },
  );
});

Deno.test("the order of the file does not matter", () => {
  fc.assert(
    fc.property(cases, fc.integer(), ({ images, queries, distance }, turn) => {
      const moved = images.toSorted((a, b) =>
        (Math.imul(a.name.length + a.picture + turn, 0x9e3779b1) >>> 0) -
        (Math.imul(b.name.length + b.picture + turn, 0x9e3779b1) >>> 0)
      );
      const names = (of: readonly Known[]) =>
        right(nearestImages(setOf(of), setOf(queries), { k: Math.min(5, of.length), distance }))
          .map(({ results }) => results.map(({ name }) => name));
      assertEquals(names(images), names(moved));
    }),
    { numRuns: 50 },
  );
});

Deno.test("groups: no image is in two, all of one are alike, and none of two heads", () => {
  fc.assert(
    fc.property(
      knowns(1, 30),
      knowns(1, 2),
      fc.integer({ min: 1, max: 30 }),
      (images, queries, n) => {
        const k = Math.min(n, images.length);
        const set = setOf(images);
        const single = right(nearestImages(set, setOf(queries), { k: 1 }));
        const pictures = new Set(images.map(({ picture }) => picture));
        right(nearestImages(set, setOf(queries), { k, group: true })).forEach(({ results }, q) => {
          assertEquals(results.length, Math.min(k, pictures.size));
          assertEquals(results[0].index, single[q].results[0].index);
          const all = results.flatMap(({ index, duplicates }) => [
            index,
            ...duplicates!.map(({ index }) => index),
          ]);
          assertEquals(new Set(all).size, all.length);
          const heads = results.map(({ index }) => images[index].picture);
          assertEquals(new Set(heads).size, heads.length);
          results.forEach(({ index, duplicates }) => {
            const { picture } = images[index];
            const alike = images.flatMap((image, i) =>
              image.picture === picture && i !== index ? [i] : []
            );
            assertEquals(duplicates!.map(({ index }) => index).toSorted((a, b) => a - b), alike);
          });
        });
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("many that are equally near: all are ordered by their values, however many there are", () => {
  const images = Array.from({ length: 3000 }, (_, i): Known => ({
    name: `${i}`,
    units: i % 3 === 0 ? [1, 2] : [1, 3],
    values: Array.from(
      { length: width },
      (_, u) => (Math.imul(i * width + u, 0x9e3779b1) >>> 28) - 8,
    ),
    picture: 0,
    shift: 0,
  }));
  const { thumbnails: _, ...set } = setOf(images);
  const query = { ...images[0], values: images[0].values.map((x) => 8 - x) };
  for (const k of [1, 10, 1200]) {
    const [{ results }] = right(nearestImages(set, setOf([query]), { k }));
    const expected = images.map((image, i) => ({
      i,
      far: i % 3 === 0 ? 0 : 2,
      value: cosine(query.values, image.values),
    })).toSorted((a, b) => a.far - b.far || b.value - a.value || (`${a.i}` < `${b.i}` ? -1 : 1));
    assertEquals(results.map(({ index }) => index), expected.slice(0, k).map(({ i }) => i));
  }
});

Deno.test("by values alone the nearest hundred by code are ordered by their values", () => {
  fc.assert(
    fc.property(knowns(1, 50), knowns(1, 2), (images, queries) => {
      const { thumbnails: _, ...set } = setOf(images);
      const k = images.length;
      right(nearestImages(set, setOf(queries), { k, distance: "values" })).forEach(
        ({ results }, q) => {
          const values = results.map(({ index }) =>
            cosine(queries[q].values, images[index].values)
          );
          assert(values.every((value, i) => i === 0 || value <= values[i - 1]));
        },
      );
    }),
    { numRuns: 30 },
  );
});

Deno.test("a set without values or thumbnails is searched as it always was; what needs them is refused", () => {
  const images = Array.from({ length: 4 }, (_, i): Known => ({
    name: `${9 - i}`,
    units: [1],
    values: Array.from({ length: width }, () => i),
    picture: i,
    shift: 0,
  }));
  const set = setOf(images);
  const old = { codes: set.codes, labels: null, origins: set.origins };
  const queries = setOf(images.slice(3));
  const order = (of: SavedCodes, by: SavedCodes) =>
    right(nearestImages(of, by, { k: 4 }))[0].results.map(({ index }) => index);
  assertEquals(order(old, queries), [0, 1, 2, 3]);
  assertEquals(order(set, { codes: queries.codes, labels: null }), [0, 1, 2, 3]);
  assertEquals(order(set, queries)[0], 3);
  const message = (options: Parameters<typeof nearestImages>[2]) =>
    describe(left(nearestImages(old, queries, { k: 1, ...options })));
  assertStringIncludes(
    message({ group: true }),
    "Cannot use --group: expected codes of image files",
  );
  assertStringIncludes(message({ distance: "values" }), "encode them again");
});

Deno.test("codes of another model are refused, and those that remember none are not", () => {
  const one: Known = { name: "a", units: [1], values: Array(width).fill(1), picture: 0, shift: 0 };
  const set = setOf([one]);
  const other = {
    ...set,
    origins: { ...set.origins!, model: { file: "n.safetensors", sha256: "11" } },
  };
  assertEquals(
    describe(left(nearestImages(set, other, { k: 1 }))),
    "Cannot use QUERY: expected codes of the model that made those that are searched, m.safetensors of " +
      'SHA-256 00…, current value is "codes of n.safetensors, of SHA-256 11…"',
  );
  const { origins: _, ...unknown } = other;
  assertEquals(right(nearestImages(set, unknown, { k: 1 })).length, 1);
});
