import { pipe, TE } from "../../../graph/fp_ts.ts";
import { openVectors } from "../../../pipelines/data/vectors/open.ts";
import { survive } from "../../fuzz/judge.ts";

const folder = new URL("../data/vectors/python/", import.meta.url).pathname;

/** Reads all that a file has, but no more rows than any of the good ones. */
const read = (bytes: Uint8Array) =>
  pipe(
    openVectors({ name: "file", bytes: bytes as Uint8Array<ArrayBuffer> }),
    TE.chainFirstTaskK(({ column }) => column("id")),
    TE.chain(({ read, count }) => read(0, Math.min(count, 100))),
  )();

Deno.test("every bit that flips in the metadata of Parquet and Arrow is survived", async () => {
  for (const name of ["zstd.parquet", "zstd.arrow"]) {
    const bytes = Deno.readFileSync(folder + name);
    // What reads it is loaded with the first.
    await read(bytes);
    const flipped = Array.from(bytes.subarray(-300), (_, i) => {
      const copy = bytes.slice();
      copy[bytes.length - 300 + i] ^= 1 << i % 8;
      return copy;
    });
    await survive(flipped, read);
  }
});
