/**
 * The server of a dashboard: the page before its script has filled it, and the stream of updates.
 *
 * @module
 */
import type { InvalidOption } from "../../graph/error.ts";
import type { E } from "../../graph/fp_ts.ts";
import { type Html, html, trusted } from "../report/html.ts";
import { documentOf } from "../report/page.ts";
import { style } from "../report/style.ts";
import { plainly, policy, serveLocally, type Server } from "../serve/local.ts";
import { paths, type Update } from "./update.ts";

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
  /** First message, so that a page is complete even where no other follows. */
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

/** Style sheet: that of the report, and the dashboard's own. */
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

/**
 * Starts to serve. The server does not keep the process alive.
 *
 * @param port 0 for any that is free.
 * @param title Title of the page.
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
  const files: Readonly<Record<string, readonly [type: string, content: () => string]>> = {
    [paths.page]: ["text/html; charset=utf-8", () => pageOf(title, { script, first: first() })],
    [paths.icon]: ["image/svg+xml", () => icon],
  };
  const answer = ({ url, method }: Request): Response => {
    const { pathname } = new URL(url);
    if (pathname !== paths.events) {
      const [type, content] = files[pathname];
      return new Response(content(), { headers: { "content-type": type } });
    }
    const headers = { "content-type": "text/event-stream" };
    if (method === "HEAD") return new Response(null, { headers });
    const stream = events();
    return stream === null
      ? plainly({ status: 503, reason: "Too many pages are open" })
      : new Response(stream, { headers });
  };
  return serveLocally({
    port,
    flag: "--dashboard",
    routes: Object.fromEntries(Object.values(paths).map((path) => [path, "GET"])),
    headers: { "content-security-policy": await policy(pageStyle, script) },
    answer,
  });
}
