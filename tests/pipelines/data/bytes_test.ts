import fc from "npm:fast-check@4.3.0";
import { E } from "../../../graph/fp_ts.ts";
import { gunzip } from "../../../pipelines/data/bytes.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";
import { gzip } from "./fake.ts";

// Several slices long, compressed.
const content = Uint8Array.from({ length: 200_000 }, (_, i) => (i * i * 31) >> (i % 11));

const isEqual = (some: Uint8Array, others: Uint8Array): boolean =>
  some.length === others.length && some.every((byte, i) => byte === others[i]);

const reasonFor = async (bytes: Uint8Array, atMost = content.length): Promise<string> => {
  const result = await gunzip("a-file.gz", bytes, atMost)();
  assert(E.isLeft(result), "expected an error");
  assertEquals([result.left._tag, result.left.file], ["CorruptFile", "a-file.gz"]);
  return result.left.reason;
};

Deno.test("gunzip undoes gzip, up to the bound", async () => {
  const packed = await gzip(content);
  assert(packed.length > 3 * 16_384);
  assertEquals(await gunzip("a-file.gz", packed, content.length)(), E.right(content));
  assertEquals(
    await reasonFor(packed, content.length - 1),
    "expected at most 199999 bytes of uncompressed content, current value is larger",
  );
});

Deno.test("gunzip leaves what is not gzip as it is", async () => {
  for (const plain of [new Uint8Array(0), Uint8Array.of(0x1f), Uint8Array.of(0, 0, 8, 1)]) {
    const result = await gunzip("a-file", plain, 0)();
    assert(E.isRight(result) && result.right === plain);
  }
});

Deno.test("gunzip refuses a truncated stream, wherever it breaks off", async () => {
  const packed = await gzip(content);
  for (const length of [2, 9, 10, 11, 1000, 16_384, 20_000, packed.length - 8, packed.length - 1]) {
    assertStringIncludes(
      await reasonFor(packed.subarray(0, length)),
      `expected one whole gzip stream, current value is ${length} bytes that are truncated`,
    );
  }
});

Deno.test("gunzip refuses what follows the stream", async () => {
  const packed = await gzip(content);
  for (const rest of [Uint8Array.of(0), packed]) {
    assertStringIncludes(await reasonFor(new Uint8Array([...packed, ...rest])), "something else");
  }
});

Deno.test("gunzip never rejects and never returns other content after bits have flipped", async () => {
  const small = content.slice(0, 2000);
  const packed = await gzip(small);
  await fc.assert(
    fc.asyncProperty(fc.nat(packed.length - 1), fc.nat(7), async (at, bit) => {
      const result = await gunzip("a-file.gz", packed.with(at, packed[at] ^ (1 << bit)), 4000)();
      // Some bits mean nothing: the header's time and system, and the padding of the last byte.
      const magic = at < 2;
      assert(E.isLeft(result) || magic || isEqual(result.right, small));
    }),
    { numRuns: 300 },
  );
});

Deno.test("gunzip stops a bomb long before it is inflated", async () => {
  // 256 MiB of zeros in about 256 KiB.
  const zeros = new Uint8Array(1 << 24);
  const bomb = await new Response(
    ReadableStream.from(Array.from({ length: 16 }, () => zeros))
      .pipeThrough(new CompressionStream("gzip")),
  ).bytes();
  const before = Deno.memoryUsage().rss;
  assertStringIncludes(await reasonFor(bomb, 1 << 20), "at most 1048576 bytes");
  assert(Deno.memoryUsage().rss - before < 100e6, "memory grew");
});
