/**
 * Answers searches in an index of vectors over HTTP, on this machine.
 *
 *     deno run -P pipelines/serve.ts --help
 *
 * @module
 */
import { type InvalidOption, invalidOption, type SparrowError } from "../graph/error.ts";
import { E } from "../graph/fp_ts.ts";
import type { VectorIndex } from "../ops/codes/vector_index.ts";
import type { Flags } from "./cli/options.ts";
import { type Context, type Options, program } from "./cli/program.ts";
import { print } from "./core/print.ts";
import { lockFolder } from "./files/lock.ts";
import { loadVectorIndex, saveVectorIndex } from "./files/vector_index.ts";
import { count } from "./report/format.ts";
import { indexServer } from "./serve/index_server.ts";
import { serveLocally } from "./serve/local.ts";

/** Milliseconds that requests have to be answered after Ctrl-C. */
const PATIENCE = 5000;

const flags = {
  port: {
    kind: "integer",
    help: "port of 127.0.0.1 (0: any that is free)",
    least: 0,
    most: 65_535,
    fallback: 7379,
  },
  stored: {
    kind: "switch",
    help: "leave the vectors in the files, and read those of a search's candidates",
  },
  writable: {
    kind: "switch",
    help: "take POST /add, /remove and /save; the index is saved at the end",
  },
} as const satisfies Flags;

/** Serves until it is interrupted; returns the lines to print at the end. */
async function work(
  options: Options<typeof flags>,
  context: Context,
): Promise<E.Either<SparrowError, readonly string[]>> {
  const [path] = context.operands;
  if (!options.writable) return await serve(options, context);
  const lock = await lockFolder(
    path.includes("/") ? path.replace(/\/[^/]*$/, "/") : ".",
    "serve",
  )();
  if (E.isLeft(lock)) return lock;
  try {
    return await serve(options, context);
  } finally {
    await lock.right();
  }
}

async function serve(
  { port, stored, writable, quiet }: Options<typeof flags>,
  { operands, signal }: Context,
): Promise<E.Either<SparrowError, readonly string[]>> {
  const indexes: VectorIndex[] = [];
  for (const path of operands) {
    const index = await loadVectorIndex(path, { stored })();
    if (E.isLeft(index)) return index;
    indexes.push(index.right);
  }
  const other = indexes.findIndex(({ width }) => width !== indexes[0].width);
  if (other >= 0) {
    const actual = `vectors of ${indexes[other].width} numbers in ${operands[other]}`;
    return E.left(invalidOption("INDEX", actual, `${indexes[0].width}, as in ${operands[0]}`));
  }
  const server = indexServer(indexes, {
    save: writable ? (index) => saveVectorIndex(operands[0], index) : null,
  });
  const { routes, answer, refuse, health, save } = server;
  const listening = serveLocally({ port, flag: "--port", routes, headers: {}, answer, refuse });
  if (E.isLeft(listening)) return listening;
  const { url, stop } = listening.right;
  const { vectors, width } = health();
  if (!quiet) {
    print(`${count(vectors, "vector")} of ${width} numbers at ${url}; Ctrl-C ends it`);
  }
  await ended(signal);
  await stop(PATIENCE);
  const { searches, queries, changed } = health();
  const saved = await save();
  if (E.isLeft(saved)) return saved;
  return E.right([
    `${count(searches, "search", "searches")} of ${count(queries, "query", "queries")} answered`,
    ...changed ? [`Changes saved in ${operands[0]}`] : [],
  ]);
}

/** Waits for a signal. The server does not keep the process alive, a timer does. */
const ended = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setInterval(() => {}, 2 ** 30);
    const end = () => {
      clearInterval(timer);
      resolve();
    };
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });

/** Several indexes are searched as one, but which of them would a vector be added to? */
const refused = (
  { writable }: Options<typeof flags>,
  operands: readonly string[],
): InvalidOption | null =>
  writable && operands.length > 1
    ? invalidOption("--writable", `${operands.length} indexes`, "one INDEX")
    : null;

if (import.meta.main) {
  await program({
    name: "serve",
    summary:
      "Answers searches in an INDEX of vectors, which index_vectors.ts wrote, on 127.0.0.1: POST /search\n" +
      "with vectors as JSON gives the nearest by cosine, GET /health says how the server does, and GET /\n" +
      "is a page about it. Several indexes are searched as one. Ctrl-C ends it: requests that have begun\n" +
      "are answered, and what was changed is saved.",
    operands: "INDEX…",
    flags,
    serves: true,
    refuse: refused,
    work: (options, context) => () => work(options, context),
  });
}
