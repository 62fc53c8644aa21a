/**
 * The server of a dashboard.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { icon, inlined, pageOf, pageStyle } from "./page.ts";
import { paths } from "./paths.ts";
import { refusal } from "./refusal.ts";
import type { Update } from "./update.ts";
import { within } from "./within.ts";

/** Only this machine can reach it. */
const HOSTNAME = "127.0.0.1";

/** Nothing but the page's own script and style, and nobody's frame. */
const policy = async (script: string, style: string): Promise<string> =>
  `default-src 'none'; script-src '${await hashOf(script)}'; style-src '${await hashOf(style)}'; ` +
  // Attributes that the charts bring; they can load nothing.
  "style-src-attr 'unsafe-inline'; " +
  "img-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** As a policy names a script or a style sheet that stands in the page. */
async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}`;
}

const fixedHeaders = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  // Compressing would cost the training more than it saves on the way to the same machine.
  "cache-control": "no-store, no-transform",
} as const;

/** A server that listens. */
export interface Server {
  /** Where the page is: "http://127.0.0.1:7377/". */
  readonly url: string;
  /** Waits so many milliseconds for answers to be sent, drops the rest, and stops listening. */
  readonly stop: (patience: number) => Promise<void>;
}

/**
 * Starts to serve. The server does not keep the process alive.
 *
 * @param port 0 for any that is free.
 * @param title Of the page.
 * @param first All that there is to tell at this moment.
 * @param events A new stream of server-sent events; null where there are too many.
 * @returns The server; `InvalidOption` for a port that is taken, or not ours to take.
 */
export async function serve(
  port: number,
  title: string,
  first: () => Update,
  events: () => ReadableStream<Uint8Array> | null,
): Promise<E.Either<InvalidOption, Server>> {
  // Loaded when it is wanted: most runs have no dashboard.
  const { default: bundle } = await import("./client/bundle.js", { with: { type: "text" } });
  const script = inlined(bundle);
  const headers = { ...fixedHeaders, "content-security-policy": await policy(script, pageStyle) };
  const refuse = refusing(headers);
  const files: Readonly<Record<string, readonly [type: string, content: () => string]>> = {
    [paths.page]: ["text/html; charset=utf-8", () => pageOf(title, { script, first: first() })],
    [paths.icon]: ["image/svg+xml", () => icon],
  };
  const known = Object.values(paths);
  let actual = port;
  const answer = (request: Request): Response => {
    const refused = refusal(request, actual, known);
    if (refused !== null) return refuse(refused.status, refused.reason);
    const { pathname } = new URL(request.url);
    const head = request.method === "HEAD";
    if (pathname !== paths.events) {
      const [type, content] = files[pathname];
      return new Response(head ? null : content(), {
        headers: { ...headers, "content-type": type },
      });
    }
    const type = { ...headers, "content-type": "text/event-stream" };
    if (head) return new Response(null, { headers: type });
    const stream = events();
    return stream === null
      ? refuse(503, "Too many pages are open")
      : new Response(stream, { headers: type });
  };

  const abort = new AbortController();
  /** Those that are not sent yet. Deno's own `shutdown` waits for them too, but for ever. */
  const answers = new Set<Promise<void>>();
  try {
    const server = Deno.serve({
      hostname: HOSTNAME,
      port,
      signal: abort.signal,
      onListen: () => {},
      // A page that goes away in the middle of an answer.
      onError: () => refuse(500, "This should not have happened"),
    }, (request, { completed }) => {
      const settled = completed.catch(() => {}).finally(() => answers.delete(settled));
      answers.add(settled);
      return answer(request);
    });
    actual = server.addr.port;
    server.unref();
    return E.right({
      url: `http://${HOSTNAME}:${actual}/`,
      stop: async (patience) => {
        await within(Promise.allSettled(answers), patience);
        abort.abort();
      },
    });
  } catch (cause) {
    return E.left(invalidOption("--dashboard", port, expected(cause)));
  }
}

const refusing =
  (headers: Readonly<Record<string, string>>) => (status: number, reason: string): Response =>
    new Response(`${reason}\n`, {
      status,
      headers: {
        ...headers,
        "content-type": "text/plain; charset=utf-8",
        ...status === 405 ? { allow: "GET, HEAD" } : {},
      },
    });

function expected(cause: unknown): string {
  if (cause instanceof Deno.errors.AddrInUse) {
    return "a port that nothing else listens on, or 0 for any";
  }
  if (cause instanceof Deno.errors.NotCapable) {
    return `the permission to listen there (add --allow-net=${HOSTNAME})`;
  }
  return `a port that can be listened on (${cause instanceof Error ? cause.message : cause})`;
}
