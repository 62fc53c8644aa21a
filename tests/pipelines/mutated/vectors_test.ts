import { pipe, TE } from "../../../graph/fp_ts.ts";
import { openVectors } from "../../../pipelines/data/vectors/open.ts";
import { assert } from "../../assert.ts";
import { mutatedBytes } from "./mutate.ts";
import { survive } from "./survive.ts";

const folder = new URL("../data/vectors/python/", import.meta.url).pathname;

/** Reads all that a file has, but no more rows than any of the good ones. */
const read = (bytes: Uint8Array) =>
  pipe(
    openVectors({ name: "file", bytes: bytes as Uint8Array<ArrayBuffer> }),
    TE.chainFirstTaskK(({ column }) => column("id")),
    TE.chain(({ read, count }) => read(0, Math.min(count, 100))),
  )();

const line = (i: number) => JSON.stringify({ id: i, embedding: [i, -i, i / 3] });
const lines = new TextEncoder().encode(Array.from({ length: 12 }, (_, i) => line(i)).join("\n"));

const formats: Readonly<Record<string, readonly string[]>> = {
  "NumPy's files": ["f4.npy", "i1.npy", "plain.npz", "packed.npz"],
  "Parquet": ["none.parquet", "snappy.parquet", "gzip.parquet", "split.parquet", "pages.parquet"],
  "Arrow": ["uncompressed.arrow", "lz4.arrow", "scalars.arrow", "half.arrow", "stream.arrows"],
};

for (const [format, names] of Object.entries(formats)) {
  Deno.test(`${format}: 500 mutations`, async () => {
    const good = names.map((name) => Deno.readFileSync(folder + name));
    for (const bytes of good) await read(bytes);
    const outcome = await survive(mutatedBytes(good, 500, 21), read);
    assert(outcome.refused > 150 && outcome.read > 0, JSON.stringify(outcome));
  });
}

Deno.test("JSON lines: 500 mutations", async () => {
  const outcome = await survive(mutatedBytes([lines], 500, 22), read);
  assert(outcome.refused > 200 && outcome.read > 0, JSON.stringify(outcome));
});

Deno.test("every bit that flips in the metadata of Parquet and Arrow is survived", async () => {
  for (const name of ["zstd.parquet", "zstd.arrow"]) {
    const bytes = Deno.readFileSync(folder + name);
    const flipped = Array.from(bytes.subarray(-300), (_, i) => {
      const copy = bytes.slice();
      copy[bytes.length - 300 + i] ^= 1 << i % 8;
      return copy;
    });
    await survive(flipped, read);
  }
});
