/**
 * Which requests a dashboard does not answer.
 *
 * @module
 */

/** What is asked, as far as it matters here. */
export interface Asked {
  readonly method: string;
  /** With the host that was asked for. */
  readonly url: string;
  readonly headers: Headers;
}

/** Why not, as HTTP says it. */
export interface Refusal {
  readonly status: 400 | 403 | 404 | 405 | 413 | 414 | 421;
  /** For a person. */
  readonly reason: string;
}

/** Characters of an address; ours are a tenth of that. */
const LONGEST_URL = 256;

/**
 * Says whether a request is to be refused.
 *
 * A page on another site can make a browser send requests to 127.0.0.1, and by a name of its own that
 * resolves to 127.0.0.1 it could even read the answers. So the host must be asked for by our names, and
 * the request must not come from another site; only a link to the page itself may stand anywhere.
 *
 * @param port That is listened on.
 * @param paths That are served.
 * @returns null for a request that may be answered.
 *
 * @example
 * ```ts
 * import { refusal } from "./refusal.ts";
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
