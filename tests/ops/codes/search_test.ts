import fc from "npm:fast-check@4.3.0";
import { E } from "../../../graph/fp_ts.ts";
import { draw, permutation, seed } from "../../../graph/rng.ts";
import { startBackend } from "../../../ops/backend.ts";
import type { BinaryEmbeddings } from "../../../ops/embeddings.ts";
import { embeddingDistances } from "../../../ops/metrics/distances.ts";
import { nearestByRows, type Neighbours } from "../../../ops/metrics/neighbours.ts";
import { codeIndex, search, type SearchOptions } from "../../../ops/codes/search.ts";
import { searchOnGpu } from "../../../ops/codes/search_gpu.ts";
import { bind, symmetricDifference } from "../../../ops/codes/algebra.ts";
import { appendCodes, pickCodes } from "../../../ops/codes/codes.ts";
import { moveUnits } from "../../../ops/codes/noise.ts";
import { loadCodes, saveCodes } from "../../../pipelines/files/codes.ts";
import { denoFiles } from "../../../pipelines/files/files.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../../assert.ts";
import { withFolder } from "../../pipelines/process.ts";
import { right } from "../../pipelines/tiny.ts";
import { onEachBackend } from "../backends.ts";
import { codesOf, ok, random, refusal, setsOf } from "./sets.ts";

const distances = ["hamming", "overlap"] as const;

/** The definition: all distances, sorted, the lower index first. */
function naive(
  queries: BinaryEmbeddings,
  codes: BinaryEmbeddings,
  k: number,
  distance: "hamming" | "overlap",
): Neighbours {
  const all = embeddingDistances(queries, codes, distance);
  const indices = Array.from({ length: queries.count }, (_, i) => {
    const row = all.subarray(i * codes.count, (i + 1) * codes.count);
    return Array.from(row, (_, j) => j).sort((a, b) => row[a] - row[b] || a - b).slice(0, k);
  });
  return {
    k,
    indices: Int32Array.from(indices.flat()),
    distances: Float64Array.from(
      indices.flatMap((own, i) => own.map((j) => all[i * codes.count + j])),
    ),
  };
}

/** Codes whose count, sizes and width fit no block, chunk or pair of words; many are equal. */
const uneven = (width: number, number: number): BinaryEmbeddings => {
  const some = appendCodes(random(40, width, 3, number), random(30, width, width >> 1, number + 1));
  return pickCodes(some, Array.from({ length: 5000 }, (_, i) => (i * i) % 70));
};

onEachBackend("the nearest codes are those that sorting all distances gives", async (name) => {
  const find = async (
    codes: BinaryEmbeddings,
    queries: BinaryEmbeddings,
    options: SearchOptions,
  ) => {
    const index = codeIndex(codes);
    if (name !== "webgpu") return ok(search(index, queries, { ...options, on: name }));
    const backend = right(await startBackend("webgpu")());
    return right(await searchOnGpu(index, queries, options, backend)());
  };
  const cases = fc.tuple(setsOf(2).filter(([{ count }]) => count > 0), fc.nat(), fc.nat(1));
  await fc.assert(
    fc.asyncProperty(cases, async ([[codes, queries], pick, which]) => {
      const options = { k: 1 + pick % codes.count, distance: distances[which] };
      assertEquals(
        await find(codes, queries, options),
        naive(queries, codes, options.k, options.distance),
      );
    }),
    { numRuns: name === "webgpu" ? 20 : 100 },
  );
  for (const width of [70, 512]) {
    const [codes, queries] = [uneven(width, width), random(7, width, 9)];
    for (const distance of distances) {
      const expected = naive(queries, codes, 10, distance);
      assertEquals(await find(codes, queries, { k: 10, distance }), expected);
    }
  }
});

Deno.test("codes of any size and any number are found, over the borders of blocks", () => {
  const count = fc.integer({ min: 1, max: 1400 });
  const part = fc.double({ min: 0, max: 1, noNaN: true });
  const cases = fc.record({
    count,
    width: fc.integer({ min: 1, max: 140 }),
    kinds: fc.integer({ min: 1, max: 40 }),
    sizes: fc.tuple(part, part),
    asked: part,
    k: fc.integer({ min: 1, max: 20 }),
    number: fc.nat(1e6),
  });
  fc.assert(
    fc.property(cases, ({ count, width, kinds, sizes, asked, k, number }) => {
      // A few kinds of two sizes, so that there are ties of both.
      const some = sizes.map((size, i) =>
        random(kinds, width, Math.round(size * width), number + i)
      );
      const picks = Array.from({ length: count }, (_, i) => (i * i + number) % (2 * kinds));
      const codes = pickCodes(appendCodes(some[0], some[1]), picks);
      const queries = random(3, width, Math.round(asked * width), number + 2);
      for (const distance of distances) {
        const options = { k: Math.min(k, count), distance };
        assertEquals(
          ok(search(codeIndex(codes), queries, options)),
          nearestByRows(queries, codes, options.k, distance, false),
        );
      }
    }),
    { numRuns: 150 },
  );
  // One in a thousand of 20,000 is of another kind, and they are equal.
  const kinds = Array.from({ length: 20_000 }, (_, i) => i % 1000 === 7 ? 1 : 0);
  const codes = pickCodes(random(2, 96, 8), kinds);
  const queries = pickCodes(codes, [7, 0]);
  for (const distance of distances) {
    const expected = nearestByRows(queries, codes, 30, distance, false);
    assert(expected.indices[19] === 19_007 && expected.indices[20] === 0);
    assertEquals(ok(search(codeIndex(codes), queries, { k: 30, distance })), expected);
  }
});

Deno.test("queries that have most units, some or none are found among codes that do", () => {
  for (const width of [31, 64, 100]) {
    const sets = [0, 1, width >> 1, width - 1, width].map((size) => random(200, width, size, size));
    const mixed = sets.reduce(appendCodes);
    for (const codes of [...sets, mixed]) {
      for (const set of sets) {
        const queries = pickCodes(set, [0, 1]);
        for (const distance of distances) {
          assertEquals(
            ok(search(codeIndex(codes), queries, { k: 9, distance })),
            nearestByRows(queries, codes, 9, distance, false),
          );
        }
      }
    }
  }
});

Deno.test("codes of many units are counted as they are", () => {
  const codes = appendCodes(random(700, 5000, 2400), random(700, 5000, 40));
  for (const size of [40, 2500, 4990]) {
    const queries = appendCodes(random(3, 5000, size, 1), pickCodes(codes, [3, 900]));
    for (const distance of distances) {
      assertEquals(
        ok(search(codeIndex(codes), queries, { k: 10, distance })),
        nearestByRows(queries, codes, 10, distance, false),
      );
    }
  }
});

Deno.test("queries that have units in common are found as each alone is", () => {
  const part = fc.double({ min: 0, max: 1, noNaN: true });
  const cases = fc.record({
    count: fc.integer({ min: 1, max: 700 }),
    width: fc.integer({ min: 400, max: 900 }),
    queries: fc.integer({ min: 1, max: 8 }),
    kinds: fc.integer({ min: 1, max: 3 }),
    sizes: fc.tuple(part, part),
    asked: fc.double({ min: 0.3, max: 0.9, noNaN: true }),
    k: fc.integer({ min: 1, max: 300 }),
    number: fc.nat(1e6),
  });
  fc.assert(
    fc.property(cases, ({ count, width, queries, kinds, sizes, asked, k, number }) => {
      const drawn = (count: number, part: number, i: number) =>
        random(count, width, Math.round(part * width), number + i);
      const some = appendCodes(drawn(count, sizes[0], 0), drawn(count, sizes[1], 1));
      const codes = pickCodes(some, Array.from({ length: count }, (_, i) => (i * i) % (2 * count)));
      const all = pickCodes(
        drawn(kinds, asked, 2),
        Array.from({ length: queries }, (_, i) => i % kinds),
      );
      for (const distance of distances) {
        const options = { k: Math.min(k, count), distance };
        const found = ok(search(codeIndex(codes), all, options));
        assertEquals(found, nearestByRows(all, codes, options.k, distance, false));
        const last = ok(search(codeIndex(codes), pickCodes(all, [queries - 1]), options));
        assertEquals(last.indices, found.indices.slice(-options.k));
      }
    }),
    { numRuns: 40 },
  );
});

Deno.test("a million codes are searched, and as many queries as the kernel gets in several calls", () => {
  const [words] = draw(
    seed(3),
    ({ integer }) => Uint32Array.from({ length: 2 ** 20 }, () => integer(0, 2 ** 32 - 1)),
  );
  const codes: BinaryEmbeddings = { kind: "binary", count: words.length, width: 32, words };
  const queries = pickCodes(codes, [5, 2 ** 20 - 1]);
  for (const distance of distances) {
    const found = ok(search(codeIndex(codes), queries, { k: 10, distance }));
    assertEquals(found, nearestByRows(queries, codes, 10, distance, false));
  }
  // More than 2²⁴ units: 4,095 queries at a time.
  const few = random(4, 8192, 4096, 9);
  const picks = Array.from({ length: 4200 }, (_, i) => i % 4);
  const many = ok(search(codeIndex(few), pickCodes(few, picks), { k: 1 }));
  assertEquals([...many.indices], picks);
  assert(many.distances.every((distance) => distance === 0));
});

onEachBackend("what does not change distances does not change what is found", async (name) => {
  const find = async (codes: BinaryEmbeddings, queries: BinaryEmbeddings) => {
    const [index, options] = [codeIndex(codes), { k: 10 }];
    if (name !== "webgpu") return ok(search(index, queries, { ...options, on: name }));
    const backend = right(await startBackend("webgpu")());
    return right(await searchOnGpu(index, queries, options, backend)());
  };
  for (const [width, size] of [[512, 26], [512, 256], [203, 60]]) {
    const drawn = random(1200, width, size, 1);
    // The codes 700 to 709 are planted: they equal the queries, or have one unit moved.
    const planted = random(10, width, size, 2);
    const [moved] = ok(moveUnits(planted, 1 / size, seed(5)));
    const codes = appendCodes(
      appendCodes(pickCodes(drawn, Array.from({ length: 700 }, (_, i) => i)), planted),
      appendCodes(moved, pickCodes(drawn, Array.from({ length: 500 }, (_, i) => 700 + i))),
    );
    const found = await find(codes, planted);
    for (let i = 0; i < 10; i++) {
      const own = (values: ArrayLike<number>) => [values[10 * i], values[10 * i + 1]];
      assertEquals(own(found.indices), [700 + i, 710 + i]);
      assertEquals(own(found.distances), [0, 2]);
    }
    // (q ⊕ m, x ⊕ m) are as far apart as (q, x), whatever the mask m.
    const mask = random(1, width, width >> 1, 3);
    const masked = (codes: BinaryEmbeddings) =>
      symmetricDifference(codes, pickCodes(mask, new Array(codes.count).fill(0)));
    assertEquals(await find(masked(codes), masked(planted)), found);
    // So they are where units change places.
    const [order] = permutation(width, seed(4));
    const permuted = (codes: BinaryEmbeddings) => ok(bind(codes, order));
    assertEquals(await find(permuted(codes), permuted(planted)), found);
  }
});

Deno.test("an index is searched again and again, also with more queries than before", () => {
  const codes = random(1000, 100, 7);
  const index = codeIndex(codes);
  for (const [count, size] of [[3, 7], [3000, 7], [1, 93], [3000, 90]]) {
    const queries = random(count, 100, size, count);
    const found = ok(search(index, queries, { k: 3 }));
    assertEquals(found, nearestByRows(queries, codes, 3, "hamming", false));
  }
  const none = ok(search(index, { ...codes, count: 0, words: new Uint32Array() }, { k: 1 }));
  assertEquals(none.indices.length, 0);
});

Deno.test("an index is saved as its codes", () =>
  withFolder(async (folder) => {
    const [codes, queries] = [random(300, 70, 5), random(4, 70, 5, 1)];
    const path = `${folder}/index.npz`;
    right(await saveCodes(path, { codes, labels: null }, denoFiles)());
    const loaded = codeIndex(right(await loadCodes(path, denoFiles)()).codes);
    const options = { k: 5 };
    assertEquals(
      ok(search(loaded, queries, options)),
      ok(search(codeIndex(codes), queries, options)),
    );
  }));

onEachBackend("codes of one model are not searched with those of another", async (name) => {
  const codes = random(40, 70, 5);
  const [one, other] = [{ ...codes, model: "a".repeat(64) }, { ...codes, model: "b".repeat(64) }];
  const find = async (codes: BinaryEmbeddings, queries: BinaryEmbeddings) =>
    name === "webgpu"
      ? await searchOnGpu(
        codeIndex(codes),
        queries,
        { k: 1 },
        right(await startBackend("webgpu")()),
      )()
      : search(codeIndex(codes), queries, { k: 1, on: name });
  for (const [set, queries] of [[one, one], [one, codes], [codes, other], [codes, codes]]) {
    assertEquals([...right(await find(set, queries)).distances], new Array(40).fill(0));
  }
  assertEquals(
    refusal(await find(pickCodes(one, [1, 2]), pickCodes(other, [3]))),
    "Cannot use queries: expected codes of the model of SHA-256 aaaaaaaaaaaa…, as those that they are " +
      'compared with: encode both with one model, current value is "codes of the model of SHA-256 bbbbbbbbbbbb…"',
  );
  assertThrows(() => appendCodes(one, other), RangeError, "codes to append");
  assertEquals(appendCodes(one, one).model, one.model);
  assertEquals(appendCodes(one, codes).model, undefined);
});

Deno.test("what cannot be searched is refused by name", async () => {
  const index = codeIndex(codesOf([[1], [2]], 8));
  const query = codesOf([[1]], 8);
  assertStringIncludes(refusal(search(index, query, { k: 3 })), "number of codes, 2");
  assertStringIncludes(refusal(search(index, query, { k: 0.5 })), "current value is 0.5");
  assertThrows(() => search(index, codesOf([[1]], 9), { k: 1 }), RangeError, "search for codes");
  const cpu = right(await startBackend("cpu")());
  const none = await searchOnGpu(index, query, { k: 1 }, cpu)();
  assert(E.isLeft(none) && none.left._tag === "BackendUnavailable");
  assertStringIncludes(refusal(none), "the current backend is cpu");
});
