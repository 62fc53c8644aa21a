import { describe, orThrow } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import { draw, seed } from "../../graph/rng.ts";
import { loadVectorIndex } from "../../pipelines/files/vector_index.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { deno, root, type Running, start, withFolder } from "./process.ts";

/** Makes an index of 50 vectors (i, 1) as its user would. */
async function made(folder: string, ...more: readonly string[]): Promise<string> {
  const lines = Array.from({ length: 50 }, (_, i) => JSON.stringify({ id: 100 + i, v: [i, 1] }));
  await Deno.mkdir(`${root}${folder}`, { recursive: true });
  await Deno.writeTextFile(`${root}${folder}/vectors.jsonl`, lines.join("\n"));
  const out = `${folder}/index.safetensors`;
  const program = ["pipelines/index_vectors.ts", `${folder}/vectors.jsonl`, "--out", out];
  const { code, err } = await deno("run", "-P", "--no-check", ...program, ...more);
  assertEquals(code, 0, err);
  return out;
}

interface Served extends Running {
  readonly ask: (path: string, body: unknown) => Promise<{ readonly [field: string]: unknown }>;
  readonly url: string;
}

async function serve(...args: readonly string[]): Promise<Served> {
  const program = ["pipelines/serve.ts", ...args, "--port", "0"];
  const running = start("run", "-P", "--no-check", ...program);
  await running.until("Ctrl-C ends it");
  const [, url] = /at (http:\S+);/.exec(running.out())!;
  return {
    ...running,
    url,
    ask: async (path, body) => {
      const response = await fetch(`${url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      return await response.json();
    },
  };
}

const query = { vectors: [[7, 1]], k: 1 };

Deno.test("a file becomes an index that is served, changed, saved, and served again", () =>
  withFolder(async (folder) => {
    const path = await made(folder, "--ids", "id");
    const server = await serve(path, "--writable");
    const nearest = async ({ ask }: Served) =>
      (await ask("search", query)).results as { id: number }[][];
    assertEquals((await nearest(server))[0][0].id, 107);
    assertEquals(await server.ask("remove", { ids: [107] }), { count: 49 });
    assertEquals(await server.ask("add", { vectors: [[14, 2]] }), { ids: [150], count: 50 });
    const second = await deno("run", "-P", "--no-check", "pipelines/serve.ts", path, "--writable");
    assertEquals(second.code, 1);
    assertMatch(second.err, /it is in use by process \d+ \(serve/);
    // A client that never ends its request holds nothing up for long, others are answered.
    const port = Number(new URL(server.url).port);
    const half = await Deno.connect({ hostname: "127.0.0.1", port });
    await half.write(new TextEncoder().encode("POST /search HTTP/1.1\r\nhost: 127.0."));
    server.kill("SIGINT");
    const { code, out, err } = await server.finished;
    half.close();
    assertEquals([code, err], [0, ""]);
    assertStringIncludes(out, `1 search of 1 query answered\nChanges saved in ${path}`);
    assertEquals([...Deno.readDirSync(root + folder)].map(({ name }) => name).sort(), [
      "index.safetensors",
      "vectors.jsonl",
    ]);
    const again = await serve(path, "--stored");
    assertEquals((await nearest(again))[0][0].id, 150);
    again.kill("SIGTERM");
    assertEquals((await again.finished).code, 0);
  }));

Deno.test("a server that is killed leaves the index as it was saved last", () =>
  withFolder(async (folder) => {
    const path = await made(folder);
    const server = await serve(path, "--writable");
    await server.ask("remove", { ids: [1] });
    await server.ask("save", {});
    await server.ask("remove", { ids: [2] });
    server.kill("SIGKILL");
    await server.finished;
    assertEquals((await orThrow(loadVectorIndex(root + path))).count, 49);
    // Its lock ended with it.
    const next = await serve(path, "--writable");
    next.kill("SIGINT");
    assertEquals((await next.finished).code, 0);
  }));

Deno.test("requests that have begun are answered when the server ends", () =>
  withFolder(async (folder) => {
    const width = 96;
    const [values] = draw(
      seed(1),
      (dice) => Float32Array.from({ length: 30_000 * width }, () => dice.unit() - 0.5),
    );
    const lines = Array.from(
      { length: 3000 },
      (_, i) => JSON.stringify([...values.subarray(i * width, (i + 1) * width)]),
    );
    await Deno.mkdir(`${root}${folder}`, { recursive: true });
    await Deno.writeTextFile(`${root}${folder}/vectors.jsonl`, lines.join("\n"));
    const out = `${folder}/index.safetensors`;
    const program = ["pipelines/index_vectors.ts", `${folder}/vectors.jsonl`, "--out", out];
    const parts = await deno("run", "-P", "--no-check", ...program, "--parts", "2");
    assertEquals([parts.code, parts.out.split("\n").filter((line) => /-of-/.test(line))], [0, [
      `${folder}/index-1-of-2.safetensors`,
      `${folder}/index-2-of-2.safetensors`,
    ]]);
    const server = await serve(...[1, 2].map((part) => `${folder}/index-${part}-of-2.safetensors`));
    const many = Array.from(
      { length: 500 },
      (_, i) => [...values.subarray(i * width, (i + 1) * width)],
    );
    const answer = server.ask("search", { vectors: many, k: 1, exact: true });
    await server.ask("search", { vectors: many.slice(0, 1), k: 1 });
    server.kill("SIGINT");
    const results = (await answer).results as { id: number }[][];
    assertEquals(results.map(([{ id }]) => id), Array.from({ length: 500 }, (_, i) => i));
    assertEquals((await server.finished).code, 0);
  }));

Deno.test("what cannot be served is said in one line", () =>
  withFolder(async (folder) => {
    const path = await made(folder);
    const fails = async (...args: readonly string[]) => {
      const { code, out, err } = await deno(
        "run",
        "-P",
        "--no-check",
        "pipelines/serve.ts",
        ...args,
      );
      assertEquals(out, "");
      return [code, err] as const;
    };
    const [missing, why] = await fails(`${folder}/none.safetensors`);
    assertEquals(missing, 1);
    assertStringIncludes(why, "there is no such file");
    const [none] = await fails();
    assertEquals(none, 2);
    const [two, both] = await fails(path, path, "--writable");
    assertEquals(two, 2);
    assertStringIncludes(both, "one INDEX");
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const [taken, port] = await fails(path, "--port", String(listener.addr.port));
    listener.close();
    assertEquals(taken, 2);
    assertStringIncludes(port, "a port that nothing else listens on");
    await Deno.truncate(`${root}${path}`, 2100);
    const [corrupt, reason] = await fails(path);
    assertEquals(corrupt, 1);
    assertMatch(reason, /^Cannot use .*index\.safetensors: expected .*\n$/);
    const loaded = await loadVectorIndex(root + path)();
    assert(E.isLeft(loaded));
    assertEquals(reason.includes(describe(loaded.left).slice(-40)), true);
  }));
