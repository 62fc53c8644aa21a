import { readIdx } from "../../../pipelines/data/mnist.ts";
import { readCodes } from "../../../pipelines/files/codes.ts";
import { writeNpz } from "../../../pipelines/files/npz.ts";
import { assertEquals } from "../../assert.ts";
import { survive } from "../../fuzz/judge.ts";

Deno.test("IDX files that declare more than there is in the world are refused", async () => {
  const extremes = [0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
  const declared = [1, 2, 3, 4].flatMap((rank) =>
    extremes.map((size) => {
      const bytes = new Uint8Array(4 + 4 * rank + 10);
      bytes.set([0, 0, 8, rank]);
      for (let axis = 0; axis < rank; axis++) {
        new DataView(bytes.buffer).setUint32(4 + 4 * axis, size);
      }
      return bytes;
    })
  );
  const outcome = await survive(declared, (bytes) => Promise.resolve(readIdx("i", bytes)));
  assertEquals(outcome, { refused: 12, read: 0 });
});

const words = Uint32Array.of(0b101, 0b110, 0b111, 0b1);

Deno.test("codes whose origins nest without end are refused", async () => {
  const texts = ["[", '{"model":', '{"model":{},"parts":['].map((open) => {
    const close = open.startsWith("[") ? "]" : open.endsWith("[") ? "]}" : "}";
    return open.repeat(50_000) + "0" + close.repeat(50_000);
  });
  const inner = texts[0];
  texts.push(
    `{"model":${inner},"parts":[]}`,
    `{"model":{"file":"a","sha256":"b"},"parts":[${inner}]}`,
  );
  for (const text of texts) {
    const npz = await writeNpz({
      codes: { type: "<u4", shape: [2, 2], data: words },
      width: { type: "<u4", shape: [], data: Uint32Array.of(40) },
      origins: { type: "|u1", shape: [text.length], data: new TextEncoder().encode(text) },
    });
    const outcome = await survive([npz], (bytes) => readCodes("c.npz", bytes)());
    assertEquals(outcome, { refused: 1, read: 0 });
  }
});
