import { Buffer } from "node:buffer";
import fc from "npm:fast-check@4.3.0";
import { describe, orThrow } from "../../../../graph/error.ts";
import { E } from "../../../../graph/fp_ts.ts";
import { openVectors } from "../../../../pipelines/data/vectors/open.ts";
import type { VectorSource } from "../../../../pipelines/data/vectors/source.ts";
import { assert, assertEquals, assertStringIncludes } from "../../../assert.ts";

/** Files that `python/make.py` has written. */
const folder = new URL("python/", import.meta.url).pathname;

const text = (lines: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(lines);

const open = (name: string, column?: string | readonly string[]): Promise<VectorSource> =>
  orThrow(openVectors(folder + name, { column }));

async function wordsOf(task: ReturnType<typeof openVectors>): Promise<string> {
  const opened = await task();
  if (E.isLeft(opened)) return describe(opened.left);
  const read = await opened.right.read(0, opened.right.count)();
  await opened.right.close()();
  return E.isLeft(read) ? describe(read.left) : "nothing is wrong";
}

const rows = 12;

async function whole(source: VectorSource): Promise<Float32Array> {
  const values = await orThrow(source.read(0, source.count));
  await source.close()();
  return values;
}

const x = await whole(await open("f4.npy"));
const halves = await whole(await open("f2.npy"));

/** Vectors that each file holds. */
const files: Readonly<Record<string, Float32Array>> = {
  "f8.npy": x,
  "plain.npz": x,
  "packed.npz": x,
  "none.parquet": x,
  "snappy.parquet": x,
  "gzip.parquet": x,
  "zstd.parquet": x,
  "lz4.parquet": x,
  "brotli.parquet": x,
  "fixed.parquet": x,
  "v2.parquet": x,
  "half.parquet": halves,
  "split.parquet": x,
  "pages.parquet": x,
  "scalars.parquet": x,
  "uncompressed.arrow": x,
  "lz4.arrow": x,
  "zstd.arrow": x,
  "fixed.arrow": x,
  "half.arrow": halves,
  "scalars.arrow": x,
  "stream.arrows": x,
};

Deno.test("float16 is read as NumPy rounds it", () => {
  // numpy.float16 has 11 significant bits.
  assert(halves.every((value, i) => Math.abs(value - x[i]) <= Math.abs(x[i]) * 2 ** -11));
  assert(halves.some((value, i) => value !== x[i]));
});

for (const [name, expected] of Object.entries(files)) {
  Deno.test(`${name}: the rows that Python has written, whole and in any stretches`, async () => {
    const source = await open(name);
    assertEquals([source.count, source.width], [rows, 4]);
    assertEquals(await orThrow(source.read(0, rows)), expected);
    await fc.assert(
      fc.asyncProperty(fc.nat(rows), fc.nat(rows), async (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const read = await orThrow(source.read(from, to - from));
        assertEquals(read, expected.slice(4 * from, 4 * to));
      }),
      { numRuns: 20, seed: 1 },
    );
    const together = [[7, 5], [0, 3], [4, 4]].map(([from, count]) =>
      orThrow(source.read(from, count))
    );
    const parts = await Promise.all(together);
    assertEquals(parts.map(({ length }) => length), [20, 12, 16]);
    assertEquals(parts[2], expected.slice(16, 32));
    await source.close()();
  });
}

Deno.test("further columns are read whole: texts, and integers of 64 bits", async () => {
  const ids = Array.from({ length: rows }, (_, i) => `id${i}`);
  const numbers = ids.map((_, i) => i);
  for (
    const name of ["none.parquet", "split.parquet", "v2.parquet", "lz4.arrow", "stream.arrows"]
  ) {
    const source = await open(name);
    assertEquals(await orThrow(source.column("id")), ids, name);
    assertEquals(await orThrow(source.column("label")), numbers, name);
    const none = await source.column("embedding")();
    assert(E.isLeft(none) && /one of "id", "label"/.test(describe(none.left)), name);
    await source.close()();
  }
  for (const name of ["scalars.parquet", "scalars.arrow"]) {
    const source = await open(name);
    assertEquals(await orThrow(source.column("id")), ids, name);
    await source.close()();
  }
  const npz = await open("plain.npz");
  assertEquals(await orThrow(npz.column("label")), numbers);
  await npz.close()();
});

Deno.test("a format is known by its content, whatever the file is called, in memory too", async () => {
  const bytes = await Deno.readFile(`${folder}none.parquet`);
  const source = await orThrow(openVectors({ name: "vectors.npy", bytes }));
  assertEquals(await whole(source), x);
  // Node.js's buffers are parts of others, at any byte.
  for (const name of ["f4.npy", "plain.npz", "zstd.parquet", "uncompressed.arrow", "lz4.arrow"]) {
    const content = await Deno.readFile(folder + name);
    const whole = Buffer.alloc(content.length + 9, 7);
    whole.set(content, 3);
    const bytes = whole.subarray(3, 3 + content.length) as Uint8Array<ArrayBuffer>;
    const source = await orThrow(openVectors({ name, bytes }));
    assertEquals(await orThrow(source.read(0, rows)), x, name);
    await source.close()();
  }
});

Deno.test("columns are chosen by name: lists, single numbers, an array of an archive, a field", async () => {
  const two = await open("scalars.parquet", ["x2", "x0"]);
  assertEquals([...await whole(two)].slice(0, 4), [x[2], x[0], x[6], x[4]]);
  assertEquals(await whole(await open("two.npz", "y")), halves);
  assertEquals(await whole(await open("none.parquet", "embedding")), x);
  const bytes = text('{"a": [1, 2], "b": [3]}\n{"a": [4, 5], "b": [6]}\n');
  const b = await orThrow(openVectors({ name: "lines", bytes }, { column: "b" }));
  assertEquals(await whole(b), Float32Array.of(3, 6));

  const refused: readonly (readonly [string, string | readonly string[] | undefined, string])[] = [
    ["two.npz", undefined, 'expected the name of one of them, current value is "2 arrays'],
    ["none.parquet", "vectors", 'expected one of "id", "label", "embedding"'],
    ["none.parquet", "id", "expected one of lists of numbers, or several of single numbers"],
    ["none.parquet", [], "expected one of lists of numbers, or several of single numbers"],
    ["lz4.arrow", ["embedding", "label"], "expected one of lists of numbers"],
    ["f4.npy", "x", "none: it has no further columns"],
  ];
  for (const [name, column, words] of refused) {
    assertStringIncludes(await wordsOf(openVectors(folder + name, { column })), words);
  }
  assertStringIncludes(await wordsOf(openVectors({ name: "lines", bytes })), "the name of one of");
});

Deno.test("rows that cannot be used are refused by their number", async () => {
  for (const kind of ["parquet", "arrow"]) {
    for (
      const [name, words] of [
        ["null_row", /expected 4 numbers.* null.* in row 7/],
        ["null_value", /expected .*numbers.* null.* in row 7/],
        ["short", /expected 4 numbers, as the first row has.* (3|fewer) in row 7/],
        ["long", /expected 4 numbers, as the first row has.* (5|more) in row 7/],
        ["long_last", /expected 4 numbers, as the first row has.* (5|more) in row 11/],
        ["nan", /expected finite numbers, current value is NaN in row 7, column 2/],
      ] as const
    ) {
      const path = `${folder}${name}.${kind}`;
      const found = await wordsOf(openVectors(path));
      assert(words.test(found), `${name}.${kind}: ${found}`);
      // The rows before are good.
      const source = await orThrow(openVectors(path));
      assertEquals(await orThrow(source.read(0, 7)), x.slice(0, 28), path);
      await source.close()();
    }
  }
});

Deno.test("arrays of NumPy that are no rows of numbers are refused, and integers of any shape are read", async () => {
  assertEquals(
    [...await whole(await open("i1.npy"))],
    Array.from({ length: 4 * rows }, (_, i) => i),
  );
  const refused = {
    "fortran.npy": "numpy.ascontiguousarray",
    "big_endian.npy": "expected numbers in little-endian order",
    "labels.npy": "expected an array of vectors, of shape [rows, columns], current value is <i8",
  };
  for (const [name, words] of Object.entries(refused)) {
    assertStringIncludes(await wordsOf(openVectors(folder + name)), words);
  }
});

Deno.test("what is no file of vectors is refused by what it is", async () => {
  const of = (...bytes: number[]) => Uint8Array.from(bytes);
  const found = (bytes: Uint8Array<ArrayBuffer>) => wordsOf(openVectors({ name: "file", bytes }));
  assertStringIncludes(await found(of()), "current value is an empty file");
  assertStringIncludes(await found(of(0x1f, 0x8b, 8)), "a gzip file: unpack it");
  assertStringIncludes(await found(text("FEA1")), "Feather's version 1");
  assertStringIncludes(await found(text("PARE")), "an encrypted Parquet file");
  assertStringIncludes(
    await found(text("id,x\n")),
    "expected vectors as .npy, .npz, Parquet, Arrow",
  );
  assertStringIncludes(await wordsOf(openVectors(`${folder}none`)), "there is no such file");
  assertStringIncludes(await wordsOf(openVectors(folder)), `Cannot read ${folder}`);
});

Deno.test("JSON lines: arrays or objects, blank lines passed over, faults by their row", async () => {
  const found = (lines: string) => wordsOf(openVectors({ name: "lines", bytes: text(lines) }));
  const source = await orThrow(
    openVectors({ name: "lines", bytes: text("[1, 2]\r\n\n  \n[3, 4]\n[5, 6]") }),
  );
  assertEquals([source.count, source.width], [3, 2]);
  assertEquals(await orThrow(source.read(1, 2)), Float32Array.of(3, 4, 5, 6));
  const refused = {
    "[1, 2]\n[3, 4": 'expected JSON in row 1, at byte 7, current value is "[3, 4"',
    "[1, 2]\n[3, NaN]": "expected JSON in row 1, at byte 7",
    "[1, 2]\n[3, 1e400]": "expected finite numbers, current value is Infinity in row 1, column 1",
    "[1, 2]\n[3]": "expected 2 numbers, as the first row has, current value is 1 in row 1",
    "[1, 2]\n[3, null]": "expected an array of numbers, current value is [3,null] in row 1",
    '{"vector": [1]}\n{"vectors": [2]}':
      'expected an array of numbers in "vector", current value is nothing in row 1',
    '{"id": 1}\n': 'expected the name of one of them, current value is "0 columns',
    " \n": "expected vectors as",
    "[]\n": "expected an array of numbers, current value is [] in row 0",
  };
  for (const [lines, words] of Object.entries(refused)) {
    assertStringIncludes(await found(lines), words);
  }
});

Deno.test("long files of JSON lines are read from the nearest line that is remembered", async () => {
  const count = 30_000;
  const line = (i: number) => `{"id": ${i}, "embedding": [${i}, ${"0.25, ".repeat(20)}${-i}]}\n`;
  const bytes = text(Array.from({ length: count }, (_, i) => line(i)).join(""));
  assert(bytes.length > 3 * 2 ** 20);
  const source = await orThrow(openVectors({ name: "lines", bytes }));
  assertEquals([source.count, source.width], [count, 22]);
  for (const from of [0, 1, 9_999, 20_001, count - 2]) {
    const values = await orThrow(source.read(from, 2));
    assertEquals([values[0], values[21], values[22]], [from, 0 - from, from + 1]);
  }
  assertEquals((await orThrow(source.column("id")))[29_999], 29_999);
});

for (const name of ["f4.npy", "plain.npz", "none.parquet", "zstd.arrow", "fixed.arrow"]) {
  Deno.test(`${name} cut off at any byte is refused`, async () => {
    const bytes = await Deno.readFile(folder + name);
    for (let end = 0; end < bytes.length; end++) {
      const words = await wordsOf(openVectors({ name: "cut", bytes: bytes.slice(0, end) }));
      assert(/^Cannot use cut: expected /.test(words), `${end}: ${words}`);
    }
  });
}

Deno.test("a stream of Arrow's that is cut off within a message is refused, between two it is shorter", async () => {
  const bytes = await Deno.readFile(`${folder}stream.arrows`);
  const lengths = new Set<number>();
  let refused = 0;
  for (let end = 0; end < bytes.length; end++) {
    const opened = await openVectors({ name: "cut", bytes: bytes.slice(0, end) })();
    if (E.isRight(opened)) {
      lengths.add(opened.right.count);
      assertEquals(await whole(opened.right), x.slice(0, 4 * opened.right.count));
    } else refused++;
  }
  assertEquals([[...lengths], refused], [[5, 10, 12], bytes.length - 3]);
});
