/**
 * The server of a dashboard: the page before its script has filled it, the requests that are refused, and the stream
 * of updates.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import { type Html, html, trusted } from "../report/html.ts";
import { documentOf } from "../report/page.ts";
import { style } from "../report/style.ts";
import { paths, type Update } from "./update.ts";

/** Waits for work, so many milliseconds at most. Work that is not done by then goes on. */
async function waited(work: Promise<unknown>, milliseconds: number): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, milliseconds);
  try {
    await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

// ---- Refusals

/** The part of a request that decides whether it is answered. */
export interface Asked {
  readonly method: string;
  /** Address, with the host that was asked for. */
  readonly url: string;
  readonly headers: Headers;
}

/** The reason why a request is not answered. */
export interface Refusal {
  /** Status of HTTP. */
  readonly status: 400 | 403 | 404 | 405 | 413 | 414 | 421;
  /** Reason, for a person. */
  readonly reason: string;
}

/** The most characters of an address; ours are a tenth of that. */
const LONGEST_URL = 256;

/**
 * Says whether a request is to be refused.
 *
 * A page on another site can make a browser send requests to 127.0.0.1, and by a name of its own that
 * resolves to 127.0.0.1 it could even read the answers. So the host must be asked for by our names, and
 * the request must not come from another site; only a link to the page itself may stand anywhere.
 *
 * @param port The port that the server listens on.
 * @param paths The paths that it serves.
 * @returns null for a request that may be answered.
 *
 * @example
 * ```ts
 * import { refusal } from "./serve.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const url = "http://127.0.0.1:7377/";
 * const asked = (host: string) => ({ method: "GET", url, headers: new Headers({ host }) });
 * assertEquals(refusal(asked("127.0.0.1:7377"), 7377, ["/"]), null);
 * assertEquals(refusal(asked("evil.example"), 7377, ["/"])?.status, 421);
 * ```
 */
export function refusal(
  { method, url, headers }: Asked,
  port: number,
  paths: readonly string[],
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
  const site = headers.get("sec-fetch-site") ?? "none";
  const followsLink = headers.get("sec-fetch-dest") === "document";
  if (site !== "same-origin" && site !== "none" && !followsLink) {
    return { status: 403, reason: "Another site" };
  }
  if (method !== "GET" && method !== "HEAD") return { status: 405, reason: "Only GET and HEAD" };
  if (headers.has("transfer-encoding") || (headers.get("content-length") ?? "0") !== "0") {
    return { status: 413, reason: "No body is taken" };
  }
  return paths.includes(pathname + search) ? null : { status: 404, reason: "Nothing is here" };
}

// ---- The page

/** The elements that the script fills, by their ids, with the names of the facts that they show. */
const facts: readonly (readonly [id: string, label: string])[] = [
  ["epoch", "epoch"],
  ["left", "time left"],
  ["gone", "time gone"],
  ["speed", "samples per second"],
  ["loss-now", "loss so far"],
  ["backend", "backend"],
  ["memory", "memory"],
];

/** The content of a page besides its title. */
export interface PageContent {
  /** Text of the script, whole: a page that is loaded when the program ends needs nothing more of it. */
  readonly script: string;
  /** First message, so that a page shows everything even where none comes after. */
  readonly first: Update;
}

/** Writes a script so that it may stand in a page: nothing in it ends the element, or begins another. */
export const inlined = (script: string): string => script.replaceAll(/<(\/script|!--)/gi, "<\\$1");

/** Writes the page of a program. */
const pageOf = (title: string, { script, first }: PageContent): string =>
  documentOf({
    title,
    style: pageStyle,
    head: html`
      <link rel="icon" href="${paths.icon}" type="image/svg+xml">
    `,
    body: html`
      <header>
        <div>
          <h1>${title}</h1>
          <p class="graph"><code id="graph"></code></p>
          <p class="dataset" id="dataset"></p>
          <p class="notice" id="notice" role="note" hidden></p>
        </div>
        <div class="state">
          <p id="state" role="status">Starting</p>
          <progress id="progress" max="1" value="0"
            aria-label="Part of the training that is done"></progress>
        </div>
      </header>
      <p class="said" id="said"></p>
      <div id="ending" role="alert"></div>
      <noscript><p class="notice">The page needs its script to show anything.</p></noscript>
      <dl class="facts">${facts.map(fact)}</dl>
      <form class="controls" aria-label="What is shown">
        <button type="button" id="pause" aria-pressed="false">Pause</button>
        <label>scale of loss and schedules
          <select id="scale">
            <option value="auto">automatic</option>
            <option value="linear">linear</option>
            <option value="log">logarithmic</option>
          </select>
        </label>
        <label class="cursor">values of <output id="at">the last epoch</output>
          <input type="range" id="cursor" min="0" max="0" value="0" step="1" disabled>
        </label>
      </form>
      <main id="figures">
        <p>Nothing was measured yet.</p>
      </main>
      <div id="configuration"></div>
      <script type="application/json" id="first">${trusted(
        JSON.stringify(first).replaceAll("<", "\\u003c"),
      )}</script>
      <script type="module">${trusted(script)}</script>
    `,
  });

const fact = ([id, label]: readonly [string, string]): Html =>
  html`
    <div>
      <dt>${label}</dt>
      <dd id="${id}">–</dd>
    </div>
  `;

/** The style sheet: the report's, and what a report does not have. */
const pageStyle: string = `${style}
body[data-state="failed"], body[data-state="lost"] { --state: #a3262a; }
body[data-state="finished"] { --state: var(--validation); }
@media screen and (prefers-color-scheme: dark) {
  body[data-state="failed"], body[data-state="lost"] { --state: #f19a94; }
}
header { align-items: start; }
.state { min-width: 240px; }
#state { margin: 4px 0 8px; font-weight: 650; color: var(--state, var(--ink)); }
progress { width: 100%; height: 8px; accent-color: var(--state, var(--test)); }
.said { margin: 16px 0 0; min-height: 1.5em; color: var(--muted); font-size: 13px;
  overflow-wrap: anywhere; }
#ending:empty { display: none; }
#ending { margin: 20px 0 0; padding: 10px 14px; border-left: 3px solid var(--state, var(--alert));
  background: var(--field); overflow-wrap: anywhere; }
#ending p { margin: 0; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(128px, 1fr)); gap: 14px 20px;
  margin: 24px 0 0; padding: 14px 0; border-top: 1px solid var(--rule);
  border-bottom: 1px solid var(--rule); }
dt { color: var(--muted); font-size: 13px; }
dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.controls { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap;
  align-items: center; gap: 8px 28px; padding: 10px 0; background: var(--paper); font-size: 13px; }
.controls button, .controls select { font: inherit; color: inherit; padding: 4px 12px;
  background: var(--field); border: 1px solid var(--muted); border-radius: 4px; }
.controls button[aria-pressed="true"] { background: var(--ink); color: var(--paper); }
.controls :focus-visible { outline: 2px solid var(--test); outline-offset: 2px; }
.controls select { margin-left: 6px; }
.cursor { display: flex; align-items: center; gap: 10px; flex: 1 1 300px; }
.cursor output { min-width: 6.5em; font-variant-numeric: tabular-nums; }
.cursor input { flex: 1; min-width: 120px; max-width: 420px; accent-color: var(--test); }
main h2 { margin-top: 20px; }
.drawing { touch-action: pan-y; }
.drawing .plot { width: 100%; }
.readout:empty { display: none; }
.readout { margin: 6px 0 0; min-height: 1.45em; font-size: 13px; font-variant-numeric: tabular-nums; }
`;

/** A sparrow's eye would be too much: a few bits of a code, set. */
const icon: string =
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path fill="#b9c4d0" d="M0 0h8v8H0z"/>` +
  `<path fill="#1f5f99" d="M1 1h2v2H1zM5 3h2v2H5zM3 5h2v2H3z"/></svg>`;

/** Only this machine can reach it. */
const HOSTNAME = "127.0.0.1";

/** Nothing but the page's own script and style, and nobody's frame. */
const policy = async (script: string, style: string): Promise<string> =>
  `default-src 'none'; script-src '${await hashOf(script)}'; style-src '${await hashOf(style)}'; ` +
  // Attributes that the charts bring; they can load nothing.
  "style-src-attr 'unsafe-inline'; " +
  "img-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Names a script or a style sheet that stands in the page for the policy. */
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
  /** Address of the page: "http://127.0.0.1:7377/". */
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
  /** The answers that are not sent yet. Deno's own `shutdown` waits for them too, but for ever. */
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
        await waited(Promise.allSettled(answers), patience);
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
