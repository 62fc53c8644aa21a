/**
 * The checkout as a web server, as a program elsewhere sees it that imports `mod.ts` by its URL.
 *
 * @module
 */
import { root } from "./pipelines/process.ts";

/** The media types of the files that modules are made of. */
const mediaTypes: Readonly<Record<string, string>> = {
  ts: "application/typescript",
  js: "text/javascript",
  json: "application/json",
};

/** A server of the project's modules; stops when it is disposed of. */
export interface Served extends AsyncDisposable {
  /** Host and port: `127.0.0.1:PORT`. */
  readonly host: string;
  /** Address: `http://127.0.0.1:PORT`, without a slash at its end. */
  readonly url: string;
}

/** Serves the checkout's `.ts`, `.js` and `.json` files on a port that is free, and nothing else of it. */
export function served(): Served {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const path = decodeURIComponent(new URL(request.url).pathname);
      const type = mediaTypes[path.slice(path.lastIndexOf(".") + 1)];
      if (type === undefined || path.includes("..")) return new Response(null, { status: 404 });
      try {
        const body = await Deno.readFile(`${root}${path.slice(1)}`);
        return new Response(body, { headers: { "content-type": type } });
      } catch {
        return new Response(null, { status: 404 });
      }
    },
  );
  const host = `127.0.0.1:${server.addr.port}`;
  return { host, url: `http://${host}`, [Symbol.asyncDispose]: () => server.shutdown() };
}
