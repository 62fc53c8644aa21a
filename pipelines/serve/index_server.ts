/**
 * HTTP interface of an index of vectors: JSON in, JSON out, within bounds.
 *
 * @module
 */
import { unknownName } from "../../graph/closest.ts";
import {
  describe,
  type InvalidOption,
  invalidOption,
  type SparrowError,
} from "../../graph/error.ts";
import { E, type TE } from "../../graph/fp_ts.ts";
import {
  addVectors,
  type AllowedVectors,
  removeVectors,
  type SearchVectorsOptions,
  storeOf,
  type VectorIndex,
} from "../../ops/codes/vector_index.ts";
import { largestId, type VectorStore } from "../../ops/codes/vector_store.ts";
import { searchParts } from "../../ops/codes/vector_parts.ts";
import type { DenseEmbeddings } from "../../ops/embeddings.ts";
import { isRecord, parseJson } from "../files/json.ts";
import { type Health, indexPage, indexPageStyle } from "./index_page.ts";
import { type Method, policy, type Refusal } from "./local.ts";

/** The most bytes of a request. */
const MOST_BYTES = 32 * 2 ** 20;

/** The most queries of a request. */
const MOST_QUERIES = 1000;

/** The most results per query, candidates, and lists to read. */
const MOST = { k: 1000, candidates: 10_000, probes: 10_000 } as const;

/** Queries that are searched before others have their turn. */
const QUERIES_AT_ONCE = 64;

/** Times in milliseconds: for a request to arrive, and to be answered. */
export interface TimeLimits {
  /** @default 10,000 */
  readonly arrive: number;
  /** @default 10,000 */
  readonly answer: number;
}

const usualLimits: TimeLimits = { arrive: 10_000, answer: 10_000 };

/** The latest requests, whose times are kept. */
const KEPT = 10_000;

/** Options of {@linkcode indexServer}. */
export interface IndexServerOptions {
  /** Saves the index; what is changed is refused without. @default null */
  readonly save?: ((index: VectorIndex) => TE.TaskEither<SparrowError, void>) | null;
  readonly limits?: Partial<TimeLimits>;
  /** Monotonic clock, in milliseconds. @default performance.now */
  readonly now?: () => number;
}

/** Answers for an index. */
export interface IndexServer {
  /** Paths of the server, and the method of each. */
  readonly routes: Readonly<Record<string, Method>>;
  readonly answer: (request: Request) => Promise<Response>;
  /** Writes the answer to a request that is refused. */
  readonly refuse: (refusal: Refusal) => Response;
  readonly health: () => Health;
  /** Saves what was changed and not saved yet, after all changes that have begun. */
  readonly save: TE.TaskEither<SparrowError, void>;
}

/** An error as it is answered: its status of HTTP, a tag for programs, a sentence for people. */
interface Failure {
  readonly status: number;
  readonly tag: string;
  readonly message: string;
}

type Answered = E.Either<Failure, unknown>;

const failed = (status: number, tag: string, message: string): E.Either<Failure, never> =>
  E.left({ status, tag, message });

const failedBy = (error: SparrowError): E.Either<Failure, never> =>
  failed(error._tag === "InvalidOption" ? 400 : 500, error._tag, describe(error));

/** Methods of the interface's paths, the page aside. */
const apiRoutes = {
  "/search": "POST",
  "/add": "POST",
  "/remove": "POST",
  "/save": "POST",
} as const;

/**
 * Makes what answers for some indexes, which are searched as one.
 *
 * | request             | body                                                   | answer                               |
 * | ------------------- | ------------------------------------------------------ | ------------------------------------ |
 * | `POST /search`      | `{vectors, k?, probes?, candidates?, exact?, filter?}` | `{results: [[{id, similarity}, …], …]}` |
 * | `POST /add`         | `{vectors, ids?}`                                      | `{ids, count}`                       |
 * | `POST /remove`      | `{ids}`                                                | `{count}`                            |
 * | `POST /save`        | `{}`                                                   | `{count}`                            |
 * | `GET /health`       |                                                        | a {@linkcode Health}                 |
 * | `GET /`             |                                                        | a page for people                    |
 *
 * A filter is `{only: ids}` or `{except: ids}`. An error is `{error: {tag, message}}`.
 *
 * @param indexes At least one, all of one width; exactly one where it can be saved.
 */
export function indexServer(
  indexes: readonly VectorIndex[],
  { save = null, limits, now = () => performance.now() }: IndexServerOptions = {},
): IndexServer {
  const { arrive, answer: toAnswer } = { ...usualLimits, ...limits };
  let parts = indexes;
  let changed = false;
  const begun = now();
  const counts = { searches: 0, queries: 0, added: 0, removed: 0, errors: 0 };
  const times = new Float64Array(KEPT);
  const [{ width }] = indexes;

  const health = (): Health => {
    const latest = times.slice(0, Math.min(KEPT, counts.searches)).sort();
    const quantile = (part: number) =>
      Math.round(1000 * latest[Math.min(latest.length - 1, Math.floor(part * latest.length))]) /
      1000;
    return {
      vectors: parts.reduce((sum, { count }) => sum + count, 0),
      width,
      units: parts.reduce((sum, { units }) => sum + units, 0),
      writable: save !== null,
      changed,
      seconds: Math.floor((now() - begun) / 1000),
      ...counts,
      latency: latest.length === 0 ? null : { p50: quantile(0.5), p99: quantile(0.99) },
    };
  };

  const search = async (body: Body): Promise<Answered> => {
    const start = now();
    const wrong = otherThan(body, ["vectors", "k", "probes", "candidates", "exact", "filter"]);
    if (wrong !== null) return failedBy(wrong);
    const queries = vectorsOf(body.vectors, width, MOST_QUERIES);
    if (E.isLeft(queries)) return failedBy(queries.left);
    const options = searchOptions(body);
    if (E.isLeft(options)) return failedBy(options.left);
    const { k } = options.right;
    const results: (readonly { readonly id: number; readonly similarity: number }[])[] = [];
    const atOnce = options.right.exact ? 1 : QUERIES_AT_ONCE;
    const { count, values } = queries.right;
    for (let from = 0; from < count; from += atOnce) {
      if (from > 0) await othersTurn();
      if (now() - start > toAnswer) {
        return failed(503, "TooSlow", `Cannot search: it takes longer than ${toAnswer / 1000} s`);
      }
      const many = Math.min(atOnce, count - from);
      const some = {
        kind: "dense",
        count: many,
        width,
        values: values.subarray(from * width, (from + many) * width),
      } as const;
      const found = searchParts(parts, some, options.right);
      if (E.isLeft(found)) return failedBy(found.left);
      const { ids, similarities } = found.right;
      for (let q = 0; q < many; q++) {
        const row = Array.from(
          { length: k },
          (_, i) => ({ id: ids[q * k + i], similarity: similarities[q * k + i] }),
        );
        results.push(row.filter(({ id }) => id >= 0));
      }
    }
    times[counts.searches++ % KEPT] = now() - start;
    counts.queries += count;
    return E.right({ results });
  };

  // Changes wait for one another, and for a file that is written.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <A>(work: () => A | Promise<A>): Promise<A> => {
    const next = last.then(work);
    last = next.catch(() => {});
    return next;
  };
  const saveNow = async (): Promise<E.Either<SparrowError, void>> => {
    if (save === null || !changed) return E.right(undefined);
    const saved = await save(parts[0])();
    if (E.isRight(saved)) changed = false;
    return saved;
  };
  const change = (made: E.Either<InvalidOption, VectorIndex>): E.Either<Failure, VectorIndex> => {
    if (E.isLeft(made)) return failedBy(made.left);
    parts = [made.right];
    changed = true;
    return made;
  };

  const writes: Readonly<Record<string, (body: Body) => Answered | Promise<Answered>>> = {
    "/add": (body) => {
      const wrong = otherThan(body, ["vectors", "ids"]);
      if (wrong !== null) return failedBy(wrong);
      const vectors = vectorsOf(body.vectors, width, Infinity);
      if (E.isLeft(vectors)) return failedBy(vectors.left);
      const ids = body.ids === undefined
        ? nextIds(parts[0], vectors.right.count)
        : idsOf("ids", body.ids);
      if (E.isLeft(ids)) return failedBy(ids.left);
      return E.map(({ count }: VectorIndex) => {
        counts.added += vectors.right.count;
        return { ids: ids.right, count };
      })(change(addVectors(parts[0], vectors.right, ids.right)));
    },
    "/remove": (body) => {
      const wrong = otherThan(body, ["ids"]);
      if (wrong !== null) return failedBy(wrong);
      const ids = idsOf("ids", body.ids);
      if (E.isLeft(ids)) return failedBy(ids.left);
      const before = parts[0].count;
      return E.map(({ count }: VectorIndex) => {
        counts.removed += before - count;
        return { count };
      })(change(removeVectors(parts[0], ids.right)));
    },
    "/save": async (body) => {
      const wrong = otherThan(body, []);
      if (wrong !== null) return failedBy(wrong);
      const saved = await saveNow();
      return E.isLeft(saved) ? failedBy(saved.left) : E.right({ count: parts[0].count });
    },
  };

  const answered = async (path: string, request: Request): Promise<Answered> => {
    const writer = Object.hasOwn(writes, path) ? writes[path] : null;
    if (writer !== null && save === null) {
      return failed(
        403,
        "NotWritable",
        "Cannot change the index: start the server with --writable",
      );
    }
    const body = await bodyOf(request, arrive);
    if (E.isLeft(body)) return body;
    return writer === null ? await search(body.right) : await inTurn(() => writer(body.right));
  };

  const asJson = (status: number, value: unknown): Response =>
    new Response(`${JSON.stringify(value)}\n`, {
      status,
      headers: { "content-type": "application/json; charset=utf-8" },
    });
  const asError = ({ status, tag, message }: Failure): Response => {
    counts.errors++;
    return asJson(status, { error: { tag, message } });
  };
  return {
    routes: { "/": "GET", "/health": "GET", ...apiRoutes },
    answer: async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/health") return asJson(200, health());
      if (pathname === "/") {
        return new Response(indexPage(health(), request.url), {
          headers: {
            "content-type": "text/html; charset=utf-8",
            "content-security-policy": await policy(indexPageStyle),
          },
        });
      }
      const result = await answered(pathname, request);
      return E.isLeft(result) ? asError(result.left) : asJson(200, result.right);
    },
    refuse: ({ status, reason }) => asError({ status, tag: "Refused", message: reason }),
    health,
    save: () => inTurn(saveNow),
  };
}

/** Ids for more vectors: the integers after the largest. */
const nextIds = (index: VectorIndex, count: number): E.Either<InvalidOption, readonly number[]> =>
  E.map((store: VectorStore) => {
    const first = largestId(store) + 1;
    return Array.from({ length: count }, (_, i) => first + i);
  })(storeOf(index));

/** Lets what waits go on: a request that came in between. */
const othersTurn = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });

// ---- Reading what was sent

type Body = Readonly<Record<string, unknown>>;

/** Reads the body of a request as JSON, of a bounded size, within a time. */
async function bodyOf(request: Request, milliseconds: number): Promise<E.Either<Failure, Body>> {
  const tooLarge = failed(413, "TooLarge", `Cannot take more than ${MOST_BYTES / 2 ** 20} MiB`);
  if (Number(request.headers.get("content-length") ?? 0) > MOST_BYTES) return tooLarge;
  const reader = request.body?.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  const late = Promise.withResolvers<"late">();
  const timer = setTimeout(() => late.resolve("late"), milliseconds);
  try {
    while (reader !== undefined) {
      const next = await Promise.race([reader.read(), late.promise]);
      if (next === "late") {
        const seconds = milliseconds / 1000;
        return failed(408, "TooSlow", `Cannot wait longer than ${seconds} s for a request`);
      }
      if (next.done) break;
      size += next.value.length;
      if (size > MOST_BYTES) return tooLarge;
      parts.push(next.value);
    }
  } catch {
    return failed(400, "Broken", "Cannot read the request: it ended too early");
  } finally {
    clearTimeout(timer);
    // What is left is not waited for.
    reader?.cancel().catch(() => {});
  }
  const bytes = new Uint8Array(size);
  parts.reduce((at, part) => (bytes.set(part, at), at + part.length), 0);
  const json = parsed(bytes);
  return isRecord(json)
    ? E.right(json)
    : failed(400, "ParseError", "Cannot read the request: expected a JSON object");
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return parseJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** Refuses a field that no one knows. */
function otherThan(body: Body, fields: readonly string[]): InvalidOption | null {
  const other = Object.keys(body).find((field) => !fields.includes(field));
  return other === undefined ? null : unknownName("the field", other.slice(0, 80), fields);
}

const shown = (value: unknown): string =>
  value === undefined ? "nothing" : String(JSON.stringify(value)).slice(0, 80);

/** Reads vectors, each a list of `width` numbers. */
function vectorsOf(
  value: unknown,
  width: number,
  most: number,
): E.Either<InvalidOption, DenseEmbeddings> {
  const bad = (actual: string) => {
    const some = most === Infinity ? "" : `at most ${most} `;
    return E.left(invalidOption("vectors", actual, `a list of ${some}lists of ${width} numbers`));
  };
  if (!Array.isArray(value) || value.length === 0) return bad(shown(value));
  if (value.length > most) return bad(`${value.length} of them`);
  const wrong = value.findIndex((row) => !Array.isArray(row) || row.length !== width);
  if (wrong >= 0) {
    const row: unknown = value[wrong];
    return bad(Array.isArray(row) ? `${row.length} numbers in list ${wrong}` : shown(row));
  }
  const values = new Float32Array(value.length * width);
  for (let i = 0; i < values.length; i++) {
    const number: unknown = value[Math.floor(i / width)][i % width];
    if (typeof number !== "number") return bad(`${shown(number)} in list ${Math.floor(i / width)}`);
    values[i] = number;
  }
  return E.right({ kind: "dense", count: value.length, width, values });
}

/** Reads ids; whether the index has them is the index's to say. */
const idsOf = (option: string, value: unknown): E.Either<InvalidOption, readonly number[]> =>
  Array.isArray(value) && value.every((id) => typeof id === "number")
    ? E.right(value)
    : E.left(invalidOption(option, shown(value), "a list of integers"));

function searchOptions(
  { k = 10, probes, candidates, exact = false, filter }: Body,
): E.Either<InvalidOption, SearchVectorsOptions> {
  for (const [option, value] of Object.entries({ k, probes, candidates })) {
    const most = MOST[option as keyof typeof MOST];
    if (
      value !== undefined &&
      !(Number.isInteger(value) && Number(value) >= 1 && Number(value) <= most)
    ) {
      return E.left(invalidOption(option, shown(value), `an integer from 1 to ${most}`));
    }
  }
  if (typeof exact !== "boolean") {
    return E.left(invalidOption("exact", shown(exact), "true or false"));
  }
  const allowed = filterOf(filter);
  return E.map((allowed: AllowedVectors | undefined) => ({
    k: Number(k),
    ...probes === undefined ? {} : { probes: Number(probes) },
    ...candidates === undefined ? {} : { candidates: Number(candidates) },
    exact,
    allowed,
  }))(allowed);
}

function filterOf(filter: unknown): E.Either<InvalidOption, AllowedVectors | undefined> {
  if (filter === undefined) return E.right(undefined);
  const [name, ...more] = isRecord(filter) ? Object.keys(filter) : [];
  if (!isRecord(filter) || more.length > 0 || (name !== "only" && name !== "except")) {
    const expected = '{"only": ids} or {"except": ids}';
    return E.left(invalidOption("filter", shown(filter), expected));
  }
  const ids = idsOf(`filter.${name}`, filter[name]);
  if (E.isLeft(ids)) return ids;
  return E.right(name === "only" ? { only: ids.right } : { except: ids.right });
}
