/**
 * Kinds of input that are text: graphs, settings, measurements, command lines, requests, rows of a database.
 *
 * @module
 */
import { graphFromJson, graphToJson } from "../../graph/codec.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import type { Nodes } from "../../graph/node.ts";
import { parse } from "../../graph/parse.ts";
import { inferShapes } from "../../graph/shape.ts";
import { show } from "../../graph/show.ts";
import { buildVectorIndex } from "../../ops/codes/vector_index.ts";
import { positive } from "../../ops/ranges.ts";
import { resumedOptions, savedConfig } from "../../pipelines/cli/begin_run.ts";
import { type Flags, readCommandLine, wrongValue } from "../../pipelines/cli/options.ts";
import { inputFlags, sharedFlags } from "../../pipelines/cli/program.ts";
import { fromJsonLines, perEpoch, toJsonLines } from "../../pipelines/core/history.ts";
import { queryVectors } from "../../pipelines/database/query_vectors.ts";
import { parseJson } from "../../pipelines/files/json.ts";
import { compareRuns, readRun } from "../../pipelines/report/comparison.ts";
import { comparePage } from "../../pipelines/report/comparison_page.ts";
import { indexServer } from "../../pipelines/serve/index_server.ts";
import { type Method, refusal } from "../../pipelines/serve/local.ts";
import { epochOfReport } from "../../pipelines/stages/report.ts";
import { describeTfjs, readTfjsModel } from "../../pipelines/trunks/tfjs_network.ts";
import { fake } from "../pipelines/data/fake.ts";
import { simulateHistory } from "../pipelines/report/fixture.ts";
import { right } from "../pipelines/tiny.ts";
import { json, jsonLines } from "./formats.ts";
import type { Kind, Verdict } from "./kinds.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A value as a file has it. */
const written = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value));

/** undefined for what is no JSON at all, as the readers of files have it. */
const parsed = (input: Uint8Array): unknown => parseJson(decoder.decode(input));

// ---- Graphs

const graphTexts = [
  "linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)",
  "conv2d(3, 32, 3, padding=1) |> batch_norm |> leaky_relu(0.1) |> max_pool2d(2) |> flatten",
  "residual(linear(10) ▷ relu ▷ linear(10)) ▷ k_winners(0.1, boost=1.5, period=100)",
  "fanout(linear(8, 4) ▷ tanh, linear(8, 4)) ▷ split(relu, sigmoid) ▷ concat ▷ reshape([2, 4])",
  "drop_connect(linear(8, 8, bias=false), rate=0.2) ▷ dropout(0.5) ▷ learned_kwta(hardness=3)",
];

const graphWords = [
  ...["▷", "|>", "(", ")", ",", "=", "fanout(", "identity", "sparsity=", "${0}", '"', "[", "]"],
  ...["null", "\u0000", "\n", "residual(", "kwta(0.5)", "true", "9999999999", "1e400"],
];

/** Uses a graph that was read as programs do. */
const used = (graph: Nodes) => {
  const shapes = inferShapes(graph, [8]);
  return E.isLeft(shapes) ? E.right(show(graph)) : E.right(show(shapes.right.graph));
};

// ---- Settings, as files and as command lines

/** A flag of each kind that there is. */
const flags = {
  ...sharedFlags,
  ...inputFlags,

  k: { kind: "integer", help: "", least: 1, most: 100, fallback: 10 },
  rate: { kind: "number", help: "", range: positive, fallback: null },
  claim: { kind: "integers", help: "", most: 20, fallback: [1] },
  only: { kind: "names", help: "", choices: ["a", "b", "constructor"] },
} as const satisfies Flags;

const config = {
  pipeline: "mnist_kwta",
  graph: graphTexts[0],
  options: { seed: 3, epochs: 5, backend: "wasm", threads: 1, k: 3, claim: [1, 2], out: null },
  settings: { batchSize: 256 },
  loss: { name: "triplet", margin: 0.5 },
  optimiser: { name: "adam", learningRate: 0.001 },
  dataset: { name: "strokes", train: 10, test: 10, sha256: { strokes: "0".repeat(64) } },
  backend: { name: "wasm", adapter: null },
  resumed: [{ epoch: 2 }],
  identity: "0".repeat(64),
};

/** The options of a run that goes on as a configuration says. */
const goesOn = (input: Uint8Array): Promise<Verdict> => {
  const { files } = fake({ disk: { "run/config.json": input } }).env;
  return pipe(
    savedConfig("run", files),
    TE.chainEitherKW((before) => {
      const given = {
        ...Object.fromEntries(Object.keys(flags).map((name) => [name, null])),
        epochs: 7,
      };
      return resumedOptions(given, ["--epochs", "7"], "run", before, flags);
    }),
  )();
};

/** Two runs of one folder beside each other. */
const compared = async (input: Uint8Array): Promise<Verdict> => {
  const value = parsed(input);
  const { config, metrics } = (value ?? {}) as Record<string, unknown>;
  const lines = Array.isArray(metrics) ? metrics.map((row) => JSON.stringify(row)).join("\n") : "";
  const { files } = fake({
    disk: {
      "run/config.json": written(config ?? null),
      "run/metrics.jsonl": encoder.encode(lines),
      "other/config.json": written({ ...config ?? {}, options: { seed: 4 } }),
      "other/metrics.jsonl": encoder.encode(toJsonLines(simulateHistory(2))),
    },
  }).env;
  const [run, other] = [await readRun("run", files)(), await readRun("other", files)()];
  if (E.isLeft(run)) return run;
  return pipe(
    compareRuns(E.isRight(other) ? [run.right, other.right] : [run.right]),
    E.map(comparePage),
  );
};

// ---- Requests

interface Ask {
  readonly path?: unknown;
  readonly method?: unknown;
  readonly headers?: unknown;
  readonly body?: unknown;
}

/** A request as a client may send it; null for what is none. */
function requestOf(value: unknown): Request | null {
  const { path, method, headers, body } = (value ?? {}) as Ask;
  try {
    const list = Object.entries(headers ?? {}).map(([name, text]): [string, string] => [
      name,
      String(text),
    ]);
    return new Request(`http://127.0.0.1:7377${path}`, {
      method: String(method),
      headers: list,
      body: ["GET", "HEAD"].includes(String(method)) ? null : String(body ?? ""),
    });
  } catch {
    return null;
  }
}

const host = "127.0.0.1:7377";
const posted = { host, "content-type": "application/json", "content-length": "9" };
const requests = [
  { vectors: [[1, 0, 0.5]], k: 2, exact: false, filter: { only: [1, 3] } },
  { vectors: [[1, 0, 0.5], [0, 1, 1]], k: 1, probes: 1, candidates: 3, exact: true },
].map((body) => ({
  path: "/search",
  method: "POST",
  headers: posted,
  body: JSON.stringify(body),
}));
const changes = [
  { path: "/add", body: { vectors: [[1, 2, 3]], ids: [77] } },
  { path: "/remove", body: { ids: [2] } },
  { path: "/save", body: {} },
].map(({ path, body }) => ({
  path,
  method: "POST",
  headers: posted,
  body: JSON.stringify(body),
}));
const got = [
  { path: "/health", method: "GET", headers: { host, "sec-fetch-site": "none" }, body: "" },
  { path: "/", method: "GET", headers: { host, origin: `http://${host}` }, body: "" },
];

const served = () => {
  const make = () => {
    const values = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i));
    const vectors = { kind: "dense", count: 8, width: 3, values } as const;
    return indexServer([right(buildVectorIndex(vectors, { units: 4 }))], {
      save: () => TE.right(undefined),
    });
  };
  let server = make();
  return async (input: Uint8Array): Promise<Verdict> => {
    const request = requestOf(parsed(input));
    if (request === null) return E.left("it is no request");
    const { routes, answer, refuse } = server;
    const refused = refusal(request, 7377, routes as Readonly<Record<string, Method>>);
    const response = refused === null ? await answer(request) : refuse(refused);
    const text = await response.text();
    // What an input has added or removed is not there for the next.
    if (/\/(add|remove)$/.test(request.url)) server = make();
    if (response.status >= 500) throw new Error(`${response.status}: ${text.slice(0, 200)}`);
    const { error } = text.startsWith("{") ? JSON.parse(text) : {};
    return response.status < 300
      ? E.right(text)
      : E.left(refused === null ? String(error.message) : `Cannot answer: ${refused.reason}`);
  };
};

// ---- Rows of a database

const rows = [
  [{ id: 1, embedding: "[1,2,3]" }, { id: 2, embedding: "[4,5,6]" }],
  [{ id: 1, label: "a", values: [1, 2] }, { id: 2, label: null, values: [0.5, -1] }],
  [{ id: "7", vector: "{1,2.5,-3}" }],
];

/** The vectors of a query that has given these rows. */
const queried = (input: Uint8Array): Promise<Verdict> => {
  const value = parsed(input);
  const list = (Array.isArray(value) ? value : [value]).filter((row) =>
    typeof row === "object" && row !== null
  ) as Record<string, unknown>[];
  const answer = (query: string) =>
    Promise.resolve(
      query.startsWith("SELECT count")
        ? [{ count: String(list.length) }]
        : query.startsWith("FETCH FIRST")
        ? list.slice(0, 1)
        : query.startsWith("FETCH")
        ? list
        : [],
    );
  const driver = {
    query: answer,
    transaction: (work: (run: typeof answer) => unknown) => Promise.resolve(work(answer)),
    close: () => Promise.resolve(),
  };
  const database = { place: "memory", driver } as unknown as Parameters<typeof queryVectors>[0];
  return pipe(
    queryVectors(database, "SELECT 1"),
    TE.chainFirstTaskK(({ column }) => column("id")),
    TE.chainW(({ read, count }) => read(0, count)),
  )();
};

/** Kinds of texts. */
export const textKinds: Readonly<Record<string, Kind>> = {
  "graph-text": {
    share: 20,
    words: graphWords,
    begin: () => ({
      good: graphTexts.map((text) => encoder.encode(text)),
      read: (input) => pipe(parse(decoder.decode(input)), E.chainW(used)),
    }),
  },
  "graph-json": {
    share: 24,
    format: json,
    begin: () => ({
      good: graphTexts.map((text) => written(graphToJson(right(parse(text))))),
      read: (input) => pipe(graphFromJson(parsed(input)), E.chainW(used)),
    }),
  },
  "metrics": {
    share: 12,
    format: jsonLines,
    begin: () => ({
      good: [encoder.encode(toJsonLines(simulateHistory(1)))],
      read: (input) =>
        pipe(
          fromJsonLines("metrics.jsonl", decoder.decode(input)),
          E.map((history) => perEpoch(history, "accuracy", "test")),
        ),
    }),
  },
  "config": {
    share: 10,
    format: json,
    begin: () => ({ good: [written(config)], read: goesOn }),
  },
  "runs": {
    share: 0.04,
    format: json,
    begin: () => ({
      good: [written({ config, metrics: simulateHistory(2).slice(0, 8) })],
      read: compared,
    }),
  },
  "command-line": {
    share: 12,
    format: json,
    begin: () => ({
      good: [
        ["model", "a.png", "b.png", "--first", "3", "--invert", "-k", "5", "--quiet"],
        ["--", "model", "--rate=0.5", "--claim", "1,2", "--only=a,b", "--dashboard", "--seed", "4"],
        ["model", "--dashboard=80", "--backend", "wasm", "--threads", "2", "--out", "runs/a", "-h"],
      ].map(written),
      read: (input) => {
        const value = parsed(input);
        const args = (Array.isArray(value) ? value : [value]).map((arg) =>
          typeof arg === "string" ? arg : String(JSON.stringify(arg))
        );
        return readCommandLine(flags, args, "MODEL [INPUT…]");
      },
    }),
  },
  "saved-option": {
    share: 6,
    format: json,
    begin: () => ({
      good: Object.entries({
        ...{ seed: 3, backend: "wasm", quiet: true, data: "a", rate: 0.5, k: 9, claim: [1, 2] },
        ...{ only: ["a"], dashboard: 80 },
      }).map(written),
      read: (input) => {
        const pair = parsed(input);
        const [name, value] = Array.isArray(pair) ? pair : [];
        const known = Object.hasOwn(flags, String(name)) ? String(name) as keyof typeof flags : "k";
        const wrong = wrongValue(known, flags[known], value);
        return wrong === null ? E.right(value) : E.left(wrong);
      },
    }),
  },
  "request": {
    share: 1.5,
    format: json,
    begin: () => ({ good: [...requests, ...changes, ...got].map(written), read: served() }),
  },
  "rows": {
    share: 3,
    format: json,
    begin: () => ({ good: rows.map(written), read: queried }),
  },
  "report-page": {
    share: 2,
    words: ["<meta ", 'name="', 'content="', '">', "sparrow"],
    begin: () => ({
      good: ['<html><head><meta name="sparrow-epoch" content="12"></head><body>'].map((page) =>
        encoder.encode(page)
      ),
      read: (input) => {
        const epoch = epochOfReport(decoder.decode(input));
        return epoch === null ? E.left("expected an epoch") : E.right(epoch);
      },
    }),
  },
  "tfjs-model": {
    share: 0.7,
    format: json,
    begin: async () => ({
      good: await Promise.all(
        ["graph", "layers"].map((kind) =>
          Deno.readFile(new URL(`../pipelines/trunks/fixture/${kind}/model.json`, import.meta.url))
        ),
      ),
      read: (input) => pipe(readTfjsModel("model.json", input), E.chain(describeTfjs)),
    }),
  },
};
