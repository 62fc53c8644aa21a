import fc from "npm:fast-check@4.3.0";
import { E } from "../../../graph/fp_ts.ts";
import { readIdx } from "../../../pipelines/data/mnist.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";

const encode = (shape: readonly number[], values: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(4 + 4 * shape.length + values.length);
  bytes.set([0, 0, 8, shape.length]);
  shape.forEach((n, axis) => new DataView(bytes.buffer).setUint32(4 + 4 * axis, n));
  bytes.set(values, 4 + 4 * shape.length);
  return bytes;
};

const arrays = fc.array(fc.nat(5), { minLength: 1, maxLength: 4 }).chain((shape) => {
  const length = shape.reduce((product, n) => product * n, 1);
  return fc.uint8Array({ minLength: length, maxLength: length }).map((values) => ({
    shape,
    values,
  }));
});

const reasonFor = (bytes: Uint8Array): string => {
  const result = readIdx("a-file", bytes);
  assert(E.isLeft(result), "expected an error");
  assertEquals([result.left._tag, result.left.file], ["CorruptFile", "a-file"]);
  return result.left.reason;
};

Deno.test("readIdx reads what was written, of every rank, sizes of 0 included", () => {
  fc.assert(fc.property(arrays, ({ shape, values }) => {
    assertEquals(readIdx("a-file", encode(shape, values)), E.right({ shape, values }));
  }));
});

Deno.test("readIdx returns a view and reads one", () => {
  const shifted = new Uint8Array([99, ...encode([2], Uint8Array.of(7, 8)), 99]).subarray(1, -1);
  const result = readIdx("a-file", shifted);
  assert(E.isRight(result));
  assertEquals(result.right.values, Uint8Array.of(7, 8));
  assert(result.right.values.buffer === shifted.buffer);
});

Deno.test("readIdx says what is wrong, with the numbers", async (t) => {
  const good = encode([2, 3], new Uint8Array(6));
  const changed = (at: number, byte: number) => good.with(at, byte);
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ["empty", new Uint8Array(0), "at least 4 bytes of IDX header, current value is 0"],
    ["half a magic number", good.subarray(0, 3), "current value is 3"],
    ["first byte", changed(0, 31), "begin with 00 00, current value is 1f 00"],
    ["second byte", changed(1, 139), "current value is 00 8b"],
    ["floats", changed(2, 0x0d), "type 08 (bytes), current value is 0d"],
    ["rank 0", changed(3, 0), "1 to 4 axes, current value is 0"],
    ["rank 5", changed(3, 5), "1 to 4 axes, current value is 5"],
    [
      "half a header",
      good.subarray(0, 11),
      "12 bytes of IDX header for 2 axes, current value is 11",
    ],
    [
      "one byte less",
      good.subarray(0, 17),
      "truncated: expected 18 bytes for the shape [2, 3], current value is 17",
    ],
    [
      "one byte more",
      new Uint8Array([...good, 0]),
      "too long: expected 18 bytes for the shape [2, 3], current value is 19",
    ],
  ];
  for (const [name, bytes, reason] of cases) {
    await t.step(name, () => assertStringIncludes(reasonFor(bytes), reason));
  }
});

Deno.test("readIdx takes sizes whose product overflows for what they are", () => {
  const most = 2 ** 32 - 1;
  assertStringIncludes(
    reasonFor(encode([most, most, most, most], new Uint8Array(6))),
    // (2^32 − 1)^4 + 20, to the last digit.
    "expected 340282366604025813516997721482669850645 bytes",
  );
  // 65536^4 is 2^64, which is 0 in 64 bits.
  assertStringIncludes(
    reasonFor(encode([65536, 65536, 65536, 65536], new Uint8Array(0))),
    "expected 18446744073709551636 bytes",
  );
  assertEquals(
    readIdx("a-file", encode([0, most], new Uint8Array(0))),
    E.right({ shape: [0, most], values: new Uint8Array(0) }),
  );
});

Deno.test("readIdx never throws on damaged files, and what it accepts is consistent", () => {
  const damaged = fc.tuple(
    arrays,
    fc.array(fc.tuple(fc.nat(40), fc.nat(7)), { maxLength: 4 }),
    fc.nat(40),
    fc.boolean(),
  ).map(([{ shape, values }, flips, length, cut]) => {
    const bytes = encode(shape, values);
    for (const [at, bit] of flips) bytes[at % bytes.length] ^= 1 << bit;
    return cut ? bytes.subarray(0, length) : bytes;
  });
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 64 })), (bytes) => {
      const result = readIdx("a-file", bytes);
      if (E.isLeft(result)) return result.left._tag === "CorruptFile" && result.left.reason !== "";
      const { shape, values } = result.right;
      return shape.reduce((product, n) => product * n, 1) === values.length &&
        values.length + 4 + 4 * shape.length === bytes.length;
    }),
    { numRuns: 2000 },
  );
});
