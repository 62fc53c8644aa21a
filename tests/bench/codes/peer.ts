/**
 * Peers as processes that answer JSON lines, one after the other, so that they keep their indexes in memory and take
 * turns with Sparrow. Vectors, codes and results pass through files.
 *
 * A peer first writes `{"name": …}` and then answers each line:
 *
 * | request                                                        | answer                              |
 * | -------------------------------------------------------------- | ----------------------------------- |
 * | `{"do": "load", "kind", "width", "base": FILE, "queries": FILE}` | `{}`                                |
 * | `{"do": "build", "index"}`                                     | `{"seconds", "bytes"}`              |
 * | `{"do": "search", "index", "setting", "k", "out": FILE}`       | `{"seconds"}`, int32 in the file    |
 * | `{"do": "each", "index", "setting", "k", "many"}`              | `{"times"}`                         |
 *
 * or `{"error"}`.
 *
 * @module
 */
import type { BinaryEmbeddings, DenseEmbeddings } from "../../../ops/embeddings.ts";
import { linesOf } from "./lines.ts";
import type { Built, SearchSet } from "./searcher.ts";

/** A peer that is running. */
export interface Peer {
  /** Name of the peer, with its version and the settings that its speed depends on. */
  readonly name: string;
  /** Hands it the set that it is to search from now on. */
  readonly load: (set: SearchSet<BinaryEmbeddings> | SearchSet<DenseEmbeddings>) => Promise<void>;
  /** Builds an index of that set, by the peer's own name of it. */
  readonly build: (index: string) => Promise<Built>;
  /** Ends it. */
  readonly end: () => Promise<void>;
}

/**
 * Starts a peer.
 *
 * @param folder For the files that pass between the two.
 * @throws {Error} Where the program is missing, or says no name, with what it says on the standard error.
 */
export async function startPeer(
  [program, ...args]: readonly string[],
  folder: string,
): Promise<Peer> {
  const child = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    // Libraries of linear algebra have threads of their own.
    env: { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", NO_COLOR: "1" },
  }).spawn();
  const said = new Response(child.stderr).text();
  const lines = linesOf(child.stdout);
  const writer = child.stdin.getWriter();
  const read = async (): Promise<Readonly<Record<string, unknown>>> => {
    const { value, done } = await lines.next();
    if (done) {
      const words = (await said).trim().split("\n");
      const error = words.findLast((line) => /error/i.test(line)) ?? words.at(-1);
      throw new Error(error || "it ended without a word");
    }
    const answer = JSON.parse(value);
    if (typeof answer.error === "string") throw new Error(answer.error);
    return answer;
  };
  const ask = async (asked: Readonly<Record<string, unknown>>) => {
    await writer.write(new TextEncoder().encode(JSON.stringify(asked) + "\n"));
    return await read();
  };
  const { name } = await read().catch(async (thrown) => {
    await child.status;
    await writer.abort().catch(() => {});
    throw thrown;
  });
  const out = `${folder}/found.i32`;
  return {
    name: String(name),
    load: async ({ base, queries }) => {
      const files = { base: `${folder}/base`, queries: `${folder}/queries` };
      await Deno.writeFile(files.base, bytesOf(base));
      await Deno.writeFile(files.queries, bytesOf(queries));
      const kind = base.kind === "dense" ? "vectors" : "codes";
      await ask({ do: "load", kind, width: base.width, ...files });
    },
    build: async (index) => {
      const { seconds, bytes } = await ask({ do: "build", index });
      return {
        seconds: Number(seconds),
        bytes: Number(bytes),
        search: async (setting, k) => {
          const { seconds } = await ask({ do: "search", index, setting, k, out });
          const indices = new Int32Array((await Deno.readFile(out)).buffer);
          return { indices, seconds: Number(seconds) };
        },
        each: async (setting, k, many) =>
          (await ask({ do: "each", index, setting, k, many })).times as readonly number[],
      };
    },
    end: async () => {
      await writer.close();
      await lines.return(undefined);
      await child.status;
    },
  };
}

/** Rows of float32, or of bytes with the first unit in the lowest bit; widths of whole words only. */
function bytesOf(data: BinaryEmbeddings | DenseEmbeddings): Uint8Array {
  if (data.kind === "binary" && data.width % 32 !== 0) {
    throw new Error(
      `Cannot hand codes to a peer: expected a width that is a multiple of 32, current value is ${data.width}`,
    );
  }
  const { buffer, byteOffset, byteLength } = data.kind === "dense" ? data.values : data.words;
  return new Uint8Array(buffer, byteOffset, byteLength);
}
