/**
 * Servers that only this machine reaches: what they refuse, the headers of all answers, and how they end.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";

// ---- Refusals

/** The part of a request that decides whether it is answered. */
export interface Asked {
  readonly method: string;
  /** Address of the request, with the host. */
  readonly url: string;
  readonly headers: Headers;
}

/** The reason why a request is not answered. */
export interface Refusal {
  /** Status of HTTP. */
  readonly status: 400 | 403 | 404 | 405 | 413 | 414 | 415 | 421 | 503;
  /** Reason, for a person. */
  readonly reason: string;
}

/** HTTP method of a path: "GET" also serves HEAD; "POST" has JSON as its body. */
export type Method = "GET" | "POST";

/** The most characters of an address; ours are a tenth of that. */
const LONGEST_URL = 256;

/**
 * Decides whether a request is refused.
 *
 * A page on another site can make a browser send requests to 127.0.0.1, and by a name of its own that resolves to
 * 127.0.0.1 it could even read the answers. So the request's host must be one of our names, and the request must not
 * come from another site; only a link to the page itself may stand anywhere. A request with a body must declare it as
 * JSON, which no page of another site can send without permission.
 *
 * @param port The port that the server listens on.
 * @param routes Paths that it serves, and the method of each.
 * @returns null for a request that may be answered.
 */
export function refusal(
  { method, url, headers }: Asked,
  port: number,
  routes: Readonly<Record<string, Method>>,
): Refusal | null {
  if (url.length > LONGEST_URL) return { status: 414, reason: "The address is too long" };
  // Browsers leave the port out where it is HTTP's own.
  const hosts = ["127.0.0.1", "localhost"].map((name) => port === 80 ? name : `${name}:${port}`);
  const host = headers.get("host")?.toLowerCase() ?? "";
  if (!URL.canParse(url)) return { status: 400, reason: "Not an address" };
  const { host: addressed, pathname, search } = new URL(url);
  // "GET http://evil.example/" names a host besides the header's.
  if (!hosts.includes(host) || addressed !== host) {
    return { status: 421, reason: `Ask for ${hosts[0]}` };
  }
  const origin = headers.get("origin");
  if (origin !== null && origin !== `http://${host}`) {
    return { status: 403, reason: "Another origin" };
  }
  const reads = method === "GET" || method === "HEAD";
  const site = headers.get("sec-fetch-site") ?? "none";
  const followsLink = reads && headers.get("sec-fetch-dest") === "document";
  if (site !== "same-origin" && site !== "none" && !followsLink) {
    return { status: 403, reason: "Another site" };
  }
  const path = pathname + search;
  const wanted = Object.hasOwn(routes, path) ? routes[path] : null;
  const expected = wanted ?? "GET";
  if (expected === "GET" ? !reads : method !== expected) {
    return { status: 405, reason: expected === "GET" ? "Only GET and HEAD" : `Only ${expected}` };
  }
  const hasBody = headers.has("transfer-encoding") ||
    (headers.get("content-length") ?? "0") !== "0";
  if (expected === "GET" && hasBody) return { status: 413, reason: "No body is taken" };
  const type = headers.get("content-type") ?? "";
  if (expected === "POST" && !/^application\/json *(;|$)/i.test(type)) {
    return { status: 415, reason: "Send JSON, with content-type: application/json" };
  }
  return wanted === null ? { status: 404, reason: "Nothing is here" } : null;
}

// ---- Listening

/** Address that only this machine can reach. */
const HOSTNAME = "127.0.0.1";

/** Milliseconds for the last bytes of answers to be sent. */
const FLUSH = 500;

/** Headers of all answers. */
const fixedHeaders = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  // Compressing would cost more than it saves on the way to the same machine.
  "cache-control": "no-store, no-transform",
} as const;

/** Writes the content security policy of a page: only its own style and, where it has one, script, and no frames. */
export async function policy(style: string, script?: string): Promise<string> {
  const scripts = script === undefined ? "" : `script-src '${await hashOf(script)}'; `;
  return `default-src 'none'; ${scripts}style-src '${await hashOf(style)}'; ` +
    // Attributes that the charts bring; they can load nothing.
    "style-src-attr 'unsafe-inline'; " +
    "img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

/** Names a script or a style sheet that stands in the page for the policy. */
async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}`;
}

/** A server that listens. */
export interface Server {
  /** Address of the page: "http://127.0.0.1:7377/". */
  readonly url: string;
  /** Refuses new requests, waits the given milliseconds for answers to be sent, drops the rest, and ends. */
  readonly stop: (patience: number) => Promise<void>;
}

/** Options of a server: its port, routes, headers and answers. */
export interface Serving {
  /** Port to listen on; 0 for any that is free. */
  readonly port: number;
  /** The flag that names the port, for the error of one that cannot be had. */
  readonly flag: string;
  /** Paths of the server, and the method of each. */
  readonly routes: Readonly<Record<string, Method>>;
  /** Headers of all answers, besides those that every server sends. */
  readonly headers: Readonly<Record<string, string>>;
  /** Answers a request that was not refused. */
  readonly answer: (request: Request) => Response | Promise<Response>;
  /** Writes the answer to one that was. @default the reason, as plain text */
  readonly refuse?: (refusal: Refusal) => Response;
}

/** The answer to a request that is refused, as plain text. */
export const plainly = ({ status, reason }: Refusal): Response =>
  new Response(`${reason}\n`, { status, headers: { "content-type": "text/plain; charset=utf-8" } });

/**
 * Starts to serve. The server does not keep the process alive.
 *
 * @returns The server; `InvalidOption` for a port that is taken, or not ours to take.
 */
export function serveLocally(
  { port, flag, routes, headers, answer, refuse = plainly }: Serving,
): E.Either<InvalidOption, Server> {
  let actual = port;
  let ending = false;
  const abort = new AbortController();
  /** The answers that are not sent yet. */
  const answers = new Set<Promise<void>>();
  const withHeaders = (response: Response): Response => {
    for (const [name, value] of Object.entries({ ...fixedHeaders, ...headers })) {
      response.headers.set(name, value);
    }
    return response;
  };
  const refused = (reason: Refusal): Response => {
    const response = withHeaders(refuse(reason));
    if (reason.status === 405) {
      response.headers.set("allow", reason.reason.replace("Only ", "").replace(" and", ","));
    }
    return response;
  };
  try {
    const server = Deno.serve({
      hostname: HOSTNAME,
      port,
      signal: abort.signal,
      onListen: () => {},
      // A page that goes away in the middle of an answer.
      onError: () =>
        new Response("This should not have happened\n", { status: 500, headers: fixedHeaders }),
    }, async (request, { completed }) => {
      const settled = completed.catch(() => {}).finally(() => answers.delete(settled));
      answers.add(settled);
      const reason = ending
        ? { status: 503, reason: "The server ends" } as const
        : refusal(request, actual, routes);
      if (reason !== null) return refused(reason);
      const response = withHeaders(await answer(request));
      return request.method === "HEAD" ? new Response(null, response) : response;
    });
    actual = server.addr.port;
    server.unref();
    return E.right({
      url: `http://${HOSTNAME}:${actual}/`,
      stop: async (patience) => {
        ending = true;
        // `shutdown` sends the last bytes of answers, but waits for ever for one that never ends, and cannot be
        // called off then.
        if (await waited(Promise.allSettled(answers), patience)) {
          await waited(server.shutdown(), FLUSH);
        } else abort.abort();
      },
    });
  } catch (cause) {
    return E.left(invalidOption(flag, port, expected(cause)));
  }
}

/** Waits for work, at most the given milliseconds; returns whether it is done. Unfinished work goes on. */
async function waited(work: Promise<unknown>, milliseconds: number): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), milliseconds);
  try {
    return await Promise.race([work.then(() => true), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function expected(cause: unknown): string {
  if (cause instanceof Deno.errors.AddrInUse) {
    return "a port that nothing else listens on, or 0 for any";
  }
  if (cause instanceof Deno.errors.NotCapable) {
    return `the permission to listen there (add --allow-net=${HOSTNAME})`;
  }
  return `a port that can be listened on (${cause instanceof Error ? cause.message : cause})`;
}
