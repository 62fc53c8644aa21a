import { orThrow } from "../../../graph/error.ts";
import { refusal, serveLocally } from "../../../pipelines/serve/local.ts";
import { assertEquals, assertLess, assertMatch } from "../../assert.ts";

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
    ...["/events", "/?x", "/x"].map((path) =>
      [403, {
        url: `http://${host}${path}`,
        headers: {
          "sec-fetch-site": "cross-site",
          "sec-fetch-dest": "document",
          "sec-fetch-mode": "navigate",
        },
      }] as const
    ),
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

/** Sends bytes and reads until the other side ends; null where it has not after some time. */
async function sent(port: number, text: string, patience: number): Promise<string | null> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(text));
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(() => late.resolve(null), patience);
  const read = async () => {
    let all = "";
    const bytes = new Uint8Array(65_536);
    for (;;) {
      const many = await connection.read(bytes).catch(() => null);
      if (many === null) return all;
      all += new TextDecoder().decode(bytes.subarray(0, many));
    }
  };
  const reading = read();
  const answer = await Promise.race([reading, late.promise]);
  clearTimeout(timer);
  connection.close();
  await reading;
  return answer;
}

Deno.test("what is sent in part is not waited for, what is answered for long is", async () => {
  const slow = 1500;
  const server = orThrow(serveLocally({
    port: 0,
    flag: "--port",
    routes: { "/": "GET", "/slow": "GET", "/search": "POST" },
    headers: {},
    silence: 400,
    answer: async ({ url }) => {
      if (!url.endsWith("/slow")) return new Response("fast");
      await new Promise((resolve) => setTimeout(resolve, slow));
      return new Response("slow");
    },
  }));
  const { port } = new URL(server.url);
  const host = `Host: 127.0.0.1:${port}\r\n`;
  const json = "Content-Type: application/json\r\n";
  const parts = [
    "",
    "GET",
    `GET / HTTP/1.1\r\n${host}`,
    `GET / HTTP/1.1\r\n${host}\r\n`,
    `GET / HTTP/1.1\r\n${host}\r\nGET / HTTP/1.1\r\n${host}`,
    `POST /search HTTP/1.1\r\n${host}${json}Content-Length: 9\r\n\r\n{`,
    `POST /search HTTP/1.1\r\n${host}Content-Length: 9\r\n\r\n{`,
    `POST /search HTTP/1.1\r\n${host}${json}Transfer-Encoding: chunked\r\n\r\n1\r\n`,
  ];
  const begun = performance.now();
  const answers = await Promise.all(parts.map((text) => sent(Number(port), text, 5000)));
  assertLess(performance.now() - begun, 4900);
  assertEquals(
    answers.map((answer) => answer?.match(/HTTP\/1\.1 \d+/g)?.join() ?? answer),
    ["", "", "", "HTTP/1.1 200", "HTTP/1.1 200", "HTTP/1.1 200", "HTTP/1.1 415", "HTTP/1.1 200"],
  );
  const request = `GET /slow HTTP/1.1\r\n${host}Connection: close\r\n\r\n`;
  assertMatch(await sent(Number(port), request, 5000) ?? "", /slow/);
  await server.stop(100);
  assertEquals(await sent(Number(port), request, 100).catch(() => "refused"), "refused");
});
