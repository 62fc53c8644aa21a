/**
 * Peer for usearch, which answers JSON lines on the standard input: see `peer.ts`. It runs without a lock file, for its
 * package weighs 26 MB and nothing else needs it; it searches float vectors only, as its JavaScript cannot pass packed
 * bits.
 *
 * @module
 */
import process from "node:process";
import { linesOf } from "./lines.ts";

const VERSION = "2.26.2";

/** Part of the package's interface that is used. */
interface Usearch {
  readonly Index: new (config: Readonly<Record<string, unknown>>) => UsearchIndex;
}

interface UsearchIndex {
  readonly add: (keys: BigUint64Array, vectors: Float32Array, threads: number) => void;
  readonly search: (
    vectors: Float32Array,
    k: number,
    threads: number,
  ) => { readonly keys: BigUint64Array };
  readonly save: (path: string) => void;
  readonly load: (path: string) => void;
}

/** A line of the standard input. */
interface Asked {
  readonly do: "load" | "build" | "search" | "each";
  readonly kind: "vectors" | "codes";
  readonly width: number;
  readonly base: string;
  readonly queries: string;
  readonly setting: number;
  readonly k: number;
  readonly out: string;
  readonly many: number;
}

// Not a literal: neither the type checker nor a lock file is to fetch it.
const specifier = `npm:usearch@${VERSION}`;
const { Index } = (await import(specifier)).default as Usearch;

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

let [width, base, queries] = [0, new Float32Array(), new Float32Array()];
let path = "";
const tuned = new Map<number, UsearchIndex>();

const floats = async (file: string): Promise<Float32Array<ArrayBuffer>> =>
  new Float32Array((await Deno.readFile(file)).buffer);

const empty = (expansion: number): UsearchIndex =>
  new Index({
    dimensions: width,
    metric: "ip",
    quantization: "f32",
    connectivity: 16,
    expansion_add: 200,
    expansion_search: expansion,
    multi: false,
  });

/** The index with another `expansion_search`, which is fixed when one is made. */
function tune(setting: number): UsearchIndex {
  const found = tuned.get(setting);
  if (found !== undefined) return found;
  const made = empty(setting);
  made.load(path);
  tuned.set(setting, made);
  return made;
}

const answers: Readonly<Record<Asked["do"], (asked: Asked) => Promise<object>>> = {
  load: async (asked) => {
    if (asked.kind !== "vectors") throw new Error("it takes no packed codes from JavaScript");
    width = asked.width;
    base = await floats(asked.base);
    queries = await floats(asked.queries);
    path = `${asked.base}.usearch`;
    tuned.clear();
    return {};
  },
  build: async () => {
    const begun = cpuSeconds();
    const made = empty(64);
    const keys = BigUint64Array.from({ length: base.length / width }, (_, i) => BigInt(i));
    made.add(keys, base, 1);
    const seconds = cpuSeconds() - begun;
    made.save(path);
    return { seconds, bytes: (await Deno.stat(path)).size };
  },
  search: async ({ setting, k, out }) => {
    const index = tune(setting);
    const begun = cpuSeconds();
    const { keys } = index.search(queries, k, 1);
    const seconds = cpuSeconds() - begun;
    await Deno.writeFile(out, new Uint8Array(Int32Array.from(keys, Number).buffer));
    return { seconds };
  },
  each: ({ setting, k, many }) => {
    const index = tune(setting);
    const times = Array.from({ length: many }, (_, i) => {
      const query = queries.subarray(i * width, (i + 1) * width);
      const begun = performance.now();
      index.search(query, k, 1);
      return (performance.now() - begun) / 1000;
    });
    return Promise.resolve({ times });
  },
};

console.log(JSON.stringify({ name: `usearch ${VERSION}` }));
for await (const line of linesOf(Deno.stdin.readable)) {
  const asked: Asked = JSON.parse(line);
  const answer = await answers[asked.do](asked)
    .catch((thrown: Error) => ({ error: thrown.message }));
  console.log(JSON.stringify(answer));
}
