import { refusal } from "../../../pipelines/serve/local.ts";
import { assertEquals } from "../../assert.ts";

const port = 7377;
const host = `127.0.0.1:${port}`;

interface Case {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const status = (
  { method = "GET", headers = {}, url = `http://${headers.host ?? host}/` }: Case,
): number | null =>
  refusal({ method, url, headers: new Headers({ host, ...headers }) }, port, {
    "/": "GET",
    "/events": "GET",
    "/search": "POST",
  })
    ?.status ?? null;

Deno.test("the page, what it loads and a link to it are answered", () => {
  const document = { "sec-fetch-dest": "document" };
  const cases: readonly Case[] = [
    {},
    { method: "HEAD" },
    { url: `http://${host}/events` },
    { headers: { host: `localhost:${port}` } },
    { headers: { host: `LOCALHOST:${port}` } },
    { headers: { origin: `http://${host}` } },
    { headers: { host: `localhost:${port}`, origin: `http://localhost:${port}` } },
    { headers: { "sec-fetch-site": "same-origin" } },
    { headers: { "sec-fetch-site": "none", ...document } },
    { headers: { "sec-fetch-site": "cross-site", ...document } },
    { headers: { "content-length": "0" } },
    {
      url: `http://${host}/search`,
      method: "POST",
      headers: { "content-type": "application/json; charset=utf-8", "content-length": "9" },
    },
  ];
  for (const asked of cases) assertEquals(status(asked), null, JSON.stringify(asked));
});

Deno.test("other hosts, origins, sites, methods, paths, bodies and long addresses are refused", () => {
  const cases: readonly (readonly [number, Case])[] = [
    ...[
      "evil.example",
      "evil.example:80",
      "127.0.0.1",
      "127.0.0.1:80",
      `0.0.0.0:${port}`,
      `evil.example:${port}`,
    ]
      .map((host) => [421, { headers: { host } }] as const),
    ...["http://evil.example", `https://${host}`, "null", `http://localhost:${port}`]
      .map((origin) => [403, { headers: { origin } }] as const),
    [403, { headers: { "sec-fetch-site": "cross-site" } }],
    [403, { headers: { "sec-fetch-site": "same-site", "sec-fetch-dest": "script" } }],
    ...["POST", "PUT", "DELETE", "OPTIONS", "TRACE"].map((method) => [405, { method }] as const),
    ...["/x", "/events/", "/../etc/passwd", "//", "/?x", "/%2fetc", "/EVENTS"]
      .map((path) => [404, { url: `http://${host}${path}` }] as const),
    [421, { url: "http://evil.example/" }],
    [404, { url: `http://${host}/__proto__` }],
    [405, { url: `http://${host}/search` }],
    [405, { url: `http://${host}/search`, method: "PUT" }],
    ...["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""]
      .map((type) =>
        [415, {
          url: `http://${host}/search`,
          method: "POST",
          headers: { "content-type": type },
        }] as const
      ),
    [403, {
      url: `http://${host}/search`,
      method: "POST",
      headers: {
        "content-type": "application/json",
        "sec-fetch-site": "cross-site",
        "sec-fetch-dest": "document",
      },
    }],
    [400, { url: "http://" }],
    [413, { headers: { "content-length": "1" } }],
    [413, { headers: { "transfer-encoding": "chunked" } }],
    [414, { url: `http://${host}/${"x".repeat(300)}` }],
  ];
  for (const [expected, asked] of cases) {
    assertEquals(status(asked), expected, JSON.stringify(asked));
  }
});
