/**
 * Makes an index of a file of vectors, to be searched by `serve.ts` or by a program of your own.
 *
 *     deno run -P pipelines/index_vectors.ts --help
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../graph/error.ts";
import { E } from "../graph/fp_ts.ts";
import { seed as seeded } from "../graph/rng.ts";
import type { Flags } from "./cli/options.ts";
import { type Context, type Options, program, sharedFlags } from "./cli/program.ts";
import { duration } from "./cli/text.ts";
import { openVectors } from "./data/vectors/open.ts";
import type { VectorSource } from "./data/vectors/source.ts";
import { indexVectors } from "./encode/index_vectors.ts";
import { count } from "./report/format.ts";

const flags = {
  column: {
    kind: "text",
    help: "column with the vectors, where FILE has several",
    value: "NAME",
  },
  ids: {
    kind: "text",
    help: "column with the vectors' ids, integers [their rows: 0, 1, 2, …]",
    value: "NAME",
  },
  units: {
    kind: "integer",
    help: "units that vectors compete for; 0 for no lists [about a sixth of the vectors]",
    least: 0,
    most: 2 ** 24,
    fallback: null,
  },
  memory: {
    kind: "integer",
    help: "MiB of vectors to train units on; the work takes about five times as many",
    least: 1,
    most: 4096,
    fallback: 256,
  },
  parts: {
    kind: "integer",
    help: "indexes to make, where one would be too large; serve.ts searches them as one",
    least: 1,
    most: 1000,
    fallback: 1,
  },
  seed: sharedFlags.seed,
} as const satisfies Flags;

/** Does the program's work; returns the lines to print at the end. */
async function work(
  options: Options<typeof flags>,
  context: Context,
): Promise<E.Either<SparrowError, readonly string[]>> {
  const [file] = context.operands;
  const source = await openVectors(file, { column: options.column ?? undefined })();
  if (E.isLeft(source)) return source;
  try {
    return await indexSource(source.right, options, context);
  } finally {
    await source.right.close()();
  }
}

async function indexSource(
  source: VectorSource,
  { ids: column, units, memory, parts, seed }: Options<typeof flags>,
  { out, note, signal }: Context,
): Promise<E.Either<SparrowError, readonly string[]>> {
  const begun = performance.now();
  const seconds = () => (performance.now() - begun) / 1000;
  if (parts > source.count) {
    return E.left(
      invalidOption("--parts", parts, `at most one for each of ${source.count} vectors`),
    );
  }
  const ids = column === null ? E.right(null) : await idsOf(source, column);
  if (E.isLeft(ids)) return ids;
  note(`${count(source.count, "vector")} of ${source.width} numbers`);
  const lines: string[] = [];
  for (let part = 0; part < parts; part++) {
    const from = Math.floor(part * source.count / parts);
    const end = Math.floor((part + 1) * source.count / parts);
    const path = parts === 1 ? out : partOf(out, part, parts);
    let said = seconds();
    const index = await indexVectors(path, stretch(source, from, end), {
      ids: ids.right?.subarray(from, end) ??
        Float64Array.from({ length: end - from }, (_, i) => from + i),
      ...units === null ? {} : { units },
      sampleBytes: memory * 2 ** 20,
      rng: seeded(seed),
      signal,
      progress: (done) => {
        if (seconds() - said < 10) return;
        said = seconds();
        note(`${(from + done).toLocaleString("en-GB")} of them indexed in ${duration(said)}`);
      },
    })();
    if (E.isLeft(index)) return index;
    const { count: vectors, units: made, sample } = index.right;
    lines.push(
      `${count(vectors, "vector")}, ` +
        (made === 0 ? "all of which a search scores" : `listed under ${count(made, "unit")}`) +
        (sample === vectors ? "" : ` that ${count(sample, "vector")} were trained on`),
      path,
    );
  }
  return E.right([...lines, `Made in ${duration(seconds())}`]);
}

/** Names a part of an index: "index-1-of-4.safetensors" for "index.safetensors". */
const partOf = (out: string, part: number, parts: number): string =>
  out.replace(/(\.[^./]*)?$/, `-${part + 1}-of-${parts}$1`);

/** Makes a source of some rows of another. */
const stretch = (source: VectorSource, from: number, end: number): VectorSource => ({
  ...source,
  count: end - from,
  read: (first, rows) => source.read(from + first, rows),
});

/** Reads ids from a column. */
async function idsOf(
  source: VectorSource,
  column: string,
): Promise<E.Either<SparrowError, Float64Array>> {
  const values = await source.column(column)();
  if (E.isLeft(values)) return values;
  const wrong = values.right.findIndex((value) => {
    const id = Number(value);
    return value === "" || !Number.isSafeInteger(id) || id < 0;
  });
  return wrong < 0 ? E.right(Float64Array.from(values.right, Number)) : E.left(invalidOption(
    "--ids",
    `${values.right[wrong]} in row ${wrong} of ${column}`,
    "a column of integers from 0 to 2^53 − 1",
  ));
}

if (import.meta.main) {
  await program({
    name: "index_vectors",
    summary:
      "Makes an index of the vectors of FILE (.npy, .npz, Parquet, Arrow or JSON lines, such as\n" +
      "embeddings of any model), which finds the nearest by cosine without comparing all of them.\n" +
      "serve.ts answers searches in it. FILE is read in blocks, and may be larger than memory.",
    operands: "FILE",
    flags,
    results: "index.safetensors",
    work: (options, context) => () => work(options, context),
  });
}
