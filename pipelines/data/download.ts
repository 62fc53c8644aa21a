/**
 * Downloads that cannot hang and cannot fill the memory.
 *
 * @module
 */
import { TE } from "../../graph/fp_ts.ts";
import { joined } from "./bytes.ts";
import type { DataEnv } from "./environment.ts";

/** Where a download gives up. */
export interface DownloadLimits {
  /** To the response's head, in ms. */
  readonly response: number;
  /** To the last byte after that, in ms. */
  readonly body: number;
  /** The most bytes to accept. */
  readonly bytes: number;
}

/**
 * The bytes at an address.
 *
 * @returns The body of a successful response, whole; otherwise the reason as a person reads it:
 * the HTTP status, the limit that was passed, or what `fetch` said.
 *
 * @example
 * ```ts
 * import { download } from "./download.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const gone = () => Promise.resolve(new Response(null, { status: 404, statusText: "Not Found" }));
 * assertEquals(
 *   await download("https://a.example/b", gone, { response: 1000, body: 1000, bytes: 10 })(),
 *   E.left("HTTP status 404 Not Found"),
 * );
 * ```
 */
export const download = (
  url: string,
  fetch: DataEnv["fetch"],
  limits: DownloadLimits,
): TE.TaskEither<string, Uint8Array> =>
  TE.tryCatch(
    () => body(url, fetch, limits),
    (cause) => cause instanceof Error ? cause.message : String(cause),
  );

async function body(
  url: string,
  fetch: DataEnv["fetch"],
  limits: DownloadLimits,
): Promise<Uint8Array> {
  const controller = new AbortController();
  const giveUpAfter = (ms: number, what: string) =>
    setTimeout(() => controller.abort(new Error(`${what} within ${ms / 1000} s`)), ms);

  let timer = giveUpAfter(limits.response, "no response");
  try {
    const response = await fetch(url, { signal: controller.signal });
    clearTimeout(timer);
    timer = giveUpAfter(limits.body, "the download did not end");
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`HTTP status ${response.status} ${response.statusText}`.trimEnd());
    }
    return await bounded(response, limits.bytes);
  } catch (cause) {
    throw causeOf(cause);
  } finally {
    clearTimeout(timer);
  }
}

async function bounded(response: Response, atMost: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let total = 0;
  for await (const piece of response.body ?? []) {
    total += piece.length;
    if (total > atMost) throw new Error(`expected at most ${atMost} bytes, it sends more`);
    pieces.push(piece);
  }
  return joined(pieces);
}

/** Deno's `fetch` says only "fetch failed" and keeps the reason as the cause. */
const causeOf = (error: unknown): unknown =>
  error instanceof Error && error.cause instanceof Error ? error.cause : error;
