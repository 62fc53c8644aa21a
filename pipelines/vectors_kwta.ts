/**
 * Finds codes for float vectors: trains one of winners, measures it beside simple ones, and says which to use.
 *
 *     deno run -P pipelines/vectors_kwta.ts --help
 *
 * @module
 */
import { type InvalidOption, invalidOption, type SparrowError } from "../graph/error.ts";
import { E, type TE } from "../graph/fp_ts.ts";
import { type Rng, seed as seeded, splitRng } from "../graph/rng.ts";
import { encodeVectors, type LinearCoder, type VectorCoder } from "../ops/codes/coders.ts";
import { projectionCoder } from "../ops/codes/projections.ts";
import { nearestVectors } from "../ops/codes/vectors.ts";
import type { DenseEmbeddings } from "../ops/embeddings.ts";
import type { Range } from "../ops/ranges.ts";
import type { Flags } from "./cli/options.ts";
import { type Context, type Options, program, sharedFlags } from "./cli/program.ts";
import { duration } from "./cli/text.ts";
import { saveCodes } from "./files/codes.ts";
import { saveCoder } from "./files/coder.ts";
import { denoFiles } from "./files/files.ts";
import { saveModel } from "./files/model.ts";
import { count } from "./report/format.ts";
import { asText } from "./report/table.ts";
import { circumstancesOf, writeResults } from "./studies/record.ts";
import {
  holdOut,
  type Judged,
  measureCoder,
  measureIndex,
  type Measurement,
  NEAREST,
  recommend,
  threadSeconds,
} from "./studies/vectors/measure.ts";
import { type Method, simpleMethods } from "./studies/vectors/methods.ts";
import {
  indexReason,
  indexTable,
  reasonFor,
  tradeOffTable,
  vectorsPage,
} from "./studies/vectors/page.ts";
import { readNeighbours, readUnitVectors } from "./studies/vectors/read.ts";
import type { TrainedKwta } from "./studies/vectors/train.ts";

const RECORD_FILE = "vectors.json";
const PAGE_FILE = "vectors.html";
const MODEL_FILE = "model.safetensors";
const CODES_FILE = "codes.npz";
const CODER_FILE = "coder.safetensors";

/** Range (0, 1). */
const part: Range = {
  holds: (value) => value > 0 && value < 1,
  words: "a number above 0 and below 1",
};

const partOrAll: Range = {
  holds: (value) => value > 0 && value <= 1,
  words: "a number above 0 and at most 1",
};

const flags = {
  seed: sharedFlags.seed,
  bytes: {
    kind: "integer",
    help: "most bytes of a vector's code; half and twice as many are measured too",
    least: 2,
    most: 4096,
    fallback: 64,
  },
  recall: {
    kind: "number",
    help: "part of the ten nearest that the recommended search must find",
    range: partOrAll,
    fallback: 0.97,
  },
  candidates: {
    kind: "integer",
    help: "candidates to rank anew by their vectors",
    least: NEAREST,
    most: 10_000,
    fallback: 100,
  },
  "held-out": {
    kind: "integer",
    help: "vectors held out as queries, at most a tenth of all",
    least: 1,
    most: 100_000,
    fallback: 1000,
  },
  sparsity: { kind: "number", help: "part of the units that win", range: part, fallback: 0.25 },
  epochs: {
    ...sharedFlags.epochs,
    help: "epochs of training; 0 for simple codes only",
    least: 0,
    fallback: 3,
  },
  queries: {
    kind: "text",
    help: "file of queries, looked at once, at the end, with the recommended search [none]",
    value: "FILE",
  },
  neighbours: {
    kind: "text",
    help: ".npy file of the queries' nearest vectors, by their indices [they are computed]",
    value: "FILE",
  },
} as const satisfies Flags;

type Given = Options<typeof flags>;

/** A method's coder of some size, and its measurements. */
interface Candidate {
  readonly method: string;
  readonly coder: VectorCoder;
  readonly rows: readonly Measurement[];
}

/** Does the program's work; returns the lines to print at the end. */
async function work(
  options: Given,
  context: Context,
): Promise<E.Either<SparrowError, readonly string[]>> {
  const { operands: [file], out, note } = context;
  const begun = performance.now();
  const [rng, forMethods] = splitRng(seeded(options.seed));
  const vectors = await readUnitVectors(file, "FILE")();
  if (E.isLeft(vectors)) return vectors;
  const parts = holdOut(vectors.right, options["held-out"], rng);
  if (E.isLeft(parts)) return parts;
  const { base, queries } = parts.right;
  const truth = nearestVectors(base, queries, Math.min(NEAREST, base.count));
  if (E.isLeft(truth)) return truth;
  const judged = { base, queries, truth: truth.right };
  note(
    `${
      count(base.count, "vector")
    } of ${base.width} numbers, and ${queries.count} held out as queries`,
  );

  const simple = compareSimple(judged, options, forMethods, context);
  if (E.isLeft(simple)) return simple;
  const trained = await compareTrained(judged, options, file, forMethods, context);
  if (E.isLeft(trained)) return trained;
  const lists = measureIndex(judged, rng);
  if (E.isLeft(lists)) return lists;
  const candidates = [...simple.right, ...trained.right.candidates];
  const rows = candidates.flatMap(({ rows }) => rows);
  const chosen = recommend(rows, options);
  const { coder } = candidates.find(({ rows }) => rows.includes(chosen))!;
  const codes = encodeVectors(coder, vectors.right);

  const judgedOnce = await lookOnce(vectors.right, coder, chosen, options);
  if (E.isLeft(judgedOnce)) return judgedOnce;
  const seconds = (performance.now() - begun) / 1000;
  const config = { file, ...options, ...circumstancesOf({ seeds: [options.seed] }) };
  const results = {
    rows,
    chosen,
    queries: judgedOnce.right,
    lists: lists.right,
    wish: options,
    base: base.count,
  };
  const { best } = trained.right;
  const written = await writeAll([
    saveCodes(`${out}/${CODES_FILE}`, { codes, labels: null }),
    saveCoder(`${out}/${CODER_FILE}`, coder),
    ...best === null ? [] : [saveModel(`${out}/${MODEL_FILE}`, best.model, denoFiles)],
    writeResults(out, {
      [RECORD_FILE]: { config, seconds, ...results, training: best?.history ?? null },
      [PAGE_FILE]: vectorsPage(results, { held: queries.count, seed: options.seed }, config),
    }, denoFiles),
  ]);
  if (E.isLeft(written)) return written;
  const files = [CODES_FILE, CODER_FILE, ...best === null ? [] : [MODEL_FILE]];
  return E.right([
    asText(tradeOffTable(rows)),
    reasonFor(chosen, options),
    asText(indexTable(lists.right)),
    indexReason(lists.right, options),
    ...judgedOnce.right === null ? [] : [
      `On the queries of ${options.queries}, looked at once: recall@1 ${
        judgedOnce.right.recallAt1.toFixed(4)
      }, recall@10 ${judgedOnce.right.recallAt10.toFixed(4)}, ${
        Math.round(judgedOnce.right.queriesPerSecond).toLocaleString("en-GB")
      } queries/s`,
    ],
    `${count(vectors.right.count, "vector")} in ${duration(seconds)}`,
    `${out}: ${[...files, RECORD_FILE, PAGE_FILE].join(", ")}`,
  ]);
}

/** The sizes that are measured. */
const sizesOf = (bytes: number): readonly number[] => [Math.floor(bytes / 2), bytes, 2 * bytes];

/** Measures the simple methods. */
function compareSimple(
  judged: Judged,
  { bytes, candidates: many, sparsity }: Given,
  rng: Rng,
  { note, signal }: Context,
): E.Either<SparrowError, readonly Candidate[]> {
  const candidates: Candidate[] = [];
  for (const method of simpleMethods(sparsity)) {
    const begun = threadSeconds();
    if (signal.aborted) return E.left({ _tag: "Interrupted", epoch: 0, step: 0 });
    const coders = method.fit(judged.base, sizesOf(bytes), rng);
    if (E.isLeft(coders)) return coders;
    for (const coder of coders.right) {
      const measured = candidateOf(method, coder, judged, many);
      if (E.isLeft(measured)) return measured;
      candidates.push(measured.right);
    }
    note(`${method.name}: measured in ${duration(threadSeconds() - begun)}`);
  }
  return E.right(candidates);
}

const candidateOf = (
  method: Pick<Method, "name" | "trained">,
  coder: VectorCoder,
  judged: Judged,
  many: number,
): E.Either<InvalidOption, Candidate> =>
  E.map((rows: readonly Measurement[]) => ({ method: method.name, coder, rows }))(
    measureCoder(method, coder, judged, many),
  );

/** Trains codes of winners of the two smaller sizes, and measures them. */
async function compareTrained(
  judged: Judged,
  { bytes, candidates: many, sparsity, epochs }: Given,
  name: string,
  rng: Rng,
  { env: start, note }: Context,
): Promise<
  E.Either<SparrowError, {
    readonly candidates: readonly Candidate[];
    readonly best: TrainedKwta | null;
  }>
> {
  const candidates: Candidate[] = [];
  let best: TrainedKwta | null = null;
  if (epochs === 0) return E.right({ candidates, best });
  const env = await start();
  if (E.isLeft(env)) return env;
  // TensorFlow.js is loaded only where something is trained.
  const { trainKwta } = await import("./studies/vectors/train.ts");
  for (const size of sizesOf(bytes).slice(0, 2)) {
    const begun = threadSeconds();
    const begin = projectionCoder(judged.base, { bits: 8 * size }, rng);
    if (E.isLeft(begin)) return begin;
    const [first]: readonly [LinearCoder, Rng] = begin.right;
    const options = { sparsity, epochs, name };
    const trained = await trainKwta(judged.base, first, options, env.right);
    if (E.isLeft(trained)) return trained;
    best = trained.right;
    const method = { name: "winners, trained", trained: true };
    const measured = candidateOf(method, best.coder, judged, many);
    if (E.isLeft(measured)) return measured;
    candidates.push(measured.right);
    note(`${method.name}, ${size} bytes: measured in ${duration(threadSeconds() - begun)}`);
  }
  return E.right({ candidates, best });
}

/** Measures the recommended search on the user's own queries; null where there are none. */
async function lookOnce(
  vectors: DenseEmbeddings,
  coder: VectorCoder,
  chosen: Measurement,
  { queries: path, neighbours, candidates }: Given,
): Promise<E.Either<SparrowError, Measurement | null>> {
  if (path === null) return E.right(null);
  const queries = await readUnitVectors(path, "--queries")();
  if (E.isLeft(queries)) return queries;
  if (queries.right.width !== vectors.width) {
    const actual = `vectors of ${queries.right.width} numbers`;
    return E.left(invalidOption("--queries", actual, `${vectors.width}, as FILE has`));
  }
  const ten = Math.min(NEAREST, vectors.count);
  const truth = neighbours === null
    ? nearestVectors(vectors, queries.right, ten)
    : await readNeighbours(neighbours, {
      queries: queries.right.count,
      vectors: vectors.count,
      least: ten,
    })();
  if (E.isLeft(truth)) return truth;
  const judged = { base: vectors, queries: queries.right, truth: truth.right };
  return E.map((rows: readonly Measurement[]) =>
    rows.find(({ query, candidates: ranked }) =>
      query === chosen.query && ranked === chosen.candidates
    )!
  )(measureCoder({ name: chosen.method, trained: chosen.trained }, coder, judged, candidates));
}

/** Writes one file after the other. */
async function writeAll(
  tasks: readonly TE.TaskEither<SparrowError, void>[],
): Promise<E.Either<SparrowError, void>> {
  for (const task of tasks) {
    const done = await task();
    if (E.isLeft(done)) return done;
  }
  return E.right(undefined);
}

if (import.meta.main) {
  await program({
    name: "vectors_kwta",
    summary:
      "Finds codes for the float vectors of FILE, such as embeddings of any model, to search them by\n" +
      "cosine: trains a code of winners, measures it beside simple codes on vectors that are held out,\n" +
      "says which search it would use, and writes codes, coder, model, a table and figures.",
    operands: "FILE",
    flags,
    backend: true,
    results: "folder",
    refuse: ({ queries, neighbours }) =>
      neighbours !== null && queries === null
        ? invalidOption("--neighbours", neighbours, "--queries beside it")
        : null,
    work: (options, context) => () => work(options, context),
  });
}
