/**
 * Measures how long one query takes: in the process, with the vectors in memory and in the file, and over HTTP.
 *
 *     deno run -P=test --lock=tests/deno.lock tests/bench/serve.ts [FOLDER]
 *
 * FOLDER has GloVe's vectors as `embeddings/README.md` of the shared folder describes them.
 *
 * @module
 */
import { orThrow } from "../../graph/error.ts";
import { searchVectors, type VectorIndex } from "../../ops/codes/vector_index.ts";
import { openVectors } from "../../pipelines/data/vectors/open.ts";
import { indexVectors } from "../../pipelines/encode/index_vectors.ts";
import { closeVectorIndex, loadVectorIndex } from "../../pipelines/files/vector_index.ts";
import { indexServer } from "../../pipelines/serve/index_server.ts";
import { serveLocally } from "../../pipelines/serve/local.ts";

const K = 10;
const PROBES = [64, 128, 256] as const;

const folder = Deno.args[0] ?? new URL("../../../shared/embeddings", import.meta.url).pathname;
const path = await Deno.makeTempFile({ suffix: ".safetensors" });

async function valuesOf(name: string) {
  const source = await orThrow(openVectors(`${folder}/${name}`));
  const { count, width } = source;
  const values = await orThrow(source.read(0, count));
  await source.close()();
  return { count, width, values };
}

const base = await orThrow(openVectors(`${folder}/glove100_base.f16.npy`));
const started = performance.now();
await orThrow(indexVectors(path, base));
await base.close()();
console.log(`${base.count} vectors indexed in ${seconds(performance.now() - started)}`);

const { count, width, values } = await valuesOf("glove100_queries.f16.npy");
const truth = await valuesOf("glove100_neighbours.i32.npy");
const query = (i: number) =>
  ({
    kind: "dense",
    count: 1,
    width,
    values: values.subarray(i * width, (i + 1) * width),
  }) as const;

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

/** Searches all queries one after the other, twice; prints the times of the second round. */
async function measure(
  what: string,
  probes: number,
  search: (query: number) => ArrayLike<number> | Promise<ArrayLike<number>>,
): Promise<void> {
  for (let i = 0; i < count; i++) await search(i);
  const times = new Float64Array(count);
  let hits = 0;
  for (let i = 0; i < count; i++) {
    const from = performance.now();
    const ids = await search(i);
    times[i] = performance.now() - from;
    const nearest = truth.values.subarray(i * truth.width, i * truth.width + K);
    hits += Array.from(ids).filter((id) => nearest.includes(id)).length;
  }
  times.sort();
  const [p50, p99] = [0.5, 0.99].map((part) => times[Math.floor(part * count)].toFixed(3));
  const recall = (hits / count / K).toFixed(4);
  console.log(`${what}, ${probes} probes: recall@10 ${recall}, p50 ${p50} ms, p99 ${p99} ms`);
}

const inProcess = (index: VectorIndex, probes: number) => (i: number) =>
  orThrow(searchVectors(index, query(i), { k: K, probes })).ids;

for (const stored of [false, true]) {
  const loading = performance.now();
  const index = await orThrow(loadVectorIndex(path, { stored }));
  const place = stored ? "vectors in the file" : "vectors in memory";
  console.log(`${place}: loaded in ${seconds(performance.now() - loading)}`);
  for (const probes of PROBES) await measure(place, probes, inProcess(index, probes));
  const { routes, answer, refuse } = indexServer([index]);
  const flag = "--port";
  const server = orThrow(serveLocally({ port: 0, flag, routes, headers: {}, answer, refuse }));
  for (const probes of PROBES) {
    await measure(`${place}, over HTTP`, probes, async (i) => {
      const response = await fetch(`${server.url}search`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ vectors: [[...query(i).values]], k: K, probes }),
      });
      const { results: [row] } = await response.json();
      return row.map(({ id }: { readonly id: number }) => id);
    });
  }
  await server.stop(1000);
  closeVectorIndex(index);
}
await Deno.remove(path);
