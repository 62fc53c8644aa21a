import { createTar } from "npm:nanotar@0.3.0";
import { TE } from "../../../graph/fp_ts.ts";
import { publishedCifar10, readRecords, unpack } from "../../../pipelines/data/cifar10.ts";
import { gunzip } from "../../../pipelines/data/bytes.ts";
import { readIdx } from "../../../pipelines/data/mnist.ts";
import { readTar } from "../../../pipelines/data/tar.ts";
import { readCodes, writeCodes } from "../../../pipelines/files/codes.ts";
import { readNpy, writeNpy, writeNpz } from "../../../pipelines/files/npz.ts";
import { assert, assertEquals } from "../../assert.ts";
import { gzip } from "../data/fake.ts";
import { right } from "../tiny.ts";
import { mutatedBytes } from "./mutate.ts";
import { COUNT, survive } from "./survive.ts";

const noise = (length: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, i) => Math.imul(i + 1, 0x9e37_79b1) >>> 24);

const idxOf = (...shape: readonly number[]): Uint8Array<ArrayBuffer> => {
  const header = new Uint8Array(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  shape.forEach((size, axis) => new DataView(header.buffer).setUint32(4 + 4 * axis, size));
  const values = noise(shape.reduce((product, size) => product * size, 1));
  return Uint8Array.of(...header, ...values);
};

const images = idxOf(3, 28, 28);
const labels = idxOf(12);

Deno.test("IDX files: 2,000 mutations, plain and compressed", async () => {
  const plain = await survive(
    mutatedBytes([images, labels], COUNT, 1),
    (bytes) => Promise.resolve(readIdx("i", bytes)),
  );
  assert(plain.refused > COUNT / 2 && plain.read > 0, JSON.stringify(plain));
  const packed = [await gzip(images), await gzip(labels)];
  const read = (bytes: Uint8Array) =>
    TE.chainEitherKW((content: Uint8Array) => readIdx("i", content))(
      gunzip("i.gz", bytes, images.length),
    )();
  const gzipped = await survive(mutatedBytes(packed, COUNT / 2, 2), read);
  assert(gzipped.refused > COUNT / 4 && gzipped.read > 0, JSON.stringify(gzipped));
});

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

const records = noise(2 * 3073);
[records[0], records[3073]] = [3, 4];

Deno.test("CIFAR files: 2,000 mutations", async () => {
  const outcome = await survive(
    mutatedBytes([records, records.slice(0, 3073)], COUNT, 3),
    (bytes) => Promise.resolve(readRecords("r", bytes)),
  );
  assert(outcome.refused > COUNT / 2 && outcome.read > 0, JSON.stringify(outcome));
});

const { inside } = publishedCifar10;
const tar = new Uint8Array(createTar([
  { name: `${inside}/batches.meta.txt`, data: new TextEncoder().encode("cat\ndog\n") },
  { name: `${inside}/test_batch.bin`, data: records.slice(0, 3073) },
]));

Deno.test("CIFAR archives: 2,000 mutations of the tar, and of the tar.gz", async () => {
  assertEquals(right(readTar("t", tar)).size, 2);
  const plain = await survive(
    mutatedBytes([tar], COUNT, 4),
    (bytes) => Promise.resolve(readTar("t", bytes)),
  );
  assert(plain.refused > COUNT / 4 && plain.read > 0, JSON.stringify(plain));
  const archive = await gzip(tar);
  assertEquals(right(await unpack(publishedCifar10, archive)()).size, 2);
  const packed = await survive(
    mutatedBytes([archive], COUNT, 5),
    (bytes) => unpack(publishedCifar10, bytes)(),
  );
  assert(packed.refused > COUNT / 2, JSON.stringify(packed));
});

const words = Uint32Array.of(0b101, 0b110, 0b111, 0b1);
const codes = { kind: "binary", count: 2, width: 40, words } as const;

Deno.test("codes of other programs: 2,000 mutations of .npy and of .npz files", async () => {
  const arrays = [
    { type: "<u4", shape: [2, 2], data: words },
    { type: "|u1", shape: [12], data: noise(12) },
    { type: "<i8", shape: [], data: BigInt64Array.of(7n) },
  ] as const;
  const npy = await survive(
    mutatedBytes(arrays.map(writeNpy), COUNT, 6),
    (bytes) => Promise.resolve(readNpy(bytes as Uint8Array<ArrayBuffer>)),
  );
  assert(npy.refused > COUNT / 2 && npy.read > 0, JSON.stringify(npy));
  const npz = right(await writeCodes({ codes, labels: Int32Array.of(3, 4) })());
  const outcome = await survive(
    mutatedBytes([npz], COUNT, 7),
    (bytes) => readCodes("c.npz", bytes)(),
  );
  assert(outcome.refused > COUNT / 2, JSON.stringify(outcome));
});

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
