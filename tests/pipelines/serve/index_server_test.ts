import { orThrow } from "../../../graph/error.ts";
import { TE } from "../../../graph/fp_ts.ts";
import { draw, seed } from "../../../graph/rng.ts";
import {
  buildVectorIndex,
  searchVectors,
  type SearchVectorsOptions,
  type VectorIndex,
} from "../../../ops/codes/vector_index.ts";
import type { DenseEmbeddings } from "../../../ops/embeddings.ts";
import { indexServer, type IndexServerOptions } from "../../../pipelines/serve/index_server.ts";
import { serveLocally } from "../../../pipelines/serve/local.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";

const WIDTH = 8;

function vectors(count: number, number: number): DenseEmbeddings {
  const [values] = draw(
    seed(number),
    (dice) => Float32Array.from({ length: count * WIDTH }, () => dice.unit() - 0.5),
  );
  return { kind: "dense", count, width: WIDTH, values };
}

const rowsOf = ({ count, values }: DenseEmbeddings): number[][] =>
  Array.from({ length: count }, (_, i) => [...values.subarray(i * WIDTH, (i + 1) * WIDTH)]);

const base = vectors(300, 1);
const index = (): VectorIndex => orThrow(buildVectorIndex(base, { units: 16 }));
const queries = vectors(5, 2);
const save = () => TE.right(undefined);

interface Answer {
  readonly status: number;
  // deno-lint-ignore no-explicit-any -- any JSON
  readonly json: any;
}

/** Serves an index while something is done with it. */
async function served(
  options: IndexServerOptions & { readonly indexes?: readonly VectorIndex[] },
  use: (
    ask: (path: string, body: unknown, init?: RequestInit) => Promise<Answer>,
    url: string,
  ) => Promise<void>,
): Promise<void> {
  const { routes, answer, refuse } = indexServer(options.indexes ?? [index()], options);
  const flag = "--port";
  const server = orThrow(serveLocally({ port: 0, flag, routes, headers: {}, answer, refuse }));
  try {
    await use(async (path, body, init = {}) => {
      const response = await fetch(`${server.url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: typeof body === "string" ? body : JSON.stringify(body),
        ...init,
      });
      return { status: response.status, json: await response.json() };
    }, server.url);
  } finally {
    await server.stop(1000);
  }
}

const expected = (index: VectorIndex, options: SearchVectorsOptions) => {
  const { ids, similarities, k } = orThrow(searchVectors(index, queries, options));
  return Array.from(
    { length: queries.count },
    (_, q) =>
      Array.from({ length: k }, (_, i) => ({
        id: ids[q * k + i],
        similarity: similarities[q * k + i],
      })).filter(({ id }) => id >= 0),
  );
};

Deno.test("what is asked by HTTP is what the index finds, filtered or not", () =>
  served({}, async (ask, url) => {
    const cases: readonly (readonly [unknown, SearchVectorsOptions])[] = [
      [{}, { k: 10 }],
      [{ k: 3, probes: 2, candidates: 5 }, { k: 3, probes: 2, candidates: 5 }],
      [{ k: 300, exact: true }, { k: 300, exact: true }],
      [{ filter: { only: [3, 1, 4, 15, 999] } }, { k: 10, allowed: { only: [3, 1, 4, 15] } }],
      [{ filter: { except: [3, 1, 4] } }, { k: 10, allowed: { except: [3, 1, 4] } }],
      [{ filter: { only: [] } }, { k: 10, allowed: { only: [] } }],
    ];
    for (const [more, options] of cases) {
      const { status, json } = await ask("search", { vectors: rowsOf(queries), ...more as object });
      assertEquals(status, 200);
      assertEquals(json.results, expected(index(), options));
    }
    const health = await (await fetch(`${url}health`)).json();
    assertEquals(
      [health.vectors, health.width, health.units, health.searches, health.queries, health.errors],
      [300, WIDTH, 16, cases.length, 5 * cases.length, 0],
    );
    assert(health.latency.p50 > 0 && health.latency.p99 >= health.latency.p50);
    const page = await fetch(url);
    assertStringIncludes(page.headers.get("content-security-policy")!, "default-src 'none'");
    assertStringIncludes(await page.text(), "Finds the nearest of 300 vectors");
  }));

Deno.test("several indexes are searched as one", async () => {
  const half = (from: number) =>
    orThrow(buildVectorIndex(
      {
        ...base,
        count: 150,
        values: base.values.slice(from * WIDTH, (from + 150) * WIDTH),
      },
      { ids: Array.from({ length: 150 }, (_, i) => from + i) },
    ));
  await served({ indexes: [half(0), half(150)] }, async (ask) => {
    for (const k of [1, 10, 200, 300]) {
      const { json } = await ask("search", { vectors: rowsOf(queries), k, exact: true });
      const wanted = expected(index(), { k, exact: true });
      assertEquals(json.results, wanted);
    }
    const { status, json } = await ask("search", { vectors: rowsOf(queries), k: 301 });
    assertEquals(status, 400);
    assertStringIncludes(json.error.message, "from 1 to 300");
  });
});

Deno.test("vectors are added and removed where the server may, and saved when asked", async () => {
  const saved: number[] = [];
  const save = ({ count }: VectorIndex) =>
    TE.fromIO(() => {
      saved.push(count);
    });
  await served({ save }, async (ask, url) => {
    const [first, second] = rowsOf(vectors(2, 7));
    assertEquals((await ask("add", { vectors: [first] })).json, { ids: [300], count: 301 });
    assertEquals((await ask("add", { vectors: [second], ids: [7_000_000_000] })).json, {
      ids: [7_000_000_000],
      count: 302,
    });
    const nearest = async (vector: number[]) =>
      (await ask("search", { vectors: [vector], k: 1 })).json.results[0][0].id;
    assertEquals([await nearest(first), await nearest(second)], [300, 7_000_000_000]);
    assertEquals((await ask("remove", { ids: [300, 5] })).json, { count: 300 });
    assert(await nearest(first) !== 300);
    for (const ids of [[300], [1e20], [-1], [0.5]]) {
      assertEquals((await ask("remove", { ids })).status, 400);
    }
    assertEquals((await ask("add", { vectors: [first], ids: [6] })).status, 400);
    assertEquals((await ask("add", { vectors: [first], ids: [6, 7] })).status, 400);
    assertEquals((await (await fetch(`${url}health`)).json()).changed, true);
    assertEquals((await ask("save", {})).json, { count: 300 });
    assertEquals((await ask("save", {})).json, { count: 300 });
    assertEquals(saved, [300]);
    const { changed, added, removed } = await (await fetch(`${url}health`)).json();
    assertEquals([changed, added, removed], [false, 2, 2]);
  });
  await served({}, async (ask) => {
    for (const path of ["add", "remove", "save"]) {
      const { status, json } = await ask(path, { vectors: rowsOf(queries), ids: [1] });
      assertEquals([status, json.error.tag], [403, "NotWritable"]);
    }
  });
});

Deno.test("changes wait while the index is written, searches do not", async () => {
  const writing = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const save = () =>
    TE.fromTask(async () => {
      begun.resolve();
      await writing.promise;
    });
  await served({ save }, async (ask) => {
    await ask("remove", { ids: [1] });
    const order: string[] = [];
    const saving = ask("save", {}).then(() => order.push("saved"));
    await begun.promise;
    const adding = ask("add", { vectors: rowsOf(queries) }).then(() => order.push("added"));
    assertEquals((await ask("search", { vectors: rowsOf(queries) })).status, 200);
    order.push("searched");
    writing.resolve();
    await Promise.all([saving, adding]);
    assertEquals(order[0], "searched");
    assertEquals((await ask("search", { vectors: rowsOf(queries), k: 304 })).status, 200);
  });
});

Deno.test("what cannot be answered is refused as JSON, by its name", () =>
  served({ save }, async (ask, url) => {
    const one = rowsOf(queries)[0];
    const cases: readonly (readonly [string, unknown, number, string])[] = [
      ["search", "", 400, "expected a JSON object"],
      ["search", "{", 400, "expected a JSON object"],
      ["search", "[]", 400, "expected a JSON object"],
      ["search", "null", 400, "expected a JSON object"],
      ["search", '{"vectors": [[NaN]]}', 400, "expected a JSON object"],
      ["search", {}, 400, "current value is"],
      ["search", { vectors: [] }, 400, "lists of 8 numbers"],
      ["search", { vectors: [[]] }, 400, "0 numbers in list 0"],
      ["search", { vectors: [one, one.slice(1)] }, 400, "7 numbers in list 1"],
      ["search", { vectors: one }, 400, "lists of 8 numbers"],
      ["search", { vectors: [one.map(String)] }, 400, "in list 0"],
      ["search", { vectors: [one.map(() => null)] }, 400, "null in list 0"],
      ["search", { vectors: [one.map(() => 1e300)] }, 400, "Infinity at 0 of vector 0"],
      ["search", { vectors: Array(1001).fill(one) }, 400, "at most 1000"],
      ["search", { vectors: [one], k: 0 }, 400, "Cannot use k"],
      ["search", { vectors: [one], k: 301 }, 400, "from 1 to 300"],
      ["search", { vectors: [one], k: 1e9 }, 400, "from 1 to 1000"],
      ["search", { vectors: [one], k: "3" }, 400, "Cannot use k"],
      ["search", { vectors: [one], candidates: 1e9 }, 400, "Cannot use candidates"],
      ["search", { vectors: [one], probes: 0.5 }, 400, "Cannot use probes"],
      ["search", { vectors: [one], exact: 1 }, 400, "true or false"],
      ["search", { vectors: [one], filter: [1] }, 400, '{"only": ids}'],
      ["search", { vectors: [one], filter: { only: [1], except: [2] } }, 400, '{"only": ids}'],
      ["search", { vectors: [one], filter: { only: ["1"] } }, 400, "a list of integers"],
      ["search", { vectors: [one], probe: 3 }, 400, 'Did you mean "probes"'],
      ["add", { vectors: [one], ids: 5 }, 400, "a list of integers"],
      ["remove", {}, 400, "a list of integers"],
      ["save", { force: true }, 400, "the field"],
      ["nothing", {}, 405, "Only GET"],
    ];
    for (const [path, body, status, message] of cases) {
      const found = await ask(path, body);
      const shown = String(JSON.stringify(body)).slice(0, 80);
      assertEquals(found.status, status, `${path} ${shown}: ${JSON.stringify(found.json)}`);
      assertStringIncludes(found.json.error.message, message, shown);
    }
    const deep = `{"vectors": ${"[".repeat(1e6)}${"]".repeat(1e6)}}`;
    assertEquals((await ask("search", deep)).status, 400);
    const bad = new Uint8Array([0x7b, 0xff, 0x7d]);
    assertEquals((await ask("search", null, { body: bad })).status, 400);
    const plain = { headers: { "content-type": "text/plain" } };
    assertEquals((await ask("search", { vectors: [one] }, plain)).status, 415);
    const cross = { "content-type": "application/json", origin: "http://evil.example" };
    assertEquals((await ask("search", { vectors: [one] }, { headers: cross })).status, 403);
    const nothing = await fetch(`${url}nothing`);
    assertEquals([nothing.status, (await nothing.json()).error.tag], [404, "Refused"]);
    assertEquals((await ask("search", { vectors: [one], k: 1 })).status, 200);
  }));

Deno.test("a request may not be larger than the server takes, said before or not", () =>
  served({}, async (ask) => {
    const chunk = new Uint8Array(2 ** 20).fill(0x20);
    let sent = 0;
    const endless = new ReadableStream({
      pull: (controller) => sent++ < 64 ? controller.enqueue(chunk) : controller.close(),
    });
    const answers = [
      await ask("search", null, { body: new Uint8Array(33 * 2 ** 20) }).catch(() => null),
      await ask("search", null, { body: endless }).catch(() => null),
    ];
    // A client that still sends may see the connection end before the answer.
    for (const answer of answers) assert(answer === null || answer.status === 413);
    assertEquals((await ask("search", { vectors: rowsOf(queries) })).status, 200);
  }));

/** Sends text as it is, and reads what comes back until the connection ends, or some text is there. */
async function raw(url: string, text: string, until = "}}"): Promise<string> {
  const port = Number(new URL(url).port);
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(text));
  const bytes = new Uint8Array(10_000);
  let got = "";
  while (!got.includes(until)) {
    const more = await connection.read(bytes);
    if (more === null) break;
    got += new TextDecoder().decode(bytes.subarray(0, more));
  }
  return got;
}

Deno.test("half-sent requests, other hosts and connections that break hold nothing up", () =>
  served({ limits: { arrive: 150 } }, async (ask, url) => {
    const { host } = new URL(url);
    const head = (host: string, length: number, end = "\r\n") =>
      `POST /search HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n` +
      `content-length: ${length}\r\n${end}`;
    const slow = raw(url, `${head(host, 1000)}{"vectors": [`);
    const broken = Array.from(
      { length: 20 },
      () => raw(url, `${head(host, 1000)}{"vec`, "").catch(() => ""),
    );
    const headers = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port) });
    await headers.write(new TextEncoder().encode(head(host, 10, "")));
    assertEquals((await ask("search", { vectors: rowsOf(queries) })).status, 200);
    assertStringIncludes(await slow, "HTTP/1.1 408");
    await Promise.all(broken);
    assertStringIncludes(await raw(url, `${head("evil.example", 2)}{}`), "HTTP/1.1 421");
    assertStringIncludes(
      await raw(url, `${head(`evil.example:${host.split(":")[1]}`, 2)}{}`),
      "421",
    );
    assertStringIncludes(await raw(url, "nonsense\r\n\r\n", "\r\n"), "HTTP/1.1 400");
    assertEquals((await ask("search", { vectors: rowsOf(queries) })).status, 200);
    headers.close();
  }));

Deno.test("a search that takes too long ends with an error, and others have their turn meanwhile", async () => {
  let now = 0;
  await served({ limits: { answer: 10 }, now: () => now += 3 }, async (ask) => {
    const many = { vectors: Array(20).fill(rowsOf(queries)[0]), exact: true };
    const { status, json } = await ask("search", many);
    assertEquals([status, json.error.tag], [503, "TooSlow"]);
    assertEquals((await ask("search", { vectors: rowsOf(queries) })).status, 200);
  });
});
