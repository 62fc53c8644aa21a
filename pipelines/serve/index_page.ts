/**
 * The page of a server of an index: what it is, how to ask it, and how it does.
 *
 * @module
 */
import { html } from "../report/html.ts";
import { documentOf } from "../report/page.ts";
import { style } from "../report/style.ts";

/** The state and the counts of a server. */
export interface Health {
  readonly vectors: number;
  readonly width: number;
  readonly units: number;
  readonly writable: boolean;
  /** Whether there are changes that were not saved. */
  readonly changed: boolean;
  /** Seconds since it began. */
  readonly seconds: number;
  /** Requests to search that were answered. */
  readonly searches: number;
  /** Queries of these. */
  readonly queries: number;
  readonly added: number;
  readonly removed: number;
  /** Requests that were answered with an error. */
  readonly errors: number;
  /** Milliseconds from the beginning of a search to its answer, of the latest 10,000; null before the first. */
  readonly latency: { readonly p50: number; readonly p99: number } | null;
}

/** The style sheet: the report's. */
export const indexPageStyle: string = `${style}
pre { overflow-x: auto; padding: 10px 14px; background: var(--field); }
`;

const grouped = (value: number): string => value.toLocaleString("en-GB");

/** Writes the page, which a browser reloads every five seconds. */
export function indexPage(health: Health, url: string): string {
  const { vectors, width, units, writable, changed, seconds, latency } = health;
  const rows: readonly (readonly [string, string])[] = [
    ["vectors", grouped(vectors)],
    ["numbers per vector", grouped(width)],
    ["units", units === 0 ? "none: all vectors are scored" : grouped(units)],
    ["changes", writable ? changed ? "not saved yet" : "saved" : "refused: no --writable"],
    ["searches", grouped(health.searches)],
    ["queries", grouped(health.queries)],
    ["latency p50", latency === null ? "–" : `${latency.p50} ms`],
    ["latency p99", latency === null ? "–" : `${latency.p99} ms`],
    ["vectors added", grouped(health.added)],
    ["vectors removed", grouped(health.removed)],
    ["errors", grouped(health.errors)],
    ["seconds since the start", grouped(seconds)],
  ];
  return documentOf({
    title: "Index of vectors",
    style: indexPageStyle,
    head: html`
      <meta http-equiv="refresh" content="5">
    `,
    body: html`
      <header>
        <div>
          <h1>Index of vectors</h1>
          <p>Finds the nearest of ${grouped(vectors)} vectors by cosine.</p>
        </div>
      </header>
      <main>
        <pre>curl ${url}search -H "content-type: application/json" -d '{"vectors": [[0.1, …]], "k": 10}'</pre>
        <p>Each vector is a list of ${grouped(
          width,
        )} numbers. Fields that may be left out: k, probes,
        candidates, exact, filter ({"only": ids} or {"except": ids}). The state as JSON: <a href="/health">health</a>.</p>
        <table>${rows.map(([name, value]) =>
          html`
            <tr>
              <th scope="row">${name}</th>
              <td>${value}</td>
            </tr>
          `
        )}</table>
      </main>
    `,
  });
}
